"""Rows of sources as invoices and accounts: what is read, what is refused, what conditions and templates see. (AMB-I6, C-31)"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.feed.row import Fault, Row, Trouble
from reconciler.kinds.collections.rows import account_row
from reconciler.kinds.collections.seen import account_seen, account_told
from reconciler.kinds.receivables.rows import invoice_row
from reconciler.kinds.receivables.seen import LastExit, invoice_seen, invoice_told
from reconciler.kinds.sourced import Layout
from reconciler.lifecycle.rule import Rule
from reconciler.model import canonical
from reconciler.model.accounts import AccountRow
from reconciler.model.enrolments import Exit
from reconciler.model.invoices import InvoiceRow, InvoiceStatus
from reconciler.model.money import kept

TODAY = date(2027, 3, 1)
PLAIN: Mapping[str, Any] = {"id": "INV-1", "status": "awaiting_payment", "amountDue": "120.50"}
DEBTOR: Mapping[str, Any] = {"id": "A-1", "balance": "99"}


def invoice(layout: Layout = Layout("id"), **values: Any) -> InvoiceRow:  # noqa: B008 - frozen
    found = invoice_row(Row(2, {**PLAIN, **values}), layout)
    assert isinstance(found, InvoiceRow), found
    return found


def faults(layout: Layout = Layout("id"), **values: Any) -> list[tuple[Trouble, str]]:  # noqa: B008 - frozen
    found = invoice_row(
        Row(2, {name: value for name, value in {**PLAIN, **values}.items() if value is not None}), layout
    )
    assert not isinstance(found, InvoiceRow), found
    assert all(isinstance(one, Fault) and one.line == 2 and one.help and not one.final for one in found)
    return [(one.code, one.detail) for one in found]


def account(layout: Layout = Layout("id"), **values: Any) -> AccountRow:  # noqa: B008 - frozen
    found = account_row(Row(2, {**DEBTOR, **values}), layout)
    assert isinstance(found, AccountRow), found
    return found


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("awaiting_payment", InvoiceStatus.AWAITING_PAYMENT),
        ("Awaiting Payment", InvoiceStatus.AWAITING_PAYMENT),
        ("On Payment Arrangement", InvoiceStatus.ON_PAYMENT_ARRANGEMENT),
        ("onPaymentArrangement", InvoiceStatus.ON_PAYMENT_ARRANGEMENT),
        (" PAID ", InvoiceStatus.PAID),
        ("voided", InvoiceStatus.VOIDED),
    ],
)
def test_a_status_is_read_as_people_write_it(written: str, meant: InvoiceStatus) -> None:
    """AMB-I6: the statuses that the client portal shows."""
    assert invoice(status=written).status is meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("1234.5", "1234.50"), (" 7 ", "7.00"), ("0.0125", "0.0125"), ("+3", "3.00"), ("-20.00", "-20.00"), (5, "5.00"),
        (19.99, "19.99"), (1e3, "1000.00"), ("1.500000", "1.50"), ("999999999999.9999", "999999999999.9999"),
    ],
)  # fmt: skip
def test_an_amount_is_exact(written: object, meant: str) -> None:
    """What is written another way is the same amount, and changes nothing. A negative one is a credit."""
    found = invoice(amountDue=written)
    assert (found.amount_due, found.data["amountDue"]) == (Decimal(meant), meant)
    assert found == invoice(amountDue=meant)


@pytest.mark.parametrize(
    "written",
    [
        "1e999", "1e3", "NaN", "inf", "-Infinity", "1,234.50", "1.234,50", "€5", "5 EUR", "0x10", "1_000", "", " ", "--5",
        "0.00001", "1000000000000", "9" * 400, "\u0661\u0662", True, 1e300, 123456789012.5, "=1+1",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(written: object) -> None:
    found = faults(amountDue=written)
    assert [code for code, _ in found] == [Trouble.BAD_VALUE]
    assert "'amountDue'" in found[0][1]
    assert len(found[0][1]) < 200


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": "overdue"}, "'overdue' is no status; write awaiting_payment"),
        ({"status": None}, "column 'status' is empty or not there"),
        ({"amountDue": None}, "column 'amountDue' is empty or not there"),
        ({"currency": "EURO"}, "'EURO' is no ISO 4217 code"),
        ({"currency": 978}, "'978' is no ISO 4217 code"),
        ({"dueDate": "2027-02-31"}, "'2027-02-31' is not a date"),
        ({"dueDate": "31.01.2027"}, "'31.01.2027' is not a date"),
        ({"dueDate": 20270131}, "is not a date"),
        ({"onHold": "maybe"}, "'maybe' is not true or false"),
        ({"daysOverdue": "a lot"}, "'a lot' is not a whole number"),
        ({"anything": 2**63}, "the number is too large, or none"),
        ({"anything": "\0"}, "the character NUL"),
        ({"anything": "\ud800"}, "half of a sign"),
        ({"anything": "x" * 40_000}, "at most 32,768 are kept"),
    ],
)
def test_what_is_wrong_is_said_with_its_column(values: dict[str, Any], words: str) -> None:
    found = faults(**values)
    assert len(found) == 1
    assert words in found[0][1]


@pytest.mark.parametrize("number", ["", "   ", None, "a\nb", "a\x1b[31m", "x" * 201])
def test_a_row_that_nothing_names_is_refused(number: object) -> None:
    assert [code for code, _ in faults(id=number)] == [Trouble.NO_NUMBER]


def test_a_number_is_what_stands_there_without_the_spaces_around_it() -> None:
    assert invoice(id="  INV 7 ").number == "INV 7"
    assert invoice(id=7).number == invoice(id="7").number == "7"
    assert invoice(id="007").number == "007"


def test_all_that_is_wrong_with_a_row_is_said() -> None:
    found = faults(id="", status="x", amountDue="y", dueDate="z")
    assert [code for code, _ in found] == [Trouble.NO_NUMBER, *[Trouble.BAD_VALUE] * 3]


def test_columns_have_the_names_and_types_that_the_manifest_gives_them() -> None:
    """`columns` names what rules call otherwise, `types` what columns hold; nothing is guessed from how a value looks."""
    layout = Layout(
        "no",
        {"amountDue": "open", "segment": "grp"},
        {"risk": "double", "since": "date", "vip": "bool", "grp": "int"},
        "EUR",
    )
    values = {"no": "7", "status": "paid", "open": "3", "grp": "12", "risk": "0.5", "since": "2027-01-02", "vip": "yes"}
    found = invoice_row(Row(2, {**values, "zip": "01234", "amountDue": "999"}), layout)
    assert isinstance(found, InvoiceRow)
    assert found.data == {
        "no": "7", "number": "7", "status": "paid", "amountDue": "3.00", "currency": "EUR", "onHold": False,
        "segment": 12, "risk": 0.5, "since": "2027-01-02", "vip": True, "zip": "01234", "contact": {},
    }  # fmt: skip
    wrong = invoice_row(Row(2, {**values, "risk": "NaN", "open": "x"}), layout)
    assert not isinstance(wrong, InvoiceRow)
    assert ["column 'open'" in wrong[0].detail, "column 'risk'" in wrong[1].detail] == [True, True]


def test_the_contact_stands_apart() -> None:
    found = invoice(
        **{
            "contactName": "Ana",
            "contact.email": "a@b.example",
            "contact_phone": "+49 1",
            "contactAddress": " ",
            "contacts": 3,
        }
    )
    assert found.data["contact"] == {"name": "Ana", "email": "a@b.example", "phone": "+49 1", "address": " "}
    assert found.data["contacts"] == 3
    assert "contactName" not in found.data
    assert "phone" not in invoice(contactPhone="").data["contact"], "an empty point of contact is none"


def test_the_same_row_has_the_same_digest() -> None:
    assert invoice(b="1", a="2").digest == invoice(a="2", b="1").digest
    assert invoice(a="1").digest != invoice(a="2").digest
    assert invoice(contactName="x").digest != invoice(contactName="y").digest


def test_an_invoice_as_conditions_see_it() -> None:
    """I-11: amounts as doubles, days overdue as of today, and how it left the campaign that it was in last."""
    row = invoice(amountDue="120.50", dueDate="2027-01-30", brand="web", contactName="Ana", contactEmail="a@b.example")
    seen = invoice_seen(row, TODAY, LastExit(Exit.ARRANGEMENT_FAILED, "spring"))
    for rule in (
        "invoice.amountDue >= 120.5 && invoice.amountDue < 120.51",
        "invoice.daysOverdue == 30 && invoice.daysOverdue >= 7",
        'invoice.status == "awaiting_payment" && !invoice.onHold',
        'invoice.brand in ["retail", "web"]',
        'invoice.contact.name == "Ana" && has(invoice.contact.email) && !has(invoice.contact.phone)',
        'invoice.lastExit.reason == "arrangement_failed" && invoice.lastExit.campaign == "spring"',
        'date(invoice.dueDate) < date("2027-02-01")',
        'invoice.number == "INV-1" && invoice.currency == ""',
    ):
        assert Rule(rule, ("invoice", "now", "today")).judge({"invoice": seen}) is True, rule
    assert "lastExit" not in invoice_seen(row, TODAY)


def test_days_overdue_count_from_the_due_date_alone() -> None:
    """What the source counted yesterday is wrong today: its own count matters only where it says no due date."""
    assert invoice_seen(invoice(dueDate="2027-02-28", daysOverdue="99"), TODAY)["daysOverdue"] == 1
    assert invoice_seen(invoice(dueDate="2027-03-05"), TODAY)["daysOverdue"] == -4
    assert invoice_seen(invoice(daysOverdue="12"), TODAY)["daysOverdue"] == 12
    assert "daysOverdue" not in invoice_seen(invoice(), TODAY)
    assert invoice_seen(invoice(dueDate="2027-02-28T23:30:00-06:00"), TODAY)["dueDate"] == "2027-02-28"


def test_a_source_cannot_say_what_is_ours_to_know() -> None:
    row = invoice(lastExit="paid", contact="nobody")
    assert "lastExit" not in invoice_seen(row, TODAY)
    assert invoice_seen(row, TODAY)["contact"] == {}


def test_templates_see_exact_amounts() -> None:
    assert invoice_told(invoice(amountDue="0.1"), TODAY)["amountDue"] == "0.10"
    assert account_told(account(balance="1000000.1"), TODAY)["balance"] == "1000000.10"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("Pending Contact", "pending_contact"), ("inAutoManagement", "in_auto_management"),
        ("promise-overdue", "promise_overdue"), ("legal", "legal"), (None, "pending_contact"), ("  ", "pending_contact"),
    ],
)  # fmt: skip
def test_an_accounts_status_is_any_word(written: str | None, meant: str) -> None:
    """C-31, AMB-C11."""
    assert account(**({} if written is None else {"status": written})).status == meant


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"status": "1st"}, "'1st' is no status"),
        ({"status": "a;b"}, "is no status"),
        ({"balance": ""}, "column 'balance' is empty or not there"),
        ({"timezone": "Mars/Base"}, "'Mars/Base' is no IANA time zone"),
        ({"timezone": "America"}, "is no IANA time zone"),
        ({"contactTimezone": "../etc/passwd"}, "is no IANA time zone"),
        ({"score": "NaN"}, "'NaN' is not a number"),
        ({"score": "1e999"}, "is not a number"),
        ({"paused": "2"}, "is not true or false"),
        ({"optedOut": "perhaps"}, "is not true or false"),
    ],
)
def test_what_is_wrong_with_an_account_is_said(values: dict[str, Any], words: str) -> None:
    """Of an unknown zone nobody can say when it is too late to call; of an unclear opt-out, nobody calls at all."""
    found = account_row(Row(5, {**DEBTOR, **values}), Layout("id"))
    assert not isinstance(found, AccountRow)
    assert [(one.line, words in one.detail) for one in found] == [(5, True)]


def test_an_account_as_conditions_see_it() -> None:
    row = account(
        balance="-3.25", score="7", dueDate="2027-01-30", timezone="America/Chicago", optedOut="yes", contactPhone="+1"
    )
    seen = account_seen(row, TODAY)
    for rule in (
        "account.balance == -3.25 && account.score == 7.0",
        "account.daysPastDue >= 30 && account.daysPastDue <= 60",
        'account.status == "pending_contact" && account.optedOut && account.paused',
        'account.timezone == "America/Chicago" && account.contact.phone == "+1"',
    ):
        assert Rule(rule, ("account", "now", "today")).judge({"account": seen}) is True, rule
    assert (row.zone, row.opted_out, row.paused, row.score) == ("America/Chicago", True, True, 7.0), (
        "who has a credit is left alone"
    )


def test_days_past_due_are_what_the_source_says_where_it_does() -> None:
    assert account_seen(account(daysPastDue="45", dueDate="2027-02-28"), TODAY)["daysPastDue"] == 45
    assert account_seen(account(dueDate="2027-02-28"), TODAY)["daysPastDue"] == 1
    assert "daysPastDue" not in account_seen(account(), TODAY)


def test_the_contacts_zone_goes_before_the_accounts() -> None:
    assert account(timezone="Europe/Berlin", contactTimezone="Asia/Tokyo").zone == "Asia/Tokyo"
    assert account(**{"contact.timezone": "Asia/Tokyo"}).zone == "Asia/Tokyo"
    assert account().zone == ""


@pytest.mark.parametrize("name", ["onHold", "on_hold", "hold"])
def test_a_hold_is_known_by_all_its_usual_names(name: str) -> None:
    """AMB-I6: who exports `hold` must not find out by letters that went out that we call it onHold."""
    assert invoice(**{name: "true"}).held is True
    assert invoice(**{name: "false"}).held is False
    assert "is not true or false" in faults(**{name: "?"})[0][1]
    assert invoice(onHold="false", hold="true").held is True
    assert invoice(hold="true").data["hold"] is True
    assert invoice_row(Row(2, {**PLAIN, "gesperrt": "yes"}), Layout("id", {"onHold": "gesperrt"})).held is True  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["localtime", "posixrules", "right/Europe/Berlin", "posix/UTC", "Factory", "europe"])
def test_a_zone_is_the_same_on_every_machine(name: str) -> None:
    """AMB-C11: allowed hours by the clock of whichever machine a worker runs on are no hours of a contact."""
    found = account_row(Row(2, {**DEBTOR, "timezone": name}), Layout("id"))
    assert not isinstance(found, AccountRow)
    assert [one.detail for one in found] == [f"column 'timezone': '{name}' is no IANA time zone, such as Europe/Berlin"]


@pytest.mark.parametrize("name", ["Opted Out", "OPTED_OUT", "optedout", "Opt-Out"])
def test_however_a_column_is_written_that_keeps_somebody_from_being_contacted_it_counts(name: str) -> None:
    """AMB-C11, AMB-I6, C-31: nobody is called, or woken at night, for a capital letter."""
    assert account(**{name: True}).opted_out is True
    assert account(Paused="yes").paused is True
    assert account(Status="Closed").status == "closed"
    assert account(time_zone="Asia/Tokyo").zone == "Asia/Tokyo"
    assert account(contactTimeZone="Asia/Tokyo", Timezone="UTC").zone == "Asia/Tokyo"
    assert invoice(**{"On Hold": "true"}).held is True
    assert account(Paused="yes", paused="no").paused is True


@pytest.mark.parametrize("name", ["optedOut", "opted_out", "optOut", "opt_out"])
def test_an_opt_out_is_known_by_all_its_usual_names(name: str) -> None:
    """AMB-C11."""
    assert account(**{name: True}).opted_out is True
    assert account(**{name: ""}).opted_out is False


SCALARS = st.one_of(
    st.text(max_size=30), st.booleans(), st.integers(), st.floats(allow_nan=True), st.sampled_from(["paid", "1.5", "2027-01-01"])
)  # fmt: skip
COLUMNS = st.sampled_from(
    ["id", "status", "amountDue", "balance", "currency", "dueDate", "onHold", "hold", "daysOverdue", "daysPastDue", "score",
     "timezone", "contact.timezone", "contactEmail", "contact", "optOut", "paused", "number", "lastExit", "x", "typed"]
)  # fmt: skip


@given(
    st.dictionaries(COLUMNS, SCALARS),
    st.sampled_from(["int", "double", "bool", "date", "timestamp", "string"]),
    st.booleans(),
)
def test_whatever_a_row_holds_it_is_taken_or_refused_in_words(
    values: dict[str, Any], kind: str, is_whole: bool
) -> None:
    """What is taken can be kept, and asked about; nothing that comes from outside is a bug."""
    layout = Layout("id", {"mapped": "x", "also": "absent"}, {"typed": kind, "x": kind})
    one = invoice_row(Row(2, {**values, **PLAIN} if is_whole else values), layout)
    other = account_row(Row(2, {**values, **DEBTOR} if is_whole else values), layout)
    for found in (one, other):
        if isinstance(found, InvoiceRow | AccountRow):
            assert canonical.decode(canonical.encode(found.data)) == found.data
            assert canonical.digest(found.data) == found.digest
        else:
            assert found and all(fault.detail and fault.help for fault in found)
    if isinstance(one, InvoiceRow):
        assert kept(one.amount_due) < 2**63
        assert (
            Rule("invoice.amountDue >= 0.0 || true", ("invoice",)).judge({"invoice": invoice_seen(one, TODAY)}) is True
        )
    if isinstance(other, AccountRow):
        assert (
            Rule("account.balance >= 0.0 || true", ("account",)).judge({"account": account_seen(other, TODAY)}) is True
        )
