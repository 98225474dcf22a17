"""A part of a long list, behind a row or before it: what it costs does not hang on how far down it lies."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stretch:
    """The first `limit` rows whose key is above `after`; with `before`, unless it is 0, the last ones below that."""

    after: int
    limit: int
    before: int = 0

    def clause(self, key: str) -> str:
        """The end of a statement, from the condition on: rows in the order in which they are found."""
        return f"{key} < ? ORDER BY {key} DESC LIMIT ?" if self.before else f"{key} > ? ORDER BY {key} LIMIT ?"

    @property
    def values(self) -> tuple[int, int]:
        """What stands in it for the question marks."""
        return self.before or self.after, self.limit

    def in_order(self, found: Sequence[T]) -> Sequence[T]:
        """The rows by their keys, upwards."""
        return found[::-1] if self.before else found
