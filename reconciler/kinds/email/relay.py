"""An SmtpConnection as it is stored: the server, what it may be asked to carry, and how a mail is signed for it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from reconciler.mail.dkim import Signer, signer
from reconciler.mail.server import Server, Tls
from reconciler.model.canonical import Document
from reconciler.model.instant import parse_duration
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


def campaign_rate(uid: int, rate: tuple[int, int] | None) -> tuple[Rate, ...]:
    """The campaign's own rate, over all its connections."""
    return (Rate(f"campaign:{uid}", rate[0], timedelta(seconds=rate[1])),) if rate else ()
