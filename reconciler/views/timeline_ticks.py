"""Where a time axis has its ticks: days, weeks, months, quarters or years, as few as can be read."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

MOST: Final = 16
"""Ticks on one axis, at most; an axis of very many years has more."""


def ticks(start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    """The ticks between two instants, each with its label, all at midnight in the zone of `start`, which is that of `end`."""
    for step in (1, 7):
        days = list(islice(_days(start, end, step), MOST + 1))
        if len(days) <= MOST:
            return [(at, f"{at.day} {at:%b}") for at in days]
    for step in (1, 3, 12):
        months = list(_months(start, end, step))
        if len(months) <= MOST:
            break
    # A year begins with its number: `Nov Dec 2027 Feb`.
    return [(at, f"{at:%Y}" if at.month == 1 else f"{at:%b}") for at in months]


def _midnight(at: datetime) -> datetime:
    return at.replace(hour=0, minute=0, second=0, microsecond=0)


def _days(start: datetime, end: datetime, step: int) -> Iterator[datetime]:
    """Every day, or every Monday."""
    at = _midnight(start) + timedelta(days=1)
    if step == 7:
        at += timedelta(days=-at.weekday() % 7)
    while at < end:
        yield at
        at += timedelta(days=step)


def _months(start: datetime, end: datetime, step: int) -> Iterator[datetime]:
    """The first of each month, of each quarter, or of each year."""
    at = _midnight(start).replace(day=1)
    while at < end:
        if at > start and (at.month - 1) % step == 0:
            yield at
        year, month = divmod(at.year * 12 + at.month, 12)
        at = at.replace(year=year, month=month + 1)
