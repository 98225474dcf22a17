"""What is heard of accounts, on every store: each event once, whatever the order in which it comes in (AMB-C8, C-31)."""

import itertools
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from reconciler.model.accounts import Account
from reconciler.model.contact_queue import Begun, Decision, Item, ItemStage, Later, Outcome, Past, Sort, Told
from reconciler.model.ports import Store
from tests.contact_queue.files import LATER, NOW, Files
from tests.engine.desk import Opener
from tests.store.stores import STORES

PROMISED_UNTIL = datetime(2027, 4, 10, 5, 0, tzinfo=UTC)
"""The end of 9 April in Chicago."""
HUNDRED = {"amount": Decimal("100"), "currency": "USD"}


@pytest.fixture
def files(store: Store) -> Files:
    return Files(store)


def test_a_promise_stops_contacts_until_its_day_is_over(files: Files) -> None:
    """C-31, AMB-C11: then it is overdue, unless it was paid."""
    uid = files.running()
    item = files.items()[0]
    assert files.tell(0, Sort.PROMISE, "p1", due_on="2027-04-09", **HUNDRED) == "new"
    account = files.get(0)
    assert (account.row.status, account.promised_until) == ("promise", PROMISED_UNTIL)
    found = files.begin(item)
    assert isinstance(found, Item)
    assert found.reason == "its status is promise"
    assert files.queue.enqueue(uid, NOW) == 0
    assert files.queue.break_promises(PROMISED_UNTIL - timedelta(seconds=1)) == 0
    assert files.queue.break_promises(PROMISED_UNTIL) == 1
    assert files.queue.break_promises(PROMISED_UNTIL) == 0
    assert files.get(0).row.status == "promise_overdue"
    assert files.queue.enqueue(uid, PROMISED_UNTIL) == 1


@pytest.mark.parametrize(("paid", "status"), [("60", "promise"), ("100", "in_auto_management")])
def test_a_promise_is_kept_once_all_of_it_is_paid(files: Files, paid: str, status: str) -> None:
    """C-31: the balance stays what the source says."""
    files.accounts(1)
    files.tell(0, Sort.PROMISE, "p1", due_on="2027-04-09", **HUNDRED)
    files.tell(0, Sort.PAYMENT, "m1", NOW + timedelta(hours=1), amount=Decimal(paid), currency="USD")
    assert files.get(0).row.status == status
    assert files.get(0).row.balance == Decimal("120.50")
    assert bool(files.get(0).promised_until) == (status == "promise")


def test_a_payment_in_another_currency_keeps_no_promise(files: Files) -> None:
    """C-31."""
    files.accounts(1)
    files.tell(0, Sort.PROMISE, "p1", due_on="2027-04-09", **HUNDRED)
    files.tell(0, Sort.PAYMENT, "m1", NOW + timedelta(hours=1), amount=Decimal("500"), currency="EUR")
    assert files.get(0).row.status == "promise"


def test_the_same_events_in_any_order_come_to_the_same(files: Files) -> None:
    """AMB-C8: systems tell late, and not in order."""
    hours = [NOW + timedelta(hours=hour) for hour in range(5)]
    events = [
        (Sort.PROMISE, "p1", hours[0], {"due_on": "2027-04-09", **HUNDRED}),
        (Sort.PAYMENT, "m1", hours[1], {"amount": Decimal("40"), "currency": "USD"}),
        (Sort.OPT_OUT, "o1", hours[2], {}),
        (Sort.PAYMENT, "m2", hours[3], {"amount": Decimal("60"), "currency": "USD"}),
        (Sort.OPT_IN, "o2", hours[4], {}),
    ]
    ends = set()
    for number, order in enumerate(itertools.permutations(events)):
        files.accounts(1)
        for sort, name, at, given in order:
            told = Told(name, sort, at, **given)  # type: ignore[arg-type]
            assert files.queue.told(files.source, str(number), told, hours[4]) == "new"
        account = files.get(number)
        ends.add((account.row.status, account.promised_until, account.declined))
    assert ends == {("in_auto_management", None, False)}


