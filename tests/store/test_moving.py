"""Moving a store: everything arrives, nothing is in use twice, and an interruption at any step is gone on from."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reconciler.controller.doctor import examine
from reconciler.controller.moving import Route, move
from reconciler.controller.settle import settle
from reconciler.model.accounts import AccountRow
from reconciler.model.audit import Entry
from reconciler.model.audit import Outcome as Became
from reconciler.model.campaign_tests import CampaignTest
from reconciler.model.condition import Aspect, Condition, Status, Truth
from reconciler.model.errors import Busy, StoreError
from reconciler.model.in_campaign import Alert, Cause, Gap, Share
from reconciler.model.in_campaign import Notice as Telling
from reconciler.model.instant import to_text
from reconciler.model.intake import Reading, Request
from reconciler.model.invoices import InvoiceRow, InvoiceStatus
from reconciler.model.log_seal import LogSeal
from reconciler.model.notice import Notice
from reconciler.model.ports import Lease
from reconciler.model.record import replace as replace_record
from reconciler.model.ref import Ref
from reconciler.model.referral import Access, FriendEvent, Link, Person, Role
from reconciler.model.returns import Return, Sign, Suppression
from reconciler.model.reward import Due, Fate, Reward
from reconciler.model.work import Demand, Phase, Rate, Result, Settling, Stage
from reconciler.store import postgres_session, sqlite
from reconciler.store.contents import TABLES, Movable
from reconciler.store.desk import Sql
from tests.crash.survivor import ended, fork
from tests.store.stores import STORES
from tests.store.test_contract import AT, LIST, SPRING, intent, log, write

WAYS = [("sqlite", "postgres"), ("postgres", "sqlite"), ("sqlite", "sqlite"), ("postgres", "postgres")]
ROUTE = Route("the old one", "the new one")
SUMMER, AUTUMN, WINTER = (Ref("EmailCampaign", name) for name in ("summer", "autumn", "winter"))
ROWS = {
    "resource": 3,
    "former": 1,
    "event": 8,
    "intent": 2,
    "log_seal": 1,
    "status": 2,
    "notice": 3,
    "notified": 1,
    "job": 1,
    "lane": 1,
    "unit": 3,
    "effect": 1,
    "spent": 2,
    "pace": 1,
    "sign": 1,
    "suppression": 1,
    "left_out": 1,
    "lead": 1,
    "lead_trace": 1,
    "lead_request": 1,
    "lead_cap": 1,
    "lead_queue": 1,
    "outbound": 1,
    "lead_use": 1,
    "lead_turn": 1,
    "lead_return": 1,
    "lead_baseline": 1,
    "referral_person": 1,
    "referral_link": 1,
    "referral_click": 1,
    "referral_access": 1,
    "referral_event": 1,
    "referral_reward": 1,
    "referral_gate": 1,
    "enrolment": 1,
    "communication": 1,
    "enrolment_pass": 1,
    "enrolment_gate": 1,
    "campaign_test": 2,
    "in_campaign_alert": 2,
    "invoice": 2,
    "account": 1,
    "campaign_account": 1,
    "contact_item": 1,
    "interaction": 2,
    "account_pass": 1,
    "engine_brake": 1,
    "contact_cycle": 1,
    "audit": 2,
    "row_change": 2,
    "source_reading": 1,
    "posted_request": 1,
}  # fmt: skip
"""What the old store has: something in every table."""
Open = Callable[[], Movable]


@pytest.fixture(params=WAYS, ids="-to-".join)
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Open, Open]]:
    """How the old store is opened, which has everything that a store can have, and how the new one is."""
    opened: list[Movable] = []

    def opens(make: str, directory: Path) -> Open:
        def again() -> Movable:
            opened.append(STORES[make](directory))  # type: ignore[arg-type]
            return opened[-1]

        return again

    (tmp_path / "old").mkdir()
    (tmp_path / "new").mkdir()
    old, new = opens(request.param[0], tmp_path / "old"), opens(request.param[1], tmp_path / "new")
    _fill(old())
    yield old, new
    for store in opened:
        store.close()


def _fill(store: Movable) -> None:
    """Renamed, forgotten, made again, with documents of every sort, and with steps that are open."""
    odd = {"spec": {"subject": 'Grüße "quoted"\t\\N 🎉\n\x00', "deep": [[{}], None, True]}}
    store.commit(
        [write(SPRING, 0, "draft", document=odd, flags=("archived",), file="a.yaml"), write(LIST, 0, "present")]
    )
    store.commit([write(SPRING, 1, "scheduled"), write(SPRING, 2, "scheduled", op="move", renamed_to=SUMMER)])
    store.commit([write(LIST, 1, "present", op="forget", forgotten=True), write(AUTUMN, 0, "draft")])
    store.commit([write(AUTUMN, 1, "draft", op="forget", forgotten=True), write(LIST, 0, "present")])
    lease = Lease("somebody", AT + timedelta(minutes=1))
    assert store.begin(replace(intent(SUMMER, 3, "running"), lease=lease))
    assert store.begin(intent(WINTER, 0, "draft"))
    health = examine(store)
    assert store.add_log_seal(LogSeal(health.events, health.seal, to_text(AT)))
    conditions = (Condition(Aspect.READY, Truth.FALSE, "Waiting", 'for "facts"\t\\N'),)
    store.bulletin.put_statuses([Status(ref, conditions, 1) for ref in (SUMMER, AUTUMN)])
    notice = Notice("launch", "chat", {"text": "Grüße\n"}, to_text(AT), to_text(AT))
    store.bulletin.post(
        [notice, replace_record(notice, key="Über"), replace_record(notice, target="mail")], {"chat": 8}
    )
    _work(store)
    _leads(store)
    _referral(store)
    _alerts(store)
    _enrolments(store)
    store.campaign_tests.record(CampaignTest(SPRING, {"Workflow/soft@1": "abc"}, AT, "dana", "INV-1"))
    store.campaign_tests.record(CampaignTest(SPRING, {"Workflow/soft@1": "Ü"}, AT, "dana", "INV\t1", ("Grüße\\N",)))
    _contacts(store)
    _taken_in(store)
    for target in ("", "EmailCampaign/summer@1"):
        store.audit.write(Entry(AT, "user:dana", "operator", "192.0.2.7", "pause", target, Became.REFUSED, "Ü\t\\N"))


def _work(store: Movable) -> None:
    """Units in every stage that a window leaves, taken at a rate."""
    ledger, rate = store.ledger, Rate("relay", 2, timedelta(days=1))
    uid = ledger.uid(LIST)
    ledger.mark("launch", AT)
    ledger.prepare(uid, "present", lambda: None)
    ledger.add(uid, [(key, {"name": "Grüße\t\\N"}) for key in ("a", "b", "c")])
    ledger.add(uid, [("left", {})])
    assert store.returns.drop_listed(uid, ["left"], "do-not-mail") == 1
    ledger.assign(uid, ["relay"], lambda _position: 0, lambda: None)
    ledger.enter(uid, Phase.OPEN, AT)
    claim = ledger.claim(ledger.offers(AT, 1)[0], "me", AT, AT + timedelta(minutes=1), 0)
    assert claim is not None
    first = ledger.window(claim, None, Demand(1, 1, AT + timedelta(minutes=1), (rate,)), AT)
    assert first is not None
    done = Settling(1, {first.units[0].id: Result(Stage.SENT, {"code": 250})}, AT, 1)
    store.returns.record([Return("click/1", uid, "a", Sign.CLICKED, AT, {"link": 1})])
    store.returns.suppress([Suppression("b", "manual", AT, "do-not-mail", "dana")])
    assert ledger.window(claim, done, Demand(2, 1, AT + timedelta(minutes=1), (rate,)), AT)


def _alerts(store: Movable) -> None:
    """One that is over, and one that is open."""
    gap = Gap(Cause.UNMATCHED, "", 2, ("Ü\t\\N",))
    one = Alert(0, AT, None, 90, Share(1, 3), (gap,))
    assert store.in_campaign.raise_alert(one, Telling(0, ()))
    assert store.in_campaign.close_alert(1, AT, Telling(0, ()))
    assert store.in_campaign.raise_alert(one, Telling(0, ()))


def _taken_in(store: Movable) -> None:
    """An invoice of a whole reading, one that was posted under a key, and an account."""
    data = {"note": "Grüße\t\\N"}
    status, amount = InvoiceStatus.PAID, Decimal("99999999999.9999")
    reading = store.invoices.begin_reading(1)
    store.invoices.take(1, [InvoiceRow("Ü", status, True, amount, "EUR", None, data, "d")], AT, reading)
    store.invoices.end_reading(1, reading, Reading(AT, "signature", "line 7: Grüße"))
    store.invoices.post(
        1, [InvoiceRow("b", status, False, amount, "", AT.date(), data, "d")], AT, Request("key", "digest")
    )
    store.accounts.take(1, [AccountRow("a", "promise", False, True, None, -amount, "USD", "UTC", data, "d")], AT)


LEADS = {
    "lead": (7, "l7", 1, 2, "p", "form", "cars", 1.5, 1, "sold", 20, "", 2.5, 40_000, "EUR", '{"plate":"Ü\\N"}'),
    "lead_trace": ("cars", "form", 1, "abc", 1.5, 7),
    "lead_request": (2, "r1", "abc", "{}", 1.5),
    "lead_cap": (2, 1, "day@1", 1.0, 1),
    "lead_queue": (3, "q3", 1, 2, "cars", 1, 1.5, "open", "validation", "plate", 0, "{}"),
    "outbound": (9, "o9", 7, 1, 4, "acme", 1.5, 1, 185_000, "EUR", 0, "USD", 3, "roundRobin"),
    "lead_use": (4, 1, "day", 1.0, "EUR", 1, 185_000, 9),
    "lead_turn": ("cars", "form", 1, 4, 1),
    "lead_return": (5, 9, "acme", "p", "approved", "wrong", 1.5, "dana", 2.5, "max", "", 185_000, "EUR", 0, "USD"),
    "lead_baseline": (4, 1, 3, "joined", 1.5),
}


def _leads(store: Movable) -> None:
    def put(sql: Sql) -> None:
        for table, row in LEADS.items():
            sql.run(f"INSERT INTO {table} ({', '.join(TABLES[table])}) VALUES ({', '.join('?' * len(row))})", row)

    store.ledger._desk.writing(put)  # type: ignore[attr-defined]


ENROLMENTS = {
    "enrolment": (
        8, 3, 1, 1.5, "2027-01-04", 2, "2027-01-09", 1, 1, "2027-01-10", "2027-01-04", 0, 1, 2, 2.5, "arrangement_failed",
    ),
    "communication": (8, 0, 1.5, "mail", "failed", "550 nobody\\N"),
    "enrolment_pass": (1, 9, "sha256:1", -1),
    "enrolment_gate": (1, 4, 1),
}  # fmt: skip


def _enrolments(store: Movable) -> None:
    def put(sql: Sql) -> None:
        for table, row in ENROLMENTS.items():
            sql.run(f"INSERT INTO {table} ({', '.join(TABLES[table])}) VALUES ({', '.join('?' * len(row))})", row)

    store.ledger._desk.writing(put)  # type: ignore[attr-defined]


def _referral(store: Movable) -> None:
    """An advocate, a link that was pressed, a friend's event, and what it has earned."""
    referral, reward = store.referral, replace(REWARD, campaign=store.ledger.uid(LIST))
    referral.enrol(Person(1, Role.ADVOCATE, "Ü\t\\N", AT, "c", "h"))
    referral.share(Link("code", 1, "Ü\t\\N", 2, AT))
    referral.click("code", 2, AT)
    referral.access(Access(1, "f", 2, "code", AT))
    assert referral.take(
        FriendEvent(1, "e", "f", "joined", AT, "said", "code", ({"rule": "Ü"},)), {}, [Due(reward)], AT
    )


