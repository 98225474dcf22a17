"""The money of leads adds up, whatever happened: sales, tests, promotions, returns, several currencies.

L-16, L-21, L-23, L-44, AMB-L2.
"""

from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.kinds.leads.billing import bill, lines
from reconciler.kinds.leads.turnover import By, turnover, whole
from reconciler.model.lead_bills import OF_BUYERS, OF_PARTNERS, Claim, Entry, Group, ReturnStage, Span
from reconciler.model.lead_sales import Counter, Used
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from tests.engine.desk import Opener
from tests.leads import desk, rows
from tests.leads.desk import NOW
from tests.store.stores import STORES

DAYS = 40
END = NOW + timedelta(days=DAYS)
ALWAYS = Span(NOW, END)
ACCOUNTS = ("acme", "bolt", "core")
PARTNERS = ("affiliate", "blog")
CURRENCIES = ("EUR", "USD")
PRICES = st.decimals("0", "999.9999", places=4)
MOMENTS = st.integers(0, DAYS * 24 * 60 - 1)


@dataclass(frozen=True)
class Event:
    """A lead taken, its sales, and what became of each: kept, claimed, denied, approved, denied and then approved."""

    at: int
    is_test: bool
    partner: str
    cost: Decimal
    sales: list[tuple[str, Decimal, str, Decimal, str, str, int]]


SALES = st.lists(
    st.tuples(
        st.sampled_from(ACCOUNTS),
        PRICES,
        st.sampled_from(CURRENCIES),
        PRICES,
        st.sampled_from(CURRENCIES),
        st.sampled_from(["keep", "claim", "deny", "approve", "deny-approve"]),
        MOMENTS,
    ),
    max_size=3,
    unique_by=lambda sale: sale[0],
)
EVENTS = st.lists(
    st.builds(
        Event,
        at=MOMENTS,
        is_test=st.booleans(),
        partner=st.sampled_from(PARTNERS),
        cost=PRICES,
        sales=SALES,
    ),
    max_size=12,
)


@dataclass
class Books:
    """What a clerk would have written down by hand."""

    owed: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    earned: dict[tuple[str, str], Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    sold: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    credited: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))