def test_an_event_counts_once_by_its_id(files: Files) -> None:
    """AMB-C8: also where it is told with another time; under an id that stood for something else nothing is taken."""
    files.accounts(2)
    assert files.tell(0, Sort.PAYMENT, "m1", **HUNDRED) == "new"
    assert files.tell(0, Sort.PAYMENT, "m1", NOW + timedelta(hours=1), **HUNDRED) == "known"
    assert files.tell(0, Sort.PAYMENT, "m1", amount=Decimal("101"), currency="USD") == "other"
    assert files.tell(1, Sort.PAYMENT, "m1", **HUNDRED) == "new"
    assert files.tell(9, Sort.PAYMENT, "m1", **HUNDRED) == "nobody"
    books = files.store.collection_books
    assert [len(books.interactions(files.get(number).id)) for number in (0, 1)] == [1, 1]


def test_who_opts_out_is_contacted_no_more_whatever_the_source_says(files: Files) -> None:
    """AMB-C11: a later reading of the source does not undo it; opting in does."""
    uid = files.running()
    item = files.items()[0]
    files.tell(0, Sort.OPT_OUT, "o1")
    files.change("0", opted_out=False, score=0.9)
    found = files.begin(item)
    assert isinstance(found, Item)
    assert found.reason == "they have opted out"
    assert files.queue.enqueue(uid, NOW) == 0
    files.tell(0, Sort.OPT_IN, "o2", NOW + timedelta(hours=1))
    assert files.queue.enqueue(uid, NOW) == 1
    files.change("0", opted_out=True)
    assert not isinstance(files.begin(files.items()[-1]), Begun), "opting in is no answer to what the source says"


@pytest.mark.parametrize("sort", [Sort.RESPONSE, Sort.CONVERSATION, Sort.PROMISE])
def test_an_answer_during_a_contact_is_not_undone_by_its_result(files: Files, sort: Sort) -> None:
    """C-31: contacts without an answer are counted from the answer on, and a promise stays one."""
    files.running()
    item = files.items()[0]
    files.begun(item)
    given = {"due_on": "2027-04-09"} if sort is Sort.PROMISE else {}
    files.tell(0, sort, "c1", NOW + timedelta(minutes=1), **given)
    files.settle(item, ItemStage.FAILED, status="escalated", note="6 contacts without an answer")
    account = files.get(0)
    assert account.position.attempts == 0
    assert account.position.answered_at == NOW + timedelta(minutes=1)
    assert account.position.step == 1
    assert account.row.status == ("promise" if sort is Sort.PROMISE else "pending_contact")


@pytest.mark.parametrize("status", ["paid", "escalated", "legal"])
def test_a_promise_changes_no_status_that_is_not_ours(files: Files, status: str) -> None:
    """C-31: what the source, or a person, has taken in hand stays there; the promise is on record."""
    files.accounts(1, status=status)
    assert files.tell(0, Sort.PROMISE, "p1", due_on="2027-04-09") == "new"
    assert files.get(0).row.status == status
    assert files.queue.break_promises(PROMISED_UNTIL) == 0


def test_a_status_of_the_source_ends_a_promise(files: Files) -> None:
    """C-31: one that changes in the source counts; its broken promise changes nothing any more."""
    files.accounts(1)
    files.tell(0, Sort.PROMISE, "p1", due_on="2027-04-09")
    files.change("0", status="paid")
    files.queue.break_promises(PROMISED_UNTIL)
    assert files.get(0).row.status == "paid"


def test_what_happened_belongs_to_the_campaign_of_then(files: Files) -> None:
    """AMB-C8, AMB-C12: freeing an account leaves it with the campaign, deleting likewise."""
    uid = files.running()
    files.tell(0, Sort.PAYMENT, "m1", **HUNDRED)
    files.store.accounts.free(uid, [files.get(0).id], NOW)
    files.tell(0, Sort.PAYMENT, "m2", **HUNDRED)
    told = files.store.collection_books.interactions(files.get(0).id)
    assert [one.campaign for one in told] == [0, uid]
    assert files.store.collection_books.figures(uid, NOW - LATER).recovered == {"USD": Decimal("100.00")}


