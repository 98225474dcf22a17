"""What a friend's event earns: by the rules of whom, for whom, how much, from when on, and what stands against it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconciler.kinds.referral.answer import Program, Running, Visitor
from reconciler.kinds.referral.earning import Due, History, earned, earned_in
from reconciler.kinds.referral.period import calendar_period
from reconciler.kinds.shape import Period
from tests.referral.program import BEFORE, NOW, PAUSED_AT, campaign, ref

OURS, OTHER = ref("ours"), ref("other")
RULES = [
    {"to": "friend", "on": "signed", "value": "50.00", "currency": "USD"},
    {
        "to": "advocate",
        "on": "paid",
        "value": "0.1",
        "currency": "EUR",
        "wait": "7d",
        "limit": {"count": 2, "per": "year"},
    },
    {"to": "friend", "on": "paid", "value": "12.3456", "currency": "EUR", "approval": "manual"},
]
KNOWN = Visitor("friend", "ada", OURS, BEFORE)


def _ours(state: str, **more: Any) -> Running:
    return campaign("ours", state, journey=["signed", "paid"], rewards=RULES, **more)


def _other() -> Running:
    return campaign("other", "live", rewards=[{"to": "friend", "on": "paid", "value": "1", "currency": "USD"}])


def test_each_rule_of_the_step_is_a_reward() -> None:
    """R-25: beneficiary, value, currency and waiting period as the rule says; amounts to the last digit."""
    rewards = earned([_ours("live")], KNOWN, "paid", NOW)
    assert [(one.campaign, one.rule, one.to, one.value, one.currency, one.payable_at - NOW) for one in rewards] == [
        (OURS, 1, "advocate", Decimal("0.1"), "EUR", timedelta(days=7)),
        (OURS, 2, "friend", Decimal("12.3456"), "EUR", timedelta(0)),
    ]
    assert [(bool(one.review), one.denied, one.earned_at) for one in rewards] == [(False, "", NOW), (True, "", NOW)]
    assert earned([_ours("live")], KNOWN, "opened", NOW) == ()


@pytest.mark.parametrize(
    ("state", "other", "by"),
    [
        ("not_launched", False, None), ("not_launched", True, OTHER),
        ("live", False, OURS), ("live", True, OURS),
        ("paused", False, OURS), ("paused", True, OURS),
        ("ended", False, None), ("ended", True, OTHER),
        ("stopped", False, None), ("stopped", True, OTHER),
    ],
)  # fmt: skip
def test_who_came_before_earns_by_the_campaign_that_the_state_says(state: str, other: bool, by: object) -> None:
    """R-07, R-09, R-13, AMB-R4: of a friend who opened ours while it was live."""
    rewards = earned([_ours(state), *([_other()] if other else [])], KNOWN, "paid", NOW)
    assert {one.campaign for one in rewards} == ({by} if by else set())


HISTORY = (
    ("live", PAUSED_AT - timedelta(days=30)),
    ("paused", PAUSED_AT - timedelta(days=10)),
)


@pytest.mark.parametrize(
    ("days", "by"),
    [
        pytest.param(-31, OTHER, id="before it was launched"),
        pytest.param(-20, OURS, id="live"),
        pytest.param(-5, OURS, id="paused, and the friend had come before"),
        pytest.param(0, OTHER, id="the instant at which it ended"),
        pytest.param(1, OTHER, id="ended"),
    ],
)
def test_an_event_earns_by_the_states_at_its_own_time(days: int, by: object) -> None:
    """AMB-R4, AMB-R10: however late it is told."""
    ours = replace(_ours("ended"), before=HISTORY)
    friend = Visitor("friend", "ada", OURS, PAUSED_AT - timedelta(days=25))
    rewards = earned([ours, _other()], friend, "paid", PAUSED_AT + timedelta(days=days))
    assert {one.campaign for one in rewards} == {by}


@pytest.mark.parametrize(("days", "by"), [(-20, OURS), (-5, OTHER)])
def test_a_friend_who_is_new_at_the_time_of_the_event(days: int, by: object) -> None:
    """AMB-R3, AMB-R10: of the states before, the last that was entered by then counts."""
    ours = replace(_ours("ended"), before=HISTORY)
    rewards = earned([ours, _other()], Visitor("friend", "ada", OURS), "paid", PAUSED_AT + timedelta(days=days))
    assert {one.campaign for one in rewards} == {by}


def test_a_prepared_program_is_asked_again_only_where_states_were_others() -> None:
    program = Program.of([replace(_ours("ended"), before=HISTORY)])
    assert program.as_of(NOW) is program
    assert earned_in(program, KNOWN, "paid", PAUSED_AT - timedelta(days=20)).by.rewarding == OURS
    assert earned_in(program, KNOWN, "paid", NOW).rewards == ()


@pytest.mark.parametrize(
    ("fraud", "history", "review", "denied"),
    [
        ({}, History(), "", ""),
        ({}, History(same_person=True), "", "the friend is the advocate"),
        ({}, History(same_household=True), "friend and advocate share a household", ""),
        ({"selfReferral": "review"}, History(same_person=True), "the friend is the advocate", ""),
        ({"selfReferral": "allow"}, History(same_person=True), "", ""),
        ({"sameHousehold": "deny"}, History(same_household=True), "", "friend and advocate share a household"),
        ({"sameHousehold": "allow"}, History(same_household=True), "", ""),
        ({}, History(same_person=True, same_household=True), "", "the friend is the advocate"),
    ],
)
def test_what_looks_wrong_is_denied_or_looked_at(
    fraud: dict[str, str], history: History, review: str, denied: str
) -> None:
    """R-25: self-referral is denied and the same household looked at, unless the campaign says otherwise."""
    (one,) = earned([_ours("live", fraud=fraud)], KNOWN, "signed", NOW, history)
    assert (one.review, one.denied) == (review, denied)


def test_a_limit_that_is_reached_denies() -> None:
    """R-25: counted by whoever keeps the rewards, within the period that the rule's limit and the zone make."""
    ours = _ours("live", zone="Europe/Amsterdam")
    below, reached = (earned([ours], KNOWN, "paid", NOW, History(taken={1: count}))[0] for count in (1, 2))
    assert (below.denied, reached.denied) == ("", "the limit is reached: 2 a year")
    assert below.within == (datetime(2026, 12, 31, 23, tzinfo=UTC), datetime(2027, 12, 31, 23, tzinfo=UTC))
    assert earned([ours], KNOWN, "signed", NOW)[0].within is None


