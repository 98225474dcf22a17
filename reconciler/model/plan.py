"""A plan: what would be done, what stands in the way of the rest, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from reconciler.model.actor import Actor
from reconciler.model.change import Change
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.hold import Hold, Holds
from reconciler.model.record import Record
from reconciler.model.ref import Ref
from reconciler.model.requirement import Requirement
from reconciler.model.risk import Risk
from reconciler.model.timeline import Occurrence


class Verdict(StrEnum):
    """What a guard says; unknown where it lacks a fact."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"


class Op(StrEnum):
    """What one step does to a resource."""

    CREATE = "create"
    EDIT = "edit"
    TRANSITION = "transition"
    FLAG = "flag"
    FORGET = "forget"
    MOVE = "move"
    MISS = "miss"
    HOLD = "hold"
    RELEASE = "release"


ASK: Final = "ask"
"""The event of an edit that only notes what is asked for now."""


class Verb(StrEnum):
    """What a resource's steps amount to."""

    CREATE = "create"
    UPDATE = "update"
    TRANSITION = "transition"
    DELETE = "delete"


class Reason(StrEnum):
    """Why a resource changes."""

    NEW = "new-manifest"
    SPEC = "spec-changed"
    STATE = "state-changed"
    SCHEDULE = "schedule-due"
    TIMER = "timer-due"
    FLAG = "flag-changed"
    MOVED = "renamed"
    DRIFT = "drift"
    """An operator, or another checkout, has made it differ from a manifest that has not changed."""
    HOLD = "hold"
    """A hold is set, or taken away."""
    REPORT = "reported"
    """The running itself has brought it about."""


class Code(StrEnum):
    """Why a resource is refused: illegal (exit 4), denied (exit 5, the second group), or kept by a hold (exit 10)."""

    FROZEN = "frozen-field"
    ILLEGAL = "illegal-transition"
    OBSERVED = "observed-state"
    PINNED = "pinned-by-user"
    REUSED = "ref-reused"
    FLAG = "flag-not-allowed"
    IN_USE = "still-in-use"
    PAST = "past-entry"
    MISSED = "missed-schedule"
    NEVER_STARTS = "never-starts"
    CONSTRAINT = "constraint-broken"
    LATER = "illegal-later"

    GUARD = "guard-false"
    RULE = "rule-broken"
    DEPENDENCY = "depends-on-blocked"
    THRESHOLD = "too-many-changes"
    POLICY = "policy"
    DENIED_LATER = "denied-later"

    HELD = "held"

    @property
    def denied(self) -> bool:
        """Whether this refuses for now (guard, policy, threshold, hold) rather than as illegal."""
        now = (Code.GUARD, Code.RULE, Code.DEPENDENCY, Code.THRESHOLD, Code.POLICY, Code.DENIED_LATER, Code.HELD)
        return self in now


class GuardVerdict(Record, frozen=True):
    """A guard as asked for one step."""

    name: str
    verdict: Verdict
    message: str = ""
    requirement: Requirement = ()
    found: str = ""
    """What was found, where it is true and somebody says that."""


class Step(Record, frozen=True):
    """One transaction. A transition names its event and both states; an edit its changes."""

    op: Op
    event: str = ""
    origin: str = ""
    target: str = ""
    changes: tuple[Change, ...] = ()
    effects: tuple[str, ...] = ()
    guards: tuple[GuardVerdict, ...] = ()
    flags: tuple[str, ...] = ()
    danger: str = ""
    confirm: bool = False
    by: Actor = Actor.USER
    due: str = ""
    """The instant that a timer or a missed entry belongs to, as UTC text."""
    reason: str = ""
    """Why a timer took the way out instead of its own, or why an entry was missed."""
    satisfied: tuple[str, ...] = ()
    """The desired states that the resource stands for afterwards; empty: the state that it is in then."""
    holds: Holds | None = None
    """The holds on the resource afterwards; None: those that it has."""
    risks: tuple[Risk, ...] = ()
    """What its effects would lose, as far as that is known."""
    checklist: bool = False
    """Whether its guards are a checklist, to be shown whole."""

    @property
    def name(self) -> str:
        """What people call it: its event, else its operation."""
        return self.event or self.op.value

    @property
    def conditional(self) -> bool:
        """Whether a guard of this step is unknown."""
        return any(guard.verdict is Verdict.UNKNOWN for guard in self.guards)


