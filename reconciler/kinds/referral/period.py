"""Calendar periods in a zone: the hour, day, week, month or year that an instant lies in. Limits count within them."""

from datetime import datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.kinds.shape import Period
from reconciler.model.calendar import months_later
from reconciler.model.instant import first_instant

_MONTHS: Final = {"month": 1, "year": 12}
_DAYS: Final = {"day": 1, "week": 7}


def calendar_period(at: datetime, per: Period, zone: str) -> tuple[datetime, datetime]:
    """The period around `at`: from its first instant to the first after it. Weeks begin on Monday.

    A day is what the calendar of `zone` calls one, of 23 hours or 25 where clocks change; an hour begins where the minutes
    do, and one that clocks repeat is two. OverflowError at the ends of the calendar.
    """
    place = ZoneInfo(zone)
    local = at.astimezone(place)
    if per == "hour":
        start = at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return start, start + timedelta(hours=1)
    first = datetime.combine(local.date(), time())
    if per == "week":
        first -= timedelta(days=first.weekday())
    if per in _MONTHS:
        first = first.replace(day=1, month=1 if per == "year" else first.month)
    last = months_later(first, _MONTHS[per]) if per in _MONTHS else first + timedelta(days=_DAYS[per])
    return first_instant(first, place), first_instant(last, place)
