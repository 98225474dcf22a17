"""Calendar periods in a zone, and hours in which something may happen: when they begin and end."""

from datetime import datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from reconciler.kinds.shape import Hours, Period
from reconciler.model.instant import first_instant
from reconciler.model.window import WEEKDAYS, Weekly, closes, opens


@lru_cache(maxsize=4096)  # many contracts have the same day, and every lead asks for it
def _bounds(period: Period, zone: str, local: datetime) -> tuple[datetime, datetime]:
    place, day = ZoneInfo(zone), local.replace(hour=0)
    match period:
        case "hour":
            first, last = local, local + timedelta(hours=1)
        case "day":
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

    It begins when the clocks of the zone first show its first hour: an hour that they show twice is one of 120 minutes. Weeks
    begin on Mondays.
    """
    local = now.astimezone(ZoneInfo(zone)).replace(minute=0, second=0, microsecond=0, tzinfo=None, fold=0)
    return _bounds(period, zone, local)


def weekly(hours: Hours, zone: str) -> Weekly:
    """The hours as windows, in their own zone or else the one around them."""
    days = frozenset(WEEKDAYS.index(day) for day in hours.days or WEEKDAYS)
    start, end = time.fromisoformat(hours.from_), time.fromisoformat(hours.to)
    return Weekly(days=days, start=start, end=end, zone=hours.timezone or zone)


def is_open(hours: Hours | None, zone: str, now: datetime) -> bool:
    """Whether `now` lies within the hours; where there are none, always."""
    return hours is None or closes(weekly(hours, zone), now) is not None


def next_open(hours: Hours | None, zone: str, at: datetime) -> datetime:
    """The first instant from `at` on that lies within the hours; `at` itself where they never open again."""
    if hours is None or is_open(hours, zone, at):
        return at
    return opens(weekly(hours, zone), at) or at
