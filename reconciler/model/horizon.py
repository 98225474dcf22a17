"""How far to look, ahead or back: `90d`, `12w`, `6mo`, `1y`. Months and years are those of the calendar, in UTC."""

import re
from datetime import datetime, timedelta
from typing import Final

from reconciler.model.calendar import months_later

FARTHEST: Final = "10y"
"""The longest look ahead."""

_SPAN: Final = re.compile(r"([0-9]{1,6}) ?(?:(d|days?)|(w|weeks?)|(mo|months?)|(y|years?))")


def ahead(text: str, now: datetime) -> timedelta:
    """From `now` to `text` later, whole days. ValueError where that is no span, or beyond `FARTHEST`."""
    found = _moved(text, now, 1) - now
    if found > _moved(FARTHEST, now, 1) - now:
        raise ValueError(f"{text!r} is farther than anybody can see; look {FARTHEST} ahead at most")
    return found


def back(text: str, now: datetime) -> datetime:
    """The instant `text` before `now`. ValueError where that is no span, or before the calendar begins."""
    return _moved(text, now, -1)


def _moved(text: str, now: datetime, sign: int) -> datetime:
    found = _SPAN.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no span of time; write a number and a unit, such as 90d, 12w, 6mo or 1y")
    count, _days, weeks, months, years = found.groups()
    number = sign * int(count)
    try:
        if months or years:
            return months_later(now, number * (12 if years else 1))
        return now + timedelta(days=number * (7 if weeks else 1))
    except (OverflowError, ValueError):
        raise ValueError(f"{text!r} from {now:%Y-%m-%d} leads out of the calendar") from None
