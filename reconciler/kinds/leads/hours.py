"""Hours of workflows and contracts, in their zone: when something may happen next."""

from datetime import datetime, time

from reconciler.kinds.shape import Hours
from reconciler.model.window import WEEKDAYS, Weekly, closes, opens


def weekly(hours: Hours, zone: str) -> Weekly:
    """Hours as a window that comes again each week; `zone` is theirs where they name none."""
    days = frozenset(WEEKDAYS.index(day) for day in hours.days or WEEKDAYS)
    return Weekly(days, time.fromisoformat(hours.from_), time.fromisoformat(hours.to), hours.timezone or zone)


def open_from(hours: Hours | None, zone: str, now: datetime) -> datetime | None:
    """The first instant from `now` on that lies in these hours; None where none does."""
    if hours is None:
        return now
    window = weekly(hours, zone)
    return now if closes(window, now) is not None else opens(window, now)
