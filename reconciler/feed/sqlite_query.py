"""A query against an SQLite file: opened to be read, and able to do nothing else."""

import sqlite3
import time
from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import quote

from reconciler.feed.query import BATCH
from reconciler.feed.row import Trouble, Unusable
from reconciler.feed.source import Query

_TURNS: Final = 10_000
"""Instructions of SQLite's machine between two looks at the clock."""

_ALLOWED: Final = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}


class SqliteAnswer:
    """A cursor, and the time by which its next rows must be there."""

    def __init__(self, source: Query, patience: float) -> None:
        """Unusable where the file, or the query, is not one."""
        self._patience = patience
        self._until = time.monotonic() + patience
        try:
            self._db = sqlite3.connect(f"file:{quote(_path(source.url))}?mode=ro", uri=True, timeout=patience)
        except sqlite3.Error as error:
            raise _unusable(error) from None
        try:
            self._db.set_progress_handler(self._is_late, _TURNS)
            self._db.set_authorizer(_authorize)
            self._cursor = self._db.execute(source.query)
        except (sqlite3.Error, sqlite3.Warning) as error:
            self.close()
            raise _unusable(error) from None

    def names(self) -> list[str]:
        """The columns."""
        if self._cursor.description is None:
            raise Unusable(Trouble.DATABASE, 0, "the query answers no rows", "write a SELECT statement")
        return [column[0] for column in self._cursor.description]

    def batch(self) -> Sequence[Sequence[Any]]:
        """The next rows. Unusable where they take too long."""
        self._until = time.monotonic() + self._patience
        try:
            return self._cursor.fetchmany(BATCH)
        except sqlite3.Error as error:
            raise _unusable(error) from None

    def close(self) -> None:
        """Let go."""
        self._db.close()

    def _is_late(self) -> int:
        return int(time.monotonic() > self._until)


def ask_sqlite(source: Query, patience: float) -> SqliteAnswer:
    """Begin the query. Unusable where that cannot be."""
    return SqliteAnswer(source, patience)


def _path(url: str) -> str:
    """The absolute path in `sqlite:///absolute/path`; Unusable where it is another."""
    path = url.partition(":")[2].removeprefix("//")
    if not path.startswith("/") or "\0" in path:
        advice = "write sqlite:///absolute/path"
        raise Unusable(Trouble.DATABASE, 0, "the URL names no absolute path of an SQLite file", advice)
    return "/" + path.lstrip("/")


def _authorize(action: int, *_: str | None) -> int:
    """Reading alone: no ATTACH, no PRAGMA, nothing that writes. (Libraries are not loaded: that is off by default.)"""
    return sqlite3.SQLITE_OK if action in _ALLOWED else sqlite3.SQLITE_DENY


def _unusable(error: Exception) -> Unusable:
    words = str(error)
    if "interrupted" in words:
        return Unusable(Trouble.DATABASE, 0, "the query takes too long", "narrow it, or give the table an index")
    advice = "write one SELECT statement" if "authorized" in words or "one statement" in words else "correct the query"
    advice = "check the path in the URL" if "unable to open" in words else advice
    return Unusable(Trouble.DATABASE, 0, f"SQLite says: {words}", advice)
