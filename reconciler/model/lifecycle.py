"""What `kind.yaml` says, as values: states, transitions, guards, references and what may change where."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from reconciler.model.actor import Actor
from reconciler.model.requirement import Requirement

CREATE = "create"
DELETED = "deleted"


class Role(StrEnum):
    """Campaigns act, supporting kinds are referred to, settings kinds exist once."""

    CAMPAIGN = "campaign"
    SUPPORTING = "supporting"
    SETTINGS = "settings"


@dataclass(frozen=True, slots=True)
class Frozen:
    """A pointer that may not change in a state; as a `frozenKeys` entry, one whose members are neither added nor removed."""

    path: str
    requirement: Requirement = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Action:
    """A named thing that a state allows or forbids, such as `send-test`."""

    name: str
    requirement: Requirement = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class OnEdit:
    """The effects that a change at `path` has in a state."""

    path: str
    effects: tuple[str, ...]
    requirement: Requirement = ()


@dataclass(frozen=True, slots=True)
class State:
    """One state of a lifecycle, and what holds in it."""

    name: str
    summary: str = ""
    initial: bool = False
    final: bool = False
    outward: bool = False
    rules: tuple[str, ...] = ()
    on_create: tuple[str, ...] = ()
    """Guards that hold when a resource is made in this state, and need not hold later."""
    frozen: tuple[Frozen, ...] = ()
    frozen_keys: tuple[Frozen, ...] = ()
    on_edit: tuple[OnEdit, ...] = ()
    allows: tuple[Action, ...] = ()
    forbids: tuple[Action, ...] = ()
    requirement: Requirement = ()


@dataclass(frozen=True, slots=True)
class Trigger:
    """When a timer fires: exactly one of `at`, `after`, `daily`, `instead_of`; see docs/reference/kind-definition.md."""

    at: str = ""
    after: str = ""
    daily: str = ""
    instead_of: str = ""
    when: str = ""
    deadline: str = ""
    zone: str = ""

    @property
    def moment(self) -> tuple[str, str, str]:
        """What two timers of one state must not share."""
        return (self.at, self.after, self.daily)


@dataclass(frozen=True, slots=True)
class Transition:
    """A legal edge from one state to another, named by its event. `index` is its place among those of the definition."""

    event: str
    origin: str
    target: str
    by: Actor = Actor.USER
    guards: tuple[str, ...] = ()
    effects: tuple[str, ...] = ()
    trigger: Trigger | None = None
    fulfils: bool = False
    confirm: bool = False
    danger: str = ""
    stops: bool = False
    """Whether it brings what acts nearer to rest, though its target acts still."""
    checklist: bool = False
    """Whether its guards are a checklist: plans show each of them, those that hold too."""
    summary: str = ""
    requirement: Requirement = ()
    index: int = 0


@dataclass(frozen=True, slots=True)
class Guard:
    """A CEL rule with the words for the person who must act. `path` says where to point."""

    name: str
    rule: str
    message: str
    path: str = ""
    requirement: Requirement = ()
    help: str = ""
    """The way out, where the message says what is the matter."""
    because: str = ""
    """The fact, a text, that says why it is false; what it says follows the message."""
    found: str = ""
    """The fact, a text, that says what was found where it is true; a plan tells it."""


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that only a runtime can observe. One that is `momentary` says nothing of a later time."""

    name: str
    type: str
    summary: str = ""
    requirement: Requirement = ()
    momentary: bool = False


@dataclass(frozen=True, slots=True)
class Effect:
    """Something that a transition makes the runtime do. Where one of the guards `risks` is false, it loses something."""

    name: str
    summary: str = ""
    requirement: Requirement = ()
    risks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a document names another resource. `freezes` lists the user's states that pin the target."""

    path: str
    kind: str
    alias: str = ""
    version: str = ""
    lowest_in: tuple[str, ...] = ()
    freezes: tuple[str, ...] = ()
    inherits_freeze: bool = False
    requirement: Requirement = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class RefusedPair:
    """Why no path leads from `origin` to `target`; empty tuples mean any state."""

    origin: tuple[str, ...]
    target: tuple[str, ...]
    message: str
    requirement: Requirement = ()


@dataclass(frozen=True, slots=True)
class Flag:
    """A switch beside the state, such as `archived`, that may be on in some states."""

    name: str
    states: tuple[str, ...]
    message: str = ""
    requirement: Requirement = ()


@dataclass(frozen=True, slots=True)
class Constraint:
    """What must hold among the resources of a kind that are in one of `states` and have equal values at `per`.

    `where` names the guards that pick the members, all of them where it is empty; `rule` is CEL over `members`.
    """

    name: str
    per: tuple[str, ...]
    states: tuple[str, ...]
    rule: str
    message: str
    where: tuple[str, ...] = ()
    requirement: Requirement = ()


@dataclass(frozen=True, slots=True)
class Preemption:
    """While a resource that the guards `where` pick is to be in `state`, others with equal values at `per` step back.

    Those that are in `state` go to `instead`; none of them enters `state` meanwhile. Afterwards their own desires hold.
    """

    per: tuple[str, ...]
    state: str
    instead: str
    where: tuple[str, ...]
    requirement: Requirement = ()


@dataclass(frozen=True, slots=True)
class Lifecycle:
    """The law of one kind. Tables keep the order of declaration: it breaks ties and orders what is shown."""

    kind: str
    role: Role
    states: Mapping[str, State]
    transitions: tuple[Transition, ...]
    initial: str
    """The state in which a resource is created; empty in a definition that names none, which is refused."""
    desirable: tuple[str, ...] = ()
    """The states that a manifest may ask for: the initial one and those that a user transition enters (X-04)."""
    summary: str = ""
    versioned: bool = False
    settings: str = ""
    guards: Mapping[str, Guard] = field(default_factory=dict)
    facts: Mapping[str, Fact] = field(default_factory=dict)
    effects: Mapping[str, Effect] = field(default_factory=dict)
    references: tuple[Reference, ...] = ()
    refusals: tuple[RefusedPair, ...] = ()
    flags: Mapping[str, Flag] = field(default_factory=dict)
    alternatives: tuple[str, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    preempts: tuple[Preemption, ...] = ()
    advice: tuple[str, ...] = ()
    """The guards that manifests are advised to meet; where one is false, nothing is refused."""

    def timers(self, state: str) -> tuple[Transition, ...]:
        """The timers that run in `state`."""
        return tuple(edge for edge in self.transitions if edge.origin == state and edge.by is Actor.TIMER)

    def is_gone(self, state: str) -> bool:
        """Whether nothing can build on a resource in `state`: a deleted one, but for campaigns.

        Whether a deleted campaign may be referred to is for the rules of its users.
        """
        return self.role is not Role.CAMPAIGN and state == DELETED

    def leaving(self, state: str) -> tuple[Transition, ...]:
        """Every transition out of `state`, in order of declaration."""
        return tuple(edge for edge in self.transitions if edge.origin == state)

    def refusal(self, origin: str, target: str) -> RefusedPair | None:
        """The first refusal that speaks of this pair."""
        for pair in self.refusals:
            if (not pair.origin or origin in pair.origin) and (not pair.target or target in pair.target):
                return pair
        return None

    def allows(self, state: str, action: str) -> bool:
        """Whether `state` names `action` among what it allows."""
        return any(one.name == action for one in self.states[state].allows)

    def forbidden(self, state: str, action: str) -> Action | None:
        """The line by which `state` forbids `action`."""
        return next((one for one in self.states[state].forbids if one.name == action), None)
