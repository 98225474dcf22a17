"""A plan: what would be done, what stands in the way of the rest, and why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from reconciler.model.change import Change
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.record import Record
from reconciler.model.ref import Ref
from reconciler.model.requirement import Requirement


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
    FLAG = "flag-changed"
    MOVED = "renamed"


class Code(StrEnum):
    """Why a resource is refused. The second group is denied (exit 5), the first illegal (exit 4)."""

    FROZEN = "frozen-field"
    ILLEGAL = "illegal-transition"
    OBSERVED = "observed-state"
    PINNED = "pinned-by-user"
    REUSED = "ref-reused"
    FLAG = "flag-not-allowed"
    IN_USE = "still-in-use"

    GUARD = "guard-false"
    RULE = "rule-broken"
    DEPENDENCY = "depends-on-blocked"
    THRESHOLD = "too-many-changes"

    @property
    def denied(self) -> bool:
        """Whether this refuses for now (guard, policy, threshold) rather than as illegal."""
        return self in (Code.GUARD, Code.RULE, Code.DEPENDENCY, Code.THRESHOLD)


class GuardVerdict(Record, frozen=True):
    """A guard as asked for one step."""

    name: str
    verdict: Verdict
    message: str = ""
    requirement: Requirement = ()


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
    """The manifest line, or the schedule entry, that asks for it."""

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


@dataclass(frozen=True, slots=True)
class Waiting:
    """A resource whose next move belongs to a timer or to the runtime."""

    ref: Ref
    origin: str
    target: str
    event: str
    message: str


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

    @property
    def has_changes(self) -> bool:
        """Whether there is anything to apply."""
        return bool(self.resources)

    def summary(self) -> Mapping[str, int]:
        """Counts by action, as plan JSON has them."""
        counts = {verb.value: 0 for verb in Verb}
        for resource in self.resources:
            counts[resource.action] += 1
        return counts | {
            "unchanged": self.unchanged,
            "blocked": len(self.blocked),
            "waiting": len(self.waiting),
            "unmanaged": len(self.unmanaged),
        }