def test_a_promise_that_was_broken_before_it_was_told_is_overdue_at_once(files: Files) -> None:
    """C-31."""
    files.accounts(1)
    told = Told("p1", Sort.PROMISE, NOW, due_on="2027-04-09")
    files.queue.told(files.source, "0", told, PROMISED_UNTIL)
    assert files.get(0).row.status == "promise_overdue"


def test_eight_who_tell_the_same_are_heard_once(opener: Opener) -> None:
    """AMB-C8: at once, from eight connections."""
    from concurrent.futures import ThreadPoolExecutor
    from contextlib import closing

    with closing(opener()) as store:
        files = Files(store)
        files.accounts(1)

        def tell(_who: int) -> str:
            with closing(STORES[opener.sort](opener.directory)) as own:
                told = Told("m1", Sort.PAYMENT, NOW, Decimal("100"), "USD")
                return own.contact_queue.told(files.source, "0", told, NOW).value

        with ThreadPoolExecutor(8) as crew:
            heard = sorted(crew.map(tell, range(8)))
        assert heard == ["known"] * 7 + ["new"]


def test_settling_after_an_answer_keeps_what_the_strategy_says_of_the_step(files: Files) -> None:
    """C-31: only attempts and answers are kept."""
    files.running()
    item = files.items()[0]
    files.begun(item)
    files.tell(0, Sort.RESPONSE, "r1", NOW + timedelta(minutes=1))
    position = files.get(0).position
    files.queue.settle(item.id, Outcome(ItemStage.COMPLETED, "", position), NOW)
    assert files.get(0).position == position


def test_no_flood_of_events_pushes_a_contact_out_of_the_limits_sight(files: Files) -> None:
    """AMB-C8, AMB-C11: limits see what was made, however much is told afterwards; and the last conversation."""
    uid = files.running()
    first = files.items()[0]
    files.begun(first)
    files.settle(first)
    for number in range(1001):
        files.tell(0, Sort.RESPONSE, f"r{number}", NOW + timedelta(seconds=1))
        files.tell(0, Sort.CONVERSATION, f"c{number}", NOW + timedelta(seconds=2))
    files.queue.enqueue(uid, NOW + LATER)
    seen: list[tuple[Past, ...]] = []

    def decide(_account: Account, _item: Item, past: tuple[Past, ...]) -> Decision:
        seen.append(past)
        return Later(NOW + 2 * LATER, "perWeek")

    files.begin(files.items()[1], decide, NOW + LATER)
    conversation = Past(NOW + timedelta(seconds=2), Sort.CONVERSATION)
    assert seen == [(Past(NOW, Sort.CONTACT, "email"), conversation)]


def test_an_answer_that_is_heard_of_late_answers_no_contact_that_came_after_it(files: Files) -> None:
    """AMB-C8: else whoever is never won would be contacted for ever, by events of long ago."""
    files.running()
    first = files.items()[0]
    files.begun(first)
    files.settle(first)
    files.tell(0, Sort.RESPONSE, "r1", NOW - timedelta(days=300))
    assert files.get(0).position.attempts == 1
    assert files.get(0).position.answered_at == NOW - timedelta(days=300)
    files.tell(0, Sort.RESPONSE, "r2", NOW)
    assert files.get(0).position.attempts == 0


def test_an_answer_from_before_a_contact_is_not_undone_by_its_settling(files: Files) -> None:
    """AMB-C8: it was told while the call lasted."""
    files.running()
    first = files.items()[0]
    files.begun(first)
    files.tell(0, Sort.RESPONSE, "r1", NOW - timedelta(seconds=5))
    files.settle(first)
    assert files.get(0).position.answered_at == NOW - timedelta(seconds=5)
    assert files.get(0).position.attempts == 1


def test_a_promise_is_heard_whatever_was_paid(files: Files) -> None:
    """C-31: a thousand payments of the largest amount are more than a sum of SQLite can hold."""
    files.accounts(1)
    for number in range(930):
        files.tell(0, Sort.PAYMENT, f"m{number}", NOW, amount=Decimal("999999999999"), currency="USD")
    assert files.tell(0, Sort.PROMISE, "p1", NOW - LATER, due_on="2027-04-09", **HUNDRED) == "new"
    assert files.get(0).row.status == "paid"
