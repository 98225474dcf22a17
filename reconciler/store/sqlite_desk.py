"""The ledger's transactions in SQLite."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from reconciler.store.bulletin import Session
from reconciler.store.desk import Rows, Sql

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Sql:
    """Implements `ledger.Sql`."""

    db: sqlite3.Connection

    def rows(self, statement: str, values: Sequence[object] = ()) -> Rows:
        return self.db.execute(statement, values).fetchall()

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        return self.db.execute(statement, values).rowcount

    def many(self, statement: str, rows: Sequence[Sequence[object]]) -> int:
        return self.db.executemany(statement, rows).rowcount


@dataclass(frozen=True, slots=True)
class SqliteDesk:
    """Implements `ledger.Desk` in the sessions of a store."""

    read: Session
    write: Session

    def reading(self, question: Callable[[Sql], T]) -> T:
        """See `ledger.Desk`."""
        with self.read() as db:
            return question(_Sql(db))

    def writing(self, work: Callable[[Sql], T]) -> T:
        """See `ledger.Desk`."""
        with self.write() as db:
            return work(_Sql(db))
