"""The future as a plan sees it: what the clock will do to which resource, and whether that will be legal (X-12)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from reconciler.model.diagnostic import Place
from reconciler.model.ref import Ref
from reconciler.model.requirement import Requirement
from reconciler.model.risk import Risk

DEFAULT_HORIZON: Final = timedelta(days=90)
"""How far a plan looks ahead where nobody says otherwise."""


class Foresight(StrEnum):
    """What will become of a schedule entry or timer when its time comes."""

    LEGAL = "legal"
    CONDITIONAL = "conditional"
    """It hangs on a guard that is unknown now."""
    ILLEGAL = "illegal"
    SHADOWED = "shadowed"
    """Nothing is to be done then: what it asks for is there already, another has the last word, or a hold keeps it back."""
    NEVER = "never-fires"
    """Its time will come, but what it belongs to is blocked now, or will not exist."""
    RACE = "race"
    """It comes together with another one, and which of the two goes first makes a difference."""

    @property
    def refuses(self) -> bool:
        """Whether this ends a plan with exit 4 or 5."""
        return self in (Foresight.ILLEGAL, Foresight.RACE)


class Source(StrEnum):
    """What makes something happen at a time."""

    SCHEDULE = "schedule"
    TIMER = "timer"
    BURST = "burst"
    """Another campaign of its group goes first, or has gone: see `Preemption`."""
    RELEASE = "release"
    """What stood in its way has gone."""
    HOLD = "hold"
    """A hold has come to its end."""


@dataclass(frozen=True, slots=True)
class Against:
    """The other side of a conflict: a resource, the schedule entry by which it came (-1: its `state`), and where that is."""

    ref: Ref
    entry: int = -1
    place: Place = Place()


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One thing that will happen, or will not. `entry` is the index of the schedule entry, -1 where there is none."""

    at: datetime
    ref: Ref
    event: str
    """What happens: the events of the way there, joined by a comma; for a shadowed entry none."""
    origin: str
    target: str
    source: Source
    verdict: Foresight
    entry: int = -1
    message: str = ""
    requirement: Requirement = ()
    denied: bool = False
    """Whether a guard forbids it (exit 5), not the law (exit 4)."""
    effects: tuple[str, ...] = ()
    place: Place = Place()
    against: tuple[Against, ...] = ()
    risks: tuple[Risk, ...] = ()
    """What its effects would lose, as things are now."""

    @property
    def parties(self) -> tuple[Ref, ...]:
        """Every resource that has a part in it: its own first, then those on the other side of a conflict."""
        return (self.ref, *(other.ref for other in self.against))
