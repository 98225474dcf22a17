"""The embedded store: one SQLite file in WAL mode, every write a compare-and-set with its event in one transaction."""

import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from reconciler.model import canonical
from reconciler.model.errors import Busy, StoreError
from reconciler.model.event import Event
from reconciler.model.instant import from_text
from reconciler.model.log_seal import LogSeal
from reconciler.model.ports import LAST, Intent, Lease, Write
from reconciler.model.ref import Ref
from reconciler.model.resource import Head, Resource
from reconciler.store import sqlite_moving as moving
from reconciler.store import statements
from reconciler.store.closure import refusal
from reconciler.store.concerns import Concerns
from reconciler.store.contents import Row
from reconciler.store.migrate import inspect, migrate
from reconciler.store.records import (
    event_of,
    hands,
    heads_of,
    intent_columns,
    intent_of,
    lease_columns,
    resource_of,
    span_of,
    versions_between,
)

if TYPE_CHECKING:
    from reconciler.store.bulletin import SqliteBulletin
    from reconciler.store.rows import Outcome, Rows
    from reconciler.store.seats import Seats
    from reconciler.store.sqlite_desk import SqliteDesk

BUSY_TIMEOUT: Final = 10.0
"""Seconds to wait for another writer before giving up with exit 7."""

_LOAD_ALL_ABOVE: Final = 500


