"""The calendar of a zone: months that clamp, days that have a time once. Only instants go in and come out (X-08)."""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.model.instant import first_instant, parse_duration

_MONTHS: Final = re.compile(r"([1-9][0-9]{0,3}) months?")
_TIME_OF_DAY: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def is_period(text: str) -> bool:
    """Whether `after` can add this: a duration such as `30d`, or `3 months`."""
    if _MONTHS.fullmatch(text):
        return True
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


def is_time_of_day(text: str) -> bool:
    """Whether this is a time of day, `02:00`."""
    return _TIME_OF_DAY.fullmatch(text) is not None


def after(start: datetime, period: str, zone: str) -> datetime:
    """The instant `period` after `start`; ValueError where it is no period, or leads out of the calendar.

    Months keep the local time of day in `zone` and clamp to the month's end: 30 November and three months is the last
    of February. Durations are exact, whatever the clocks do meanwhile.
    """
    months = _MONTHS.fullmatch(period)
    try:
        if months is None:
            return start + parse_duration(period)
        place = ZoneInfo(zone)
        local = start.astimezone(place).replace(tzinfo=None, fold=0)
        return first_instant(months_later(local, int(months[1])), place)
    except OverflowError:
        raise ValueError(f"{period!r} after {start.isoformat()} lies outside the calendar") from None


def months_later(when: datetime, months: int) -> datetime:
    """The same day and time so many months later, or earlier; where the month is too short, its last day."""
    year, month = divmod(when.year * 12 + when.month - 1 + months, 12)
    return when.replace(year=year, month=month + 1, day=min(when.day, monthrange(year, month + 1)[1]))


def midnights(since: datetime, until: datetime, zone: str) -> Iterator[datetime]:
    """The instants after `since`, to `until`, at which a date begins in `zone`."""
    return takewhile(lambda instant: instant <= until, daily(since, "00:00", zone))


def daily(since: datetime, time_of_day: str, zone: str) -> Iterator[datetime]:
    """The instants after `since` at which the clocks of `zone` show `time_of_day`, once per local date, without end.

    A time that a date skips is the first instant after it; one that it has twice is the first. ValueError where the
    text is no time of day.
    """
    found = _TIME_OF_DAY.fullmatch(time_of_day)
    if not found:
        raise ValueError(f"{time_of_day!r} is not a time of day; write it as 02:00")
    place, at = ZoneInfo(zone), time(int(found[1]), int(found[2]))
    day = since.astimezone(place).date() - timedelta(days=1)
    while day < date.max:
        instant = first_instant(datetime.combine(day, at), place)
        # A zone that moves across the date line skips a whole date: it has no such time.
        if instant > since and instant.astimezone(place).date() == day:
            yield instant
        day += timedelta(days=1)
