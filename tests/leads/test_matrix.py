"""Every cell of the matrix of visibility and money, through the read models, on rows in each store.

L-13, L-14, L-16, L-17, L-19, L-21, L-22, L-23, L-24, L-30, L-31, L-44, AMB-L2.
"""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from reconciler.kinds.leads.billing import bill, lines
from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.portal import Guest, page_for
from reconciler.kinds.leads.reading import Subject, inbound, outbound, overview
from reconciler.kinds.leads.turnover import By, turnover, whole
from reconciler.kinds.leads.visibility import MATRIX, View
from reconciler.model.lead_bills import OF_BUYERS, OF_PARTNERS, Entry, Span
from reconciler.model.lead_books import Which
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.source.strict_yaml import read_documents
from tests.leads import desk, rows
from tests.leads.desk import NOW
from tests.world import built_in_kinds

TABLE = read_documents((Path(__file__).parent / "matrix.yaml").read_bytes())[0].value
ROWS: list[dict[str, Any]] = list(TABLE["rows"])
ALWAYS = Span(NOW - timedelta(days=1), NOW + timedelta(days=1))
PORTALS = {View.PORTAL: False, View.PORTAL_WITH_TESTS: True}
MONEY = {View.TURNOVER, View.STATEMENT, View.PURCHASE_ORDER}


@dataclass(frozen=True)
class Made:
    """One lead and its sale in a version."""

    store: Store
    uid: int
    lead: int
    code: str
    sale: str

    def which(self, view: View) -> Which:
        """How the place asks: by nothing that would leave this lead out."""
        match view:
            case View.INBOUND_LIST | View.OUTBOUND_LIST:
                return Which()
            case View.LEAD:
                return Which(lead=self.lead)
            case View.CAMPAIGN:
                return Which(uid=self.uid)
            case View.WORKFLOW:
                return Which(uid=self.uid, workflow="quotes")
            case View.PARTNER:
                return Which(partner="affiliate")
            case View.PARTNER_CONTRACT | View.ACCOUNT_CONTRACT:
                return Which(contract=7 if view is View.PARTNER_CONTRACT else 8)
            case _:
                return Which(account="acme")

    def places(self) -> tuple[set[str], set[str]]:
        """Where the lead is seen, and where its sale is."""
        books, bills = self.store.lead_books, self.store.lead_bills
        views = [view for view in View if view not in MONEY]
        found = {view.value for view in views if self._is_in(view)}
        sold = {view.value for view in views if view not in PORTALS and outbound(books, view, self.which(view))}
        sold |= {view.value for view, tests in PORTALS.items() if self._is_in_portal(tests)}
        report = whole(turnover(bills, By.CAMPAIGN, ALWAYS, ZoneInfo("UTC")))
        if report.leads:
            found.add("turnover")
        if report.money:
            sold.add("turnover")
        owed = list(lines(bills, bill(bills, OF_BUYERS, "acme", ALWAYS)))
        if owed:
            assert [line.code for line in owed] == [self.sale]
            sold.add("statement")
        earned = {line.entry for line in lines(bills, bill(bills, OF_PARTNERS, "affiliate", ALWAYS))}
        if Entry.TAKEN in earned:
            found.add("purchase-order")
        if Entry.COMMISSION in earned:
            sold.add("purchase-order")
        return found, sold

    def _is_in_portal(self, sees_tests: bool) -> bool:
        page = page_for(Guest("ana", "acme", sees_tests), self.store, Outlook().market(self.store), "", 10)
        return self.sale in {row["id"] for row in page.leads}

    def _is_in(self, view: View) -> bool:
        which = self.which(view)
        if view is View.LEAD:
            return self.code in {one.code for one in inbound(self.store.lead_books, view, Which(uid=self.uid))}
        return bool(inbound(self.store.lead_books, view, which))


def made(store: Store, state: str, is_test: bool) -> Made:
    """A lead that was taken and sold, in a version that has come into a state since."""
    uid = desk.campaign(store, "cars", 1, state)
    lead, code = rows.lead(store, uid, is_test=is_test, contract=7, cost="4.00", currency="EUR")
    _, sale = rows.sale(store, uid, lead, is_test=is_test, contract=8, cost="1.00", cost_currency="EUR")
    return Made(store, uid, lead, code, sale)


def expected(row: dict[str, Any]) -> tuple[set[str], set[str]]:
    if "same" in row:
        row = next(one for one in ROWS if (one["state"], one["lead"]) == (row["same"], row["lead"]))
    return set(row["inbound"]), set(row["outbound"])


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['state']}-{row['lead']}")
def test_a_lead_is_seen_where_the_table_says_and_nowhere_else(store: Store, row: dict[str, Any]) -> None:
    assert made(store, row["state"], row["lead"] == "test").places() == expected(row), row["because"]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['state']}-{row['lead']}")
def test_what_a_view_adds_up_is_what_it_shows(store: Store, row: dict[str, Any]) -> None:
    one = made(store, row["state"], row["lead"] == "test")
    for view in MATRIX.keys() - MONEY - {View.LEAD}:
        found = overview(store.lead_books, view, Subject("x"), one.which(view))
        assert (found.taken.total if found.taken else 0) == len(found.leads or ())
        assert (found.taken.tests if found.taken else 0) == len([lead for lead in found.leads or () if lead.is_test])
        assert sum(part.sales for part in found.turnover or ()) == len(found.sold or ())


def test_the_table_has_every_place_and_every_row() -> None:
    assert set(TABLE["places"]) == {view.value for view in View} == {view.value for view in MATRIX}
    states = ("draft", "test", "published", "sundowned", "deleted")
    assert sorted((row["state"], row["lead"]) for row in ROWS) == sorted(
        (state, lead) for state in states for lead in ("test", "real")
    )
    for row in ROWS:
        assert set().union(*expected(row)) <= set(TABLE["places"])


def test_a_version_is_in_one_of_five_states_and_only_republishing_goes_back() -> None:
    """L-01, L-02: draft, test, published, sundowned, deleted, in this order."""
    law = built_in_kinds().table["LeadCampaign"].lifecycle
    order = ["draft", "test", "published", "sundowned", "deleted"]
    assert list(law.states) == order
    back = [edge.event for edge in law.transitions if order.index(edge.target) < order.index(edge.origin)]
    assert back == ["republish"]


def test_publishing_takes_test_leads_off_every_list_and_charges_what_comes_then(store: Store) -> None:
    """AMB-L2: contracts made in test are chargeable from then on; what was made in test never is."""
    one = made(store, "test", True)
    assert one.places()[0]
    desk.move(store, Ref("LeadCampaign", "cars"), "published")
    assert one.places() == (set(), set())
    lead, _ = rows.lead(store, one.uid, contract=7, at=NOW + timedelta(minutes=1))
    _, sale = rows.sale(store, one.uid, lead, contract=8, at=NOW + timedelta(minutes=1))
    bills = store.lead_bills
    assert [line.code for line in lines(bills, bill(bills, OF_BUYERS, "acme", ALWAYS))] == [sale]
    assert [found.id for found in inbound(store.lead_books, View.INBOUND_LIST, Which())] == [lead]
