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
    """Implements `desk.Sql`."""

    db: sqlite3.Connection

    def rows(self, statement: str, values: Sequence[object] = ()) -> Rows:
        return self.db.execute(statement, values).fetchall()

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        return self.db.execute(statement, values).rowcount

    def many(self, statement: str, rows: Sequence[Sequence[object]]) -> int:
        return self.db.executemany(statement, rows).rowcount


@dataclass(slots=True)
class SqliteDesk:
    """Implements `desk.Desk` in the sessions of a store."""

    read: Session
    write: Session
    _version: int = -1
    """Changes whenever another connection commits."""

    def stirred(self) -> bool:
        """See `desk.Desk`."""
        with self.read() as db:
            version = db.execute("PRAGMA data_version").fetchone()[0]
        before, self._version = self._version, version
        return bool(version != before)

    def reading(self, question: Callable[[Sql], T]) -> T:
        """See `desk.Desk`."""
        with self.read() as db:
            return question(_Sql(db))

    def writing(self, work: Callable[[Sql], T]) -> T:
        """See `desk.Desk`."""
        with self.write() as db:
            return work(_Sql(db))