CONTACTS = {
    "campaign_account": [(5, 7)],
    "contact_item": [(3, 5, 7, 1, 2, 1, "completed", 1, 4, 1.5, 2.5, 3.5, 4.5, "letters", "urgent", "Ü\t\\N")],
    "interaction": [
        (8, 7, 5, 1.5, "contact", "", 3, "letters", "email", 0, "", "", "urgent"),
        (9, 7, 5, 2.5, "promise", "p1", 0, "", "voice", 1_205_000, "USD", "2027-06-30", "Ü\t\\N"),
    ],
    "account_pass": [(5, "2027-01-04", 12)],
    "engine_brake": [(2, 1, "wrong balances\t\\N", "dana", 1.5)],
    "contact_cycle": [(0, 1.5, 0.0)],
}


def _contacts(store: Movable) -> None:
    """An account that a campaign has, how it was contacted, what was heard of it, and the brake."""

    def put(sql: Sql) -> None:
        for table, found in CONTACTS.items():
            for row in found:
                sql.run(f"INSERT INTO {table} ({', '.join(TABLES[table])}) VALUES ({', '.join('?' * len(row))})", row)

    store.ledger._desk.writing(put)  # type: ignore[attr-defined]


REWARD = Reward(
    "r", 1, 2, "friend:joined:0", {"value": "12.5"}, "f", "joined", "e", "friend", "f", Decimal("12.5"), "EUR", AT, AT,
    Fate.REVIEW, "Grüße\t\\N",
)  # fmt: skip


