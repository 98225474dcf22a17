"""Hours, days, weeks: what happened at instants, gathered into as many columns as an eye can compare."""

from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from typing import Final

from reconciler.dashboard.charts import Point

_MOST_HOURS: Final = 72
_MOST_DAYS: Final = 92
MOST: Final = 200
"""Columns that are drawn; what lies before them is left out."""


def over_time(found: Iterable[tuple[datetime, tuple[float, ...]]], least: str = "hour") -> tuple[Point, ...]:
    """Sums by local hour, day or week, whichever gives columns enough; one with nothing in it is there too.

    Each time is in the zone in which it is to be read. `least` is "hour" or "day": nothing is told more finely than that.
    """
    rows = sorted(found, key=lambda row: row[0])
    if not rows:
        return ()
    first, last = rows[0][0].replace(tzinfo=None), rows[-1][0].replace(tzinfo=None)
    if least == "hour" and last - first <= timedelta(hours=_MOST_HOURS):
        return _gathered(rows, _hour, timedelta(hours=1), "%m-%d %H:00")
    if last - first <= timedelta(days=_MOST_DAYS):
        return _gathered(rows, _day, timedelta(days=1), "%Y-%m-%d")
    return _gathered(rows, _week, timedelta(weeks=1), "week of %Y-%m-%d")


def over_days(found: Iterable[tuple[date, tuple[float, ...]]]) -> tuple[Point, ...]:
    """The same for dates."""
    return over_time(((datetime(day.year, day.month, day.day), values) for day, values in found), "day")  # noqa: DTZ001


def _gathered(
    rows: list[tuple[datetime, tuple[float, ...]]], begin: Callable[[datetime], datetime], step: timedelta, form: str
) -> tuple[Point, ...]:
    sums: dict[datetime, tuple[float, ...]] = {}
    for at, values in rows:
        key = begin(at.replace(tzinfo=None))
        before = sums.get(key, (0,) * len(values))
        sums[key] = tuple(old + new for old, new in zip(before, values, strict=True))
    last = max(sums)
    at = max(min(sums), last - (MOST - 1) * step)
    none = (0,) * len(rows[0][1])
    points = []
    while at <= last:
        points.append(Point(at.strftime(form), sums.get(at, none)))
        at += step
    return tuple(points)


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


def _day(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _week(at: datetime) -> datetime:
    return _day(at) - timedelta(days=at.weekday())
