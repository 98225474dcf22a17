"""Calendar periods in a zone: when they begin and end."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.kinds.shape import Period
from reconciler.model.instant import first_instant

_HOUR: Final = timedelta(hours=1)


@lru_cache(maxsize=4096)  # many contracts have the same day, and every lead asks for it
def _bounds(period: Period, zone: str, day: datetime) -> tuple[datetime, datetime]:
    place = ZoneInfo(zone)
    match period:
        case "hour" | "day":
            first, last = day, day + timedelta(days=1)
        case "week":
            first = day - timedelta(days=day.weekday())
            last = first + timedelta(days=7)
        case "month":
            first = day.replace(day=1)
            last = (first + timedelta(days=32)).replace(day=1)
        case "year":
            first = day.replace(month=1, day=1)
            last = first.replace(year=first.year + 1)
    return first_instant(first, place), first_instant(last, place)


def period_of(period: Period, zone: str, now: datetime) -> tuple[datetime, datetime]:
    """When the period that `now` lies in begins, and when the next one does.

    A day begins when the clocks of the zone first show its midnight, or what follows that where they skip it; weeks begin on
    Mondays. An hour is 60 minutes, counted from the day's begin: one that the clocks show twice is two.
    """
    day = now.astimezone(ZoneInfo(zone)).replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    begins, ends = _bounds(period, zone, day)
    if period != "hour":
        return begins, ends
    first = begins + (now - begins) // _HOUR * _HOUR
    return first, min(first + _HOUR, ends)
