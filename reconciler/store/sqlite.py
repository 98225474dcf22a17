"""The embedded store: one SQLite file in WAL mode, every write a compare-and-set with its event in one transaction."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.errors import Busy, StoreError
from reconciler.model.event import Event
from reconciler.model.instant import from_text, to_text
from reconciler.model.ports import Intent, Lease, Write
from reconciler.model.ref import Ref
from reconciler.model.resource import Head, Resource
from reconciler.store import statements
from reconciler.store.bulletin import SqliteBulletin
from reconciler.store.migrate import inspect, migrate
from reconciler.store.rows import Rows

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
            inspect(self._db)
            _use_wal(self._db)
            self._db.execute("PRAGMA synchronous = FULL")
            migrate(self._db)
        except (sqlite3.DatabaseError, OSError, StoreError) as error:
            raise _translated(error, f"the store {path} cannot be opened") from error

    def serial(self) -> int:
        """See `ports.Store`."""
        with self._reading() as db:
            return int(db.execute(statements.SERIAL).fetchone()[0])

    def mark(self) -> str:
        """See `ports.Store`."""
        with self._reading() as db:
            last = db.execute(statements.MARK).fetchone()
        return f"{last[0]}:{last[1]}" if last else ""

    def last_write(self) -> datetime | None:
        """See `ports.Store`."""
        with self._reading() as db:
            last = db.execute(statements.LAST).fetchone()
        return from_text(canonical.decode(last[0])["at"]) if last else None

    def heads(self) -> Mapping[Ref, Head]:
        """See `ports.Store`."""
        with self._reading() as db:
            rows = db.execute(statements.HEADS).fetchall()
        found: dict[Ref, Head] = {}
        sets: dict[str, tuple[str, ...]] = {}
        for text, state, digest, satisfied, flags, revision, applied, asked in rows:
            ref = Ref.canonical(text)
            words = _words(satisfied, sets), _words(flags, sets)
            found[ref] = Head(ref, state, digest, *words, revision, applied, asked)
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
        """See `ports.Store`."""
        with self._writing() as db:
            rows = Rows(db, writes)
            lost = rows.set_all(writes)
            rows.save()
            return lost

    def begin(self, intent: Intent) -> bool:
        """See `ports.Store`."""
        effects, write = canonical.encode(intent.effects).decode(), canonical.encode(intent.write).decode()
        row = (intent.key, str(intent.ref), intent.revision, effects, write, to_text(intent.begun_at))
        with self._writing() as db:
            return db.execute(statements.BEGIN_INTENT, (*row, *_lease_columns(intent.lease))).rowcount == 1

    def hand_over(self, intent: Intent, lease: Lease | None) -> bool:
        """See `ports.Store`."""
        with self._writing() as db:
            return db.execute(statements.HAND_OVER, (*_lease_columns(lease), *_hands(intent))).rowcount == 1

    def advance(self, intent: Intent) -> bool:
        """See `ports.Store`."""
        with self._writing() as db:
            rows = Rows(db, [intent.write], but_for=intent.key)
            if not db.execute(statements.IN_HANDS, _hands(intent)).fetchone() or rows.set_all([intent.write]):
                return False
            rows.save()
            db.execute(statements.CLOSE_INTENT, _hands(intent))
            return True

    def abandon(self, intent: Intent) -> bool:
        """See `ports.Store`."""
        with self._writing() as db:
            return db.execute(statements.CLOSE_INTENT, _hands(intent)).rowcount == 1

    def intents(self) -> tuple[Intent, ...]:
        """See `ports.Store`."""
        with self._reading() as db:
            return tuple(map(_intent, db.execute(statements.INTENTS).fetchall()))

    def events(self, ref: Ref | None = None) -> Iterator[Event]:
        """See `ports.Store`."""
        with self._reading() as db:
            for serial, name, sequence, body, previous, hashed in _event_rows(db, ref):
                yield Event(serial, Ref.canonical(name), sequence, canonical.decode(body), previous, hashed)

    def since(self, serial: int) -> Iterator[Event]:
        """See `ports.Store`."""
        with self._reading() as db:
            for number, name, sequence, body, previous, hashed in db.execute(statements.SINCE, (serial,)):
                yield Event(number, Ref.canonical(name), sequence, canonical.decode(body), previous, hashed)

    @property
    def bulletin(self) -> SqliteBulletin:
        """See `ports.Store`."""
        return SqliteBulletin(self._reading, self._writing)

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
    return db.execute(statements.EVENTS_OF, (str(ref),)).fetchall() or db.execute(
        statements.EVENTS_OF_FORMER, (str(ref),)
    )


def _use_wal(db: sqlite3.Connection) -> None:
    """Switch the journal. SQLite does not wait for others here, as it does elsewhere; they are done in a moment."""
    deadline = time.monotonic() + BUSY_TIMEOUT
    while True:
        try:
            db.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if not _is_locked(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.005)


def _is_locked(error: Exception) -> bool:
    return isinstance(error, sqlite3.OperationalError) and ("locked" in str(error) or "busy" in str(error))


def _translated(error: Exception, what: str) -> StoreError | Busy:
    if _is_locked(error):
        return Busy(f"{what}: another writer has held it for {BUSY_TIMEOUT:.0f} seconds; try again")
    return StoreError(f"{what}: {error}")


def _words(text: str, known: dict[str, tuple[str, ...]]) -> tuple[str, ...]:
    if text not in known:
        known[text] = tuple(text.split(",")) if text else ()
    return known[text]


def _resource(row: Sequence[Any]) -> Resource:
    ref, state, digest, document, satisfied, flags, revision, entered, applied, file, revised, head, asked = row
    return Resource(
        ref=Ref.canonical(ref),
        state=state,
        digest=digest,
        document=canonical.decode(document),
        satisfied=_words(satisfied, {}),
        flags=_words(flags, {}),
        revision=revision,
        entered_at=from_text(entered),
        applied_at=from_text(applied),
        file=file,
        commit=revised,
        head=head,
        asked=asked,
    )


def _intent(row: Sequence[Any]) -> Intent:
    key, ref, revision, effects, write, begun, owner, expires = row
    return Intent(
        key=key,
        ref=Ref.canonical(ref),
        revision=revision,
        effects=tuple(canonical.decode(effects)),
        write=canonical.decode_as(write, Write),
        begun_at=from_text(begun),
        lease=Lease(owner, from_text(expires)) if owner else None,
    )


def _lease_columns(lease: Lease | None) -> tuple[str | None, str | None]:
    return (lease.owner, to_text(lease.expires_at)) if lease else (None, None)


def _hands(intent: Intent) -> tuple[str, str | None]:
    """An intent, and in whose hands it must be."""
    return intent.key, intent.lease.owner if intent.lease else None
