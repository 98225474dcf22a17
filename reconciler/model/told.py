"""Whoever is told what happens behind the scenes, by the rooms that must not know how it is shown."""

from typing import Protocol


class Told(Protocol):
    """Told what goes wrong: a message that is always the same, and the data of this case."""

    def __call__(self, message: str, /, **data: object) -> None:
        """Something to know."""
        ...
