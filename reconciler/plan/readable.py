"""Whether a timer can read what it was given: the texts from which its instants are made."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache

from reconciler.model.calendar import after, daily
from reconciler.model.instant import parse_duration

Reader = Callable[[datetime, str], object]
"""Makes something of a text, as of an instant; ValueError or OverflowError where it cannot."""


def period(since: datetime, text: str) -> object:
    """What `after` reads."""
    return after(since, text, "UTC")


def time_of_day(since: datetime, text: str) -> object:
    """What `daily` reads."""
    return next(daily(since, text, "UTC"))


def span(_since: datetime, text: str) -> object:
    """What a deadline reads."""
    return parse_duration(text)


@lru_cache(maxsize=256)  # the resources of a kind say the same few things at one instant
def is_readable(read: Reader, text: str, since: datetime) -> bool:
    """Whether the reader can make something of this text."""
    try:
        read(since, text)
    except (ValueError, OverflowError):
        return False
    return True
