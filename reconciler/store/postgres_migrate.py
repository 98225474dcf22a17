"""Numbered migrations of a PostgreSQL database, applied with their record in one transaction, by one process at a time."""

from contextlib import closing
from pathlib import Path
from typing import Final

import psycopg
from psycopg import sql

from reconciler.model.errors import StoreError
from reconciler.store import postgres_queue as queue
from reconciler.store import postgres_statements as statements
from reconciler.store.address import shown
from reconciler.store.postgres_errors import told
from reconciler.store.postgres_session import Connection, connect

_OURS: Final = 0x4D757374
"""What our locks in a database begin with: "Must" in ASCII."""


def migrate(db: Connection) -> int:
    """Bring the database to the newest version, and give the number of the lock that its writers share.

    StoreError where it belongs to another program, or to a newer version of this one. Takes no lock where nothing is to be
    done. The tables of the engine's queue come along.
    """
    if _version(db) < len(_scripts()):
        with db.transaction():
            # Others who migrate wait here, and find that it is done.
            db.execute(statements.MIGRATE_ALONE, (_OURS,))
            current = _version(db)
            for number, script in enumerate(_scripts()[current:], start=current + 1):
                db.execute(script.read_bytes())
                db.execute(statements.SET_VERSION if number > 1 else statements.FIRST_VERSION, (number,))
                if number == _TITLES:
                    _fold_titles(db)
            queue.install(db)
    row = db.execute(_VERSION).fetchone()
    assert row is not None
    return int(row[1])


def bring_queue_up_to_date(url: str) -> None:
    """For whoever is about to use the queue: its package may have come, or become newer, since the store was migrated.

    StoreError where that cannot be done.
    """
    try:
        with closing(connect(url)) as db:
            if not queue.is_current(db):
                with db.transaction():
                    db.execute(statements.MIGRATE_ALONE, (_OURS,))
                    queue.install(db)
    except psycopg.Error as error:
        raise told(error, f"the queue in the store {shown(url)} cannot be used", url) from error


def _fold_titles(db: Connection) -> None:
    """Titles that were stored before the search knew them are in small letters as far as this database has these."""
    from reconciler.model.listing import folded  # seldom needed

    found = db.execute(statements.ODD_TITLES).fetchall()
    with db.cursor() as cursor:
        cursor.executemany(statements.SET_TITLE, [(folded(title), uid) for uid, title in found])


_TITLES: Final = 15
"""The migration that comes with folded titles."""
_VERSION: Final = sql.SQL(statements.VERSION).format(domain=sql.Literal(_OURS))


def _version(db: Connection) -> int:
    """The number of the last migration; 0 where nothing is here yet."""
    row = db.execute(statements.WHAT_IS_HERE).fetchone()
    schema, ours, anything = row or (False, False, False)
    if not schema:
        raise StoreError("its search_path names no schema that exists")
    if not ours and anything:
        raise StoreError("it is the database of another program; give muster a database, or a schema, of its own")
    if not ours:
        return 0
    (version,) = db.execute("SELECT version FROM muster").fetchone() or (0,)
    if version > len(_scripts()):
        raise StoreError(f"it has version {version}; this program knows {len(_scripts())}: upgrade muster")
    return int(version)


def _scripts() -> list[Path]:
    return sorted((Path(__file__).parent / "sql_postgres").glob("*.sql"))
