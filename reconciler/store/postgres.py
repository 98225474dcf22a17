"""The store for many machines: PostgreSQL, every write a compare-and-set with its event in one transaction.

The same promises as SQLite's, kept by row locks: a write locks the resources that it compares, in the order of their refs,
the groups that it comes into, and nothing else until its last message, which counts its events and commits.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

from reconciler.model import canonical
from reconciler.model.errors import StoreError
from reconciler.model.event import GENESIS, Event
from reconciler.model.instant import from_text
from reconciler.model.log_seal import LogSeal
from reconciler.model.ports import LAST, Intent, Lease, Write
from reconciler.model.ref import Ref
from reconciler.model.resource import Head, Resource
from reconciler.store import postgres_moving as moving
from reconciler.store import postgres_statements as statements
from reconciler.store.address import shown
from reconciler.store.closure import refusal
from reconciler.store.concerns import Concerns
from reconciler.store.contents import Row
from reconciler.store.postgres_bulletin import PostgresBulletin
from reconciler.store.postgres_desk import PostgresDesk
from reconciler.store.postgres_errors import told
from reconciler.store.postgres_migrate import migrate
from reconciler.store.postgres_session import Connection, Session, Transaction, Work
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
from reconciler.store.rows import Outcome, Rows, named
from reconciler.store.seats import NO_SEATS, Seats, named_seats, reserved

_PAGE: Final = 5_000
"""Lines of the log that are fetched at once."""
_COPY_FROM: Final = 50
"""Rows from which COPY is quicker than statements, for all that it takes more messages."""


class PostgresStore(Concerns):
    """Implements `ports.Store` over one database. Use from one thread; open one per thread or process."""

    def __init__(self, url: str) -> None:
        """Open the database that `url` names, or make a store of it where it is empty. StoreError where it cannot be one."""
        self._name = shown(url)
        self._session = Session(url)
        try:
            self._session.share_lock(migrate(self._session.db))
        except (psycopg.Error, StoreError) as error:
            self.close()
            raise told(error, f"the store {self._name} cannot be opened", url) from error

    def serial(self) -> int:
        """See `ports.Store`."""
        return self._store()[0]

    def mark(self) -> str:
        """See `ports.Store`."""
        serial, hashed, _ = self._store()
        return f"{serial}:{hashed}" if serial else ""

    def pulse(self) -> str:
        """See `ports.Store`: which transactions have written, of all in the server, and which are at it."""
        found = self._session.read(lambda db: db.execute(statements.PULSE).fetchone())
        return str(found[0]) if found else ""

    def closure(self) -> str:
        """See `ports.Store`."""
        return self._store()[2] or ""

    def time(self, machine: datetime) -> datetime:
        """See `ports.Store`: the server's clock, for the machines' may differ."""
        (now,) = self._session.read(lambda db: db.execute(statements.TIME).fetchone()) or (machine,)
        moment: datetime = now
        return moment.astimezone(UTC)

    def snapshot(self) -> AbstractContextManager[None]:
        """See `ports.Store`."""
        return self._session.one_state()

    def last_write(self) -> datetime | None:
        """See `ports.Store`."""
        last = self._session.read(lambda db: db.execute(statements.LAST).fetchone())
        return from_text(canonical.decode(last[0])["at"]) if last else None

    def heads(self, kind: str = "") -> Mapping[Ref, Head]:
        """See `ports.Store`."""
        return heads_of(self._rows(statements.HEADS_OF, span_of(kind)) if kind else self._rows(statements.HEADS))

    def versions(self, ref: Ref) -> Mapping[Ref, Head]:
        """See `ports.Store`."""
        return heads_of(self._rows(statements.VERSIONS, versions_between(ref)))

    def load(self, refs: Iterable[Ref]) -> Mapping[Ref, Resource]:
        """See `ports.Store`."""
        wanted = [str(ref) for ref in set(refs)]
        rows = self._rows(statements.LOAD, (wanted,)) if wanted else []
        return {resource.ref: resource for resource in map(resource_of, rows)}

    def forgotten(self) -> frozenset[Ref]:
        """See `ports.Store`."""
        return frozenset(Ref.canonical(row[0]) for row in self._rows(statements.FORGOTTEN))

    def commit(self, writes: Sequence[Write]) -> tuple[Ref, ...]:
        """See `ports.Store`."""

        def do(transaction: Transaction) -> tuple[Ref, ...]:
            outcome = _compared(transaction.db, writes).set_all(writes)
            _save(transaction, outcome)
            return outcome.lost

        lost: tuple[Ref, ...] = self._session.write(Work(do)) if writes else ()
        return lost

    def begin(self, intent: Intent) -> bool:
        """See `ports.Store`."""

        def do(transaction: Transaction) -> bool:
            db = transaction.db
            begun = _is_at(db, intent) and db.execute(statements.BEGIN_INTENT, intent_columns(intent)).rowcount == 1
            return begun or transaction.undo()

        return self._did(do, lambda db: bool(db.execute(statements.IN_HANDS, hands(intent)).fetchone()))

    def hand_over(self, intent: Intent, lease: Lease | None) -> bool:
        """See `ports.Store`."""

        def do(transaction: Transaction) -> bool:
            values = (*lease_columns(lease), *hands(intent))
            return transaction.db.execute(statements.HAND_OVER, values).rowcount == 1 or transaction.undo()

        new = (intent.key, lease.owner if lease else None)
        return self._did(do, lambda db: bool(db.execute(statements.IN_HANDS, new).fetchone()))

    def advance(self, intent: Intent) -> bool:
        """See `ports.Store`."""

        def do(transaction: Transaction) -> bool:
            db = transaction.db
            outcome = _compared(db, [intent.write], but_for=intent.key).set_all([intent.write])
            if outcome.lost or not db.execute(statements.IN_HANDS, hands(intent)).fetchone():
                return transaction.undo()
            _save(transaction, outcome)
            db.execute(statements.CLOSE_INTENT, hands(intent))
            return True

        return self._did(do)

    def abandon(self, intent: Intent) -> bool:
        """See `ports.Store`."""

        def do(transaction: Transaction) -> bool:
            db = transaction.db
            db.execute(statements.ROWS, ([str(intent.ref)],))  # resource before intent, as everybody locks them
            if db.execute(statements.CLOSE_INTENT, hands(intent)).rowcount != 1:
                return transaction.undo()
            db.execute(statements.LET_NAME_GO, (str(intent.ref),))
            return True

        return self._did(do, lambda db: not db.execute(statements.IS_OPEN, (intent.key,)).fetchone())

    def intents(self) -> tuple[Intent, ...]:
        """See `ports.Store`."""
        return tuple(map(intent_of, self._rows(statements.INTENTS)))

    def events(self, ref: Ref | None = None) -> Iterator[Event]:
        """See `ports.Store`. Read in pages, up to the last event that there was when this was called: no transaction waits."""
        if ref is None:
            yield from map(event_of, self._pages())
            return
        one = (str(ref),)
        rows = self._rows(statements.EVENTS_OF, one) or self._rows(statements.EVENTS_OF_FORMER, one)
        yield from map(event_of, rows)

    def last_events(self, ref: Ref, most: int, before: int = LAST) -> Sequence[Event]:
        """See `ports.Store`."""
        values = {"ref": str(ref), "before": before, "most": most}
        return list(map(event_of, self._rows(statements.LAST_EVENTS_OF, values)))

    def log_seals(self) -> tuple[LogSeal, ...]:
        """See `ports.Store`."""
        return tuple(LogSeal(*row) for row in self._rows(statements.LOG_SEALS))

    def add_log_seal(self, seal: LogSeal) -> bool:
        """See `ports.Store`."""
        row = (seal.serial, seal.hash, seal.made_at)

        def do(transaction: Transaction) -> bool:
            return transaction.db.execute(statements.ADD_LOG_SEAL, row).rowcount == 1 or transaction.undo()

        return self._did(do, lambda db: bool(db.execute(statements.LOG_SEAL, row).fetchone()))

    def since(self, serial: int) -> Iterator[Event]:
        """See `ports.Store`."""
        yield from map(event_of, self._rows(statements.SINCE, {"serial": serial}))

    @property
    def bulletin(self) -> PostgresBulletin:
        """See `ports.Store`."""
        return PostgresBulletin(self._session)

    @property
    def _desk(self) -> PostgresDesk:
        """See `concerns.Concerns`."""
        return PostgresDesk(self._session)

    def close(self) -> None:
        """See `ports.Store`."""
        self._session.close()

    @contextmanager
    def leaving(self, closure: str) -> Iterator[None]:
        """See `contents.Movable`."""
        with self._session.alone() as db:
            if self.closure():
                raise StoreError(refusal(self._name, self.closure()))
            yield
            moving.set_closure(db, closure)

    @contextmanager
    def arriving(self, closure: str) -> Iterator[None]:
        """See `contents.Movable`."""
        with self._session.alone() as db:
            moving.begin_to_arrive(db, self._name)
            yield
            moving.set_closure(db, closure)

    def put_in_use(self) -> None:
        """See `contents.Movable`."""
        with self._session.alone() as db:
            moving.set_closure(db, "")

    def rows_of(self, table: str) -> Iterator[Row]:
        """See `contents.Movable`."""
        return moving.rows_of(self._session.db, table)

    def fill(self, table: str, rows: Iterable[Row]) -> None:
        """See `contents.Movable`."""
        moving.fill(self._session.db, table, rows)

    def count(self) -> int:
        """See `contents.Movable`."""
        return self._session.read(moving.count)

    def _store(self) -> tuple[int, str, str | None]:
        row = self._session.read(lambda db: db.execute(statements.STORE).fetchone())
        assert row is not None
        return int(row[0]), row[1], row[2]

    def _rows(self, statement: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> list[tuple[Any, ...]]:
        return self._session.read(lambda db: db.execute(statement, values).fetchall())

    def _did(self, do: Any, was_done: Any = lambda _db: False) -> bool:
        done: bool = self._session.write(Work(do, was_done))
        return done

    def _pages(self) -> Iterator[Sequence[Any]]:
        place = {"first": 0, "position": 0, "until": self.serial(), "page": _PAGE}
        while page := self._rows(statements.EVENTS, place):
            yield from (row[:6] for row in page)
            place |= {"first": page[-1][6], "position": page[-1][7]}


def _compared(db: Connection, writes: Sequence[Write], but_for: str = "") -> Rows:
    """Lock what `writes` compare. Resources with an open intent lose, but for the one whose key is given."""
    # One after another: intents are read as they are once the rows are locked.
    found = db.execute(statements.ROWS, (named(writes),)).fetchall()
    seats = _seats(db, writes, but_for)
    held = db.execute(statements.HELD, (but_for,)).fetchall()
    new = sum(write.revision == 0 for write in writes)
    uids = db.execute(statements.NEW_UIDS, (new,)).fetchall() if new else []
    return Rows(found, (ref for (ref,) in held), (uid for (uid,) in uids), seats)


def _seats(db: Connection, writes: Sequence[Write], but_for: str = "") -> Seats:
    """Lock the groups that `writes` come into: after resources, before new names, as everybody does."""
    keys = named_seats(writes)
    if not keys:
        return NO_SEATS
    db.execute(statements.LOCK_SEATS, (keys,))
    entries = {key: (serial, last) for key, serial, last in db.execute(statements.SEATS, (keys,))}
    return Seats(entries, reserved(db.execute(statements.RESERVED, (but_for,))))


def _save(transaction: Transaction, outcome: Outcome) -> None:
    """Write what came of it. New names in the order of refs, so that no two who make the same ones wait for each other."""
    if not outcome.events:
        transaction.undo()
        return
    db = transaction.db
    with db.cursor() as cursor:
        for statement, rows in (
            (statements.GIVE_UP_NAME, outcome.given_up),
            (statements.RENAME, outcome.renamed),
            (statements.UPDATE, outcome.updates),
        ):
            if rows:
                cursor.executemany(statement, rows)
    events = [(transaction.batch, position, *event) for position, event in enumerate(outcome.events)]
    _insert(db, (statements.INSERT, statements.COPY_RESOURCES), sorted(outcome.inserts, key=lambda row: row[-2]))
    _insert(db, (statements.APPEND, statements.COPY_EVENTS), events)
    for key, last in outcome.seats.items():
        db.execute(statements.TAKE_SEAT, (transaction.batch, last, key))
    transaction.ends_with(len(events), outcome.events[-1][4])


def _insert(db: Connection, statement: tuple[str, str], rows: list[tuple[Any, ...]]) -> None:
    """Few rows by statements, many by COPY."""
    one, many = statement
    with db.cursor() as cursor:
        if len(rows) < _COPY_FROM:
            if rows:
                cursor.executemany(one, rows)
            return
        with cursor.copy(many) as copy:
            for row in rows:
                copy.write_row(row)


def _is_at(db: Connection, intent: Intent) -> bool:
    """Whether the resource has the revision that the intent counts on, and nobody has come into its groups.

    From here on nobody changes that meanwhile.
    The name of what is to be created is held by a row of revision 0: there is nothing else to lock.
    """
    ref = str(intent.ref)
    row = db.execute(statements.ROWS, ([ref],)).fetchone()
    if not _seats(db, [intent.write]).admit(intent.write):
        return False
    if row is None and intent.revision == 0:
        db.execute(statements.HOLD_NAME, (ref, GENESIS))
        row = db.execute(statements.ROWS, ([ref],)).fetchone()
    _, _, revision, _, forgotten = row or (None, None, 0, None, False)
    return intent.revision == (0 if forgotten else revision)
