"""Hours of contact by the clock on the contact's wall: whether it stands within them, and when it next does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.kinds.shape import Hours
from reconciler.model.instant import first_instant
from reconciler.model.window import WEEKDAYS

_LOOK_AHEAD: Final = 9
"""Days within which weekly hours begin again, whatever day it is, one that a change of clocks swallows included."""
_TURNS: Final = 100
"""Looks at hours that shut each other out, before they are taken to do so for ever: some weeks."""


@dataclass(frozen=True, slots=True)
class HoursOpen:
    """Local times from `start` to before `end` on some days of the week; where `end` is not later, to the day after.

    What counts is what the clock shows: an hour that it shows twice is within both times, or neither.
    """

    rule: str
    days: frozenset[int]
    """0 is Monday."""
    start: time
    end: time
    zone: ZoneInfo

    def holds(self, at: datetime) -> bool:
        """Whether `at` is within."""
        return self._shown(at.astimezone(self.zone))

    def next(self, at: datetime) -> datetime | None:
        """The first instant from `at` on that is within; None where there is none."""
        return at if self.holds(at) else next((one for one in self._begins(at) if one > at and self.holds(one)), None)

    def _shown(self, local: datetime) -> bool:
        clock, day = local.time(), local.weekday()
        if self.start < self.end:
            return self.start <= clock < self.end and day in self.days
        return (clock >= self.start and day in self.days) or (clock < self.end and (day - 1) % 7 in self.days)

    def _begins(self, at: datetime) -> Iterator[datetime]:
        """When they begin on the days to come: twice where the clock shows that time twice."""
        today = at.astimezone(self.zone).date()
        for ahead in range(_LOOK_AHEAD):
            local = datetime.combine(today + timedelta(days=ahead), self.start)
            again = local.replace(tzinfo=self.zone, fold=1).astimezone(UTC)
            yield from sorted({first_instant(local, self.zone), again})


def hours_open(rule: str, hours: Hours, zone: str) -> HoursOpen:
    """The hours of a manifest, in a contact's zone."""
    days = frozenset(WEEKDAYS.index(day) for day in hours.days or WEEKDAYS)
    return HoursOpen(rule, days, time.fromisoformat(hours.from_), time.fromisoformat(hours.to), ZoneInfo(zone))


def all_open(hours: Sequence[HoursOpen], at: datetime) -> datetime | None:
    """The first instant from `at` on that is within all of them; None where they leave none."""
    for _ in range(_TURNS):
        latest = at
        for one in hours:
            opening = one.next(latest)
            if opening is None:
                return None
            latest = opening
        if latest == at:
            return at
        at = latest
    return None
