"""What is read of collections, against what was done: on both stores."""

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from reconciler.model.accounts import Position
from reconciler.model.collection_books import Figures, Filter
from reconciler.model.contact_queue import Go, ItemStage, Later, Outcome, Sort, Told
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from tests.collections import ledgers
from tests.collections.ledgers import NOW
from tests.leads.desk import put

HOUR = timedelta(hours=1)


@pytest.fixture
def uid(store: Store) -> int:
    """A campaign with five accounts: one is paused, one is at law, three may be contacted."""
    ledgers.settings(store)
    ledgers.strategy(store)
    source = ledgers.source(store)
    found = (
        ledgers.rows(["A", "B", "C"]) + ledgers.rows(["D"], paused=True) + ledgers.rows(["E"], "in_legal", score=None)
    )
    store.accounts.take(source, found, NOW)
    campaign = ledgers.campaign(store)
    ids = [one.id for one in store.accounts.unassigned(source, 0, 0, 100)]
    assert store.accounts.assign(campaign, ids, NOW, NOW) == 5
    return campaign


def contact(store: Store, uid: int, number: str, stage: ItemStage = ItemStage.COMPLETED) -> None:
    """Somebody is contacted, with this outcome."""
    account = store.accounts.get(store.ledger.uid(Ref("AccountSource", "portfolio")), number)
    assert account is not None
    (item,) = [one for one in store.collection_books.items(account.id) if one.stage is ItemStage.PENDING]
    begun = store.contact_queue.begin(item.id, item.turn, lambda *_: Go("mail", "email", "reminder"), NOW)
    assert begun is not None
    position = Position(account.position.round, 1, 0, NOW + timedelta(days=3), 1, NOW)
    assert store.contact_queue.settle(item.id, Outcome(stage, "", position, "in_auto_management"), NOW)


def told(store: Store, number: str, event: Told) -> None:
    store.contact_queue.told(store.ledger.uid(Ref("AccountSource", "portfolio")), number, event, NOW)


def test_a_campaign_in_numbers(store: Store, uid: int) -> None:
    """C-18, C-19, AMB-C12: contacted once or often is one; promises and payments count from the activation on."""
    books, queue = store.collection_books, store.contact_queue
    assert books.figures(uid, NOW) == Figures(5, 0, 0)
    assert queue.enqueue(uid, NOW) == 3
    contact(store, uid, "A")
    contact(store, uid, "B", ItemStage.FAILED)
    told(store, "A", Told("p1", Sort.PROMISE, NOW + HOUR, due_on="2027-04-20"))
    told(store, "B", Told("p0", Sort.PROMISE, NOW - HOUR, due_on="2027-04-20"))
    told(store, "C", Told("m1", Sort.PAYMENT, NOW + HOUR, Decimal("20.25"), "USD"))
    told(store, "C", Told("m2", Sort.PAYMENT, NOW + HOUR, Decimal("0.01"), "USD"))
    told(store, "C", Told("m2", Sort.PAYMENT, NOW + HOUR, Decimal("0.01"), "USD"))
    told(store, "E", Told("m3", Sort.PAYMENT, NOW, Decimal("7.00"), "CAD"))
    found = books.figures(uid, NOW)
    assert found == Figures(5, 1, 1, {"CAD": Decimal("7.00"), "USD": Decimal("20.26")})
    assert found.rate == Decimal("20")
    assert replace(found, total=3).rate == Decimal("33.3"), "never rounded up"
    assert books.figures(uid, None) == Figures(5, 1, 0), "nothing counts that was before the activation"
    assert Figures(0, 0, 0).rate == 0


