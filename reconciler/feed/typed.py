"""What columns hold where a manifest's `types` says so: numbers, truth and times, for conditions to compare.

CSV knows text alone, so a column is text until somebody says otherwise; nothing is guessed from what a value looks like.
"""

import math
import re
from datetime import UTC, datetime
from typing import Final

from reconciler.feed.row import Scalar

TIMES: Final = frozenset({"date", "timestamp"})
"""The types whose values are instants."""

_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,19}", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?", re.ASCII)
_TIME: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[Tt ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?(?:[Zz]|[+-][0-9]{2}(?::?[0-9]{2})?)?)?",
    re.ASCII,
)
_TRUTH: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_EXAMPLES: Final = {
    "int": "a whole number, such as 42",
    "double": "a number, such as 4.5",
    "bool": "true or false",
    "date": "a date, such as 2027-01-31",
    "timestamp": "a time, such as 2027-01-31T09:00:00Z",
}


def typed(value: Scalar, kind: str) -> Scalar | None:
    """`value` as its column's type says; instants as RFC 3339 in UTC. None for an empty text that is no text.

    ValueError, in words, where it is not of that type. A time without an offset is one in UTC, a date its first
    instant there; of a `date`, the time of day does not count.
    """
    if kind == "string":
        return value if isinstance(value, str) else _as_text(value)
    if isinstance(value, str):
        value = value.strip()
        if not value:
            return None
    found = _READERS[kind](value)
    if found is None:
        raise ValueError(f"{_shown(value)} is not {_EXAMPLES[kind]}")
    return found


def _as_text(value: Scalar) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _int(value: Scalar) -> int | None:
    if isinstance(value, bool) or (isinstance(value, str) and not _WHOLE.fullmatch(value)):
        return None
    if isinstance(value, float) and not value.is_integer():
        return None
    whole = int(value)
    return whole if -(2**63) <= whole < 2**63 else None


def _double(value: Scalar) -> float | None:
    if isinstance(value, bool) or (isinstance(value, str) and not _NUMBER.fullmatch(value)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _bool(value: Scalar) -> bool | None:
    return value if isinstance(value, bool) else _TRUTH.get(str(value).lower())


def _instant(value: Scalar) -> datetime | None:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return None
    try:
        found = datetime.fromisoformat(value.upper())
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):  # the 30th of February; a time before the year 1
        return None


def _timestamp(value: Scalar) -> str | None:
    found = _instant(value)
    if found is None:
        return None
    text = str(value)
    if len(text) == 20 and text[10] == "T" and text[19] == "Z":
        return text  # as most exports write it
    return found.isoformat().replace("+00:00", "Z")


def _date(value: Scalar) -> str | None:
    # The date as it is written: in its own offset, not in UTC.
    return None if _instant(value) is None else f"{str(value)[:10]}T00:00:00Z"


_READERS: Final = {"int": _int, "double": _double, "bool": _bool, "date": _date, "timestamp": _timestamp}


def _shown(value: Scalar) -> str:
    text = str(value)
    return repr(text if len(text) <= 40 else text[:39] + "…")