@pytest.fixture(scope="module", params=sorted(STORES))
def books(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    with closing(STORES[request.param](tmp_path_factory.mktemp("books"))) as found:
        yield found


def moment(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes)


def played(store: Store, events: list[Event]) -> Books:
    """These events in a store without any others, and the books of them."""
    for table in ("lead_return", "outbound", "lead"):
        rows.desk_of(store).writing(lambda sql, table=table: sql.run(f"DELETE FROM {table}"))
    uid = desk.campaign(store, "cars", 1, "test")
    found = Books()
    for event in events:
        at = moment(event.at)
        lead, _ = rows.lead(
            store, uid, is_test=event.is_test, partner=event.partner, at=at, cost=str(event.cost), currency="EUR"
        )
        if not event.is_test:
            found.earned[event.partner, "EUR"] += event.cost
        for sale in event.sales:
            _sell(store, (uid, lead), event, sale, found)
    desk.move(store, Ref("LeadCampaign", "cars"), "published")
    return found


def _sell(
    store: Store,
    where: tuple[int, int],
    event: Event,
    sale: tuple[str, Decimal, str, Decimal, str, str, int],
    found: Books,
) -> None:
    account, price, currency, cost, cost_currency, fate, later = sale
    at = moment(event.at)
    _, code = rows.sale(
        store, *where, is_test=event.is_test, account=account, at=at, price=str(price), currency=currency,
        cost=str(cost), cost_currency=cost_currency,
    )  # fmt: skip
    back = _give_back(store, code, fate, max(at, moment(later)))
    assert not (back and event.is_test)
    if event.is_test:
        return
    found.owed[account, currency] += Decimal(0) if back else price
    found.earned[event.partner, cost_currency] += Decimal(0) if back else cost
    found.sold[currency] += price
    found.credited[currency] -= price if back else Decimal(0)


def _give_back(store: Store, code: str, fate: str, at: datetime) -> bool:
    """Whether it was given back."""
    bills = store.lead_bills
    for step in {"keep": [], "claim": [None]}.get(fate, [None, *fate.split("-")]):
        if step is None:
            if bills.claim(code, "wrong number", "dana", at) is Claim.TEST:
                return False
        elif step == "deny":
            bills.decide(code, ReturnStage.DENIED, "max", at)
        else:
            bills.claim(code, "wrong number again", "dana", at)
            bills.decide(code, ReturnStage.APPROVED, "max", at)
    return "approve" in fate


def nonzero(sums: dict[tuple[str, str], Decimal]) -> dict[tuple[str, str], Decimal]:
    return {key: amount for key, amount in sums.items() if amount}


def sums_of(
    store: Store, entries: tuple[Entry, ...], who: tuple[str, ...], span: Span
) -> dict[tuple[str, str], Decimal]:
    bills = store.lead_bills
    return {
        (name, currency): amount for name in who for currency, amount in bill(bills, entries, name, span).sums.items()
    }


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(EVENTS, MOMENTS)
def test_the_statements_add_up_to_what_was_sold(books: Store, events: list[Event], cut: int) -> None:
    """L-44: every real sale is on exactly one statement, every credit too; L-16 and L-21: no test is on any."""
    clerk = played(books, events)
    owed = sums_of(books, OF_BUYERS, ACCOUNTS, ALWAYS)
    assert nonzero(owed) == nonzero(clerk.owed)
    assert nonzero(sums_of(books, OF_PARTNERS, PARTNERS, ALWAYS)) == nonzero(clerk.earned)

    for currency in CURRENCIES:
        statements = sum((amount for (_, of), amount in owed.items() if of == currency), Decimal(0))
        assert statements == clerk.sold[currency] + clerk.credited[currency]
        sold = books.lead_bills.grouped(Entry.SALE, Group.CAMPAIGN, ALWAYS)
        assert (
            sum((one.total.amount for one in sold if one.total.currency == currency), Decimal(0))
            == clerk.sold[currency]
        )

    for entry in Entry:
        for one in books.lead_bills.grouped(entry, Group.CAMPAIGN, ALWAYS):
            ours = books.lead_bills.grouped(entry, Group.CAMPAIGN, ALWAYS, int(one.key[0]))
            assert one in ours
            assert {each.key for each in ours} == {one.key}
    assert not books.lead_bills.grouped(Entry.SALE, Group.CAMPAIGN, ALWAYS, 999_999)

    moments = [moment(cut), *(moment(event.at) for event in events[:2])]
    for entries, who in ((OF_BUYERS, ACCOUNTS), (OF_PARTNERS, PARTNERS)):
        for at in moments:
            _halves_make_the_whole(books, entries, who, at)
        for name in who:
            _lines_make_the_totals(books, entries, name)


def _halves_make_the_whole(store: Store, entries: tuple[Entry, ...], who: tuple[str, ...], cut: datetime) -> None:
    """Nothing is lost or told twice between one bill and the next."""
    before, after = (sums_of(store, entries, who, span) for span in (Span(NOW, cut), Span(cut, END)))
    both = {key: before.get(key, Decimal(0)) + after.get(key, Decimal(0)) for key in before.keys() | after.keys()}
    assert nonzero(both) == nonzero(sums_of(store, entries, who, ALWAYS))


def _lines_make_the_totals(store: Store, entries: tuple[Entry, ...], name: str) -> None:
    one = bill(store.lead_bills, entries, name, ALWAYS)
    found = list(lines(store.lead_bills, one))
    assert [line.at for line in found] == sorted(line.at for line in found)
    assert len(found) == sum(total.lines for total in one.totals) == len({(line.entry, line.id) for line in found})
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in found:
        sums[line.currency] += line.amount
    assert dict(sums) == one.sums


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(EVENTS, st.sampled_from(list(By)))
def test_every_report_adds_up_to_the_same(books: Store, events: list[Event], by: By) -> None:
    """L-23: whatever it is by, a report counts what is real, once."""
    clerk = played(books, events)
    found = whole(turnover(books.lead_bills, by, ALWAYS, ZoneInfo("Europe/Amsterdam")))
    wants_partners = by is not By.ACCOUNT
    assert found.leads == (len([one for one in events if not one.is_test]) if wants_partners else 0)
    for currency in CURRENCIES:
        money = found.money.get(currency)
        assert (money.sold if money else 0) == clerk.sold[currency]
        assert (money.credited if money else 0) == clerk.credited[currency]
        earned = sum((amount for (_, of), amount in clerk.earned.items() if of == currency), Decimal(0))
        if money and wants_partners:
            assert money.cost == earned
            assert money.margin == clerk.sold[currency] + clerk.credited[currency] - earned


def sold_once(store: Store, *, is_test: bool = False) -> str:
    uid = desk.campaign(store, "cars", 1, "published")
    lead, _ = rows.lead(store, uid, is_test=is_test)
    return rows.sale(store, uid, lead, is_test=is_test, cost="2.00", cost_currency="USD")[1]


def test_a_sale_is_given_back_once(store: Store) -> None:
    """A claim waits for a decision; a denied one may be made again; what was approved is a credit, and final."""
    bills, code = store.lead_bills, sold_once(store)
    assert bills.claim("nobody", "x", "dana", NOW) is Claim.UNKNOWN
    assert bills.decide(code, ReturnStage.APPROVED, "max", NOW) is None
    assert bills.claim(code, "wrong number", "dana", NOW) is Claim.TAKEN
    assert bills.claim(code, "wrong number", "dana", NOW) is Claim.TAKEN, "the same again, its answer was lost"
    assert bills.claim(code, "once more", "dana", NOW) is Claim.OPEN
    denied = bills.decide(code, ReturnStage.DENIED, "max", NOW, "we called it")
    assert denied is not None
    assert (denied.stage, denied.note, denied.reason) == (ReturnStage.DENIED, "we called it", "wrong number")
    assert bills.claim(code, "look again", "dana", NOW) is Claim.TAKEN
    later = NOW + timedelta(days=3)
    approved = bills.decide(code, ReturnStage.APPROVED, "max", later)
    assert approved is not None
    assert (approved.stage, approved.decided_at, approved.amount) == (ReturnStage.APPROVED, later, Decimal("18.50"))
    assert bills.claim(code, "and again", "dana", later) is Claim.APPROVED
    again = bills.decide(code, ReturnStage.DENIED, "eve", later)
    assert again is not None
    assert (again.stage, again.decided_by) == (ReturnStage.APPROVED, "max")
    assert [one.code for one in bills.returns(ReturnStage.APPROVED)] == [code]
    assert [one.note for one in bills.returns(ReturnStage.DENIED)] == ["we called it"]


def test_a_credit_stands_on_the_bill_of_the_day_on_which_it_was_decided(store: Store) -> None:
    bills, code = store.lead_bills, sold_once(store)
    bills.claim(code, "wrong number", "dana", NOW)
    bills.decide(code, ReturnStage.APPROVED, "max", NOW + timedelta(days=3))
    first, second = Span(NOW, NOW + timedelta(days=1)), Span(NOW + timedelta(days=1), NOW + timedelta(days=30))
    assert bill(bills, OF_BUYERS, "acme", first).sums == {"EUR": Decimal("18.50")}
    assert bill(bills, OF_BUYERS, "acme", second).sums == {"EUR": Decimal("-18.50")}
    assert bill(bills, OF_PARTNERS, "affiliate", first).sums == {"USD": Decimal("2.00")}
    assert bill(bills, OF_PARTNERS, "affiliate", second).sums == {"USD": Decimal("-2.00")}


def test_many_who_claim_and_decide_at_once_give_it_back_once(store: Store, opener: Opener) -> None:
    """X-07: one claim is taken, one decision holds, and one credit is on the statement."""
    code, together = sold_once(store), Barrier(6)

    def claims_and_decides(number: int) -> tuple[Claim, bool]:
        with closing(opener()) as mine:
            together.wait()
            claimed = mine.lead_bills.claim(code, "wrong number", f"clerk {number}", NOW)
            stage = ReturnStage.DENIED if number % 3 == 0 else ReturnStage.APPROVED
            found = mine.lead_bills.decide(code, stage, f"judge {number}", NOW)
            return claimed, found is not None and found.decided_by == f"judge {number}"

    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(claims_and_decides, range(6)))
    bills = store.lead_bills
    denied, approved = len(bills.returns(ReturnStage.DENIED)), len(bills.returns(ReturnStage.APPROVED))
    assert approved <= 1
    assert len([1 for claimed, _ in found if claimed is Claim.TAKEN]) == denied + approved + len(
        bills.returns(ReturnStage.CLAIMED)
    )
    credit = bill(bills, OF_BUYERS, "acme", Span(NOW, NOW + timedelta(days=1))).sums
    assert credit == {"EUR": Decimal("0.00") if approved else Decimal("18.50")}


