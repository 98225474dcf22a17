"""Whose turn it is to look through a collection campaign, in SQLite and PostgreSQL alike."""

from datetime import datetime, timedelta
from typing import Final

from reconciler.model.contact_cycles import Begun
from reconciler.store.desk import Desk, instant, seconds

_FREE: Final = (
    "contact_cycle.began_at > ? OR (contact_cycle.until = 0 AND contact_cycle.began_at <= ?)"
    " OR (contact_cycle.until > 0 AND contact_cycle.until <= ?)"
)
"""One that is said to begin much later was begun by a clock that has been set back since: nobody waits until then."""
_IS_TAKEN: Final = f"SELECT 1 FROM contact_cycle WHERE uid = ? AND NOT ({_FREE})"
_TAKE: Final = f"""
INSERT INTO contact_cycle (uid, began_at, until) VALUES (?, ?, ?)
ON CONFLICT (uid) DO UPDATE SET began_at = excluded.began_at, until = excluded.until
WHERE {_FREE}
"""
_KEEP: Final = "UPDATE contact_cycle SET until = ? WHERE uid = ? AND until > 0"
_DONE: Final = "UPDATE contact_cycle SET until = 0 WHERE uid = ?"
_LAST: Final = "SELECT began_at, until FROM contact_cycle WHERE uid = ?"


class SqlContactCycles:
    """Implements `contact_cycles.ContactCycles` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def take(self, uid: int, every: timedelta, lease: timedelta, now: datetime) -> bool:
        """See `contact_cycles.ContactCycles`."""
        free = seconds(now + lease), seconds(now - every), seconds(now)
        if self._desk.reading(lambda sql: sql.rows(_IS_TAKEN, (uid, *free))):
            return False  # asked many times in a cycle, by all: nothing is written
        row = uid, seconds(now), seconds(now + lease)
        return self._desk.writing(lambda sql: sql.run(_TAKE, (*row, *free))) > 0

    def keep(self, uid: int, lease: timedelta, now: datetime) -> None:
        """See `contact_cycles.ContactCycles`."""
        self._desk.writing(lambda sql: sql.run(_KEEP, (seconds(now + lease), uid)))

    def done(self, uid: int) -> None:
        """See `contact_cycles.ContactCycles`."""
        self._desk.writing(lambda sql: sql.run(_DONE, (uid,)))

    def last(self, uid: int) -> Begun | None:
        """See `contact_cycles.ContactCycles`."""
        found = self._desk.reading(lambda sql: sql.rows(_LAST, (uid,)))
        return next((Begun(instant(at), instant(until) if until else None) for at, until in found), None)
