"""Numbered migrations, each applied with its record in one transaction."""

import sqlite3
from pathlib import Path

from reconciler.model.errors import StoreError


def migrate(db: sqlite3.Connection) -> None:
    """Bring the database to the newest version. StoreError where it is newer than this program knows."""
    current = db.execute("PRAGMA user_version").fetchone()[0]
    scripts = sorted((Path(__file__).parent / "sql").glob("*.sql"))
    if current > len(scripts):
        raise StoreError(f"the store has version {current}; this program knows {len(scripts)}: upgrade muster")
    for number, script in enumerate(scripts[current:], start=current + 1):
        _apply(db, number, script.read_text())


def _apply(db: sqlite3.Connection, number: int, script: str) -> None:
    db.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have migrated while this one waited for the lock.
        if db.execute("PRAGMA user_version").fetchone()[0] < number:
            for statement in _statements(script):
                db.execute(statement)
            db.execute(f"PRAGMA user_version = {number:d}")
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")


def _statements(script: str) -> list[str]:
    found, pending = [], ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            found.append(pending)
            pending = ""
    return found
