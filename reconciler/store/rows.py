"""Compare and set: the rows that writes touch are read once, changed in memory, and written in bulk.

All of it happens inside one transaction that holds the write lock, so what was read stays true until it is written.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from reconciler.model import canonical
from reconciler.model.event import GENESIS, chain
from reconciler.model.hold import holds_to_json
from reconciler.model.instant import to_text
from reconciler.model.ports import Write
from reconciler.model.ref import Ref
from reconciler.store import statements


@dataclass(slots=True)
class _Row:
    """A resource between two of its writes; `values` are what the last one set, none where it has only been read."""

    uid: int
    revision: int
    head: str
    forgotten: bool = False
    stored: bool = False
    values: tuple[Any, ...] = ()
    applied_at: str | None = None
    entered_at: str | None = None
    digest: str | None = None
    document: str | None = None
    asked: str | None = None
    holds: str | None = None
    operated: str | None = None


class Rows:
    """The rows of one transaction."""

    def __init__(self, db: sqlite3.Connection, writes: Sequence[Write], but_for: str = "") -> None:
        """Reads what `writes` compare. Resources with an open intent lose, but for the one whose key is given."""
        self._db = db
        refs = {str(ref) for write in writes for ref in (write.ref, write.renamed_to) if ref is not None}
        found = db.execute(statements.ROWS, (canonical.encode(list(refs)).decode(),))
        self._rows = {ref: _Row(uid, revision, head, bool(gone), True) for ref, uid, revision, head, gone in found}
        self._held = {ref for (ref,) in db.execute(statements.HELD, (but_for,))}
        self._last_uid: int = db.execute(statements.LAST_UID).fetchone()[0]
        self._events: list[tuple[Any, ...]] = []

    def set_all(self, writes: Iterable[Write]) -> tuple[Ref, ...]:
        """Set what the writes say, each if its comparison holds; the refs that lost."""
        lost: dict[Ref, None] = {}
        out: set[Ref | None] = set()
        for write in writes:
            # A resource that lost once is out, by its new name too: a later revision of its row may be somebody else's.
            if write.ref in out or not self._set(write):
                lost[write.ref] = None
                out |= {write.ref, write.renamed_to}
        return tuple(lost)

    def save(self) -> None:
        """Write every row that was set, and every event."""
        changed = [(ref, row) for ref, row in self._rows.items() if row.values]
        self._db.executemany(statements.UPDATE, [_columns(ref, row) for ref, row in changed if row.stored])
        self._db.executemany(statements.INSERT, [_columns(ref, row) for ref, row in changed if not row.stored])
        self._db.executemany(statements.APPEND, self._events)

    def _set(self, write: Write) -> bool:
        ref, renamed = str(write.ref), str(write.renamed_to) if write.renamed_to else ""
        row = self._compared(ref, write.revision)
        if row is None or ref in self._held or renamed in self._held or renamed in self._rows:
            return False
        if renamed:
            self._rename(ref, renamed, row)
        body, document = _encoded(write)
        previous, row.head = row.head, chain(row.head, body)
        row.revision, row.forgotten = row.revision + 1, write.forgotten
        at = to_text(write.at)
        sets = ",".join(write.satisfied), ",".join(write.flags)
        row.values = (write.state, *sets, row.revision, write.file, write.commit, row.head, row.forgotten)
        if write.entered or row.revision == 1:
            row.entered_at, row.operated = at, write.operated
        if not write.aside or row.revision == 1:
            row.applied_at = at
        row.asked = write.asked or row.asked
        if write.holds is not None:
            row.holds = canonical.encode(holds_to_json(write.holds)).decode()
        if document is not None:
            row.digest, row.document = write.digest, document
        self._rows[renamed or ref] = row
        self._events.append((row.uid, row.revision, renamed or ref, previous, row.head, body.decode()))
        return True

    def _compared(self, ref: str, revision: int) -> _Row | None:
        """The row that a write of this revision may change; None where the comparison is lost."""
        row = self._rows.get(ref)
        if revision == 0 and row is None:
            self._last_uid += 1
            return _Row(self._last_uid, 0, GENESIS)
        if row is None:
            return None
        # A forgotten supporting resource is made again in its old row: its chain goes on.
        fits = row.forgotten if revision == 0 else row.revision == revision and not row.forgotten
        return row if fits else None

    def _rename(self, ref: str, renamed: str, row: _Row) -> None:
        self._rows.pop(ref, None)
        self._db.execute(statements.GIVE_UP_NAME, (ref, row.uid))
        if row.stored:
            # At once, in the order of the writes: another row may be waiting for the name that this one gives up.
            self._db.execute(statements.RENAME, (renamed, row.uid))


def _encoded(write: Write) -> tuple[bytes, str | None]:
    """The event's body and the row's document; a body that holds this very document has it encoded once for both."""
    if write.document is None:
        return canonical.encode(write.body), None
    document, body = canonical.encode(write.document), write.body
    if body.get("document") is write.document:
        body = {**body, "document": canonical.verbatim(document)}
    return canonical.encode(body), document.decode()


def _columns(ref: str, row: _Row) -> tuple[Any, ...]:
    kept = (row.applied_at, row.asked, row.holds, row.operated, row.entered_at, row.digest, row.document)
    return (*row.values, *kept, ref, row.uid)