def test_accounts_are_listed_with_what_was_last_and_what_is_next(store: Store, uid: int) -> None:
    """C-20: score, status, last interaction."""
    store.contact_queue.enqueue(uid, NOW)
    contact(store, uid, "A")
    told(store, "A", Told("t1", Sort.CONVERSATION, NOW + HOUR, detail="asks for a plan"))
    first, second, *_, last = store.collection_books.lines(Filter(campaign=uid))
    assert (first.number, first.score, first.status, first.balance) == (
        "A",
        512.5,
        "in_auto_management",
        Decimal("120.50"),
    )
    assert first.last is not None
    assert (first.last.sort, first.last.detail) == (Sort.CONVERSATION, "asks for a plan")
    assert (first.step, first.open) == (1, None)
    assert (second.number, second.open, second.last) == ("B", ItemStage.PENDING, None)
    assert (last.number, last.score, last.is_contactable) == ("E", None, False)
    assert [one.number for one in store.collection_books.lines(Filter(status="in_legal"))] == ["E"]
    assert [one.number for one in store.collection_books.lines(Filter(), after=second.id, limit=2)] == ["C", "D"]
    assert [one.number for one in store.collection_books.lines(Filter(campaign=uid, number="C"))] == ["C"]
    assert not store.collection_books.lines(Filter(number="c"))
    everybody = store.collection_books.lines(Filter(campaign=uid))
    for step in (0, 1, 2):
        found = store.collection_books.lines(Filter(campaign=uid, step=step), limit=9)
        assert list(found) == [one for one in everybody if one.step == step]
    pages = [store.collection_books.lines(Filter(campaign=uid), after, 1) for after in (0, first.id)]
    assert [one.number for page in pages for one in page] == [first.number, second.number]
    for which in (Filter(), Filter(campaign=uid)):
        back = store.collection_books.lines(which, limit=2, before=last.id)
        assert [one.number for one in back] == ["C", "D"], "the last ones before it, in order"
    assert not store.collection_books.lines(Filter(campaign=uid), before=first.id)
    assert store.collection_books.statuses(Filter(campaign=uid)) == {
        "in_auto_management": 1, "in_legal": 1, "pending_contact": 3
    }  # fmt: skip


def test_who_was_heard_to_opt_out_is_listed_as_nobody_to_contact(store: Store, uid: int) -> None:
    """C-20, AMB-C11: whatever the source says."""
    told(store, "C", Told("o1", Sort.OPT_OUT, NOW))
    assert [one.number for one in store.collection_books.lines(Filter(campaign=uid)) if one.is_contactable] == [
        "A",
        "B",
    ]
    told(store, "C", Told("o2", Sort.OPT_IN, NOW + HOUR))
    assert "C" in [one.number for one in store.collection_books.lines(Filter(campaign=uid)) if one.is_contactable]


def test_what_is_not_queued_is_told_with_its_cause(store: Store, uid: int) -> None:
    """C-21, AMB-C10: who is queued already is not queued again."""
    store.contact_queue.enqueue(uid, NOW)
    contact(store, uid, "A")
    assert store.collection_books.held_back(uid, NOW) == {
        "queued already": 2, "in status in_legal": 1, "its next step is due later": 1, "paused": 1
    }  # fmt: skip


def test_the_engine_today(store: Store, uid: int) -> None:
    """C-25: what waits, and what has ended since midnight; what ended before is not of today."""
    books = store.collection_books
    store.contact_queue.enqueue(uid, NOW)
    contact(store, uid, "A")
    contact(store, uid, "B", ItemStage.FAILED)
    assert books.queue(NOW - HOUR) == {uid: {ItemStage.COMPLETED: 1, ItemStage.FAILED: 1, ItemStage.PENDING: 1}}
    assert books.queue(NOW + HOUR) == {uid: {ItemStage.PENDING: 1}}
    (item,) = books.items(next(one.id for one in books.lines(Filter()) if one.number == "C"))
    store.contact_queue.begin(item.id, item.turn, lambda *_: Later(NOW + HOUR, "allowedHours"), NOW)
    (waiting,) = books.waiting()
    assert (waiting.campaign, waiting.reason, waiting.items, waiting.first_at) == (uid, "allowedHours", 1, NOW + HOUR)


def test_a_completed_campaign_keeps_its_numbers(store: Store, uid: int) -> None:
    """AMB-C8, AMB-C9: another campaign has its accounts, and what it has done stays its own."""
    store.contact_queue.enqueue(uid, NOW)
    contact(store, uid, "A")
    put(store, Ref("CollectionCampaign", "spring"), "completed", {"spec": {}})
    other = ledgers.campaign(store, "summer")
    ids = [one.id for one in store.collection_books.lines(Filter(campaign=uid))]
    assert store.accounts.assign(other, ids, NOW, NOW) == 5
    assert store.collection_books.figures(uid, NOW) == Figures(5, 1, 0)
    assert store.collection_books.figures(other, NOW) == Figures(5, 0, 0)
