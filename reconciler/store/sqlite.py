"""The embedded store: one SQLite file in WAL mode, every write a compare-and-set with its event in one transaction."""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.errors import Busy, StoreError
from reconciler.model.event import GENESIS, Event, chain
from reconciler.model.instant import from_text, to_text
from reconciler.model.ports import Intent, Write
from reconciler.model.ref import Ref
from reconciler.model.resource import Head, Resource
from reconciler.store import statements
from reconciler.store.migrate import migrate

BUSY_TIMEOUT: Final = 10.0
"""Seconds to wait for another writer before giving up with exit 7."""

_LOAD_ALL_ABOVE: Final = 500


class SqliteStore:
    """Implements `ports.Store` over one file. Use from one thread; open one per thread or process."""

    def __init__(self, path: Path) -> None:
        """Open or create the file at `path`. StoreError where it is no store, or newer than this program."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=BUSY_TIMEOUT, isolation_level=None)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            migrate(self._db)
        except (sqlite3.DatabaseError, OSError) as error:
            raise _translated(error, f"the store {path} cannot be opened") from error

    def serial(self) -> int:
        """See `ports.Store`."""
        with self._reading() as db:
            return int(db.execute(statements.SERIAL).fetchone()[0])

    def heads(self) -> Mapping[Ref, Head]:
        """See `ports.Store`."""
        with self._reading() as db:
            rows = db.execute(statements.HEADS).fetchall()
        found: dict[Ref, Head] = {}
        sets: dict[str, tuple[str, ...]] = {}
        for text, state, digest, satisfied, flags, revision in rows:
            ref = Ref.canonical(text)
            found[ref] = Head(ref, state, digest, _words(satisfied, sets), _words(flags, sets), revision)
        return found

    def load(self, refs: Iterable[Ref]) -> Mapping[Ref, Resource]:
        """See `ports.Store`."""
        wanted = set(refs)
        with self._reading() as db:
            if len(wanted) > _LOAD_ALL_ABOVE:
                rows = (row for row in db.execute(statements.LOAD_ALL) if Ref.canonical(row[0]) in wanted)
            else:
                rows = (row for ref in wanted for row in db.execute(statements.LOAD, (str(ref),)))
            return {resource.ref: resource for resource in map(_resource, rows)}

    def forgotten(self) -> frozenset[Ref]:
        """See `ports.Store`."""
        with self._reading() as db:
            return frozenset(Ref.canonical(row[0]) for row in db.execute(statements.FORGOTTEN))

    def commit(self, writes: Sequence[Write]) -> tuple[Ref, ...]:
        """See `ports.Store`. New resources are inserted in bulk; if one of them lost, each is tried by itself."""
        with self._writing() as db:
            lost: dict[Ref, None] = {}
            for new, group in groupby(writes, key=lambda write: write.revision == 0):
                # A resource that lost once is out: a later revision of its row may be somebody else's.
                some = [write for write in group if write.ref not in lost]
                losers = _insert(db, some) if new else [write.ref for write in some if not _update(db, write)]
                lost |= dict.fromkeys(losers)
            return tuple(lost)

    def begin(self, intent: Intent) -> bool:
        """See `ports.Store`."""
        row = (
            intent.key,
            str(intent.ref),
            intent.revision,
            canonical.encode(intent.effects).decode(),
            canonical.encode(intent.write).decode(),
            to_text(intent.begun_at),
        )
        with self._writing() as db:
            return db.execute(statements.BEGIN_INTENT, row).rowcount == 1

    def advance(self, key: str, write: Write) -> bool:
        """See `ports.Store`."""
        with self._writing() as db:
            done = not _insert(db, [write]) if write.revision == 0 else _update(db, write)
            if done:
                db.execute(statements.CLOSE_INTENT, (key,))
            return done

    def abandon(self, key: str) -> None:
        """See `ports.Store`."""
        with self._writing() as db:
            db.execute(statements.CLOSE_INTENT, (key,))

    def intents(self) -> tuple[Intent, ...]:
        """See `ports.Store`."""
        with self._reading() as db:
            rows = db.execute(statements.INTENTS).fetchall()
        return tuple(
            Intent(key, Ref.canonical(ref), revision, tuple(canonical.decode(effects)), canonical.decode_as(write, Write), from_text(at))
            for key, ref, revision, effects, write, at in rows
        )

    def events(self, ref: Ref | None = None) -> Iterator[Event]:
        """See `ports.Store`."""
        with self._reading() as db:
            for serial, name, sequence, body, previous, hashed in _event_rows(db, ref):
                yield Event(serial, Ref.canonical(name), sequence, canonical.decode(body), previous, hashed)

    def close(self) -> None:
        """See `ports.Store`."""
        self._db.close()

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            yield self._db
        except sqlite3.DatabaseError as error:
            raise _translated(error, "the store cannot be read") from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise _translated(error, "the store cannot be written") from error


def _event_rows(db: sqlite3.Connection, ref: Ref | None) -> Iterable[Sequence[Any]]:
    if ref is None:
        return db.execute(statements.EVENTS)
    return db.execute(statements.EVENTS_OF, (str(ref),)).fetchall() or db.execute(statements.EVENTS_OF_FORMER, (str(ref),))


def _translated(error: Exception, what: str) -> StoreError | Busy:
    if isinstance(error, sqlite3.OperationalError) and ("locked" in str(error) or "busy" in str(error)):
        return Busy(f"{what}: another writer has held it for {BUSY_TIMEOUT:.0f} seconds; try again")
    return StoreError(f"{what}: {error}")


def _words(text: str, known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if text not in known:
        known[text] = tuple(text.split(",")) if text else ()
    return known[text]


def _resource(row: Sequence[Any]) -> Resource:
    ref, state, digest, document, satisfied, flags, revision, entered, applied, file, revised, head = row
    return Resource(
        Ref.canonical(ref), state, digest, canonical.decode(document), _words(satisfied, {}), _words(flags, {}), revision,
        from_text(entered), from_text(applied), file, revised, head,
    )


def _insert(db: sqlite3.Connection, writes: list[Write]) -> list[Ref]:
    """Insert what must not exist. Returns the refs that did; nothing is written for those."""
    if len(writes) == 1:
        return [] if _insert_one(db, writes[0]) else [writes[0].ref]
    db.execute("SAVEPOINT bulk")
    uid = db.execute(statements.LAST_UID).fetchone()[0]
    rows, events = [], []
    for number, write in enumerate(writes, start=uid + 1):
        body = canonical.encode(write.body)
        head = chain(GENESIS, body)
        rows.append(_new_row(number, write, head))
        events.append((number, 1, str(write.ref), GENESIS, head, body.decode()))
    if db.executemany(statements.INSERT, rows).rowcount == len(rows):
        db.executemany(statements.APPEND, events)
        db.execute("RELEASE bulk")
        return []
    db.execute("ROLLBACK TO bulk")
    db.execute("RELEASE bulk")
    return [write.ref for write in writes if not _insert_one(db, write)]


def _new_row(uid: int, write: Write, head: str) -> tuple[Any, ...]:
    at = to_text(write.at)
    document = canonical.encode(write.document).decode()
    return (
        uid, str(write.ref), write.state, write.digest, ",".join(write.satisfied), ",".join(write.flags),
        at, at, write.file, write.commit, head, document,
    )  # fmt: skip


def _insert_one(db: sqlite3.Connection, write: Write) -> bool:
    row = db.execute(statements.ROW, (str(write.ref),)).fetchone()
    if row is not None:
        # A forgotten supporting resource is made again in its old row: its chain goes on.
        return bool(row[3]) and _set(db, write, row)
    uid = db.execute(statements.LAST_UID).fetchone()[0] + 1
    body = canonical.encode(write.body)
    head = chain(GENESIS, body)
    db.execute(statements.INSERT, _new_row(uid, write, head))
    db.execute(statements.APPEND, (uid, 1, str(write.ref), GENESIS, head, body.decode()))
    return True


def _update(db: sqlite3.Connection, write: Write) -> bool:
    row = db.execute(statements.ROW, (str(write.ref),)).fetchone()
    if row is None or row[1] != write.revision or row[3]:
        return False
    return _set(db, write, row)


def _set(db: sqlite3.Connection, write: Write, row: Sequence[Any]) -> bool:
    uid, revision, previous, _ = row
    body = canonical.encode(write.body)
    head, at = chain(previous, body), to_text(write.at)
    ref = str(write.renamed_to or write.ref)
    document = canonical.encode(write.document).decode() if write.document is not None else None
    values = (
        ref, write.state, ",".join(write.satisfied), ",".join(write.flags), at, write.file, write.commit, head,
        int(write.forgotten), write.entered, at, write.digest or None, document, uid, revision,
    )  # fmt: skip
    if db.execute(statements.UPDATE, values).rowcount != 1:
        return False
    sequence = db.execute(statements.LAST_SEQUENCE, (uid,)).fetchone()[0] + 1
    db.execute(statements.APPEND, (uid, sequence, ref, previous, head, body.decode()))
    return True
