"""A Channel as it is stored: through what it goes, and what it needs to know of a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.kinds.messaging.channel.spec import ChannelSpec
from reconciler.mail.address import on_the_wire
from reconciler.mail.fault import Unfit
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

EMAIL: Final = "email"
"""The medium of e-mail channels."""
_POINTS: Final[Mapping[str, str]] = {EMAIL: "email", "sms": "phone", "voice": "phone", "letter": "address"}
"""What of a contact each medium needs; others need nothing."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A way to reach people, by its name."""

    name: str
    spec: ChannelSpec

    @property
    def medium(self) -> str:
        """email, sms, voice, letter or other; empty where the manifest does not say."""
        return EMAIL if self.spec.type == "email" else self.spec.medium or ""

    @property
    def via(self) -> str:
        """The SmtpConnection that carries its mails; empty for webhooks."""
        return self.spec.smtp or ""


def channel_of(name: str, document: Document) -> Channel:
    """The Channel that a document describes."""
    return Channel(name, ChannelSpec.model_validate_json(canonical.encode(document.get("spec", {}))))


def stored_channel(store: Store, name: str) -> Channel:
    """The Channel of this name as it is applied. Permanent where there is none any more."""
    ref = Ref("Channel", name)
    found = store.load([ref]).get(ref)
    if found is None or found.state == "deleted":
        raise Permanent(f"{ref} is not there any more")
    return channel_of(name, found.document)


def unreachable(channel: Channel, contact: Mapping[str, Any]) -> str:
    """Why nobody can be reached at this contact through this channel; empty where somebody may be."""
    point = _POINTS.get(channel.medium)
    if point is None:
        return ""
    written = contact.get(point)
    if written is None or not str(written).strip():
        return f"the contact has no {point}"
    wire = on_the_wire(str(written).strip()) if point == "email" else ""
    return str(wire) if isinstance(wire, Unfit) else ""
