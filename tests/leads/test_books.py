"""What is read of leads, in every store: lists page by page, sums, attempts, baselines; and each by an index. L-30, L-45."""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest

from reconciler.kinds.leads.reading import last_use
from reconciler.kinds.leads.visibility import MATRIX
from reconciler.model.lead_bills import Entry, Group, ReturnStage, Span
from reconciler.model.lead_books import Which
from reconciler.model.leads import LeadStage, QueueReason
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.store.desk import Desk, Rows, Sql
from reconciler.store.lead_bills import SqlLeadBills
from reconciler.store.lead_books import SqlLeadBooks
from reconciler.store.sqlite import SqliteStore
from tests.leads import desk, rows
from tests.leads.desk import NOW

T = TypeVar("T")
HOUR = timedelta(hours=1)
ALWAYS = Span(datetime(2020, 1, 1, tzinfo=UTC), datetime(2040, 1, 1, tzinfo=UTC))


def test_a_list_is_paged_whatever_it_is_narrowed_to(store: Store) -> None:
    """The latest first, each once; leads of one moment too."""
    uid = desk.campaign(store, "cars", 1, "published")
    other = desk.campaign(store, "boats", 1, "published")
    for number in range(12):
        at = NOW + HOUR * (number // 3)
        lead, _ = rows.lead(
            store, uid if number % 2 else other, contract=number % 3 + 1, partner="ab"[number % 2], at=at
        )
        rows.sale(store, uid if number % 2 else other, lead, contract=number % 2 + 1, account="xy"[number % 2], at=at)
    books = store.lead_books
    for which, taken, sold in (
        (Which(), 12, 12),
        (Which(uid=uid), 6, 6),
        (Which(uid=uid, workflow="quotes"), 6, 6),
        (Which(uid=uid, workflow="none"), 0, 0),
        (Which(partner="a"), 6, 6),
        (Which(contract=1), 4, 6),
        (Which(since=NOW + HOUR, until=NOW + 3 * HOUR), 6, 6),
    ):
        leads = pages(lambda after, which=which: books.leads(which, after, 4))  # type: ignore[misc]
        assert [(one.at, one.id) for one in leads] == sorted(((one.at, one.id) for one in leads), reverse=True)
        assert len(leads) == taken == books.taken(which).total
        sales = pages(lambda after, which=which: books.sold(which, after, 4))  # type: ignore[misc]
        assert len({one.id for one in sales}) == len(sales) == sold == sum(one.sales for one in books.turnover(which))
    assert len(pages(lambda after: books.sold(Which(account="x"), after, 4))) == 6
    assert books.leads(Which(), "nobody") == []


def pages(read: Callable[[str], Sequence[T]]) -> list[T]:
    found: list[T] = []
    while page := read(found[-1].code if found else ""):  # type: ignore[attr-defined]
        found += page
        assert len(found) < 100, "it never ends"
    return found


def test_a_lead_is_read_as_it_was_kept(store: Store) -> None:
    uid = desk.campaign(store, "cars")
    lead, code = rows.lead(store, uid, cost="4.1234", currency="USD", stage=LeadStage.WAITING)
    found = store.lead_books.lead(code)
    assert found is not None
    assert (found.id, str(found.cost), found.currency, found.stage) == (lead, "4.1234", "USD", LeadStage.WAITING)
    assert found.fields == {"email": "ana@home.example"}
    assert store.lead_books.lead("none") is None
    assert store.lead_books.codes([lead, 999]) == {lead: code}
    assert store.lead_books.codes([]) == {}


def test_attempts_since_a_version_was_sundowned_are_told_by_reason(store: Store) -> None:
    """L-30: the last lead, and what came afterwards in vain."""
    uid = desk.campaign(store, "cars", 1, "sundowned")
    rows.lead(store, uid, at=NOW - HOUR)
    rows.lead(store, uid, at=NOW, is_test=True)
    for hours, reason in ((-2, "validation"), (1, "version-sundowned"), (3, "version-sundowned"), (2, "duplicate")):
        rows.queued(store, uid, QueueReason(reason), NOW + hours * HOUR)
    one = last_use(store.lead_books, uid, Ref("LeadCampaign", "cars"), "sundowned", NOW)
    assert (one.last_lead_at, one.since, one.times, one.last_attempt_at) == (NOW - HOUR, NOW, 3, NOW + 3 * HOUR)
    assert [(part.reason.value, part.times) for part in one.attempts] == [("duplicate", 1), ("version-sundowned", 2)]
    gone = last_use(store.lead_books, uid, Ref("LeadCampaign", "cars"), "deleted", NOW + 2 * HOUR)
    assert (gone.since, gone.times) == (NOW + 2 * HOUR, 2), "a deleted one is tried in vain as well"
    used = last_use(store.lead_books, uid, Ref("LeadCampaign", "cars"), "published", NOW)
    assert (used.since, used.times) == (None, 4)


def test_a_baseline_only_moves_on(store: Store) -> None:
    """AMB-L8: joining writes down what is new; a confirmation stands, and an older one that comes late changes nothing."""
    books = store.lead_books
    assert books.join([1, 2], 7, 3, NOW) == 2
    assert books.join([2, 3], 7, 5, NOW) == 1
    books.confirm(2, 7, 6, NOW + HOUR)
    books.confirm(2, 7, 4, NOW + 2 * HOUR)
    books.confirm(4, 7, 6, NOW)
    assert {one.contract: (one.revision, one.sort) for one in books.baselines(7).values()} == {
        1: (3, "joined"), 2: (6, "confirmed"), 3: (5, "joined"), 4: (6, "confirmed"),
    }  # fmt: skip
    assert books.baselines(8) == {}
    assert books.join([], 7, 9, NOW) == 0


@dataclass
class Spy:
    """A desk that remembers what was asked."""

    desk: Desk
    asked: list[tuple[str, Sequence[object]]] = field(default_factory=list)

    def reading(self, question: Callable[[Sql], T]) -> T:
        return self.desk.reading(lambda sql: question(_Listening(sql, self.asked)))

    def writing(self, work: Callable[[Sql], T]) -> T:
        return self.desk.writing(lambda sql: work(_Listening(sql, self.asked)))

    def stirred(self) -> bool:
        return True


@dataclass
class _Listening:
    sql: Sql
    asked: list[tuple[str, Sequence[object]]]

    def rows(self, statement: str, values: Sequence[object] = ()) -> Rows:
        self.asked.append((statement, values))
        return self.sql.rows(statement, values)

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        self.asked.append((statement, values))
        return self.sql.run(statement, values)

    def many(self, statement: str, rows: Sequence[Sequence[object]]) -> int:
        return self.sql.many(statement, rows)


def test_every_question_is_answered_by_an_index(tmp_path: pytest.TempPathFactory) -> None:
    """Nothing reads all leads there ever were to show some; only what has no bounds at all counts everything."""
    store = SqliteStore(tmp_path / "state.db")  # type: ignore[operator]
    uid = desk.campaign(store, "cars")
    lead, code = rows.lead(store, uid)
    _, sale = rows.sale(store, uid, lead)
    spy = Spy(rows.desk_of(store))
    books, bills = SqlLeadBooks(spy), SqlLeadBills(spy)
    states = {sight.inbound or () for sight in MATRIX.values()}
    one = Which(uid=1, since=NOW, until=NOW + HOUR)
    for tests in states:
        wanted = (Which(), one, replace(one, workflow="w"), Which(contract=1), Which(partner="p"), Which(lead=1))
        for which in (replace(each, tests_in=tests) for each in wanted):
            if not which.lead:
                books.leads(which, code)
            if which != Which(tests_in=tests):
                books.turnover(which)
            books.sold(which, sale)
        books.sold(Which(account="a", tests_in=tests), sale)
        books.taken(replace(one, tests_in=tests))
    books.attempts(1, NOW)
    books.baselines(1)
    books.lead(code)
    books.codes([1])
    for entry in Entry:
        bills.lines(entry, "a", ALWAYS, (NOW, 1))
        bills.totals(entry, "a", ALWAYS)
        bills.grouped(entry, Group.CAMPAIGN, ALWAYS)
    bills.claim(sale, "x", "dana", NOW)
    bills.decide(sale, ReturnStage.APPROVED, "dana", NOW)
    bills.returns(ReturnStage.APPROVED)
    store.close()
    with sqlite3.connect(tmp_path / "state.db") as db:  # type: ignore[operator]
        found = {
            (statement, line)
            for statement, values in spy.asked
            if not statement.lstrip().startswith("INSERT")
            for *_, line in db.execute(f"EXPLAIN QUERY PLAN {statement}", values)
            if line.startswith("SCAN") and "USING" not in line and not line.startswith(("SCAN part", "SCAN (sub"))
        }
    assert len(spy.asked) > 40
    assert found == set()
