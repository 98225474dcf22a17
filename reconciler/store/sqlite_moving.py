"""Carrying the contents of an SQLite store, within a transaction that the store has begun."""

import sqlite3
from collections.abc import Iterable, Iterator

from reconciler.model.errors import StoreError
from reconciler.store import statements
from reconciler.store.contents import KEYS, TABLES, Row


def rows_of(db: sqlite3.Connection, table: str) -> Iterator[Row]:
    """The rows of a table, by its key."""
    return iter(db.execute(f"SELECT {', '.join(TABLES[table])} FROM {table} ORDER BY {KEYS[table]}"))


def fill(db: sqlite3.Connection, table: str, rows: Iterable[Row]) -> None:
    """Take up rows of a table."""
    columns = TABLES[table]
    db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})", rows)


def count(db: sqlite3.Connection) -> int:
    """How many rows there are in all tables."""
    return sum(int(db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]) for table in TABLES)


def begin_to_arrive(db: sqlite3.Connection, name: str) -> None:
    """StoreError where something is here already."""
    if count(db):
        raise StoreError(f"the store {name} is not empty: only a new one can take up another")


def set_closure(db: sqlite3.Connection, closure: str) -> None:
    """Say why nothing more is written; empty takes that back."""
    db.execute(statements.REOPEN)
    if closure:
        db.execute(statements.CLOSE, (closure,))
