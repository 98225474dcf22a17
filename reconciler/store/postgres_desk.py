"""The ledger's transactions in PostgreSQL."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypeVar

from reconciler.store.desk import Rows, Sql
from reconciler.store.postgres_session import Connection, Session, Transaction, Work

T = TypeVar("T")


@cache
def _spoken(statement: str) -> bytes:
    """A statement with this driver's sign for a value."""
    return statement.replace("?", "%s").encode()


@dataclass(frozen=True, slots=True)
class _Sql:
    """Implements `desk.Sql`."""

    db: Connection

    def rows(self, statement: str, values: Sequence[object] = ()) -> Rows:
        return self.db.execute(_spoken(statement), values).fetchall()

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        return self.db.execute(_spoken(statement), values).rowcount

    def many(self, statement: str, rows: Sequence[Sequence[object]]) -> int:
        with self.db.cursor() as cursor:
            cursor.executemany(_spoken(statement), rows)
            return cursor.rowcount


@dataclass(frozen=True, slots=True)
class PostgresDesk:
    """Implements `desk.Desk` in the session of a store."""

    session: Session

    def stirred(self) -> bool:
        """See `desk.Desk`: a server does not say."""
        return True

    def reading(self, question: Callable[[Sql], T]) -> T:
        """See `desk.Desk`."""
        return self.session.read(lambda db: question(_Sql(db)))

    def writing(self, work: Callable[[Sql], T]) -> T:
        """See `desk.Desk`."""

        def do(transaction: Transaction) -> T:
            return work(_Sql(transaction.db))

        found: T = self.session.write(Work(do))
        return found
