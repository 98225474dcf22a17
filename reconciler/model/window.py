"""Windows of time, once or each week, and when they open and close. From their start to just before their end."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.model.instant import first_instant
from reconciler.model.record import Record

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAY: Final = timedelta(days=1)
_WEEK: Final = 8
"""Days within which a weekly window opens again, whatever day it is."""


class Span(Record, frozen=True):
    """One stretch of time, between two instants."""

    start: datetime
    end: datetime

    def stretches(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Its start and end, if it is not over."""
        if self.end > now:
            yield self.start, self.end


class Weekly(Record, frozen=True):
    """A time of day on some days of the week; one that ends at or before its start ends on the day after."""

    days: frozenset[int]
    """Days on which it opens; 0 is Monday."""
    start: time
    end: time
    zone: str

    def stretches(self, now: datetime) -> Iterator[tuple[datetime, datetime]]:
        """Start and end of those that are not over, the first ones first."""
        place = ZoneInfo(self.zone)
        day = now.astimezone(place).date() - _DAY
        for _ in range(_WEEK + 2):
            if day.weekday() in self.days:
                start = first_instant(datetime.combine(day, self.start), place)
                last = day if self.end > self.start else day + _DAY
                end = first_instant(datetime.combine(last, self.end), place)
                if end > now:
                    yield start, end
            day += _DAY


Window = Span | Weekly


def closes(window: Window, now: datetime) -> datetime | None:
    """When the window ends that `now` lies in; None where it lies in none."""
    return next((end for start, end in window.stretches(now) if start <= now), None)


def opens(window: Window, now: datetime) -> datetime | None:
    """The first instant after `now` at which it opens; None where it does not open again."""
    return next((start for start, _ in window.stretches(now) if start > now), None)
