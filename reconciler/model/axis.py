"""Past, now and future on one axis: what `muster timeline` shows, in whatever form."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from reconciler.model.event import Event
from reconciler.model.ref import Ref
from reconciler.model.timeline import Foresight, Occurrence

HAPPENS: Final = (Foresight.LEGAL, Foresight.CONDITIONAL)
"""The verdicts with which something happens."""


class Tone(StrEnum):
    """What a state means to the outside world."""

    INITIAL = "initial"
    RESTING = "resting"
    OUTWARD = "outward"
    FINAL = "final"


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of time in one state. `ahead`: it is foreseen, not logged; `doubtful`: it hangs on what is unknown."""

    state: str
    tone: Tone
    start: datetime
    end: datetime
    ahead: bool = False
    doubtful: bool = False


@dataclass(frozen=True, slots=True)
class Lane:
    """One resource along the axis: its states, what happened to it, and what will."""

    ref: Ref
    bands: tuple[Band, ...]
    events: tuple[Event, ...] = ()
    occurrences: tuple[Occurrence, ...] = ()
    zone: str = ""
    """The zone of its schedule; empty where it has none."""

    @property
    def weight(self) -> tuple[bool, bool, int]:
        """What is left out last where there is no room for all: conflicts, then what will happen, then what did."""
        conflict = any(one.verdict.refuses for one in self.occurrences)
        return (conflict, bool(self.occurrences), len(self.events))


@dataclass(frozen=True, slots=True)
class Axis:
    """The log from `since` to `now`, in the order of time, and what a plan foresees from `now` `until` its horizon.

    The future is that which follows once the open changes, `pending` in number, are applied; `blocked` are not.
    """

    now: datetime
    since: datetime
    until: datetime
    past: tuple[Event, ...]
    future: tuple[Occurrence, ...]
    lanes: tuple[Lane, ...]
    """By ref; without the supporting resources to which nothing happens, `still` in number."""
    zones: Mapping[Ref, str]
    still: int = 0
    pending: int = 0
    blocked: int = 0

    @property
    def conflicts(self) -> int:
        """How many of the things to come are illegal, or a race."""
        return sum(one.verdict.refuses for one in self.future)
