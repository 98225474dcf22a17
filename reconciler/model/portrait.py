"""Everything about one resource, gathered to be shown."""

from dataclasses import dataclass
from datetime import datetime

from reconciler.model.change import Change
from reconciler.model.condition import Status
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.event import Event
from reconciler.model.lifecycle import Lifecycle, Transition
from reconciler.model.manifest import Manifest
from reconciler.model.plan import GuardVerdict, Refusal, Step
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.model.risk import Risk
from reconciler.model.timeline import Foresight, Occurrence


@dataclass(frozen=True, slots=True)
class Option:
    """A transition that leaves the present state, and what its guards say now."""

    transition: Transition
    guards: tuple[GuardVerdict, ...]
    risks: tuple[Risk, ...] = ()
    """What it would lose."""


@dataclass(frozen=True, slots=True)
class Portrait:
    """A stored resource, its law, what its manifest asks (`desired` is empty without one), and its neighbours."""

    resource: Resource
    law: Lifecycle
    manifest: Manifest | None
    desired: str
    changes: tuple[Change, ...]
    options: tuple[Option, ...]
    users: tuple[Ref, ...]
    targets: tuple[Ref, ...]
    events: tuple[Event, ...] = ()
    has_runtime: bool = False
    status: Status | None = None
    """What a daemon has found of it as it is now."""
    advice: tuple[Diagnostic, ...] = ()
    """What its kind advises, and its manifest does not follow."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A resource at another time: as the log recorded it, or as it will be if nobody does anything more.

    `resource` is None where it does not exist then; its `ref` is the name that it has then.
    """

    ref: Ref
    at: datetime
    now: datetime
    resource: Resource | None = None
    law: Lifecycle | None = None
    """None where its kind is no longer defined."""
    first: Event | None = None
    """The first line of its log; None where there is none yet."""
    last: Event | None = None
    """The line of its log by which it is as it was then."""
    events: tuple[Event, ...] = ()
    """The lines of its log up to then."""
    desired: str = ""
    """What its manifest asks for then; of the future only."""
    planned: tuple[Step, ...] = ()
    """What the present plan does about it."""
    occurrences: tuple[Occurrence, ...] = ()
    """What the clock does about it from now till then."""
    verdict: Foresight | None = None
    """Whether it will come to this; None for the past."""
    refusals: tuple[Refusal, ...] = ()
    """What it is stuck at then."""

    @property
    def is_past(self) -> bool:
        """Whether this is what was, or what is now."""
        return self.at <= self.now
