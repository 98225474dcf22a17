"""A month as weeks of days, in a zone; and which stretch of time it is. Pure."""

import calendar
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.dashboard.outlook.freezes import Closed
from reconciler.dashboard.outlook.occasions import Occasion
from reconciler.model.instant import first_instant

MOST_A_DAY: Final = 4
"""What a day of the table shows; of more the rest is counted, and the day's own list has it."""
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Month:
    """A month of the calendar."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @property
    def title(self) -> str:
        """As people write it."""
        return f"{calendar.month_name[self.number]} {self.year}"

    @property
    def first(self) -> date:
        """Its first day."""
        return date(self.year, self.number, 1)

    def later(self, months: int) -> "Month":
        """The month so many later, or before."""
        count = self.year * 12 + self.number - 1 + months
        return Month(count // 12, count % 12 + 1)

    def span(self, zone: str) -> tuple[datetime, datetime]:
        """Its first instant in a zone, and that of the next month."""
        place = ZoneInfo(zone)
        begin, end = (first_instant(datetime.combine(one.first, time()), place) for one in (self, self.later(1)))
        return begin, end


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the table. `more` is what it does not show."""

    date: date
    is_here: bool
    is_today: bool
    occasions: tuple[Occasion, ...]
    more: int
    closed: tuple[str, ...]

    @property
    def iso(self) -> str:
        """As addresses name it."""
        return self.date.isoformat()

    @property
    def words(self) -> str:
        """As it is read out."""
        return f"{calendar.day_name[self.date.weekday()]} {self.date.day} {calendar.month_name[self.date.month]}"


@dataclass(frozen=True, slots=True)
class Week:
    """A row of the table, by its number in the year."""

    number: int
    days: tuple[Day, ...]


def month_of(at: datetime, zone: str) -> Month:
    """The month that an instant lies in."""
    there = at.astimezone(ZoneInfo(zone))
    return Month(there.year, there.month)


def read_month(text: str) -> Month | None:
    """`2027-01`; None where that is no month that people plan for."""
    found = _MONTH.fullmatch(text)
    if not found or not 1 <= int(found[2]) <= 12 or not 1970 <= int(found[1]) <= 9000:
        return None
    return Month(int(found[1]), int(found[2]))


def read_day(text: str) -> date | None:
    """`2027-01-18`; None where that is no day."""
    try:
        return date.fromisoformat(text) if len(text) == len("2027-01-18") and text.isascii() else None
    except ValueError:
        return None


def weeks(month: Month, today: date, by_day: Mapping[str, Sequence[Occasion]], closed: Sequence[Closed]) -> list[Week]:
    """The month from Monday to Sunday, with the days around it that fill its weeks."""
    return list(_weeks(month, today, by_day, closed))


def _weeks(
    month: Month, today: date, by_day: Mapping[str, Sequence[Occasion]], closed: Sequence[Closed]
) -> Iterator[Week]:
    day = month.first - month.first.weekday() * _DAY
    while day < month.later(1).first:
        row = tuple(_day(day + place * _DAY, month, today, (by_day, closed)) for place in range(7))
        yield Week(day.isocalendar().week, row)
        day += 7 * _DAY


def _day(day: date, month: Month, today: date, known: tuple[Mapping[str, Sequence[Occasion]], Sequence[Closed]]) -> Day:
    by_day, closed = known
    here = day.month == month.number
    found = by_day.get(day.isoformat(), ()) if here else ()
    names = tuple(dict.fromkeys(one.id for one in closed if one.touches(day))) if here else ()
    return Day(day, here, day == today, tuple(found[:MOST_A_DAY]), max(0, len(found) - MOST_A_DAY), names)
