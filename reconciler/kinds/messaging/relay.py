"""An SmtpConnection as it is stored: the server, what it may be asked to carry, and how a mail is signed for it.

All workshops that send mail read it here: one connection, one set of limits, whoever sends.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.mail.dkim import Signer, signer
from reconciler.mail.server import Server, Tls
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.instant import parse_duration
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.secret import Reveal
from reconciler.model.work import Rate

LANES: Final = 2
"""Connections at once where the manifest names no number."""


@dataclass(frozen=True, slots=True)
class Relay:
    """How mails go out through one connection."""

    name: str
    server: Server
    rates: tuple[Rate, ...]
    return_path: str
    signer: Signer | None


def lanes_of(document: Document) -> int:
    """How many connections may be open at once."""
    return int(document.get("spec", {}).get("maxConnections", LANES))


def relay_of(name: str, document: Document, reveal: Reveal) -> Relay:
    """The relay that a document describes. Permanent where a secret is not there, or is no key."""
    spec: Mapping[str, Any] = document.get("spec", {})
    auth, dkim = spec.get("auth"), spec.get("dkim")
    server = Server(
        host=spec["host"],
        port=spec.get("port", 587),
        tls=Tls(spec.get("tls", "starttls")),
        user=auth["user"] if auth else "",
        password=reveal(auth["password"]) if auth else "",
        timeout=parse_duration(spec.get("timeout", "30s")),
        hello_name=spec.get("helloName", ""),
    )
    return Relay(
        name,
        server,
        tuple(Rate(f"smtp:{name}", one["max"], parse_duration(one["per"])) for one in spec.get("limits", ())),
        spec.get("returnPath", ""),
        signer(dkim["domain"], dkim["selector"], reveal(dkim["key"]).encode()) if dkim else None,
    )


def is_stored(store: Store, name: str) -> bool:
    """Whether there is a connection of this name: it may have been taken out of use, or renamed."""
    ref = Ref("SmtpConnection", name)
    found = store.load([ref]).get(ref)
    return found is not None and found.state != "deleted"


def stored_relay(store: Store, name: str, reveal: Reveal) -> Relay:
    """The relay of this name as it is applied. Permanent where there is none any more, or its secrets are not there."""
    ref = Ref("SmtpConnection", name)
    found = store.load([ref]).get(ref)
    if found is None or found.state == "deleted":
        raise Permanent(f"{ref} is not there any more")
    return relay_of(name, found.document, reveal)


def stored_lanes(store: Store, name: str) -> int:
    """How many connections may be open to it at once."""
    ref = Ref("SmtpConnection", name)
    found = store.load([ref]).get(ref)
    return lanes_of(found.document) if found else 1
