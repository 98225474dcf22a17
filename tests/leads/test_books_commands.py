"""`muster leads`: the views of campaigns, buyers and partners, bills, reports and returns, as people and tools read them."""

import csv
import io
import json
from datetime import timedelta
from typing import Any

import pytest

from reconciler.model.leads import LeadStage, QueueReason
from reconciler.model.ref import Ref
from tests.leads import desk, rows
from tests.leads.desk import NOW
from tests.world import World

SPAN = ("--from", "2027-01-01", "--to", "2027-02-01")


@pytest.fixture
def books(world: World) -> World:
    """A version in test and one that is published, with a lead taken and sold in each; and something not taken."""
    with world.store() as store:
        first = desk.campaign(store, "cars", 1, "published")
        second = desk.campaign(store, "cars", 2, "test")
        buyer = desk.buyer(store, "acme-car", "cars", account="acme")
        source = desk.partner(store, "seven", "cars", partner="affiliate", version=1)
        lead, _ = rows.lead(store, first, contract=source, cost="4.00", currency="EUR")
        rows.sale(store, first, lead, contract=buyer, cost="1.50", cost_currency="EUR")
        later = NOW + timedelta(hours=1)
        rows.lead(store, first, contract=source, at=later, stage=LeadStage.UNSOLD)
        other, _ = rows.lead(store, second, contract=source, is_test=True, at=later)
        rows.sale(store, second, other, contract=buyer, is_test=True, at=later)
        rows.queued(store, first, QueueReason.VALIDATION)
    return world


