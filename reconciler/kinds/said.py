"""What an organisation's own systems say, by HTTP or in files: read strictly, each part bounded, one fault in words."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, TypeVar

import msgspec

from reconciler.model import canonical

MOST: Final = 8 << 10
"""Bytes of a request."""
AHEAD: Final = timedelta(minutes=5)
"""By how much another machine's clock may be ahead of ours."""

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f-\xa0\u2028\u2029]+\Z")]
"""By which other systems know somebody or something."""
Time = Annotated[str, msgspec.Meta(max_length=40)]


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that was said; nothing else may stand in it."""

    def digest(self) -> str:
        """What tells one report from another under the same id."""
        return canonical.digest(self)


class Unreadable(ValueError):
    """Why something is not what it should be, in words."""


T = TypeVar("T", bound=Said)


def read(data: bytes, kind: type[T]) -> T:
    """What a body says. Unreadable where it is no such thing."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Unreadable(_words(error)) from None


def read_row(values: dict[str, Any], kind: type[T]) -> T:
    """What a row of a file says: everything is text, and empty columns are not there. Unreadable where it is no such thing."""
    found = {name: str(value).strip() for name, value in values.items() if str(value).strip()}
    try:
        return msgspec.convert(found, type=kind)
    except msgspec.ValidationError as error:
        raise Unreadable(_words(error)) from None


def instant_of(text: str, now: datetime) -> datetime:
    """When something happened; nothing said: now. Unreadable where that is no time with an offset, or lies ahead."""
    if not text:
        return now
    try:
        found = datetime.fromisoformat(text)
        if found.tzinfo is None:
            raise Unreadable("`at` needs an offset, as in 2027-06-01T09:00:00Z")
        found = found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        why = str(error) if isinstance(error, Unreadable) else "`at` is not a time; write 2027-06-01T09:00:00Z"
        raise Unreadable(why) from None
    if found.year < 1970 or found > now + AHEAD:
        raise Unreadable("`at` lies ahead" if found > now else "`at` lies before 1970")
    return min(found, now)


def _words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return str(error)[:200] if isinstance(error, msgspec.DecodeError) else "it is not UTF-8"