def everything(store: Movable) -> dict[str, Any]:
    with store.snapshot():
        return {table: list(store.rows_of(table)) for table in TABLES} | {
            "heads": dict(store.heads()), "full": dict(store.load(store.heads())), "forgotten": store.forgotten(),
            "events": list(store.events()), "intents": store.intents(), "mark": store.mark(),
            "of one": (log(store, SPRING), log(store, SUMMER), log(store, AUTUMN)),
        }  # fmt: skip


def test_everything_arrives(stores: tuple[Open, Open]) -> None:
    old, new = stores[0](), stores[1]()
    before = everything(old)
    moved = move(old, new, ROUTE)
    assert everything(new) == before == everything(old)
    assert (moved.mark, moved.rows) == (before["mark"], ROWS)
    assert examine(new).complaints == ()


def test_life_goes_on_in_the_new_store(stores: tuple[Open, Open]) -> None:
    """Chains, serials, uids, held names: what comes next fits what was carried."""
    move(stores[0](), stores[1](), ROUTE)
    new = stores[1]()
    assert new.commit([write(SUMMER, 3, "cancelled"), write(WINTER, 0, "theirs")]) == (SUMMER, WINTER), "they are open"
    for one in new.intents():
        assert new.advance(one)
    assert new.commit([write(SPRING, 0, "draft"), write(LIST, 3, "deleted"), write(AUTUMN, 0, "draft")]) == ()
    assert [event.serial for event in new.events()] == list(range(1, 14))
    assert examine(new).complaints == ()


