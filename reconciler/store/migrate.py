"""Numbered migrations, applied with their record in one transaction; no file but our own is touched.

All that are due are one: the disk is waited for once, and who is interrupted finds what was there before.
"""

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from reconciler.model.errors import StoreError

_OURS: Final = 0x4D757374
"""The application id that the first migration sets."""


def inspect(db: sqlite3.Connection) -> None:
    """StoreError where the file belongs to another program, or to a newer version of this one. Writes nothing."""
    # One transaction, so that nobody makes the file a store between two of the questions.
    db.execute("BEGIN")
    owner, version, tables = (
        db.execute(question).fetchone()[0]
        for question in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
    )
    db.execute("COMMIT")
    if owner != _OURS and (owner or version or tables):
        raise StoreError("it is the database of another program")
    if version > len(_scripts()):
        raise StoreError(f"it has version {version}; this program knows {len(_scripts())}: upgrade muster")


def migrate(db: sqlite3.Connection) -> None:
    """Bring the database, which was inspected, to the newest version. Takes no lock where nothing is to be done."""
    scripts = _scripts()
    if _version(db) == len(scripts):
        return
    from reconciler.model.listing import folded  # whoever opens a store that is up to date starts without it

    db.create_function("folded", 1, folded, deterministic=True)
    db.execute("BEGIN IMMEDIATE")
    try:
        current = _version(db)  # another process may have migrated while this one waited for the lock
        for number, script in enumerate(scripts[current:], start=current + 1):
            for statement in _statements(script.read_text("utf-8")):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number:d}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _version(db: sqlite3.Connection) -> int:
    """The number of the last migration."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def _scripts() -> list[Path]:
    return sorted((Path(__file__).parent / "sql").glob("*.sql"))


def _statements(script: str) -> Iterator[str]:
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
