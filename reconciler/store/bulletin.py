"""Statuses and notices in SQLite."""

import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from reconciler.model import canonical
from reconciler.model.bulletin import Passed
from reconciler.model.condition import Status
from reconciler.model.notice import Fate, Notice
from reconciler.model.ref import Ref
from reconciler.store import statements
from reconciler.store.desk import instant, seconds

Session = Callable[[], AbstractContextManager[sqlite3.Connection]]
"""Something to read or write in."""


class SqliteBulletin:
    """Implements `bulletin.Bulletin` in the sessions of a store."""

    def __init__(self, reading: Session, writing: Session) -> None:
        self._reading, self._writing = reading, writing

    def put_statuses(self, statuses: Sequence[Status], gone: Sequence[Ref] = ()) -> None:
        """See `bulletin.Bulletin`."""
        if not statuses and not gone:
            return
        rows = [(str(one.ref), canonical.encode(one).decode()) for one in statuses]
        with self._writing() as db:
            db.executemany(statements.PUT_STATUS, rows)
            db.executemany(statements.DROP_STATUS, [(str(ref),) for ref in gone])

    def statuses(self, refs: Iterable[Ref] | None = None) -> Mapping[Ref, Status]:
        """See `bulletin.Bulletin`."""
        with self._reading() as db:
            if refs is None:
                rows = db.execute(statements.STATUSES).fetchall()
            else:
                rows = [row for ref in refs for row in db.execute(statements.STATUS, (str(ref),))]
        found = (canonical.decode_as(body, Status) for (body,) in rows)
        return {one.ref: one for one in found}

    def cursor(self, target: str) -> int | None:
        """See `bulletin.Bulletin`."""
        with self._reading() as db:
            found = db.execute(statements.CURSOR, (target,)).fetchone()
        return int(found[0]) if found else None

    def post(self, notices: Sequence[Notice], cursors: Mapping[str, int]) -> None:
        """See `bulletin.Bulletin`."""
        with self._writing() as db:
            db.executemany(statements.POST, [row_of(one) for one in notices])
            db.executemany(statements.MOVE_CURSOR, list(cursors.items()))

    def claim(self, owner: str, now: str, until: str, limit: int) -> tuple[Notice, ...]:
        """See `bulletin.Bulletin`."""
        with self._writing() as db:
            rows = db.execute(statements.CLAIM, (owner, now, until, limit)).fetchall()
        return tuple(sorted(map(notice_of, rows), key=lambda one: (one.made_at, one.key)))

    def settle(self, notice: Notice, fate: Fate, due_at: str, error: str = "") -> bool:
        """See `bulletin.Bulletin`."""
        row = (fate.value, due_at, error, notice.key, notice.target, notice.owner)
        with self._writing() as db:
            return db.execute(statements.SETTLE, row).rowcount == 1

    def tally(self) -> Mapping[tuple[str, Fate], int]:
        """See `bulletin.Bulletin`."""
        with self._reading() as db:
            rows = db.execute(statements.TALLY).fetchall()
        return {(target, Fate(fate)): count for target, fate, count in rows}

    def enter(self, one: Passed) -> None:
        """See `bulletin.Bulletin`."""
        with self._writing() as db:
            db.execute(statements.ENTER_PASS, (seconds(one.at), one.actor))

    def last_pass(self) -> Passed | None:
        """See `bulletin.Bulletin`."""
        with self._reading() as db:
            found = db.execute(statements.LAST_PASS).fetchone()
        return Passed(instant(found[0]), found[1]) if found else None

    def dead(self, limit: int) -> tuple[Notice, ...]:
        """See `bulletin.Bulletin`."""
        with self._reading() as db:
            return tuple(map(notice_of, db.execute(statements.DEAD, (limit,)).fetchall()))


def row_of(one: Notice) -> tuple[Any, ...]:
    """The columns of a notice."""
    body = canonical.encode(one.body).decode()
    return one.key, one.target, body, one.made_at, one.due_at, one.attempts, one.fate.value, one.owner, one.error


def notice_of(row: Sequence[Any]) -> Notice:
    """A notice, from its columns."""
    key, target, body, made_at, due_at, attempts, fate, owner, error = row
    return Notice(key, target, canonical.decode(body), made_at, due_at, attempts, Fate(fate), owner, error)
