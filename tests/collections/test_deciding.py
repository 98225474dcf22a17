"""Whether an account is contacted now. (C-07, AMB-C11)"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.kinds.collections.deciding import decided, decider
from reconciler.model.accounts import Position
from reconciler.model.contact_queue import Go, Item, ItemStage, Later, Pass, Past, Sort
from tests.collections.debtors import NOW, conduct, debtor, way_of

NOON = datetime(2027, 3, 1, 18, tzinfo=UTC)
COURSE = way_of({"channel": "sms", "action": "reminder"}, {"channel": "calls", "wait": "3d"})
HOURS = {"from": "08:00", "to": "21:00"}


def test_an_account_that_nothing_bars_is_contacted_through_the_channel_of_its_step() -> None:
    assert decided(conduct(COURSE), debtor(), (), NOON) == Go("sms", "sms", "reminder")


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"opted_out": True}, "opted-out"),
        ({"declined": True}, "opted-out"),
        ({"paused": True}, "account-paused"),
        ({"listed": False}, "not-listed"),
        ({"status": "promise"}, "not-eligible"),
        ({"status": "escalated"}, "not-eligible"),
    ],
)
def test_who_may_not_be_contacted_is_left_where_they_stand(members: dict[str, Any], reason: str) -> None:
    account = debtor(**members)
    assert decided(conduct(COURSE), account, (), NOON) == Pass(reason, account.position)


@pytest.mark.parametrize("status", ["pending_contact", "in_auto_management", "promise_overdue"])
def test_three_statuses_may_be_contacted(status: str) -> None:
    assert isinstance(decided(conduct(COURSE), debtor(status=status), (), NOON), Go)


def test_outside_the_hours_it_is_later_and_not_lost() -> None:
    early = datetime(2027, 3, 1, 10, tzinfo=UTC)
    decision = decided(conduct(COURSE, allowedHours=HOURS), debtor(), (), early)
    assert decision == Later(datetime(2027, 3, 1, 14, tzinfo=UTC), "allowedHours")


def test_contacts_of_whatever_campaign_count_towards_limits() -> None:
    past = (Past(NOON - timedelta(hours=1), Sort.CONTACT, "email"),)
    decision = decided(conduct(COURSE, limits={"minInterval": "24h"}), debtor(), past, NOON)
    assert decision == Later(NOON + timedelta(hours=23), "minInterval")


def test_a_step_whose_condition_is_false_is_passed_over() -> None:
    course = way_of({"when": "account.daysPastDue > 60"}, {"channel": "calls", "wait": "2d"})
    passed = Pass("when-false", Position(step=1, due_at=NOON + timedelta(days=2)))
    assert decided(conduct(course), debtor(), (), NOON) == passed
    assert isinstance(decided(conduct(course), debtor(data={"daysPastDue": 61}), (), NOON), Go)


def test_a_condition_that_cannot_be_evaluated_contacts_nobody() -> None:
    course = way_of({"when": "account.nothing > 60"}, {"wait": "2d"})
    assert isinstance(decided(conduct(course), debtor(), (), NOON), Pass)


@pytest.mark.parametrize(
    ("channel", "point"), [("sms", "phone"), ("calls", "phone"), ("mail", "email"), ("letters", "address")]
)
def test_a_step_that_lacks_its_contact_point_is_passed_over_and_counts_for_nothing(channel: str, point: str) -> None:
    course = way_of({"channel": channel}, {"channel": "agent", "wait": "1d"})
    account = debtor(data={"contact": {"name": "Ada", point: ""}})
    passed = Position(step=1, due_at=NOON + timedelta(days=1))
    assert decided(conduct(course), account, (), NOON) == Pass("no-contact-point", passed)
    assert isinstance(decided(conduct(course), replace(account, position=passed), (), NOON), Go), (
        "an agent needs nothing"
    )


def test_silence_hands_the_account_to_a_person_instead_of_contacting_it() -> None:
    course = way_of({}, {"wait": "20d"}, escalate={"daysWithoutResponse": 14})
    silent = debtor(position=Position(step=1, attempts=1, first_at=NOON - timedelta(days=20), due_at=NOON))
    decision = decided(conduct(course), silent, (), NOON)
    assert decision == Pass("escalated", replace(silent.position, due_at=None), "escalated", "no answer for 14 days")


def test_a_strategy_that_is_switched_off_contacts_nobody() -> None:
    assert decided(conduct(way_of({}, enabled=False)), debtor(), (), NOON) == Later(None, "strategy-disabled")


def test_a_strategy_that_became_shorter_ends_for_who_is_past_its_end() -> None:
    account = debtor(position=Position(step=5, due_at=NOON))
    assert decided(conduct(COURSE), account, (), NOON) == Pass("strategy-finished", Position(step=5))


def test_an_item_that_its_account_has_left_behind_is_not_made() -> None:
    item = Item(1, 3, 1, 0, 1, 0, ItemStage.PENDING, NOW, NOW, None, None, "", "", "")
    account = debtor()
    assert decider(conduct(COURSE), NOON)(account, item, ()) == Pass("superseded", account.position)
    assert isinstance(decider(conduct(COURSE), NOON)(account, replace(item, step=0), ()), Go)
