"""For whom a letter is shown or tried: a contact of the campaign's own lists, or one that somebody has made up."""

import json
from datetime import datetime
from typing import Final

from reconciler.feed.address import address_of
from reconciler.feed.row import Fault
from reconciler.kinds.email.audience import Audience
from reconciler.kinds.email.reading import readings
from reconciler.mail.letter import Recipient
from reconciler.model.errors import Permanent, Usage

MAX_CONTACT: Final = 1 << 16
"""Bytes of a contact that somebody writes: as many as are kept of a row."""
ANYBODY: Final = "anybody@example.com"
"""Who is written to where a contact has no address of its own."""


def specimen(audience: Audience, now: datetime, key: str = "") -> Recipient | None:
    """The first contact whom the targets include, or the one with this key; None where there is none.

    Exclusions and suppressions do not count: nobody is mailed. Permanent where a list is broken before it.
    """
    for reading in readings(audience.include):
        for found in reading.contacts(now, only=key):
            if isinstance(found, Fault):
                if found.final:
                    raise Permanent(f"{reading.listing.ref}: {found.detail}; {found.help}")
            elif any(one is True for one in found.met):
                return Recipient(found.address.key, found.address.mailbox, dict(found.row.values))
    return None


def made_up(text: str) -> Recipient:
    """The contact that a JSON object describes. Usage where it is none; NotAnAddress where its `email` is none."""
    if len(text.encode("utf-8", "replace")) > MAX_CONTACT:
        raise Usage(f"a contact has at most {MAX_CONTACT:,} bytes")
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        values = None
    if not isinstance(values, dict) or not all(isinstance(one, str | bool | int | float) for one in values.values()):
        raise Usage('a contact is a JSON object of plain values, such as {"email": "ana@example.com", "name": "Ana"}')
    address = address_of(str(values.get("email", ANYBODY)))
    return Recipient(address.key, address.mailbox, values)
