"""Rows of invoices and accounts as stores keep them: added, changed, seen again, missed. Asked of every store. (AMB-I6, C-31)"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from reconciler.model import canonical
from reconciler.model.accounts import AccountRow
from reconciler.model.intake import EVERYTHING, REMEMBERED, Became, Reading, Request
from reconciler.model.invoices import InvoiceRow, InvoiceStatus, Wanted
from reconciler.model.ports import Store
from reconciler.store.desk import Sql
from tests.store.stores import STORES

AT = datetime(2027, 1, 4, 9, 0, tzinfo=UTC)
LEDGER, SHOP = 7, 8
"""Two sources."""
ADDED, CHANGED, SAME = Became
Open = Callable[[], Store]


@pytest.fixture(params=sorted(STORES))
def opens(request: pytest.FixtureRequest, tmp_path: Path) -> Open:
    """Opens the same store again; a thread closes its own."""
    return lambda: STORES[request.param](tmp_path)


@pytest.fixture
def store(opens: Open) -> Iterator[Store]:
    with closing(opens()) as opened:
        yield opened


def invoice(number: str, amount: str = "100.00", status: str = "awaiting_payment", **more: Any) -> InvoiceRow:
    data = {"brand": "web", "amount": amount, "status": status, **{name: str(value) for name, value in more.items()}}
    due, held = more.get("due_on"), more.get("held", False)
    return InvoiceRow(number, InvoiceStatus(status), held, Decimal(amount), "EUR", due, data, canonical.digest(data))


def account(number: str, status: str = "pending_contact", balance: str = "50.00") -> AccountRow:
    data = {"status": status, "balance": balance}
    digest = canonical.digest(data)
    return AccountRow(number, status, False, False, 1.5, Decimal(balance), "USD", "America/Chicago", data, digest)


def read(store: Store, rows: Sequence[InvoiceRow], uid: int = LEDGER, at: datetime = AT) -> int:
    """A whole reading of a source; how many it has missed."""
    number = store.invoices.begin_reading(uid)
    store.invoices.take(uid, rows, at, number)
    return store.invoices.end_reading(uid, number, Reading(at, "a signature"))


def listed(store: Store) -> list[str]:
    return [one.row.number for one in store.invoices.page(Wanted(listed=True), 0, 100)]


def test_what_comes_in_is_kept_exactly(store: Store) -> None:
    row = invoice("Ü/1 \\N", "99999999999.9999", "paid", due_on=date(2027, 2, 28), held=True)
    assert store.invoices.take(LEDGER, [row], AT) == [ADDED]
    found = store.invoices.get(LEDGER, "Ü/1 \\N")
    assert found is not None
    assert found.row == row
    assert (found.listed, found.changed_at, found.uid) == (True, AT, LEDGER)
    assert store.invoices.get(SHOP, "Ü/1 \\N") is None
    assert store.invoices.by_id([found.id, found.id, 999]) == [found]


def test_only_what_differs_is_written(store: Store) -> None:
    """What is the same as before is seen again, and has not changed: nobody looks at it anew."""
    store.invoices.take(LEDGER, [invoice("a"), invoice("b")], AT)
    before = store.invoices.change()
    later = AT + timedelta(days=1)
    assert store.invoices.take(LEDGER, [invoice("a"), invoice("b", "5.00"), invoice("c")], later) == [
        SAME,
        CHANGED,
        ADDED,
    ]
    changed = store.invoices.changed_since(before, 10)
    assert {one.row.number for one in changed} == {"b", "c"}
    assert [one.change for one in changed] == sorted({one.change for one in changed})
    assert store.invoices.change() == changed[-1].change
    assert store.invoices.take(LEDGER, [], later) == []


def test_of_one_number_twice_the_later_row_counts(store: Store) -> None:
    assert store.invoices.take(LEDGER, [invoice("a", "1.00"), invoice("a", "2.00")], AT) == [ADDED, ADDED]
    found = store.invoices.get(LEDGER, "a")
    assert found is not None and found.row.amount_due == Decimal("2.00")


def test_two_sources_may_give_the_same_number(store: Store) -> None:
    store.invoices.take(LEDGER, [invoice("a")], AT)
    store.invoices.take(SHOP, [invoice("a", "7.00")], AT)
    assert [one.uid for one in store.invoices.named("a")] == [LEDGER, SHOP]
    assert store.invoices.count(Wanted(uid=SHOP)) == 1
    assert store.invoices.count(Wanted()) == 2


def test_what_a_whole_reading_does_not_name_is_listed_no_more_and_comes_back(store: Store) -> None:
    """AMB-I6: nothing is deleted by absence. What is missing has changed, and changes again when it is back."""
    assert read(store, [invoice("a"), invoice("b")]) == 0
    before = store.invoices.change()
    assert read(store, [invoice("a")]) == 1
    assert listed(store) == ["a"]
    gone = store.invoices.get(LEDGER, "b")
    assert gone is not None and gone.row == invoice("b") and not gone.listed
    assert [one.row.number for one in store.invoices.changed_since(before, 10)] == ["b"]
    assert read(store, [invoice("a")]) == 0
    number = store.invoices.begin_reading(LEDGER)
    assert store.invoices.take(LEDGER, [invoice("a"), invoice("b")], AT, number) == [SAME, CHANGED]
    assert listed(store) == ["a", "b"]


def test_no_reading_misses_what_only_was_posted(store: Store) -> None:
    """What a reading has named once is the readings' affair, also where it was posted since."""
    read(store, [invoice("read"), invoice("both")])
    store.invoices.take(LEDGER, [invoice("posted"), invoice("both", "1.00")], AT)
    assert read(store, [invoice("read")]) == 1
    assert listed(store) == ["read", "posted"]