def as_json(world: World, *arguments: str) -> Any:
    answer = world.cli("leads", *arguments, "--format", "json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def sale_of(world: World) -> str:
    """The code of the one real sale."""
    (one,) = as_json(world, "outbound")
    return str(one["sale"])


def test_a_campaign_shows_its_leads_and_what_they_came_to(books: World) -> None:
    """L-13, L-45: inbound leads by stage, sales, and what was not taken."""
    found = as_json(books, "campaign", "cars@1")
    assert (found["of"], found["state"]) == ("LeadCampaign/cars@1", "published")
    assert found["taken"] == {
        "total": 2, "stages": {"sold": 1, "unsold": 1}, "tests": 0, "lastAt": "2027-01-04T10:00:00Z",
    }  # fmt: skip
    assert found["turnover"] == [{"currency": "EUR", "sales": 1, "amount": "18.50"}]
    assert [(one["reason"], one["times"]) for one in found["notTaken"]] == [("validation", 1)]
    assert [one["stage"] for one in found["leads"]] == ["unsold", "sold"]
    text = books.cli("leads", "campaign", "LeadCampaign/cars@1").out
    assert "leads taken   2 (1 sold, 1 unsold)" in text
    assert "leads sold    1 for 18.50 EUR" in text


def test_a_campaign_in_test_shows_its_tests_but_sells_nothing(books: World) -> None:
    """L-13, L-19: without a version the highest is meant; its test sale is on no list."""
    found = as_json(books, "campaign", "cars")
    assert (found["of"], found["taken"]["tests"], found["turnover"], found["sold"]) == (
        "LeadCampaign/cars@2",
        1,
        [],
        [],
    )
    assert as_json(books, "workflow", "cars@2", "quotes")["taken"]["total"] == 1
    assert "1 of them tests" in books.cli("leads", "workflow", "cars", "quotes").out


def test_accounts_and_partners_show_their_contracts_and_leads(books: World) -> None:
    """L-19, L-22: a test sale is not the account's; a test lead is the partner's while its version is in test."""
    account = as_json(books, "account", "acme")
    assert account["contracts"] == [{"ref": "AccountContract/acme-car@1", "state": "present"}]
    assert (account["taken"], len(account["sold"])) == (None, 1)
    assert as_json(books, "account-contract", "acme-car")["turnover"][0]["sales"] == 1
    partner = as_json(books, "partner", "affiliate")
    assert (partner["taken"]["total"], partner["taken"]["tests"], partner["sold"]) == (3, 1, None)
    assert as_json(books, "partner-contract", "seven")["taken"]["tests"] == 1


def test_a_test_is_shown_with_its_sale_until_it_is_promoted(books: World) -> None:
    """L-13, L-14, L-19, AMB-L2: the screen of the inbound lead has the test sale, and goes with the test."""
    (lead,) = [one["lead"] for one in as_json(books, "list", "--campaign", "cars@2")]
    found = as_json(books, "show", lead)
    assert (found["test"], [one["account"] for one in found["sold"]]) == (True, ["acme"])
    with books.store() as store:
        desk.move(store, Ref("LeadCampaign", "cars", 2), "published")
    assert books.cli("leads", "show", lead).code == 64
    assert as_json(books, "list", "--campaign", "cars@2") == []
    assert as_json(books, "partner", "affiliate")["taken"]["tests"] == 0


def test_last_use_tells_when_a_version_can_go(books: World) -> None:
    """L-30: the last lead, and what was tried since the version was sundowned."""
    found = as_json(books, "last-use", "cars@1")
    assert (found["lastLeadAt"], found["since"], found["attempts"]) == ("2027-01-04T10:00:00Z", None, 1)
    with books.store() as store:
        desk.put(store, Ref("LeadCampaign", "cars"), "sundowned", {})
    found = as_json(books, "last-use", "cars@1")
    assert (found["since"], found["attempts"]) == ("2027-01-04T09:00:00Z", 1), "since is the moment it was sundowned"
    assert "somebody still sends to it" in books.cli("leads", "last-use", "cars@1").out


def test_a_statement_is_a_bill_in_each_form(books: World) -> None:
    """L-16, L-44."""
    found = as_json(books, "statement", "acme", *SPAN)
    assert found["toBePaid"] == {"EUR": "18.50"}
    assert [(line["entry"], line["amount"], line["version"]) for line in found["lines"]] == [
        ("sale", "18.50", "LeadCampaign/cars@1")
    ]
    text = books.cli("leads", "statement", "acme", *SPAN).out
    assert "Statement of acme, 2027-01-01 00:00 to 2027-02-01 00:00 (UTC)" in text
    assert text.endswith("18.50 EUR\n")
    _, head, line, *_ = text.splitlines()
    assert head.split() == ["AT", "ENTRY", "CODE", "AMOUNT", "NOTE"] and line.index("18.50 EUR") + 9 == head.index(
        "  NOTE"
    )
    assert {row.rindex("EUR") for row in text.splitlines()[2:]} == {line.rindex("EUR")}
    told = books.cli("leads", "statement", "acme", *SPAN, "--format", "json").out
    assert "\n\n" not in told and json.loads(told)["lines"]
    table = list(csv.DictReader(io.StringIO(books.cli("leads", "statement", "acme", *SPAN, "--format", "csv").out)))
    assert [(row["entry"], row["amount"], row["contract"]) for row in table] == [
        ("sale", "18.50", "AccountContract/acme-car@1")
    ]


def test_a_purchase_order_has_what_the_partner_earned(books: World) -> None:
    """L-21, L-44: for the lead, and for its sale."""
    found = as_json(books, "purchase-order", "affiliate", *SPAN)
    assert found["toBePaid"] == {"EUR": "5.50"}
    assert [line["entry"] for line in found["lines"]] == ["taken", "commission"]


def test_turnover_reports_what_is_real(books: World) -> None:
    """L-23: the test lead is not in it."""
    money = {"sales": 1, "sold": "18.50", "returns": 0, "credited": "0.00", "cost": "5.50", "margin": "13.00"}
    found = as_json(books, "turnover", *SPAN)
    assert found["total"] == {"leads": 2, "money": {"EUR": money}}
    assert [row["key"] for row in found["rows"]] == ["LeadCampaign/cars@1"]
    assert as_json(books, "turnover", "--by", "month", *SPAN)["rows"] == [
        {"key": "2027-01", "leads": 2, "money": {"EUR": money}}
    ]
    text = books.cli("leads", "turnover", "--by", "workflow", *SPAN).out
    assert "LeadCampaign/cars@1 quotes" in text
    assert text.splitlines()[-1].split() == ["all", "2", "1", "18.50", "0", "0.00", "5.50", "13.00", "EUR"]
    assert books.cli("leads", "turnover", "--format", "csv", *SPAN).out.count("\n") == 2


def test_a_lead_is_given_back_by_claim_and_decision(books: World) -> None:
    sale = sale_of(books)
    assert books.cli("leads", "approve", sale).code == 64, "nobody claimed it"
    assert books.cli("leads", "return", sale, "--reason", "wrong number").code == 0
    assert books.cli("leads", "return", sale, "--reason", "again").code == 4
    assert sale in books.cli("leads", "returns").out
    assert books.cli("leads", "deny", sale, "--reason", "we called").code == 0
    assert books.cli("leads", "approve", sale).code == 4
    assert books.cli("leads", "return", sale, "--reason", '=HYPERLINK("http://x.example")\x1b[2J').code == 0
    answer = books.cli("leads", "approve", sale)
    assert (answer.code, answer.out) == (0, f"{sale} is given back: acme is credited 18.50 EUR\n")
    assert books.cli("leads", "return", sale, "--reason", "again").code == 4
    (one,) = as_json(books, "returns", "--stage", "approved")
    assert (one["amount"], one["currency"], one["account"]) == ("18.50", "EUR", "acme")

    whole = ("--from", "2020-01-01", "--to", "2100-01-01")
    found = as_json(books, "statement", "acme", *whole)
    assert found["toBePaid"] == {"EUR": "0.00"}
    assert [line["amount"] for line in found["lines"]] == ["18.50", "-18.50"]
    assert as_json(books, "purchase-order", "affiliate", *whole)["toBePaid"] == {"EUR": "4.00"}
    out = books.cli("leads", "statement", "acme", *whole, "--format", "csv").out
    assert ",-18.50," in out, "an amount is a number"
    assert ",\"'=HYPERLINK" in out, "a text is never a formula"
    assert "\x1b" not in out + books.cli("leads", "statement", "acme", *whole).out


def test_a_file_is_not_written_over_by_what_is_wrong(books: World) -> None:
    out = books.root / "bill.csv"
    out.write_text("kept")
    answer = books.cli("leads", "statement", "nobody", "--out", str(out))
    assert (answer.code, out.read_text()) == (64, "kept")
    assert "there is no account 'nobody'" in answer.err
    assert books.cli("leads", "statement", "acme", *SPAN, "--format", "csv", "--out", str(out)).code == 0
    assert out.read_text().startswith("at,entry,code,")


@pytest.mark.parametrize(
    "call",
    [
        ("campaign", "boats"),
        ("workflow", "cars", "none"),
        ("account", "nobody"),
        ("partner", "nobody"),
        ("account-contract", "seven"),
        ("outbound", "--contract", "nobody"),
        ("outbound", "--from", "soon"),
        ("last-use", "boats"),
        ("return", "nothing", "--reason", "x"),
        ("return", "nothing", "--reason", " "),
        ("purchase-order", "acme"),
        ("turnover", "--from", "2027-02-01", "--to", "2027-01-01"),
    ],
    ids=" ".join,
)
def test_what_is_not_there_is_said(books: World, call: tuple[str, ...]) -> None:
    answer = books.cli("leads", *call)
    assert (answer.code, answer.out) == (64, ""), answer.err
    assert answer.err.startswith("error: ")


def test_lists_go_on_where_a_page_ended(books: World) -> None:
    with books.store() as store:
        uid = desk.campaign(store, "boats", 1, "published")
        for minutes in range(7):
            lead, _ = rows.lead(store, uid, at=NOW + timedelta(minutes=minutes // 2))
            rows.sale(store, uid, lead, account="bolt", at=NOW + timedelta(minutes=minutes // 2))
    found, after = [], ""
    while page := as_json(books, "outbound", "--campaign", "boats", "--limit", "3", "--after", after):
        found += [one["sale"] for one in page]
        after = found[-1]
    assert len(found) == len(set(found)) == 7
    assert found == [one["sale"] for one in as_json(books, "outbound", "--account", "bolt")]
    assert len(books.cli("leads", "outbound", "--account", "bolt", "--format", "csv").out.splitlines()) == 8
