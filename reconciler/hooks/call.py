"""What is sent to somebody's server, and what became of it."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

BODY: Final = 64 << 10
"""Bytes of an answer's body that are read."""
LONGEST: Final = timedelta(seconds=60)
"""The most that one call may take, whatever is asked for: leases of lanes are longer than twice this."""


class Fate(StrEnum):
    """What became of a call."""

    TAKEN = "taken"
    """The server said that it has it."""
    REFUSED = "refused"
    """Calling again would end alike."""
    LATER = "later"
    """Not now."""
    UNKNOWN = "unknown"
    """It was sent whole, and no answer understood: it may have arrived."""


@dataclass(frozen=True, slots=True)
class Call:
    """A POST. It shows neither its URL, nor its body, nor its secret: each may hold what must not be written down.

    `key` is the same whenever the same is sent again; `taken` are the statuses that mean taken, none: 200 to 299.
    """

    url: str = field(repr=False)
    body: bytes = field(repr=False)
    key: str = ""
    secret: str = field(default="", repr=False)
    """What the body is signed with; empty: it is not signed."""
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    timeout: timedelta = timedelta(seconds=10)
    """For everything together: looking up, connecting, sending, and the whole answer."""
    allow_private: bool = False
    """Whether the server may be in a private network, and may then be called without TLS."""
    taken: frozenset[int] = frozenset()
    media_type: str = "application/json"

    def all_headers(self) -> dict[str, str]:
        """The headers that say what is sent, and by whom."""
        found = {"Content-Type": self.media_type, "User-Agent": "muster", "Accept-Encoding": "identity", **self.headers}
        if self.key:
            found["Idempotency-Key"] = self.key
        if self.secret:
            found["X-Muster-Signature-256"] = signature(self.secret, self.body)
        return found


@dataclass(frozen=True, slots=True)
class Reply:
    """What became of a call. `status` is 0 where there was no answer; `text` is ours, with nothing of what either side sent."""

    fate: Fate
    text: str
    status: int = 0
    body: bytes = field(default=b"", repr=False)
    is_whole: bool = False
    """Whether `body` is all of what was answered."""
    wait: timedelta | None = None
    """How long the server wants to be left alone (Retry-After); at most a day."""


def signature(secret: str, body: bytes) -> str:
    """What stands in X-Muster-Signature-256. A secret from the environment may hold bytes that are no text."""
    digest = hmac.new(secret.encode("utf-8", "surrogateescape"), body, hashlib.sha256)
    return f"sha256={digest.hexdigest()}"
