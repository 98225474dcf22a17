"""One connection to PostgreSQL that mends itself: transactions are tried again where that is safe, and never blindly.

A stuck client blocks nobody for long: rows that it has locked are free when the server ends its session, after
IDLE_TIMEOUT, or when somebody who has waited for them for LOCK_TIMEOUT finds it silent and ends it. The serials of events
are given in the message that commits.
"""

import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn, TypeVar

import psycopg
from psycopg import sql

from reconciler.model.errors import StoreError
from reconciler.store import postgres_statements as statements
from reconciler.store.address import shown
from reconciler.store.closure import refusal
from reconciler.store.postgres_errors import is_lost, is_worth_again, told

LOCK_TIMEOUT: Final = 10.0
"""Seconds to wait for another writer before giving up with exit 7."""
IDLE_TIMEOUT: Final = 5.0
"""Seconds for which a client may sit on what it has locked; less than others wait for it."""
STATEMENT_TIMEOUT: Final = 300.0
"""Seconds that one statement may take."""
BACK_IN: Final = 30.0
"""Seconds to wait for a server that went away: a restart, a failover."""
ATTEMPTS: Final = 8
"""How often a transaction is tried that met others head-on."""

_DEFAULTS: Final[dict[str, Any]] = {
    "connect_timeout": 10, "application_name": "muster", "keepalives_idle": 30, "keepalives_interval": 10,
    "client_encoding": "UTF8",
}  # fmt: skip
"""How a connection is made, where the URL does not say otherwise."""

Connection = psycopg.Connection[tuple[Any, ...]]
T = TypeVar("T")


@dataclass(slots=True)
class Transaction:
    """What a writing transaction has to say about its end. `closure` is why the store takes nothing more, if it is closed."""

    db: Connection
    batch: int
    closure: str | None
    events: int = 0
    hash: str = ""
    kept: bool = True
    token: str = field(default_factory=lambda: str(uuid.uuid4()))

    def ends_with(self, events: int, last: str) -> None:
        """So many events are to be counted when it is committed; the last one has this hash."""
        self.events, self.hash = events, last

    def undo(self) -> bool:
        """Write nothing after all. False, always."""
        self.kept = False
        return False


@dataclass(frozen=True, slots=True)
class Work:
    """A transaction: what it does, and how to see afterwards whether it was committed, where it has no events.

    `was_done` is asked only once the session that had it is over.
    """

    do: Callable[[Transaction], Any]
    was_done: Callable[[Connection], bool] = lambda _db: False


@dataclass(slots=True)
class _Attempt:
    """How far a transaction came."""

    transaction: Transaction | None = None
    answer: Any = None
    committing: bool = False


