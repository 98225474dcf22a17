"""What a program's systems say of advocates and friends: read strictly, each part bounded, one fault in words."""

from hashlib import sha256
from typing import Annotated

import msgspec

from reconciler.feed.address import NotAnAddress, canonical_address
from reconciler.kinds.said import Id, Said, Time, Unreadable

Step = Annotated[str, msgspec.Meta(min_length=1, max_length=63, pattern=r"^[a-z][a-z0-9_]*\Z")]
Code = Annotated[str, msgspec.Meta(min_length=1, max_length=40)]
Contact = Annotated[str, msgspec.Meta(min_length=1, max_length=320)]


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
