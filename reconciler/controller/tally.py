"""What becomes of a plan while it is carried out, resource by resource."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from reconciler.model.outcome import Outcome
from reconciler.model.plan import GuardVerdict, Plan
from reconciler.model.ref import Ref


@dataclass(slots=True)
class Tally:
    """What became of the plan so far."""

    steps: int = 0
    waiting: dict[Ref, Sequence[GuardVerdict]] = field(default_factory=dict)
    denied: dict[Ref, Sequence[GuardVerdict]] = field(default_factory=dict)
    stale: dict[Ref, int] = field(default_factory=dict)
    """With the revision that was compared."""
    diverted: dict[Ref, None] = field(default_factory=dict)
    missed: dict[Ref, None] = field(default_factory=dict)
    failed: dict[Ref, str] = field(default_factory=dict)
    left: dict[Ref, None] = field(default_factory=dict)
    delays: dict[Ref, timedelta] = field(default_factory=dict)

    def outcome(self, plan: Plan) -> Outcome:
        """The whole of it; done is what did not end otherwise."""
        done = dict.fromkeys(one.ref for one in (*plan.due, *plan.resources) if not self.has_ended(one.ref, False))
        missed = list(self.missed)
        ended = self.waiting, self.denied, list(self.stale), self.failed, missed
        return Outcome(self.steps, list(done), *ended, list(self.left), self.delays)

    def has_ended(self, ref: Ref, diverted: bool = True) -> bool:
        """Whether nothing more is to be done about `ref` in this run."""
        ended = ref in self.waiting or ref in self.denied or ref in self.stale or ref in self.failed
        return ended or ref in self.left or (diverted and ref in self.diverted)