class Session:
    """A connection, and how it is used. From one thread."""

    def __init__(self, url: str) -> None:
        """StoreError where there is no way in."""
        self._url = url
        self._in_one_piece = False
        self._lock = 0
        self._open(time.monotonic())

    @property
    def db(self) -> Connection:
        """The connection as it is, for what looks after itself."""
        return self._db

    def share_lock(self, number: int) -> None:
        """The lock that every writer of this store shares."""
        self._lock = number

    def close(self) -> None:
        """Let go."""
        self._db.close()

    def read(self, question: Callable[[Connection], T]) -> T:
        """The answer to a question that changes nothing; asked again on a new connection where the old one was lost."""
        until = time.monotonic() + BACK_IN
        while True:
            try:
                return question(self._db)
            except psycopg.Error as error:
                if self._in_one_piece or not is_lost(self._db, error):
                    raise told(error, f"the store {shown(self._url)} cannot be read", self._url) from error
            self._open(until)

    @contextmanager
    def one_state(self) -> Iterator[None]:
        """Reading sees one state within, and cannot be taken up again where the connection is lost."""
        if self._in_one_piece or self._db.info.transaction_status != psycopg.pq.TransactionStatus.IDLE:
            yield  # within a transaction all is one state
            return
        self.read(lambda db: db.execute(statements.READ_ALL_AS_OF_NOW))
        self._in_one_piece = True
        try:
            yield
        except psycopg.Error as error:
            raise told(error, f"the store {shown(self._url)} cannot be read", self._url) from error
        finally:
            self._in_one_piece = False
            with suppress(psycopg.Error):
                self._db.execute("ROLLBACK")

    @contextmanager
    def alone(self) -> Iterator[Connection]:
        """A transaction in which nobody else writes into this store; whoever would waits, and gives up with exit 7."""
        try:
            self._db.execute(sql.SQL(statements.ALONE).format(lock=sql.Literal(self._lock)))
            self._in_one_piece = True
            yield self._db
            self._db.execute("COMMIT")
        except psycopg.Error as error:
            self._fail(error)
        finally:
            self._in_one_piece = False
            with suppress(psycopg.Error):
                self._db.execute("ROLLBACK")

    def write(self, work: Work) -> Any:
        """Do `work` in a transaction, again where others were met head-on, and find out where the answer was lost."""
        until, attempts = time.monotonic() + BACK_IN, 0
        while True:
            attempt = _Attempt()
            try:
                return self._attempt(work, attempt)
            except psycopg.Error as error:
                attempts += 1
                if is_lost(self._db, error):
                    if self._was_committed(work, attempt, until):
                        return attempt.answer
                elif attempts == ATTEMPTS or not (is_worth_again(error) or self._ended_stuck(error)):
                    self._fail(error)

    def _attempt(self, work: Work, attempt: _Attempt) -> Any:
        try:
            transaction = attempt.transaction = self._begin()
            if transaction.closure:
                self._refuse(transaction.closure)
            attempt.answer = work.do(transaction)
            attempt.committing = transaction.kept
            self._db.execute(_end(transaction))
        except BaseException:
            with suppress(psycopg.Error):
                self._db.execute("ROLLBACK")
            raise
        return attempt.answer

    def _begin(self) -> Transaction:
        answers = self._db.execute(sql.SQL(statements.BEGIN).format(lock=sql.Literal(self._lock)))
        while answers.nextset():
            pass
        row = answers.fetchone()
        assert row is not None
        return Transaction(self._db, batch=row[1], closure=row[0])

    def _refuse(self, closure: str) -> NoReturn:
        raise StoreError(refusal(shown(self._url), closure))

    def _was_committed(self, work: Work, attempt: _Attempt, until: float) -> bool:
        """Whether the transaction, whose session was lost, is in the store. Its session is over when this answers."""
        lost = self._me
        transaction = attempt.transaction
        sure = transaction is None or not attempt.committing
        said = "nothing of this step was written" if sure else "whether this step was written is seen once it is back"
        while True:
            self._open(until, said)
            try:
                self._outlive(lost, until)
                if transaction is None or sure:
                    return False
                if transaction.events:
                    return bool(
                        self._db.execute(statements.HAS_BATCH, (transaction.batch, transaction.token)).fetchone()
                    )
                return work.was_done(self._db)
            except psycopg.Error as error:
                if not is_lost(self._db, error):
                    self._fail(error)

    def _ended_stuck(self, error: psycopg.Error) -> bool:
        """Whether a client that has fallen silent was in the way, and no longer is."""
        if not isinstance(error, psycopg.errors.LockNotAvailable):
            return False
        return bool(self._db.execute(statements.END_STUCK, (IDLE_TIMEOUT,)).fetchall())

    def _outlive(self, lost: tuple[Any, ...], until: float) -> None:
        """Wait until a session of ours that we lost is over: it may have been about to commit."""
        while self._db.execute(statements.END_SESSION, lost).fetchone() and time.monotonic() < until:
            time.sleep(0.02)

    def _open(self, until: float, said: str = "") -> None:
        """A new connection, tried until then. StoreError where there is none."""
        pause = 0.02
        while True:
            try:
                self._db = connect(self._url)
                self._me: tuple[Any, ...] = self._db.execute(statements.WHO_AM_I).fetchone() or (0, None)
                return
            except psycopg.OperationalError as error:
                if time.monotonic() >= until:
                    what = f"the store {shown(self._url)} cannot be reached{'; ' if said else ''}{said}"
                    raise told(error, what, self._url) from None
            except psycopg.Error as error:
                # The driver's own words about a URL that it cannot read may quote it.
                raise StoreError(
                    f"{shown(self._url)} is not a URL that PostgreSQL understands ({type(error).__name__})"
                ) from None
            time.sleep(pause)
            pause = min(2 * pause, 0.5)

    def _fail(self, error: psycopg.Error) -> NoReturn:
        raise told(error, f"the store {shown(self._url)} cannot be written", self._url) from error


def complete(url: str) -> str:
    """How a connection to `url` is made, for the driver: what it leaves open is filled in. psycopg.Error where it is none."""
    given = psycopg.conninfo.conninfo_to_dict(url)
    return psycopg.conninfo.make_conninfo("", **{**_DEFAULTS, **given})


def connect(url: str) -> Connection:
    """A connection that nobody mends. psycopg.Error where there is none to be had."""
    db: Connection = psycopg.connect(complete(url), autocommit=True)
    db.isolation_level = psycopg.IsolationLevel.READ_COMMITTED
    waits = {"lock": LOCK_TIMEOUT, "statement": STATEMENT_TIMEOUT, "idle": IDLE_TIMEOUT}
    db.execute(statements.SETTLE_IN, {name: f"{seconds * 1000:.0f}ms" for name, seconds in waits.items()})
    return db


def _end(transaction: Transaction) -> sql.SQL | sql.Composed:
    if not transaction.kept:
        return sql.SQL("ROLLBACK")
    if not transaction.events:
        return sql.SQL("COMMIT")
    values = {name: sql.Literal(getattr(transaction, name)) for name in ("events", "hash", "batch", "token")}
    return sql.SQL(statements.COUNT_AND_COMMIT).format(**values)
