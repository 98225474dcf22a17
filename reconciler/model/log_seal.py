"""A seal of the log: one hash over its first events, by which a log that was cut or rewritten shows (docs/adr/0020)."""

import hashlib
import re
from dataclasses import dataclass

EMPTY = ""
"""The hash over no events."""


@dataclass(frozen=True, slots=True)
class LogSeal:
    """The hash over the first `serial` events, in their order, and when it was made, as UTC text."""

    serial: int
    hash: str
    made_at: str = ""


def extended(sealed: str, event: str) -> str:
    """The hash over some events and one more, from the hash over those and that event's own."""
    return "sha256:" + hashlib.sha256(f"{sealed}{event}".encode()).hexdigest()


def is_seal(text: str) -> bool:
    """Whether a text could be the hash of a seal."""
    return re.fullmatch("sha256:[0-9a-f]{64}", text) is not None
