"""What only a server can suffer: others in the middle of their work, restarts, lost answers, clients that are stuck."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import errors

from reconciler.controller import effects
from reconciler.controller.doctor import examine
from reconciler.controller.lease import LEASE, LeaseClock
from reconciler.controller.settle import settle
from reconciler.model.errors import Busy, MusterError, StoreError
from reconciler.model.event import GENESIS
from reconciler.model.ports import Lease, Store
from reconciler.model.ref import Ref
from reconciler.store import postgres_session
from reconciler.store.postgres import PostgresStore
from reconciler.store.postgres_session import Session, Transaction, Work
from tests.postgres import GUARDED, Server
from tests.store.proxy import Loss, Proxy, proxy
from tests.store.test_contract import AT, LIST, SPRING, SUMMER, intent, log, write
from tests.world import FakeRuntime, FixedClock

PATIENCE = 60.0
"""Seconds for which a test waits for a thread before it fails."""


@pytest.fixture
def store(database: str) -> Iterator[PostgresStore]:
    with closing(PostgresStore(database)) as made:
        yield made


@pytest.fixture
def filled(store: PostgresStore) -> PostgresStore:
    store.commit([write(SPRING, 0, "draft"), write(SUMMER, 0, "draft")])
    store.commit([write(SPRING, 1, "scheduled"), write(SPRING, 2, "draft")])
    return store


@pytest.fixture
def db(database: str) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(database, autocommit=True) as connection:
        yield connection


class Aside:
    """Something done in a thread of its own; `answer` waits for it."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._outcome: list[Any] = []
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def _run(self, work: Callable[[], Any]) -> None:
        try:
            self._outcome.append(work())
        except MusterError as error:
            self._outcome.append(error)

    def wait_until_blocked(self, db: psycopg.Connection[Any]) -> None:
        """Until it waits for somebody else's lock, or is through without having to."""
        deadline = time.monotonic() + PATIENCE
        while self._thread.is_alive() and not db.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
            assert time.monotonic() < deadline

    def answer(self) -> Any:
        self._thread.join(PATIENCE)
        assert self._outcome, "it has not ended"
        return self._outcome[0]


class Slow:
    """A client that stops in the middle of a commit, its rows locked, until it is told to go on."""

    def __init__(self, database: str, *writes: Any) -> None:
        self._inside, self._go = threading.Event(), threading.Event()
        self._store, self._stopped = PostgresStore(database), False
        self._commit = Aside(lambda: self._store.commit(list(writes)))
        assert self._inside.wait(PATIENCE)

    def stop(self) -> None:
        if not self._stopped:  # it stops once: what is tried again runs through
            self._stopped = True
            self._inside.set()
            assert self._go.wait(PATIENCE)

    def finish(self) -> Any:
        self._go.set()
        lost = self._commit.answer()
        self._store.close()
        return lost


@pytest.fixture
def slow(database: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Slow]:
    """Makes clients that stop just before they commit."""
    stopping: dict[int, Slow] = {}
    really = Transaction.ends_with

    def ends_with(self: Transaction, events: int, last: str) -> None:
        really(self, events, last)
        for one in stopping.values():
            if self.db is one._store._session.db:
                one.stop()

    monkeypatch.setattr(Transaction, "ends_with", ends_with)

    def make(*writes: Any) -> Slow:
        one = Slow.__new__(Slow)
        stopping[id(one)] = one
        one.__init__(database, *writes)  # type: ignore[misc]
        return one

    return make


# The log.


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET body = '{}' WHERE uid = 1",
        "UPDATE event SET position = 9",
        "DELETE FROM event WHERE sequence = 3",
        "DELETE FROM event",
        "TRUNCATE event",
        "TRUNCATE event, batch, resource, intent, former",
        "INSERT INTO event SELECT batch, position, uid, sequence, ref, previous, hash, '{}' FROM event WHERE sequence = 3"
        " ON CONFLICT (batch, position) DO UPDATE SET body = excluded.body",
        "UPDATE batch SET first = first + 10",
        "DELETE FROM batch",
        "TRUNCATE batch",
    ],
)
def test_the_database_itself_refuses_to_change_the_log(
    filled: PostgresStore, db: psycopg.Connection[Any], statement: str
) -> None:
    before = list(filled.events())
    with pytest.raises(errors.IntegrityConstraintViolation, match="append-only"):
        db.execute(statement)
    assert list(filled.events()) == before


