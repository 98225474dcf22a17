"""Who did what through the dashboard: each action that was asked for, whatever became of it, and who came and went. (X-07)"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Outcome(StrEnum):
    """What became of it."""

    DONE = "done"
    REFUSED = "refused"
    """It could not be done as things stand; the detail says why."""
    DENIED = "denied"
    """Whoever asked may not do that."""
    FAILED = "failed"
    """Something went wrong on the way."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line. `actor` is as the log names them, `role` empty where nobody was known; `client` is a network address."""

    at: datetime
    actor: str
    role: str
    client: str
    action: str
    target: str = ""
    outcome: Outcome = Outcome.DONE
    detail: str = ""
    id: int = field(default=0)
    """The store gives it; later lines have a higher one."""


@dataclass(frozen=True, slots=True)
class Sought:
    """Which lines: all members that are not empty have to fit. `before`: only those with a lower number, 0 for all."""

    actor: str = ""
    action: str = ""
    outcome: str = ""
    target: str = ""
    before: int = 0


class Audit(Protocol):
    """The lines, which nobody changes or takes away. Times are UTC."""

    def write(self, entry: Entry) -> int:
        """Add a line; its number."""
        ...

    def find(self, sought: Sought, limit: int) -> Sequence[Entry]:
        """The last lines that are sought, the latest first."""
        ...

    def line(self, id_: int) -> Entry | None:
        """The line of this number."""
        ...
