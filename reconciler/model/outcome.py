"""What became of a plan: what was done, and what was not, with the reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from reconciler.model.plan import GuardVerdict
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Outcome:
    """The resources of a plan by how they ended; `steps` is how many lines the log has grown by."""

    steps: int = 0
    done: Sequence[Ref] = ()
    waiting: Mapping[Ref, Sequence[GuardVerdict]] = field(default_factory=dict)
    """Resources that stopped at a step with an unknown guard."""
    denied: Mapping[Ref, Sequence[GuardVerdict]] = field(default_factory=dict)
    """Resources whose guard was true when planned and is false now."""
    stale: Sequence[Ref] = ()
    """Resources that somebody else has changed or is at work on."""
    failed: Mapping[Ref, str] = field(default_factory=dict)
    """Resources whose effects could not all be performed, with the runtime's words."""
    missed: Sequence[Ref] = ()
    """Resources whose schedule could not be followed; the log says so."""
    left: Sequence[Ref] = ()
    """Resources with steps that were left for another run, because this one was told to stop."""
    delays: Mapping[Ref, timedelta] = field(default_factory=dict)
    """For how long the runtime asks not to be tried again, for those that failed and that it said it of."""