@pytest.mark.parametrize(
    "statement",
    [
        """UPDATE event SET body = replace(body, '"to":"scheduled"', '"to":"running"') WHERE sequence = 2""",
        "UPDATE event SET hash = previous WHERE sequence = 2",
        f"UPDATE event SET previous = '{GENESIS}' WHERE sequence = 2",
        "UPDATE event SET sequence = 7 - sequence WHERE sequence IN (2, 3)",
        "DELETE FROM event WHERE sequence = 3",
        "DELETE FROM event WHERE sequence = 2",
        "DELETE FROM batch WHERE first = 3",
        "DELETE FROM batch WHERE first = 1",
        "UPDATE batch SET first = 100 + first",
        "UPDATE muster SET serial = 99",
        f"UPDATE event SET ref = '{SUMMER}' WHERE sequence = 3",
        "UPDATE resource SET state = 'running' WHERE uid = 1",
        "UPDATE resource SET document = '{}' WHERE uid = 2",
        "UPDATE resource SET head = (SELECT head FROM resource WHERE uid = 2) WHERE uid = 1",
        "DELETE FROM resource WHERE uid = 2",
    ],
)
def test_who_takes_the_triggers_away_and_tampers_is_found_out(
    filled: PostgresStore, db: psycopg.Connection[Any], statement: str
) -> None:
    db.execute("ALTER TABLE event DISABLE TRIGGER ALL; ALTER TABLE batch DISABLE TRIGGER ALL")
    assert examine(filled).complaints == ()
    assert db.execute(statement).rowcount > 0
    assert examine(filled).complaints


def test_serials_are_given_in_the_order_of_commits(store: PostgresStore, slow: Callable[..., Slow]) -> None:
    """Who began first and commits last comes last: a mark never hides what appears before it later."""
    first = slow(write(SPRING, 0, "draft"), write(LIST, 0, "present"))
    assert store.commit([write(SUMMER, 0, "draft")]) == ()
    mark, seen = store.mark(), list(store.events())
    assert [(event.serial, event.ref) for event in seen] == [(1, SUMMER)]
    assert first.finish() == ()
    events = list(store.events())
    assert [event.serial for event in events] == [1, 2, 3]
    assert events[:1] == seen
    assert (mark, store.mark()) == (f"1:{seen[0].hash}", f"3:{events[-1].hash}")


def test_a_transaction_that_came_to_nothing_leaves_no_hole(store: PostgresStore) -> None:
    with pytest.raises(TypeError):
        store.commit([write(SPRING, 0, "draft"), write(SUMMER, 0, "draft", body={"to": object()})])
    assert store.commit([write(SPRING, 4, "draft")]) == (SPRING,)
    store.commit([write(SUMMER, 0, "draft")])
    assert [event.serial for event in store.events()] == [1]