def test_the_old_store_takes_nothing_more_and_says_where_to_go(stores: tuple[Open, Open]) -> None:
    old = stores[0]()
    writer, before = stores[0](), everything(old)
    move(old, stores[1](), ROUTE)
    for attempt in (
        lambda: writer.commit([write(LIST, 3, "deleted")]),
        lambda: writer.begin(intent(LIST, 3, "deleted")),
        lambda: writer.hand_over(writer.intents()[0], None),
        lambda: writer.advance(writer.intents()[0]),
        lambda: writer.abandon(writer.intents()[0]),
        lambda: stores[0]().commit([write(LIST, 3, "deleted")]),
        lambda: move(stores[0](), stores[1](), Route("the old one", "a third one")),
    ):
        with pytest.raises(StoreError, match="was moved to the new one; use that one"):
            attempt()
    assert writer.closure() == "moved to the new one"
    assert everything(old) == before
    assert settle(old, {}, None) == (), "and doctor leaves it as it is"  # type: ignore[arg-type]


def test_a_mere_copy_leaves_the_old_one_in_use(stores: tuple[Open, Open]) -> None:
    old = stores[0]()
    move(old, stores[1](), replace(ROUTE, keep_writable=True))
    assert everything(stores[1]()) == everything(old)
    for store in (old, stores[1]()):
        assert store.commit([write(LIST, 3, "deleted")]) == ()
    with pytest.raises(StoreError, match="not empty"):
        move(old, stores[1](), ROUTE)
    assert old.commit([write(LIST, 4, "present")]) == (), "what failed has closed nothing"


def test_only_an_empty_store_takes_up_another(stores: tuple[Open, Open]) -> None:
    old, new = stores[0](), stores[1]()
    new.begin(intent(LIST, 0, "present"))
    with pytest.raises(StoreError, match="not empty"):
        move(old, new, ROUTE)
    assert (old.closure(), new.closure(), list(new.events())) == ("", "", [])


def test_a_log_that_does_not_hold_is_not_carried(stores: tuple[Open, Open], monkeypatch: pytest.MonkeyPatch) -> None:
    old, new = stores[0](), stores[1]()
    with old.snapshot():
        rows = list(old.rows_of("event"))
    altered = [(*row[:6], row[6].replace("draft", "drift")) for row in rows]
    for wrong, said in (
        (altered, "does not hold"),
        (rows[:-1], "does not hold"),
        ([*rows[:3], *rows[4:]], "does not hold|is not what left"),
    ):
        with monkeypatch.context() as patch:
            really = type(old).rows_of
            patch.setattr(
                type(old), "rows_of",
                lambda self, table, wrong=wrong, really=really: iter(wrong) if self is old and table == "event"
                else really(self, table),
            )  # fmt: skip
            with pytest.raises(StoreError, match=said):
                move(old, new, ROUTE)
        assert (old.closure(), new.closure(), new.count()) == ("", "", 0)
    assert move(old, new, ROUTE).rows["event"] == 8


