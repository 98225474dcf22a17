"""What workers really sell is what the books have: on statements, purchase orders and reports. L-16, L-21, L-23, L-44, AMB-L2."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from reconciler.kinds.leads.billing import bill
from reconciler.kinds.leads.reading import outbound
from reconciler.kinds.leads.turnover import By, turnover, whole
from reconciler.kinds.leads.visibility import View
from reconciler.model.lead_bills import OF_BUYERS, OF_PARTNERS, ReturnStage, Span
from reconciler.model.lead_books import Which
from reconciler.model.ports import Store
from tests.leads import desk
from tests.leads.desk import NOW
from tests.leads.saleroom import Saleroom, version_ref

ALWAYS = Span(NOW - timedelta(days=1), NOW + timedelta(days=1))
SHARED = {"name": "quotes", "verticals": ["car"], "distribution": {"mode": "directPost", "shareCount": 2}}


def test_what_was_sold_is_what_is_owed_and_tests_are_not(store: Store) -> None:
    uid = desk.campaign(store, "cars", 1, "test", workflows=[SHARED])
    desk.buyer(store, "acme", "cars", price={"amount": "18.50", "currency": "EUR"}, qualityScore=9)
    desk.buyer(store, "bolt", "cars", price={"amount": "20.00", "currency": "USD"})
    source = desk.partner(store, "affiliate", "cars", commission={"percentOfSale": 10, "currency": "EUR"})
    room = Saleroom(store, uid)
    room.arrive(3, is_test=1, contract=source)
    room.work()
    assert len(room.sold()) == 6, "test leads are distributed, L-15"
    assert owed(store) == {}

    desk.move(store, version_ref(), "published")
    assert owed(store) == {}, "publishing charges nobody for what was a test"
    room.arrive(4, contract=source)
    room.work()
    assert len(room.sold()) == 14
    assert owed(store) == {"acme": {"EUR": Decimal("74.00")}, "bolt": {"USD": Decimal("80.00")}}
    order = bill(store.lead_bills, OF_PARTNERS, "affiliate", ALWAYS)
    assert order.sums == {"EUR": Decimal("7.40"), "USD": Decimal("8.00")}, "a share is owed in the currency of the sale"

    sale = outbound(store.lead_books, View.OUTBOUND_LIST, Which(account="acme"))[0]
    store.lead_bills.claim(sale.code, "wrong number", "dana", NOW)
    store.lead_bills.decide(sale.code, ReturnStage.APPROVED, "max", NOW)
    report = whole(turnover(store.lead_bills, By.CAMPAIGN, ALWAYS, ZoneInfo("UTC")))
    assert report.leads == 4
    assert {currency: one.sold + one.credited for currency, one in report.money.items()} == {
        "EUR": Decimal("55.50"), "USD": Decimal("80.00"),
    }  # fmt: skip
    assert owed(store) == {"acme": {"EUR": Decimal("55.50")}, "bolt": {"USD": Decimal("80.00")}}
    assert bill(store.lead_bills, OF_PARTNERS, "affiliate", ALWAYS).sums["EUR"] == Decimal("5.55")


def owed(store: Store) -> dict[str, dict[str, Decimal]]:
    """By account and currency, who owes something."""
    found = {name: dict(bill(store.lead_bills, OF_BUYERS, name, ALWAYS).sums) for name in ("acme", "bolt")}
    return {name: sums for name, sums in found.items() if sums}
