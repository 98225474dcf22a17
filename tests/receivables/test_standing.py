"""`muster receivables invoice`: where an invoice stands, in words and as JSON. (I-08, I-09, I-12)"""

import json

import pytest

from reconciler.app import SystemClock
from tests.receivables.office import Office


@pytest.fixture(autouse=True)
def _at_the_offices_time(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _self: office.world.clock.now())


def told(office: Office, number: str) -> str:
    answer = office.world.cli("--no-color", "receivables", "invoice", number)
    assert answer.code == 0, answer.err
    return answer.out


def test_an_amount_without_a_currency_stands_alone(office: Office) -> None:
    """I-12."""
    office.invoices({"INV-1": {"currency": ""}})
    office.launch("overdue")
    assert told(office, "INV-1").splitlines()[0].startswith("INV-1  awaiting payment, 80.00, due 2026-12-20")


def test_an_invoice_says_what_was_said_and_what_comes_next(office: Office) -> None:
    """I-12."""
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.turn()
    out = told(office, "INV-1").splitlines()
    assert out[0] == "INV-1  awaiting payment, 80.00 EUR, due 2026-12-20  InvoiceSource/ledger"
    assert out[2] == "overdue  entered 2027-01-04"
    assert out[4].split()[:6] == ["1", "2027-01-04", "09:00Z", "mail", "sent", "250"]
    assert out[5] == "  next: step 2, nudge by sms, on 2027-01-07"
    office.change("INV-1", onHold="true")
    office.pass_days()
    assert told(office, "INV-1").splitlines()[5].endswith("its clock stands still since 2027-01-04: it is on hold")
    office.change("INV-1", onHold="false")
    office.pass_days(40)
    found = json.loads(office.world.cli("receivables", "invoice", "INV-1", "--format", "json").out)
    (campaign,) = found["campaigns"]
    assert (campaign["campaign"], campaign["exit"], campaign["stillDays"]) == ("overdue", "workflow_finished", 1)
    assert [(one["step"], one["stage"]) for one in campaign["communications"]] == [
        (1, "sent"),
        (2, "sent"),
        (3, "sent"),
    ]
    assert found["outside"] == "it was treated before, and no active re-engagement campaign takes it"


def test_an_invoice_outside_says_why(office: Office) -> None:
    """I-07, I-08, AMB-I6."""
    office.rule_set("dear", "invoice.amountDue > 100.0")
    office.invoices({"A": {"amountDue": "200.00"}, "B": {}, "C": {"status": "paid"}})
    office.load_first()
    assert told(office, "A").endswith("in no campaign: no campaign is active\n")
    office.launch("dear", rules="dear")
    assert told(office, "A").endswith("in no campaign: dear takes it as soon as a worker looks\n")
    office.turn()
    assert "no active campaign means it" in told(office, "B")
    assert told(office, "C").endswith("in no campaign: it is paid\n")
    assert office.world.cli("receivables", "invoice", "nowhere").code == 64
    assert office.world.cli("receivables", "invoice", "A", "--source", "other").code == 64