class SqliteStore(Concerns):
    """Implements `ports.Store` over one file. Use from one thread; open one per thread or process."""

    def __init__(self, path: Path) -> None:
        """Open or create the file at `path`. StoreError where it is no store, or newer than this program."""
        self._path = path
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

    def pulse(self) -> str:
        """See `ports.Store`: what the file says of other connections."""
        with self._reading() as db:
            return str(db.execute(statements.PULSE).fetchone()[0])

    def closure(self) -> str:
        """See `ports.Store`."""
        with self._reading() as db:
            row = db.execute(statements.CLOSURE).fetchone()
        return row[0] if row else ""

    def time(self, machine: datetime) -> datetime:
        """See `ports.Store`: who shares a file shares a clock."""
        return machine

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """See `ports.Store`."""
        if self._db.in_transaction:
            yield  # within a transaction all is one state
            return
        with self._reading() as db:
            db.execute("BEGIN")
            try:
                yield
            finally:
                db.execute("ROLLBACK")

    def last_write(self) -> datetime | None:
        """See `ports.Store`."""
        with self._reading() as db:
            last = db.execute(statements.LAST).fetchone()
        return from_text(canonical.decode(last[0])["at"]) if last else None

    def heads(self, kind: str = "") -> Mapping[Ref, Head]:
        """See `ports.Store`."""
        with self._reading() as db:
            rows = db.execute(*((statements.HEADS_OF, span_of(kind)) if kind else (statements.HEADS,))).fetchall()
        return heads_of(rows)

    def versions(self, ref: Ref) -> Mapping[Ref, Head]:
        """See `ports.Store`."""
        with self._reading() as db:
            return heads_of(db.execute(statements.VERSIONS, versions_between(ref)))

    def load(self, refs: Iterable[Ref]) -> Mapping[Ref, Resource]:
        """See `ports.Store`."""
        wanted = set(refs)
        with self._reading() as db:
            if len(wanted) > _LOAD_ALL_ABOVE:
                rows = (row for row in db.execute(statements.LOAD_ALL) if Ref.canonical(row[0]) in wanted)
            else:
                rows = (row for ref in wanted for row in db.execute(statements.LOAD, (str(ref),)))
            return {resource.ref: resource for resource in map(resource_of, rows)}

    def forgotten(self) -> frozenset[Ref]:
        """See `ports.Store`."""
        with self._reading() as db:
            return frozenset(Ref.canonical(row[0]) for row in db.execute(statements.FORGOTTEN))

    def commit(self, writes: Sequence[Write]) -> tuple[Ref, ...]:
        """See `ports.Store`."""
        with self._writing() as db:
            outcome = _rows(db, writes).set_all(writes)
            _save(db, outcome)
            return outcome.lost

    def begin(self, intent: Intent) -> bool:
        """See `ports.Store`."""
        with self._writing() as db:
            admitted = _seats(db, [intent.write]).admit(intent.write)
            return admitted and db.execute(statements.BEGIN_INTENT, intent_columns(intent)).rowcount == 1

    def hand_over(self, intent: Intent, lease: Lease | None) -> bool:
        """See `ports.Store`."""
        with self._writing() as db:
            return db.execute(statements.HAND_OVER, (*lease_columns(lease), *hands(intent))).rowcount == 1

    def advance(self, intent: Intent) -> bool:
        """See `ports.Store`."""
        with self._writing() as db:
            outcome = _rows(db, [intent.write], but_for=intent.key).set_all([intent.write])
            if outcome.lost or not db.execute(statements.IN_HANDS, hands(intent)).fetchone():
                return False
            _save(db, outcome)
            db.execute(statements.CLOSE_INTENT, hands(intent))
            return True

    def abandon(self, intent: Intent) -> bool:
        """See `ports.Store`."""
        with self._writing() as db:
            return db.execute(statements.CLOSE_INTENT, hands(intent)).rowcount == 1

    def intents(self) -> tuple[Intent, ...]:
        """See `ports.Store`."""
        with self._reading() as db:
            return tuple(map(intent_of, db.execute(statements.INTENTS).fetchall()))

    def events(self, ref: Ref | None = None) -> Iterator[Event]:
        """See `ports.Store`."""
        with self._reading() as db:
            yield from map(event_of, _event_rows(db, ref))

    def last_events(self, ref: Ref, most: int, before: int = LAST) -> Sequence[Event]:
        """See `ports.Store`."""
        with self._reading() as db:
            return [event_of(row) for row in db.execute(statements.LAST_EVENTS_OF, (str(ref), before, most))]

    def log_seals(self) -> tuple[LogSeal, ...]:
        """See `ports.Store`."""
        with self._reading() as db:
            return tuple(LogSeal(*row) for row in db.execute(statements.LOG_SEALS))

    def add_log_seal(self, seal: LogSeal) -> bool:
        """See `ports.Store`."""
        with self._writing() as db:
            return db.execute(statements.ADD_LOG_SEAL, (seal.serial, seal.hash, seal.made_at)).rowcount == 1

    def since(self, serial: int) -> Iterator[Event]:
        """See `ports.Store`."""
        with self._reading() as db:
            yield from map(event_of, db.execute(statements.SINCE, (serial,)))

    @property
    def bulletin(self) -> "SqliteBulletin":
        """See `ports.Store`."""
        from reconciler.store.bulletin import SqliteBulletin

        return SqliteBulletin(self._reading, self._writing)

    @property
    def _desk(self) -> "SqliteDesk":
        """See `concerns.Concerns`."""
        from reconciler.store.sqlite_desk import SqliteDesk

        return SqliteDesk(self._reading, self._writing)

    def close(self) -> None:
        """See `ports.Store`."""
        self._db.close()

    @contextmanager
    def leaving(self, closure: str) -> Iterator[None]:
        """See `contents.Movable`."""
        with self._writing() as db:
            yield
            moving.set_closure(db, closure)

    @contextmanager
    def arriving(self, closure: str) -> Iterator[None]:
        """See `contents.Movable`."""
        with self._writing() as db:
            moving.begin_to_arrive(db, str(self._path))
            yield
            moving.set_closure(db, closure)

    def put_in_use(self) -> None:
        """See `contents.Movable`."""
        with self._translating("the store cannot be written"):
            moving.set_closure(self._db, "")

    def rows_of(self, table: str) -> Iterator[Row]:
        """See `contents.Movable`."""
        return moving.rows_of(self._db, table)

    def fill(self, table: str, rows: Iterable[Row]) -> None:
        """See `contents.Movable`."""
        moving.fill(self._db, table, rows)

    def count(self) -> int:
        """See `contents.Movable`."""
        with self._reading() as db:
            return moving.count(db)

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:  # `_translating` written out: lanes read between any two units
            yield self._db
        except sqlite3.DatabaseError as error:
            raise _translated(error, "the store cannot be read") from error

    @contextmanager
    def _translating(self, what: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.DatabaseError as error:
            raise _translated(error, what) from error

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        try:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                self._refuse_if_closed()
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        except sqlite3.DatabaseError as error:
            raise _translated(error, "the store cannot be written") from error

    def _refuse_if_closed(self) -> None:
        closure = self.closure()
        if closure:
            raise StoreError(refusal(str(self._path), closure))


def _rows(db: sqlite3.Connection, writes: Sequence[Write], but_for: str = "") -> "Rows":
    """What `writes` compare. Resources with an open intent lose, but for the one whose key is given."""
    from reconciler.store.rows import Rows, named

    found = db.execute(statements.ROWS, (canonical.encode(named(writes)).decode(),)).fetchall()
    held = [ref for (ref,) in db.execute(statements.HELD, (but_for,))]
    uids = count(db.execute(statements.LAST_UID).fetchone()[0] + 1)
    return Rows(found, held, uids, _seats(db, writes, but_for))


def _seats(db: sqlite3.Connection, writes: Sequence[Write], but_for: str = "") -> "Seats":
    """The groups that `writes` come into."""
    from reconciler.store.seats import NO_SEATS, Seats, named_seats, reserved

    keys = named_seats(writes)
    if not keys:
        return NO_SEATS
    found = db.execute(statements.SEATS, (canonical.encode(keys).decode(),))
    entries = {key: (serial, last) for key, serial, last in found}
    return Seats(entries, reserved(db.execute(statements.RESERVED, (but_for,))))


def _save(db: sqlite3.Connection, outcome: "Outcome") -> None:
    db.executemany(statements.GIVE_UP_NAME, outcome.given_up)
    db.executemany(statements.RENAME, outcome.renamed)
    db.executemany(statements.UPDATE, outcome.updates)
    db.executemany(statements.INSERT, outcome.inserts)
    db.executemany(statements.APPEND, outcome.events)
    db.executemany(statements.TAKE_SEAT, outcome.seats.items())


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
