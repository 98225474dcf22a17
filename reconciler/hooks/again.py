"""When a call is made again."""

from datetime import timedelta
from typing import Final

LONGEST: Final = timedelta(days=1)
"""The longest wait between two calls."""


def wait(attempts: int, backoff: timedelta, asked: timedelta | None = None) -> timedelta:
    """How long to wait, so many attempts having been made before the last: what the server asks for, else twice as long every
    time, up to a day.
    """
    doubled = min(backoff, LONGEST) * (1 << min(attempts, 20))
    return min(max(asked or timedelta(), doubled), LONGEST)
