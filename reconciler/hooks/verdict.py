"""What an answer's status means, and how long it asks us to wait. Pure."""

from collections.abc import Collection
from datetime import timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from reconciler.hooks.call import Fate

LONGEST_WAIT: Final = timedelta(days=1)
_OVER: Final = frozenset(
    {300, 301, 304, 308, 400, 402, 405, 406, 410, 411, 413, 414, 415, 416, 422, 426, 428, 431, 451, 501, 505}
)
"""Statuses that say the same of the same request tomorrow.

Not those of a server that is being set up: a key not yet known (401, 403), a path not yet there (404), a page that says so (302).
"""


def fate_of(status: int, taken: Collection[int]) -> Fate:
    """What an answer means to whom these statuses mean taken; none: 200 to 299."""
    if status in taken or (not taken and 200 <= status < 300):
        return Fate.TAKEN
    if status < 200:
        return Fate.UNKNOWN
    return Fate.REFUSED if status < 300 or status in _OVER else Fate.LATER


def wait_of(retry_after: str | None, date: str | None) -> timedelta | None:
    """The wait that an answer asks for: seconds, or a date as seen from the answer's own; None where it asks for none."""
    text = (retry_after or "").strip()
    if text.isascii() and text.isdecimal() and len(text) < 10:
        return min(timedelta(seconds=int(text)), LONGEST_WAIT)
    try:
        asked = parsedate_to_datetime(text) - parsedate_to_datetime(date or "")
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(asked, timedelta(0)), LONGEST_WAIT)