def test_a_test_is_never_given_back(store: Store) -> None:
    """L-16: nobody was charged for it."""
    assert store.lead_bills.claim(sold_once(store, is_test=True), "x", "dana", NOW) is Claim.TEST


def test_caps_are_told_as_the_next_sale_would_find_them(books: Store) -> None:
    """L-16: what a contract has taken in a period, in its currency; tests and other periods are not in it."""
    played(books, [])
    uid = desk.campaign(books, "cars", 1, "published")
    for at, price, currency, is_test in (
        (NOW, "10.00", "EUR", False),
        (NOW + timedelta(hours=1), "2.50", "EUR", False),
        (NOW, "7.00", "USD", False),
        (NOW, "99.00", "EUR", True),
        (NOW - timedelta(days=40), "50.00", "EUR", False),
    ):
        lead, _ = rows.lead(books, uid)
        rows.sale(books, uid, lead, contract=7, at=at, price=price, currency=currency, is_test=is_test)
    day = Counter(7, "EUR", "day", NOW - timedelta(hours=9), NOW + timedelta(hours=15))
    found = books.lead_sales.used([day, Counter(7, "EUR"), Counter(8, "EUR")])
    assert found == [Used(3, Decimal("12.50")), Used(4, Decimal("62.50")), Used(0, Decimal(0))]
    assert books.lead_sales.used([]) == []
