"""What providers report: events that are signed with a secret between them and us, or sent with it as a password."""

import base64
import hashlib
import hmac
from binascii import Error
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.kinds.email.returning import Returning
from reconciler.mail.bounce_events import read_events
from reconciler.model import canonical
from reconciler.model.ports import Clock, Store
from reconciler.web.door import Answer, Ask, Door, plain
from reconciler.web.patience import Patience

MOST: Final = 1 << 20
"""Bytes of a request."""


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The door `/webhooks/NAME`; `secrets` by name."""

    secrets: Mapping[str, str] = field(repr=False)
    returning: Returning
    clock: Clock
    patience: Patience

    def doors(self) -> tuple[Door, ...]:
        """What is served."""
        return (Door("webhook", "/webhooks/{name}", ("POST",), self._take, MOST, self._admits),)

    def _admits(self, ask: Ask) -> Answer | None:
        """Who has tried too often is not listened to: a body is read before its signature can be."""
        if self.patience.is_over(ask.client):
            return plain(429, "too many without our secret", "too-many", Retry_After="60")
        return None

    def _take(self, ask: Ask, store: Store) -> Answer:
        secret = self.secrets.get(ask.params["name"], "")
        if not knows(secret.encode("utf-8", "surrogateescape"), ask):
            self.patience.failed(ask.client)
            return plain(403, "not signed with our secret", "forged")
        try:
            body = canonical.decode(ask.body)
        except ValueError:
            return plain(400, "not JSON", "not-json")
        now = self.clock.now()
        new = sum(self.returning.event(store, ask.params["name"], event, now) for event in read_events(body))
        return plain(200, f"{new} new", "taken")


def knows(secret: bytes, ask: Ask) -> bool:
    """Whether a request is signed over its body (X-Muster-Signature-256), or has the secret for a password (basic, bearer)."""
    expected = b"sha256=" + hmac.new(secret, ask.body, hashlib.sha256).hexdigest().encode()
    signature = ask.headers.get("x-muster-signature-256", "").encode("latin-1", "replace")
    return bool(secret) and (hmac.compare_digest(signature, expected) or has_key(secret, ask))


def has_key(secret: bytes, ask: Ask) -> bool:
    """Whether a request has the secret for a password (basic, bearer)."""
    digest = hashlib.sha256(_password(ask.headers.get("authorization", ""))).digest()
    return hmac.compare_digest(digest, hashlib.sha256(secret).digest()) and bool(secret)


def password_of(ask: Ask) -> bytes:
    """The password that a request comes with (basic, bearer); empty where it has none."""
    return _password(ask.headers.get("authorization", ""))


def _password(authorization: str) -> bytes:
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip().encode("latin-1", "replace")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(rest.strip(), validate=True).partition(b":")[2]
    except (Error, ValueError):
        return b""