def test_only_friends_whom_somebody_sent_earn() -> None:
    """R-03: an advocate's own visit, or a friend of nobody, earns nothing."""
    assert earned([_ours("live")], Visitor("advocate", "ada", OURS), "paid", NOW) == ()
    assert earned([_ours("live")], Visitor("friend", "", OURS, BEFORE), "paid", NOW) == ()


def test_a_wait_beyond_the_calendar_is_its_end() -> None:
    rules = [{"to": "friend", "on": "paid", "value": "1", "currency": "USD", "wait": "999999d"}]
    (one,) = earned([campaign("ours", "live", rewards=rules)], KNOWN, "paid", datetime(9000, 1, 1, tzinfo=UTC))
    assert isinstance(one, Due) and one.payable_at == datetime.max.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("per", "zone", "at", "start", "end"),
    [
        ("year", "America/New_York", "2027-01-01T04:59:59", "2026-01-01T05:00:00", "2027-01-01T05:00:00"),
        ("month", "Europe/Amsterdam", "2027-03-31T21:59:59", "2027-02-28T23:00:00", "2027-03-31T22:00:00"),
        ("month", "Europe/Amsterdam", "2027-03-31T22:00:00", "2027-03-31T22:00:00", "2027-04-30T22:00:00"),
        ("week", "UTC", "2027-01-03T23:59:59", "2026-12-28T00:00:00", "2027-01-04T00:00:00"),
        ("day", "America/New_York", "2027-03-14T12:00:00", "2027-03-14T05:00:00", "2027-03-15T04:00:00"),
        ("day", "America/New_York", "2027-11-07T12:00:00", "2027-11-07T04:00:00", "2027-11-08T05:00:00"),
        ("hour", "Asia/Kolkata", "2027-01-04T09:29:59", "2027-01-04T08:30:00", "2027-01-04T09:30:00"),
        ("hour", "America/New_York", "2027-11-07T06:30:00", "2027-11-07T06:00:00", "2027-11-07T07:00:00"),
    ],
)
def test_periods_are_those_of_the_calendar(per: Period, zone: str, at: str, start: str, end: str) -> None:
    """R-25, X-08: of the program's zone, with days of 23 and 25 hours."""
    expected = tuple(datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (start, end))
    assert calendar_period(datetime.fromisoformat(at).replace(tzinfo=UTC), per, zone) == expected
