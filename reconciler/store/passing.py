"""Keys that are counted and forgotten: in a file that has no name, so that memory does not grow and nothing is left behind."""

import sqlite3
from collections.abc import Iterator, Sequence
from typing import Final

from reconciler.model.errors import StoreError

_MAKE: Final = "CREATE TABLE key (key TEXT PRIMARY KEY) STRICT, WITHOUT ROWID"
_ADD: Final = "INSERT INTO key (key) VALUES (?) ON CONFLICT (key) DO NOTHING"
_REMOVE: Final = "DELETE FROM key WHERE key = ?"
_AFTER: Final = "SELECT key FROM key WHERE key > ? ORDER BY key LIMIT ?"
_SETTINGS: Final = (
    "PRAGMA journal_mode = OFF",
    "PRAGMA synchronous = OFF",
    "PRAGMA temp_store = FILE",
    "PRAGMA cache_size = -16000",
)
"""It lives as long as this process: nothing is worth a wait for the disk. The cache is 16 MB, the rest is in the file."""


class PassingKeys:
    """A set of keys on disk. Use from one thread; it is gone when it is closed, or when the process is."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None)
        for setting in _SETTINGS:
            self._db.execute(setting)
        self._db.execute(_MAKE)

    def add(self, keys: Sequence[str]) -> int:
        """Those that are not in it yet; how many that were."""
        return self._many(_ADD, keys)

    def remove(self, keys: Sequence[str]) -> int:
        """Those that are in it; how many that were."""
        return self._many(_REMOVE, keys)

    def batches(self, size: int) -> Iterator[list[str]]:
        """All of them, so many at a time; those handed on may be removed meanwhile."""
        last = ""
        while found := [key for (key,) in self._db.execute(_AFTER, (last, size))]:
            yield found
            last = found[-1]

    def close(self) -> None:
        """Forget them."""
        self._db.close()

    def _many(self, statement: str, keys: Sequence[str]) -> int:
        before = self._db.total_changes
        try:
            self._db.execute("BEGIN")
            self._db.executemany(statement, [(key,) for key in keys])
            self._db.execute("COMMIT")
        except sqlite3.Error as error:  # the disk is full
            raise StoreError(f"recipients cannot be counted: {error}") from error
        return self._db.total_changes - before