def test_a_reading_of_one_source_misses_nothing_of_another(store: Store) -> None:
    read(store, [invoice("a")], SHOP)
    read(store, [], LEDGER)
    assert listed(store) == ["a"]


def test_a_reading_that_was_broken_off_misses_nothing(store: Store) -> None:
    read(store, [invoice("a"), invoice("b")])
    number = store.invoices.begin_reading(LEDGER)
    store.invoices.take(LEDGER, [invoice("a")], AT, number)
    assert listed(store) == ["a", "b"]
    assert read(store, [invoice("a"), invoice("b")]) == 0


def test_two_readings_at_once_miss_only_what_neither_names(store: Store) -> None:
    """The clocks of two machines need not agree: readings are told apart by their numbers."""
    read(store, [invoice("a"), invoice("gone")])
    first, second = store.invoices.begin_reading(LEDGER), store.invoices.begin_reading(LEDGER)
    store.invoices.take(LEDGER, [invoice("a")], AT - timedelta(hours=1), second)
    store.invoices.take(LEDGER, [invoice("a")], AT, first)
    assert store.invoices.end_reading(LEDGER, second, Reading(AT, "x")) == 1
    assert store.invoices.end_reading(LEDGER, first, Reading(AT, "x")) == 0
    assert listed(store) == ["a"]


def test_of_a_source_out_of_use_nothing_is_listed(store: Store) -> None:
    read(store, [invoice("a")])
    store.invoices.take(LEDGER, [invoice("posted")], AT)
    assert store.invoices.end_reading(LEDGER, EVERYTHING, Reading(AT, "out of use")) == 2
    assert listed(store) == []


def test_the_last_whole_reading_is_remembered(store: Store) -> None:
    assert store.invoices.last_reading(LEDGER) is None
    number = store.invoices.begin_reading(LEDGER)
    assert store.invoices.last_reading(LEDGER) is None
    store.invoices.end_reading(LEDGER, number, Reading(AT, "abc", "line 7: no amount"))
    assert store.invoices.last_reading(LEDGER) == Reading(AT, "abc", "line 7: no amount")


@pytest.mark.parametrize(
    ("wanted", "numbers"),
    [
        (Wanted(), ["a", "b", "c"]),
        (Wanted(status=InvoiceStatus.PAID), ["b"]),
        (Wanted(held=True), ["c"]),
        (Wanted(uid=LEDGER, held=False), ["a", "b"]),
        (Wanted(uid=SHOP), []),
        (Wanted(listed=False), []),
    ],
)
def test_pages_hold_what_is_asked_for(store: Store, wanted: Wanted, numbers: list[str]) -> None:
    store.invoices.take(LEDGER, [invoice("a"), invoice("b", status="paid"), invoice("c", held=True)], AT)
    found, after = [], 0
    while page := store.invoices.page(wanted, after, 2):
        found += [one.row.number for one in page]
        after = page[-1].id
    assert found == numbers
    assert store.invoices.count(wanted) == len(numbers)


def test_more_rows_than_one_statement_holds(store: Store) -> None:
    rows = [invoice(f"n{number}") for number in range(1201)]
    assert set(store.invoices.take(LEDGER, rows, AT)) == {ADDED}
    changed = [replace(row, digest="other") if at % 3 == 0 else row for at, row in enumerate(rows)]
    became = store.invoices.take(LEDGER, changed, AT)
    assert [became.count(one) for one in Became] == [0, 401, 800]
    assert len({one.change for one in store.invoices.changed_since(0, 2000)}) == 1201


