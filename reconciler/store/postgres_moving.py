"""Carrying the contents of a PostgreSQL store, within a transaction that the session has begun."""

import uuid
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Final

from reconciler.model.errors import StoreError
from reconciler.model.event import GENESIS
from reconciler.store import postgres_statements as statements
from reconciler.store.contents import KEYS, NUMBERED, TABLES, Row
from reconciler.store.postgres_session import Connection

_PAGE: Final = 5_000
"""Rows that are fetched at once, and events that become one batch."""
_READ: Final = {
    "resource": statements.ALL_RESOURCES,
    "former": statements.ALL_FORMER,
    "event": statements.ALL_EVENTS,
    "intent": statements.ALL_INTENTS,
    "log_seal": statements.LOG_SEALS,
    "status": statements.ALL_STATUSES,
    "notice": statements.ALL_NOTICES,
    "notified": statements.ALL_NOTIFIED,
}
"""How tables are read that are not as they are carried."""
_COUNTED: Final = {"resource": "resource WHERE revision > 0"}
"""A name that is held is no resource yet."""


def rows_of(db: Connection, table: str) -> Iterator[Row]:
    """The rows of a table, by its key."""
    with db.cursor(f"rows_of_{table}") as cursor:
        cursor.itersize = _PAGE
        plain = f"SELECT {', '.join(TABLES[table])} FROM {table} ORDER BY {KEYS[table]}"
        cursor.execute(_READ.get(table, plain))
        yield from cursor


def fill(db: Connection, table: str, rows: Iterable[Row]) -> None:
    """Take up rows of a table. Events are cut into batches; what intents are going to create gets its name held."""
    if table == "event":
        _fill_log(db, iter(rows))
        return
    with db.cursor() as cursor, cursor.copy(f"COPY {table} ({', '.join(TABLES[table])}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    if table == "resource":
        db.execute(statements.COUNT_UIDS_ON)
    if table in NUMBERED:
        db.execute(statements.COUNT_ON.format(table))
    if table == "intent":
        db.execute(statements.HOLD_NAMES, (GENESIS,))


def count(db: Connection) -> int:
    """How many rows there are in all tables."""
    counts = " + ".join(f"(SELECT count(*) FROM {_COUNTED.get(table, table)})" for table in TABLES)
    (rows,) = db.execute(f"SELECT {counts}").fetchone() or (0,)
    return int(rows)


def begin_to_arrive(db: Connection, name: str) -> None:
    """StoreError where something is here already."""
    if count(db):
        raise StoreError(f"the store {name} is not empty: only a new one can take up another")


def set_closure(db: Connection, closure: str) -> None:
    """Say why nothing more is written; empty takes that back."""
    db.execute(statements.CLOSE, (closure or None,))


def _fill_log(db: Connection, rows: Iterator[Row]) -> None:
    last = 0, ""
    while page := list(islice(rows, _PAGE)):
        (batch,) = db.execute(statements.NEXT_BATCH).fetchone() or (0,)
        db.execute(statements.ADD_BATCH, (batch, page[0][0], len(page), str(uuid.uuid4())))
        with db.cursor() as cursor, cursor.copy(statements.COPY_EVENTS) as copy:
            for position, (_, uid, sequence, ref, previous, hashed, body) in enumerate(page):
                copy.write_row((batch, position, uid, sequence, ref, previous, hashed, body))
        last = page[-1][0], page[-1][5]
    db.execute(statements.COUNT_ON_FROM, last)
