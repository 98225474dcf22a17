"""A query against PostgreSQL: in a read-only transaction, through a cursor of the server's, so that rows come by and by."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final

import psycopg
from psycopg.rows import tuple_row

from reconciler.feed.query import BATCH
from reconciler.feed.row import Trouble, Unusable
from reconciler.feed.source import Query

_FETCH: Final = f"FETCH FORWARD {BATCH} FROM muster_feed"
_DEFAULTS: Final = {"connect_timeout": "10", "application_name": "muster feed"}


class PostgresAnswer:
    """A cursor on the server."""

    def __init__(self, source: Query, patience: float) -> None:
        """Unusable where there is no way in, or the query is not one."""
        try:
            given = psycopg.conninfo.conninfo_to_dict(source.url)
            self._db = psycopg.connect(
                psycopg.conninfo.make_conninfo("", **{**_DEFAULTS, **given}), row_factory=tuple_row
            )
        except psycopg.Error as error:
            # The driver's words about a URL, or a server, may quote the password.
            detail = f"the database cannot be reached ({type(error).__name__})"
            raise Unusable(Trouble.DATABASE, 0, detail, "check the URL, the server and the password") from None
        try:
            self._db.read_only = True
            self._db.execute("SELECT set_config('statement_timeout', %s, true)", (f"{patience * 1000:.0f}ms",))
            # With the extended protocol (`prepare`, binary) the server takes one statement: no COMMIT can stand in it.
            declare = f"DECLARE muster_feed NO SCROLL CURSOR FOR {source.query}".encode()
            self._db.execute(declare, prepare=True)
            self._cursor = self._db.execute(_FETCH.encode())
        except psycopg.Error as error:
            self.close()
            raise _unusable(error) from None
        self._has_first = True

    def names(self) -> list[str]:
        """The columns."""
        return [column.name for column in self._cursor.description or ()]

    def batch(self) -> Sequence[Sequence[Any]]:
        """The next rows. Unusable where they take too long."""
        try:
            if not self._has_first:
                self._cursor = self._db.execute(_FETCH.encode())
            self._has_first = False
            return self._cursor.fetchall()
        except (psycopg.Error, ValueError) as error:  # a date before the year 1 is a ValueError of the driver's
            raise _unusable(error) from None

    def close(self) -> None:
        """End the transaction and let go."""
        with suppress(psycopg.Error):
            self._db.close()


def ask_postgres(source: Query, patience: float) -> PostgresAnswer:
    """Begin the query. Unusable where that cannot be."""
    return PostgresAnswer(source, patience)


def _unusable(error: Exception) -> Unusable:
    if isinstance(error, psycopg.errors.QueryCanceled):
        return Unusable(Trouble.DATABASE, 0, "the query takes too long", "narrow it, or give the table an index")
    if isinstance(error, psycopg.OperationalError) and not error.sqlstate:
        advice = "try again; if it happens again, look at the server's log"
        return Unusable(Trouble.DATABASE, 0, "the connection to the database was lost", advice)
    words = error.diag.message_primary if isinstance(error, psycopg.Error) else str(error)
    advice = "write one SELECT statement, and nothing that changes data"
    return Unusable(Trouble.DATABASE, 0, f"PostgreSQL says: {words or type(error).__name__}", advice)
