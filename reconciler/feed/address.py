"""E-mail addresses: whether one is an address, how it is written to, and by what it is compared.

`email-validator` is the judge, without DNS. It takes 60 µs for one, a minute for a million; so the plain ones, nearly all, are
recognised here in 1 µs, by a rule that accepts nothing that it would not, and says the same of what it accepts.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Any, Final

from reconciler.model.record import Record

MAX_LENGTH: Final = 254
"""Characters of an address (RFC 5321)."""

_ATOM = r"[A-Za-z0-9_!#$%&'*+\-/=?^`{|}~]+"
_LOCAL: Final = re.compile(rf"(?=.{{1,64}}\Z){_ATOM}(?:\.{_ATOM})*")
"""A dot-atom."""

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.)+[a-z0-9-]{{0,62}}[a-z]")
"""A host name of two labels or more, the last one ending in a letter. What is odd goes to the library."""

_ODD: Final = re.compile(r"(?:^|\.)..--|\.-|(?:^|\.)(?:arpa|invalid|local|localhost|onion|test)$")
"""In a plain domain: Punycode and its like, a hyphen that begins the last label, and names of special use."""

_LONG_LABEL: Final = re.compile("[^.\uff0e\u3002\uff61]{64}")
"""What no label of a domain can be; the dots are those that IDNA knows. The library may take 40 ms to say so."""

_ROLES: Final = frozenset(
    (
        *("info", "marketing", "sales", "support", "abuse", "noc", "security"),
        *("postmaster", "hostmaster", "usenet", "news", "webmaster", "www", "uucp", "ftp"),
    )
)
"""Mailboxes whose case means nothing by RFC 2142; the library writes them small."""


class Address(Record, frozen=True):
    """An address. `key` compares: small, the domain in ASCII; `mailbox` is written to: the local part as it was given."""

    key: str
    mailbox: str


class NotAnAddress(ValueError):
    """Why a text is no address, in a sentence."""


def address_of(text: str) -> Address:
    """The address that `text` is, spaces around it aside. NotAnAddress otherwise."""
    text = text.strip()
    if len(text) <= MAX_LENGTH:
        local, _, written = text.rpartition("@")
        if (domain := _plain_domain(written)) and _LOCAL.fullmatch(local):
            small = local.lower()
            return Address(f"{small}@{domain}", f"{small if small in _ROLES else local}@{domain}")
    return _asked(text)


def canonical_address(text: str) -> str:
    """What addresses are compared by: equal for two ways to write one mailbox. NotAnAddress for what is none.

    The local part is case-folded and normalised (NFC), the domain is in ASCII (IDNA 2008) and small.
    """
    return address_of(text).key


@lru_cache(maxsize=4096)  # few domains make up most of a list
def _plain_domain(text: str) -> str:
    """The domain in small letters; empty for one that is not plain."""
    domain = text.lower()
    return domain if text.isascii() and _DOMAIN.fullmatch(domain) and not _ODD.search(domain) else ""


def _asked(text: str) -> Address:
    """What the library says; it can be slow with long texts, which are none anyway."""
    if not text:
        raise NotAnAddress("there is nothing")
    if len(text) > MAX_LENGTH:
        raise NotAnAddress(f"it has {len(text):,} characters; an address has at most {MAX_LENGTH}")
    if _LONG_LABEL.search(text.rpartition("@")[2]):
        raise NotAnAddress("a part of its domain has more than 63 characters")
    validate, refusals = _library()
    try:
        found = validate(text, check_deliverability=False, strict=True)
    except refusals as error:
        raise NotAnAddress(str(error)) from None
    local, domain = found.local_part, found.ascii_domain
    return Address(f"{_folded(local)}@{domain.lower()}", f"{local}@{domain}")


def _folded(text: str) -> str:
    # Composed last: folding takes some letters apart.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", text).casefold())


@cache
def _library() -> tuple[Callable[..., Any], type[Exception]]:
    # Imported for the first address that is not plain: 50 ms.
    from email_validator import EmailNotValidError, validate_email

    return validate_email, EmailNotValidError
