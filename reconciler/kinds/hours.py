"""Hours in which something may happen: whether they are now, and when they are next. For the runtimes of all kinds."""

from datetime import datetime, time

from reconciler.kinds.shape import Hours
from reconciler.model.window import WEEKDAYS, Weekly, closes, opens


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
