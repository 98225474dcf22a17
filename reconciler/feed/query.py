"""Rows of a database query: which driver, and what of its values a row can hold."""

import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final, Protocol
from uuid import UUID

from reconciler.feed.columns import check_names, check_required
from reconciler.feed.row import Fault, Row, Scalar, Trouble, Unusable
from reconciler.feed.source import Query

PATIENCE: Final = 60.0
"""Seconds that the database may take for its first rows, and for each further thousand."""

BATCH: Final = 1000
"""Rows fetched at a time."""

_DRIVER: Final = "install Muster with its extra: pip install 'muster[postgres]'"


class Answer(Protocol):
    """What a database answers to a query."""

    def names(self) -> list[str]:
        """The columns."""
        ...

    def batch(self) -> Sequence[Sequence[Any]]:
        """The next rows; empty at the end."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


def query_rows(source: Query, required: Sequence[str], patience: float = PATIENCE) -> Iterator[Row | Fault]:
    """The rows of a query that can change nothing, in the order of its answer."""
    answer = _ask(source, patience)
    try:
        names = answer.names()
        check_names(names, 0)
        check_required(names, required, 0)
        number = 0
        while batch := answer.batch():
            for cells in batch:
                number += 1
                yield _row(number, names, cells)
    finally:
        answer.close()


def _ask(source: Query, patience: float) -> Answer:
    if not source.url:
        advice = "set the variable, or write the file, that the manifest's `url` names"
        raise Unusable(Trouble.DATABASE, 0, "there is no database URL", advice)
    scheme = source.url.partition(":")[0]
    if scheme == "sqlite":
        from reconciler.feed.sqlite_query import ask_sqlite

        return ask_sqlite(source, patience)
    if scheme not in ("postgresql", "postgres"):
        advice = "write sqlite:///absolute/path or postgresql://user@host/database"
        raise Unusable(Trouble.DATABASE, 0, "the database's URL is of no kind that is known", advice)
    try:
        from reconciler.feed.postgres_query import ask_postgres
    except ImportError:
        raise Unusable(Trouble.DATABASE, 0, "the driver of PostgreSQL is not installed", _DRIVER) from None
    return ask_postgres(source, patience)


def _row(number: int, names: Sequence[str], cells: Sequence[Any]) -> Row | Fault:
    values: dict[str, Scalar] = {}
    for name, cell in zip(names, cells, strict=True):
        if cell is None:
            continue
        value = cell if type(cell) in (str, int, bool) else _plain(cell)
        if value is None:
            detail = f"column {name!r} holds what is neither text, number, truth nor time ({type(cell).__name__})"
            return Fault(Trouble.NOT_SCALAR, number, detail, "cast it in the query, or leave it out")
        if type(value) is str and "\0" in value:
            return Fault(Trouble.NUL, number, f"column {name!r} holds the character NUL", "leave it out of the query")
        values[name] = value
    return Row(number, values)


def _plain(cell: Any) -> Scalar | None:
    """Numbers that must stay exact, times and UUIDs as text; None for what a row cannot hold."""
    if isinstance(cell, float):
        return cell if math.isfinite(cell) else None
    if isinstance(cell, Decimal):
        return format(cell, "f") if cell.is_finite() else None
    if isinstance(cell, datetime):
        return cell.isoformat().replace("+00:00", "Z")
    if isinstance(cell, date | UUID):
        return str(cell)
    return None