class ResourcePlan(Record, frozen=True):
    """What would be done to one resource, in order. `origin` is empty where it does not exist yet."""

    ref: Ref
    action: Verb
    reason: Reason
    origin: str
    target: str
    place: Place
    steps: tuple[Step, ...]
    digest: str
    """The digest of the desired document."""
    revision: int = 0
    """The stored revision that was seen; 0 where there was none."""
    moved_from: Ref | None = None
    cause: str = ""
    """The manifest line, the schedule entry or the timer that asks for it."""
    asked: str = ""
    """The manifest's `state`, to be remembered."""
    base: str = ""
    """The manifest's file, where `place` is in another one."""

    @property
    def file(self) -> str:
        """The file that the manifest stands in."""
        return self.base or self.place.file

    @property
    def conditional(self) -> bool:
        """Whether any step waits for a fact."""
        return any(step.conditional for step in self.steps)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One rule that stands in the way."""

    code: Code
    message: str
    requirement: Requirement = ()
    path: str = ""
    place: Place = Place()
    others: tuple[Ref, ...] = ()
    """The resources whose state has brought this about."""
    policy: str = ""
    """The id of the policy or freeze that forbids it."""
    source: Place = Place()
    """Where that stands."""
    until: datetime | None = None
    """When a freeze ends; None where no end is in sight, and for everything else."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A way out that works when taken: a state to ask for, or a command."""

    kind: str
    summary: str
    command: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Blocked:
    """A resource that is left alone, with the smallest set of rules that forbid what its manifest asks."""

    ref: Ref
    origin: str
    target: str
    refusals: tuple[Refusal, ...]
    alternatives: tuple[Alternative, ...] = ()
    missed: tuple[Step, ...] = ()
    """The schedule entries that came due since the last write and could not be performed: logged, once."""
    checklist: tuple[GuardVerdict, ...] = ()
    """Of a step that is a checklist, every guard, those that hold too."""

    @property
    def held(self) -> bool:
        """Whether nothing but holds stands in the way."""
        return all(refusal.code is Code.HELD for refusal in self.refusals)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A resource whose next move belongs to a timer or to the runtime."""

    ref: Ref
    origin: str
    target: str
    event: str
    message: str


@dataclass(frozen=True, slots=True)
class Held:
    """A resource with a hold that is in force, and what its end would let through as things stand: steps, or refusals.

    Neither where somebody else's hold outlasts it: it is that one's end.
    """

    ref: Ref
    state: str
    hold: Hold
    kept: ResourcePlan | None = None
    refusals: tuple[Refusal, ...] = ()


@dataclass(frozen=True, slots=True)
class Strayed:
    """A resource that somebody has made differ from its manifest: `changes` would correct it. `left` says why it stays."""

    ref: Ref
    changes: tuple[Change, ...]
    place: Place = Place()
    left: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """The answer to (catalog, snapshot, facts, now). `digest` covers effects, not times or counts."""

    made_at: datetime
    serial: int
    commit: str
    resources: tuple[ResourcePlan, ...]
    blocked: tuple[Blocked, ...]
    waiting: tuple[Waiting, ...]
    unmanaged: tuple[tuple[Ref, str], ...]
    unchanged: int
    diagnostics: tuple[Diagnostic, ...]
    digest: str
    due: tuple[ResourcePlan, ...] = ()
    """The timers that have come due: they run first, and are no part of the digest."""
    timeline: tuple[Occurrence, ...] = ()
    """What the clock will do until `horizon`, in the order of time."""
    horizon: timedelta = timedelta()
    stands_until: datetime | None = None
    """The first instant at which time alone may change this answer; None: never."""
    holds: tuple[Held, ...] = ()
    """Every hold and acknowledgement in force, by ref."""
    drift: tuple[Strayed, ...] = ()
    """What differs and is not to be corrected now."""

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to apply."""
        return bool(self.resources or self.due)

    @property
    def conflicts(self) -> tuple[Occurrence, ...]:
        """What is to come and must not: illegal, denied, or a race."""
        return tuple(one for one in self.timeline if one.verdict.refuses)

    def summary(self) -> Mapping[str, int]:
        """Counts by action, as plan JSON has them; the end of a hold is no change of what runs."""
        counts = {verb.value: 0 for verb in Verb}
        for resource in (*self.due, *self.resources):
            counts[resource.action] += resource.reason is not Reason.HOLD
        return counts | {
            "unchanged": self.unchanged,
            "blocked": len(self.blocked),
            "waiting": len(self.waiting),
            "unmanaged": len(self.unmanaged),
        }