def test_a_long_log_is_read_in_pages_as_of_one_moment(
    store: PostgresStore, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.store.postgres._PAGE", 7)
    refs = [Ref("RecipientList", f"list-{number}") for number in range(40)]
    for start in (0, 5, 6, 30):
        store.commit([write(ref, 0, "present") for ref in refs[start:]][: 40 - start])
        refs = refs[:start] + [Ref("RecipientList", f"{ref.name}-{start}") for ref in refs[start:]]
    total, reading = store.serial(), store.events()
    first = next(reading)
    with closing(PostgresStore(database)) as other:
        other.commit([write(SPRING, 0, "draft")])
    assert [first.serial, *(event.serial for event in reading)] == list(range(1, total + 1))
    with store.snapshot():
        read = len(list(store.events()))
        with closing(PostgresStore(database)) as other:
            other.commit([write(SUMMER, 0, "draft")])
        assert (read, len(list(store.events())), store.serial()) == (total + 1,) * 3
        assert SUMMER not in store.heads()
    assert SUMMER in store.heads()


# Others, who are slow, stuck or gone.


def test_a_stuck_client_is_in_nobodys_way_but_on_its_own_resources(
    filled: PostgresStore, slow: Callable[..., Slow], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_session, "IDLE_TIMEOUT", 120)  # nobody helps by ending its session
    monkeypatch.setattr(postgres_session, "LOCK_TIMEOUT", 2)
    stuck = slow(write(SPRING, 3, "running"))
    with closing(PostgresStore(database)) as other:
        assert other.commit([write(SUMMER, 1, "running"), write(LIST, 0, "present")]) == ()
        assert other.begin(one := intent(SUMMER, 2, "paused"))
        assert other.advance(one)
        assert other.heads()[SPRING].state == "draft", "reading goes on too"
        assert len(list(other.events())) == 7
    assert stuck.finish() == ()


def test_who_is_stuck_too_long_loses_what_it_held(
    filled: PostgresStore, slow: Callable[..., Slow], database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_session, "IDLE_TIMEOUT", 0.2)
    monkeypatch.setattr(postgres_session, "LOCK_TIMEOUT", 0.5)
    stuck = slow(write(SPRING, 3, "running"))
    with closing(PostgresStore(database)) as other:
        assert other.commit([write(SPRING, 3, "cancelled")]) == (), "it waited for a while, and ended that session"
    assert stuck.finish() == (SPRING,), "tried again, it lost its comparison"
    assert filled.heads()[SPRING].state == "cancelled"
    assert examine(filled).complaints == ()


def test_another_writer_is_waited_for_and_then_named(
    filled: PostgresStore, database: str, slow: Callable[..., Slow], monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = slow(write(SPRING, 3, "running"))
    monkeypatch.setattr(postgres_session, "LOCK_TIMEOUT", 0.05)
    with closing(PostgresStore(database)) as hasty:
        for locked in (
            lambda: hasty.commit([write(SPRING, 3, "cancelled")]),
            lambda: hasty.begin(intent(SPRING, 3, "running")),
            lambda: hasty.abandon(intent(SPRING, 3, "running")),
        ):
            with pytest.raises(Busy, match="other writers") as caught:
                locked()
            assert caught.value.exit_code == 7
        assert stuck.finish() == ()
        assert hasty.commit([write(SPRING, 4, "paused")]) == (), "and writing, once the other is done"


def test_two_who_make_the_same_at_once(
    store: PostgresStore, slow: Callable[..., Slow], database: str, db: psycopg.Connection[Any]
) -> None:
    first = slow(write(SPRING, 0, "draft"), write(LIST, 0, "present"))
    with closing(PostgresStore(database)) as other:
        second = Aside(lambda: other.commit([write(SUMMER, 0, "draft"), write(SPRING, 0, "theirs")]))
        second.wait_until_blocked(db)
        assert first.finish() == ()
        assert second.answer() == (SPRING,), "no error: it lost that one, and made the other"
    assert {ref: head.state for ref, head in store.heads().items()} == {
        SPRING: "draft", LIST: "present", SUMMER: "draft",
    }  # fmt: skip
    assert examine(store).complaints == ()


@pytest.mark.parametrize("begins", ["commit", "intent"])
def test_an_intent_to_create_and_a_creation_exclude_each_other(
    store: PostgresStore, slow: Callable[..., Slow], database: str, db: psycopg.Connection[Any], begins: str
) -> None:
    """There is no row to lock before there is a resource: the name itself is held."""
    with closing(PostgresStore(database)) as other:
        if begins == "commit":
            first = slow(write(SPRING, 0, "draft"))
            begun = Aside(lambda: other.begin(intent(SPRING, 0, "draft")))
            begun.wait_until_blocked(db)
            assert (first.finish(), begun.answer()) == ((), False)
            assert store.intents() == ()
            return
        assert other.begin(one := intent(SPRING, 0, "draft"))
        assert store.commit([write(SPRING, 0, "theirs")]) == (SPRING,)
        assert (dict(store.heads()), store.forgotten(), dict(store.load([SPRING]))) == ({}, frozenset(), {})
        assert other.abandon(one)
        assert store.commit([write(SPRING, 0, "theirs")]) == ()


def test_many_who_want_all_of_it_at_once(store: PostgresStore, database: str) -> None:
    """Each takes every resource in an order of its own, again and again: nobody waits in a circle, nobody is lost."""
    refs = [Ref("RecipientList", f"list-{number}") for number in range(20)]

    def work(step: int) -> int:
        won = 0
        with closing(PostgresStore(database)) as mine:
            order = [refs[(step * number + step) % 20] for number in range(20)]
            for _ in range(12):
                heads = mine.heads()
                writes = [write(ref, heads[ref].revision if ref in heads else 0, "present") for ref in order]
                won += len(writes) - len(mine.commit(writes))
        return won

    crowd = [Aside(lambda step=step: work(step)) for step in (1, 3, 7, 9, 11, 13)]
    won = [one.answer() for one in crowd]
    assert sum(won) == store.serial() == sum(head.revision for head in store.heads().values())
    assert examine(store).complaints == ()


def test_leases_end_by_the_servers_clock(store: PostgresStore) -> None:
    one, two = store.time(AT), store.time(AT + timedelta(days=400))
    assert abs(two - one) < timedelta(minutes=5), "whatever the machine's clock says"
    assert one.utcoffset() == timedelta()


# The server goes away.


def test_a_restart_between_two_calls_is_not_noticed(postgres: Server, filled: PostgresStore) -> None:
    mark = filled.mark()
    postgres.restart()
    assert filled.mark() == mark
    postgres.restart()
    assert filled.commit([write(SPRING, 3, "running")]) == ()
    assert examine(filled).complaints == ()


def test_a_restart_in_the_middle_of_a_transaction(
    postgres: Server, filled: PostgresStore, slow: Callable[..., Slow]
) -> None:
    waiting = slow(write(SPRING, 3, "running"), write(LIST, 0, "present"))
    postgres.restart()
    assert waiting.finish() == (), "nothing of it was written, so it was done again"
    assert log(filled, SPRING)[-1] == ("transition", "running")
    assert examine(filled).complaints == ()


def test_a_server_that_stays_away_is_named(
    postgres: Server, filled: PostgresStore, slow: Callable[..., Slow], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_session, "BACK_IN", 0.2)
    waiting = slow(write(SPRING, 3, "running"))
    postgres.stop()
    try:
        said = waiting.finish()
        assert isinstance(said, StoreError)
        assert "cannot be reached; whether this step was written is seen once it is back" in str(said)
        with pytest.raises(StoreError, match="cannot be reached; nothing of this step was written"):
            filled.commit([write(SPRING, 3, "running")])
        with pytest.raises(StoreError, match="cannot be reached"):
            filled.heads()
    finally:
        postgres.start()
    assert filled.heads()[SPRING].state == "draft", "once it is back, so are we"


def test_reading_one_state_does_not_go_on_in_another(postgres: Server, filled: PostgresStore) -> None:
    with pytest.raises(StoreError, match="cannot be read"), filled.snapshot():
        filled.heads()
        postgres.restart()
        filled.heads()
    assert SPRING in filled.heads()


@pytest.fixture
def door(postgres: Server) -> Iterator[Proxy]:
    with proxy(postgres.directory) as made:
        yield made


MINE, YOURS = Lease("me", AT), Lease("you", AT)
HELD = replace(intent(SPRING, 1, "running", key="k"), lease=MINE)
NEW = replace(intent(SUMMER, 0, "draft", key="n"), lease=MINE)
CALLS: dict[str, tuple[Callable[[Store], object], object]] = {
    "commit": (lambda store: store.commit([write(SUMMER, 0, "draft"), write(LIST, 1, "deleted")]), ()),
    "begin": (lambda store: store.begin(NEW), True),
    "hand over": (lambda store: store.hand_over(HELD, YOURS), True),
    "abandon": (lambda store: store.abandon(HELD), True),
    "advance": (lambda store: store.advance(HELD), True),
}


@pytest.mark.parametrize("loss", [Loss.ANSWER, Loss.QUESTION])
@pytest.mark.parametrize("call", CALLS)
def test_a_commit_whose_answer_is_lost_is_looked_for(
    postgres: Server, door: Proxy, call: str, loss: Loss, tmp_path: Path
) -> None:
    """The same answer and the same store as where nothing was lost."""
    act, wanted = CALLS[call]
    told = []
    for wounded in (False, True):
        name = postgres.database()
        with closing(PostgresStore(door.url(name))) as store:
            store.commit([write(SPRING, 0, "draft"), write(LIST, 0, "present")])
            assert store.begin(HELD)
            door.loss = loss if wounded else Loss.NOTHING
            assert act(store) == wanted
            assert door.lost == wounded
            events = [(one.serial, one.hash) for one in store.events()]
            told.append((events, store.mark(), store.intents(), sorted(store.heads())))
            assert examine(store).complaints == ()
        postgres.drop(name)
    assert told[0] == told[1]


def test_what_was_done_by_another_is_not_taken_for_ones_own(
    postgres: Server, door: Proxy, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a client looks for its lost commit, another one writes the very same event: one of the two has lost."""
    name = database.rpartition("/")[2].partition("?")[0]
    with closing(PostgresStore(database)) as other, closing(PostgresStore(door.url(name))) as store:
        store.commit([write(SPRING, 0, "draft")])
        looked = Session._was_committed

        def look(self: Session, work: Work, *given: Any) -> bool:
            assert other.commit([write(SPRING, 1, "running")]) == ()
            return looked(self, work, *given)

        monkeypatch.setattr(Session, "_was_committed", look)
        door.loss = Loss.QUESTION
        assert store.commit([write(SPRING, 1, "running")]) == (SPRING,)
        assert log(store, SPRING) == [("create", "draft"), ("transition", "running")]


# What a database may be.


def test_a_database_of_another_program_is_left_alone(database: str, db: psycopg.Connection[Any]) -> None:
    db.execute("CREATE TABLE visits (url TEXT)")
    with pytest.raises(StoreError, match="another program"):
        PostgresStore(database)
    assert db.execute("SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchall() == [
        ("visits",)
    ]


def test_a_table_that_only_has_our_name_is_not_ours(database: str, db: psycopg.Connection[Any]) -> None:
    db.execute("CREATE TABLE muster (one INTEGER)")
    with pytest.raises(StoreError, match="another program"):
        PostgresStore(database)


def test_a_store_of_a_newer_program_is_left_alone(filled: PostgresStore, database: str) -> None:
    with psycopg.connect(database) as db:
        db.execute("UPDATE muster SET version = version + 1")
    with pytest.raises(StoreError, match=r"version \d+.*knows \d+.*upgrade"):
        PostgresStore(database)


def test_opening_again_waits_for_nobody(filled: PostgresStore, database: str, db: psycopg.Connection[Any]) -> None:
    """Whoever migrates holds a lock; where nothing is to be migrated nobody asks for it."""
    with db.transaction():
        db.execute("SELECT pg_advisory_xact_lock(%s)", (0x4D757374,))
        with closing(PostgresStore(database)) as again:
            assert again.mark() == filled.mark()


def test_a_migration_that_fails_leaves_nothing(
    database: str, db: psycopg.Connection[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "0001_bad.sql").write_text("CREATE TABLE muster (version INTEGER); CREATE TABLE muster (a INTEGER);")
    monkeypatch.setattr("reconciler.store.postgres_migrate._scripts", lambda: sorted(tmp_path.glob("*.sql")))
    with pytest.raises(StoreError, match="already exists"):
        PostgresStore(database)
    assert db.execute("SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace").fetchall() == []


def test_a_schema_of_ones_own_in_a_database_of_others(database: str, db: psycopg.Connection[Any]) -> None:
    db.execute("CREATE TABLE visits (url TEXT); CREATE SCHEMA campaigns")
    url = f"{database}&options=-csearch_path%3Dcampaigns"
    with closing(PostgresStore(url)) as store:
        store.commit([write(SPRING, 0, "draft")])
        db.execute("CREATE TABLE public.resource (uid BIGINT)")
        assert store.commit([write(SPRING, 1, "running")]) == ()
    with pytest.raises(StoreError, match="no schema"):
        PostgresStore(f"{database}&options=-csearch_path%3Dnowhere")


# Passwords.

CANARY = "c4n4ry:%s#"


@pytest.mark.parametrize(
    ("form", "why"),
    [
        ("postgresql://guarded:c4n4ry%3A%25s%23x@/postgres?host={directory}", "password authentication failed"),
        (
            "postgresql://guarded@/postgres?host={directory}&password=c4n4ry%3A%25s%23x",
            "password authentication failed",
        ),
        ("postgresql://guarded:c4n4ry%3A%25s%23@/nowhere?host={directory}", "does not exist"),
        ("postgresql://guarded:c4n4ry%3A%25s%23@127.0.0.1:1/postgres", "Connection refused"),
        ("postgresql://guarded:c4n4ry%3A%25s%23@127.0.0.1:c4n4ry/postgres", "cannot be read"),
        ("postgresql://guarded:c4n4ry@c4n4ry@127.0.0.1:1/postgres", "@ is written %40"),
        ("postgresql://guarded:c4n4ry/c4n4ry@127.0.0.1:1/postgres", "@ is written %40"),
        ("postgresql://guarded:c4n4ry%3A%25s%23@/postgres?host={directory}&nonsense=c4n4ry", "not a URL"),
        ("postgresql://guarded:c4n4ry%zz@/postgres?host={directory}", "not a URL"),
        ("mysql://guarded:c4n4ry@host/postgres", "is not a store"),
    ],
)
def test_a_password_is_never_said(world: Any, postgres: Server, form: str, why: str) -> None:
    postgres.execute("DROP ROLE IF EXISTS {}", GUARDED)
    postgres.execute(f"CREATE ROLE {{}} LOGIN PASSWORD '{CANARY}'", GUARDED)
    url = form.replace("{directory}", str(postgres.directory).replace("/", "%2F"))
    for command in (["plan"], ["apply", "--yes"], ["history"], ["doctor"], ["store", "copy", url, "sqlite:x.db"]):
        code, out, err = world.cli("--store", url, *command)
        assert code in (1, 64), err
        assert why in err
        assert "c4n4ry" not in out + err
    for file in world.root.rglob("*"):
        assert file.is_dir() or b"c4n4ry" not in file.read_bytes()


def test_a_password_that_is_right_is_nowhere_either(world: Any, postgres: Server, database: str) -> None:
    name = database.rpartition("/")[2].partition("?")[0]
    postgres.execute("DROP ROLE IF EXISTS {}", GUARDED)
    postgres.execute(f"CREATE ROLE {{}} LOGIN PASSWORD '{CANARY}'", GUARDED)
    postgres.execute("ALTER DATABASE {} OWNER TO {}", name, GUARDED)
    url = postgres.url(name, user="guarded:c4n4ry%3A%25s%23")
    world.write("program.yaml", """
        apiVersion: muster/v1
        kind: ReferralProgram
        metadata: {name: friends}
        spec: {timezone: UTC}
        """)  # fmt: skip
    said = [world.cli("--store", url, *command) for command in (
        ["apply", "--yes"], ["plan", "--format", "json"], ["plan"], ["history"], ["doctor", "--format", "json"],
        ["store", "copy", url, "sqlite:x.db"], ["plan"], ["apply", "--yes"],
    )]  # fmt: skip
    assert [answer.code for answer in said] == [0, 0, 0, 0, 0, 0, 1, 1]
    assert "was moved to sqlite:" in said[-1].err
    assert "c4n4ry" not in "".join(answer.out + answer.err for answer in said)
    for file in world.root.rglob("*"):
        assert file.is_dir() or b"c4n4ry" not in file.read_bytes()
    with psycopg.connect(database) as db:
        tables = ("muster", "resource", "former", "batch", "event", "intent")
        assert "c4n4ry" not in str([db.execute(f"SELECT * FROM {table}").fetchall() for table in tables])
    postgres.execute("ALTER DATABASE {} OWNER TO muster", name)


# Machines whose clocks differ.


@pytest.mark.parametrize("wrong", [timedelta(days=-400), timedelta(days=400)], ids=["behind", "ahead"])
def test_a_machine_with_a_wrong_clock_neither_takes_nor_loses_a_step(
    store: PostgresStore, database: str, wrong: timedelta
) -> None:
    """Its lease is a minute of the server's, whatever it thinks the time is; and so are those of others for it."""
    store.commit([write(SPRING, 0, "draft")])
    elsewhere, here = FixedClock(store.time(AT)), FixedClock(store.time(AT) + wrong)
    for owner, looker in ((here, elsewhere), (elsewhere, here)):
        lease = Lease("another-boot/1/one", LeaseClock(store, owner).now() + LEASE)
        begun = replace(intent(SPRING, 1, "running"), lease=lease)
        assert store.begin(begun)
        with closing(PostgresStore(database)) as other:
            (found,) = settle(other, {"EmailCampaign": FakeRuntime()}, looker)
            assert "another run is at work on it" in found.message
        effects.perform(begun, FakeRuntime(), store, LeaseClock(store, owner))
        assert store.abandon(begun)