def test_what_arrives_otherwise_than_it_left_is_noticed(
    stores: tuple[Open, Open], monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = stores[0](), stores[1]()
    really = type(new).fill
    for table in TABLES:
        with monkeypatch.context() as patch:
            patch.setattr(
                type(new), "fill",
                lambda self, name, rows, table=table: really(self, name, list(rows)[:-1] if name == table else rows),
            )  # fmt: skip
            with pytest.raises(StoreError, match=f"table {table} is not what left"):
                move(old, new, ROUTE)
        assert new.count() == 0
    assert old.commit([write(LIST, 3, "deleted")]) == ()


def test_who_writes_meanwhile_waits(stores: tuple[Open, Open], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TIMEOUT", 0.1)
    monkeypatch.setattr(postgres_session, "LOCK_TIMEOUT", 0.1)
    old, writer, before = stores[0](), stores[0](), None
    with pytest.raises(ZeroDivisionError), old.leaving("moved to nowhere"):
        before = everything(old)
        for attempt in (
            lambda: writer.commit([write(LIST, 3, "deleted")]),
            lambda: writer.begin(intent(LIST, 3, "deleted")),
            lambda: writer.abandon(intent(WINTER, 0, "draft")),
        ):
            with pytest.raises(Busy):
                attempt()
        assert everything(writer) == before, "reading goes on"
        raise ZeroDivisionError
    assert writer.commit([write(LIST, 3, "deleted")]) == (), "and writing, where nothing came of the move"


STEPS = ("arriving", "leaving", "put_in_use")


def _dying(store: Movable, step: str, *, before: bool) -> Any:
    """A store that kills the process at the end of a step, just before what it did is committed, or just after."""

    class Deadly:
        def __getattr__(self, name: str) -> Any:
            real = getattr(store, name)
            if name != step:
                return real
            if name == "put_in_use":
                return lambda: (None if before else real(), os.kill(os.getpid(), signal.SIGKILL))

            @contextmanager
            def around(*given: Any) -> Iterator[None]:
                with real(*given):
                    yield
                    if before:
                        os.kill(os.getpid(), signal.SIGKILL)
                os.kill(os.getpid(), signal.SIGKILL)

            return around

    return Deadly()


@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_one_store_is_in_use_at_most(stores: tuple[Open, Open], step: str, before: bool) -> None:
    wanted = everything(store := stores[0]())
    store.close()

    def die() -> None:
        old, new = stores[0](), stores[1]()
        move(_dying(old, step, before=before), _dying(new, step, before=before), ROUTE)

    assert ended(fork(die)) == -signal.SIGKILL
    old, new = stores[0](), stores[1]()
    in_use = [not store.closure() and bool(store.count()) for store in (old, new)]
    assert in_use == [step == "arriving" or (step == "leaving" and before), step == "put_in_use" and not before]
    if in_use == [False, True]:
        assert everything(new) == wanted
        return
    move(old, new, ROUTE)
    assert everything(new) == wanted == everything(old)
    assert (old.closure(), new.closure()) == ("moved to the new one", "")


def test_a_copy_that_was_left_behind_is_not_taken_for_the_store(stores: tuple[Open, Open]) -> None:
    """The move was killed before the old store was closed, and somebody went on in it."""
    old, new = stores[0](), stores[1]()

    def die() -> None:
        move(stores[0](), _dying(stores[1](), "arriving", before=False), ROUTE)

    old.close()
    new.close()
    assert ended(fork(die)) == -signal.SIGKILL
    old, new = stores[0](), stores[1]()
    with pytest.raises(StoreError, match="a copy of the old one that was not ended"):
        new.commit([write(LIST, 3, "deleted")])
    assert old.commit([write(LIST, 3, "deleted")]) == ()
    with pytest.raises(StoreError, match="has gone on since"):
        move(old, new, ROUTE)
    assert old.commit([write(LIST, 4, "present")]) == (), "the old one stays in use"


def test_a_store_of_many_events(stores: tuple[Open, Open]) -> None:
    old, new = stores[0](), stores[1]()
    refs = [Ref("RecipientList", f"list-{number}") for number in range(6_000)]
    old.commit([write(ref, 0, "present") for ref in refs])
    told: list[int] = []
    rows = old.count()
    move(old, new, ROUTE, told.append)
    assert (sum(told), len(told) > 10) == (2 * rows, True)
    assert new.mark() == old.mark()
    assert [event.serial for event in new.events()] == list(range(1, 6_009))
    assert new.commit([write(refs[0], 1, "deleted")]) == ()
