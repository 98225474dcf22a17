"""What a long-running process says on its way: a constant message, and data."""

from enum import StrEnum
from typing import Protocol


class Level(StrEnum):
    """How much a line matters."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Say(Protocol):
    """Says one line. Data never holds a secret: it is what stands in the store, the plan, or a diagnostic."""

    def __call__(self, message: str, /, level: Level = Level.INFO, **data: object) -> None:
        """Say `message`, which is always the same, with the data of this case."""
        ...
