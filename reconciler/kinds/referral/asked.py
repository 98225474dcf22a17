"""What a program's systems say of advocates and friends: read strictly, each part bounded, one fault in words."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated, Any, Final, TypeVar

import msgspec

from reconciler.feed.address import NotAnAddress, canonical_address
from reconciler.model import canonical

MOST: Final = 8 << 10
"""Bytes of a request."""
AHEAD: Final = timedelta(minutes=5)
"""By how much another machine's clock may be ahead of ours."""

Id = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x20\x7f-\xa0\u2028\u2029]+\Z")]
"""By which the program's systems know somebody or something."""
Step = Annotated[str, msgspec.Meta(min_length=1, max_length=63, pattern=r"^[a-z][a-z0-9_]*\Z")]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Contact = Annotated[str, msgspec.Meta(min_length=1, max_length=320)]
Time = Annotated[str, msgspec.Meta(max_length=40)]


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Something that was said; nothing else may stand in it."""

    def digest(self) -> str:
        """What tells one report from another under the same id."""
        return canonical.digest(self)


class AdvocateSaid(Said, frozen=True, omit_defaults=True):
    """An advocate, and as far as known the e-mail address, and a text by which households are told apart."""

    id: Id
    email: Contact = ""
    household: Contact = ""


class LinkSaid(Said, frozen=True):
    """An advocate who shares."""

    advocate: Id


class AccessSaid(Said, frozen=True, omit_defaults=True):
    """A friend who opens an offer by a link."""

    friend: Id
    code: Code
    at: Time = ""
    email: Contact = ""
    household: Contact = ""


class EventSaid(Said, frozen=True, omit_defaults=True):
    """A step that a friend took. With a `code` also the link is told by which a friend came who was not seen before."""

    id: Id
    friend: Id
    event: Step
    at: Time = ""
    code: Code = ""
    email: Contact = ""
    household: Contact = ""


class AnswerSaid(Said, frozen=True, omit_defaults=True):
    """For whom an answer is asked: an advocate, or a friend who may have come by a link."""

    advocate: Id = ""
    friend: Id = ""
    code: Code = ""


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


def contact_of(uid: int, email: str) -> str:
    """The digest of an address in a program; empty for none. Unreadable where it is no address."""
    if not email:
        return ""
    try:
        return _digest(uid, "contact", canonical_address(email))
    except NotAnAddress:
        raise Unreadable("`email` is no address") from None


def household_of(uid: int, text: str) -> str:
    """The digest of what tells a household in a program."""
    return _digest(uid, "household", " ".join(text.split()).casefold()) if text else ""


def _digest(uid: int, what: str, text: str) -> str:
    return sha256(f"{what}\0{uid}\0{text}".encode("utf-8", "surrogatepass")).hexdigest()


def _words(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deep"
    return str(error)[:200] if isinstance(error, msgspec.DecodeError) else "it is not UTF-8"
