"""A message about something that has happened, to one receiver: written down before it is sent, and sent once."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from reconciler.model.record import Record


class Fate(StrEnum):
    """What became of a notice."""

    PENDING = "pending"
    SENT = "sent"
    DEAD = "dead"
    """Given up: it failed too often, or nobody takes it."""


class Notice(Record, frozen=True):
    """`key` names what happened, the same for whoever noticed it; with `target`, the receiver's name, it is unique.

    Times are UTC text. While it is being sent, `owner` is the execution that does it, until `due_at`.
    """

    key: str
    target: str
    body: Mapping[str, Any]
    made_at: str
    due_at: str
    attempts: int = 0
    fate: Fate = Fate.PENDING
    owner: str = ""
    error: str = ""
