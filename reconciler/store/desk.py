"""Where transactions are made that SQLite and PostgreSQL do alike: their SQL is the same, but for the sign of a value."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar

T = TypeVar("T")
Rows = list[tuple[Any, ...]]


class Sql(Protocol):
    """A transaction, in which statements of `ledger_statements` are run."""

    def rows(self, statement: str, values: Sequence[object] = ()) -> Rows:
        """What a statement gives."""
        ...

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        """How many rows a statement has changed."""
        ...

    def many(self, statement: str, rows: Sequence[Sequence[object]]) -> int:
        """How many rows it has changed, run once for each of these values."""
        ...


class Desk(Protocol):
    """Where transactions are made. One that writes may be made again where its answer was lost: it must bear that."""

    def reading(self, question: Callable[[Sql], T]) -> T:
        """Ask."""
        ...

    def stirred(self) -> bool:
        """Whether somebody else may have written since this was last asked here; True where that is not known."""
        ...

    def writing(self, work: Callable[[Sql], T]) -> T:
        """Write, all or nothing."""
        ...


def seconds(moment: datetime) -> float:
    """An instant as these tables keep it: seconds since 1970, UTC."""
    return moment.timestamp()


def instant(found: float) -> datetime:
    """The instant that `seconds` wrote."""
    return datetime.fromtimestamp(found, UTC)