def test_changes_are_committed_in_the_order_of_their_numbers(store: Store, opens: Open) -> None:
    """Eight writers at once: a pass that goes on from the last change it has seen meets every change. (I-20)"""
    seen: list[int] = []

    def write(writer: int) -> None:
        with closing(opens()) as own:
            for turn in range(10):
                own.invoices.take(writer, [invoice(f"{turn}-{number}") for number in range(5)], AT)

    with ThreadPoolExecutor(8) as pool:
        writing = [pool.submit(write, writer) for writer in range(8)]
        while not all(one.done() for one in writing) or store.invoices.changed_since(seen[-1] if seen else 0, 1):
            seen += [one.change for one in store.invoices.changed_since(seen[-1] if seen else 0, 7)]
    assert [one.result() for one in writing] == [None] * 8
    assert seen == list(range(1, 401))


def test_a_request_that_comes_again_takes_nothing_again(store: Store) -> None:
    """What was posted in between stays, though the first request is sent once more."""
    first = Request("monday", "digest")
    assert store.invoices.post(LEDGER, [invoice("a"), invoice("b")], AT, first) == {"a": ADDED, "b": ADDED}
    store.invoices.take(LEDGER, [invoice("a", status="paid")], AT)
    assert store.invoices.post(LEDGER, [invoice("a"), invoice("b")], AT, first) == {"a": ADDED, "b": ADDED}
    found = store.invoices.get(LEDGER, "a")
    assert found is not None and found.row.status is InvoiceStatus.PAID
    assert store.invoices.post(LEDGER, [invoice("c")], AT, Request("monday", "another")) is None
    assert store.invoices.get(LEDGER, "c") is None
    assert store.invoices.post(SHOP, [invoice("c")], AT, Request("monday", "another")) == {"c": ADDED}


def test_a_key_is_forgotten_after_a_week(store: Store) -> None:
    store.invoices.post(LEDGER, [invoice("a")], AT, Request("k", "d"))
    later = AT + REMEMBERED + timedelta(seconds=1)
    assert store.invoices.post(LEDGER, [invoice("a", "1.00")], later, Request("k", "e")) == {"a": CHANGED}


def test_requests_with_one_key_at_once_take_one(store: Store, opens: Open) -> None:
    assert store.invoices.change() == 0

    def post(number: int) -> Any:
        with closing(opens()) as own:
            return own.invoices.post(LEDGER, [invoice("a", f"{number}.00")], AT, Request("k", str(number)))

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(post, range(6)))
    assert sorted(map(str, answers)) == ["None"] * 5 + [str({"a": ADDED})]


def status_of(store: Store, number: str) -> str:
    found = store.accounts.get(LEDGER, number)
    assert found is not None
    return found.row.status


def test_an_account_is_kept_exactly(store: Store) -> None:
    assert store.accounts.take(LEDGER, [account("a"), replace(account("b"), score=None, zone="")], AT) == [ADDED, ADDED]
    found = store.accounts.get(LEDGER, "a")
    assert found is not None and found.row == account("a")
    assert (found.listed, found.campaign, found.position.step) == (True, 0, 0)
    assert [one.row.score for one in store.accounts.page(0, 0, 10)] == [1.5, None]
    assert store.accounts.page(LEDGER, found.id, 10) == store.accounts.named("b")
    assert (store.accounts.count(LEDGER), store.accounts.count(SHOP), store.accounts.count(0)) == (2, 0, 2)
    assert store.accounts.by_id([found.id]) == [found]
    assert [one.change for one in store.accounts.changed_since(0, 10)] == [1, 2]


def test_what_happened_stays_until_the_source_says_something_else(store: Store) -> None:
    """C-31: a promise changes an account's status; the source, which repeats what it said, does not undo it."""
    store.accounts.take(LEDGER, [account("a")], AT)

    def promise(sql: Sql) -> None:
        sql.run("UPDATE account SET status = 'promise', declined = 1, campaign = 3, step = 2 WHERE number = 'a'")

    store.accounts._desk.writing(promise)  # type: ignore[attr-defined]
    assert store.accounts.take(LEDGER, [account("a")], AT) == [SAME]
    assert store.accounts.take(LEDGER, [account("a", balance="10.00")], AT) == [CHANGED]
    found = store.accounts.get(LEDGER, "a")
    assert found is not None and found.row.balance == Decimal("10.00")
    assert (found.row.status, found.declined, found.campaign, found.position.step) == ("promise", True, 3, 2)
    store.accounts.take(LEDGER, [account("a", "settled")], AT)
    assert status_of(store, "a") == "settled"
    store.accounts.take(LEDGER, [account("a", "pending_contact")], AT)
    assert status_of(store, "a") == "pending_contact"


def test_accounts_and_invoices_change_apart(store: Store) -> None:
    store.accounts.take(LEDGER, [account("a")], AT)
    assert store.invoices.change() == 0
    assert store.invoices.take(LEDGER, [invoice("a")], AT) == [ADDED]
    assert store.invoices.change() == 1
