"""One line of the append-only log: what happened to a resource, by whom, and why."""

import hashlib
from dataclasses import dataclass
from typing import Any

from reconciler.model import canonical
from reconciler.model.ref import Ref

GENESIS = "0" * 64
"""What the first event of a resource names as its predecessor."""


@dataclass(frozen=True, slots=True)
class Event:
    """`body` is the canonical JSON object that was hashed; the chain runs per resource.

    Members of the body: ref, op, at, actor, cause, and as they apply event, from, to, changes, document, digest,
    effects, flags, satisfied, plan, commit, author, authored (the author's date), uncommitted, orEarlier (see `authorship`),
    acknowledged.
    """

    serial: int
    ref: Ref
    sequence: int
    body: dict[str, Any]
    previous: str
    hash: str


def chain(previous: str, body: bytes) -> str:
    """The hash of an event: sha256 over its predecessor's hash and its own canonical body."""
    return hashlib.sha256(previous.encode() + body).hexdigest()


def verify(event: Event) -> bool:
    """Whether the event's hash is that of its body and predecessor."""
    return chain(event.previous, canonical.encode(event.body)) == event.hash
