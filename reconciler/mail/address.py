"""Addresses as they stand in mail: ASCII, the domain in its wire form, nothing that could end a header."""

import re
from functools import lru_cache
from typing import Final

import idna

from reconciler.mail.fault import Unfit, Why

MAX_ADDRESS: Final = 254
MAX_LOCAL: Final = 64
"""Characters (RFC 5321)."""

_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*")


def on_the_wire(address: str) -> str | Unfit:
    """`address` with its domain as DNS has it (IDNA 2008), or why nothing can be sent to it."""
    local, at, domain = address.rpartition("@")
    shown = repr(address[:100])
    if not at or not local or not domain:
        return Unfit(Why.ADDRESS, f"{shown} is not an address")
    if not local.isascii():
        return Unfit(Why.SMTPUTF8, f"{shown} has letters beyond ASCII before the @, which few servers take (SMTPUTF8)")
    if len(local) > MAX_LOCAL or not _LOCAL.fullmatch(local):
        return Unfit(Why.ADDRESS, f"{shown} is not an address: see the part before the @")
    wire = _domain(domain)
    if wire is None or len(local) + 1 + len(wire) > MAX_ADDRESS:
        return Unfit(Why.ADDRESS, f"{shown} is not an address: see the part after the @")
    return f"{local}@{wire}"


@lru_cache(maxsize=1024)
def _domain(domain: str) -> str | None:
    """A domain in its wire form; remembered, for a list has few domains beside its addresses."""
    if len(domain) > 253:
        return None
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except UnicodeError:
            return None
    return domain if _DOMAIN.fullmatch(domain) else None
