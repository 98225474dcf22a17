"""Rule sets against one invoice: every condition's verdict, and what they come to. (I-11, I-12)"""

from datetime import UTC, datetime
from typing import Any

import pytest

from reconciler.kinds.receivables.matching import Day, Group, Told, rules_of, step_holds

DAY = Day(datetime(2027, 1, 4, 23, 30, tzinfo=UTC), "Europe/Amsterdam")
INVOICE = {
    "number": "INV-1",
    "status": "awaiting_payment",
    "amountDue": 80.0,
    "daysOverdue": 9,
    "contact": {"zip": "1"},
}
OPEN, LARGE, ODD = 'invoice.status == "awaiting_payment"', "invoice.amountDue >= 100.0", "invoice.brand == 'web'"


def rules(**spec: list[str]) -> Any:
    return rules_of({"spec": spec})


def test_each_condition_has_its_verdict() -> None:
    """True, false, or why nobody can say (I-12)."""
    told = rules(all=[OPEN, LARGE], any=[ODD, "invoice.daysOverdue"]).match(INVOICE, DAY).told
    assert told[:2] == (Told(Group.ALL, OPEN, True), Told(Group.ALL, LARGE, False))
    assert "brand" in str(told[2].verdict), "the column that the invoice lacks is named"
    assert told[3].verdict == "it is neither true nor false"


@pytest.mark.parametrize(
    ("spec", "is_match", "unmet"),
    [
        ({"all": [OPEN]}, True, []),
        ({"all": [OPEN, LARGE]}, False, [LARGE]),
        ({"all": [OPEN, ODD]}, False, [ODD]),
        ({"any": [LARGE, OPEN]}, True, []),
        ({"any": [ODD, OPEN]}, True, []),
        ({"any": [LARGE, ODD]}, False, [LARGE, ODD]),
        ({"all": [OPEN], "any": [LARGE]}, False, [LARGE]),
        ({"all": [LARGE], "any": [OPEN]}, False, [LARGE]),
        ({"all": [OPEN], "any": [LARGE, OPEN]}, True, []),
        ({}, False, []),
    ],
    ids=lambda one: str(one)[:60],
)
def test_all_of_the_first_and_one_of_the_second(spec: dict[str, list[str]], is_match: bool, unmet: list[str]) -> None:
    """What nobody can say does not hold (I-11), and nothing written means nobody."""
    match = rules(**spec).match(INVOICE, DAY)
    assert (match.is_match, [one.text for one in match.unmet]) == (is_match, unmet)
    assert rules(**spec).means(INVOICE, DAY) is is_match


def test_today_is_the_creditors_day() -> None:
    """Half past eleven at night in UTC is tomorrow in Amsterdam."""
    late = "today == timestamp('2027-01-05T00:00:00Z') && now < today"
    assert rules(all=[late]).means(INVOICE, DAY)
    assert not rules(all=[late]).means(INVOICE, Day(DAY.now, "America/New_York"))


def test_a_step_sees_the_contact_too() -> None:
    assert step_holds("contact.zip == '1' && invoice.amountDue < 100.0", INVOICE, DAY) is True
    assert step_holds("contact.zip == '2'", INVOICE, DAY) is False
    assert "phone" in str(step_holds("contact.phone != ''", INVOICE, DAY))
