"""What is foreseen of accounts, and that a decider which is wrong is found out. (issue 7: proof before contact)"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from reconciler.kinds.collections.alike import alike
from reconciler.kinds.collections.deciding import Conduct, decided
from reconciler.kinds.collections.forecast import REACHED, TRIED, Foresight, foresight
from reconciler.kinds.collections.foreseen import Outlook, Way
from reconciler.kinds.collections.limits import limits
from reconciler.kinds.collections.outlook import outlook
from reconciler.kinds.collections.seen import account_seen
from reconciler.kinds.collections.steps import Course
from reconciler.model.accounts import Account, Position
from reconciler.model.contact_queue import Decision, Past, Sort
from tests.collections.debtors import CONTACT, NOW, checker, conduct, debtor, frame, fresh, settings, way_of

DAY = timedelta(days=1)
HOURS: Mapping[str, Any] = {"from": "08:00", "to": "21:00", "days": ["mon", "tue", "wed", "thu", "fri", "sat"]}
LIMITED: Mapping[str, Any] = {"limits": {"perDay": 1, "perWeek": 3, "minInterval": "20h"}, "allowedHours": HOURS}
COURSE = way_of(
    {"channel": "mail"},
    {"channel": "sms", "wait": "3d"},
    {"channel": "calls", "wait": "1d", "retries": 4, "retryDelay": "6h"},
)


def _outlook(
    course: Course, accounts: list[Account], past: Mapping[int, tuple[Past, ...]] | None = None, **members: Any
) -> Outlook:
    found = conduct(course, **members)
    return outlook(foresight(found, frame()), checker(**members), alike(found, frame(), accounts, past or {}))


def test_contacts_come_one_wait_after_another_at_the_looks_of_the_engine() -> None:
    course = way_of({"wait": "1h"}, {"wait": "2d"}, {"wait": "3d"})
    way = foresight(conduct(course), frame(cycle=timedelta(minutes=7))).way(fresh(course), (), REACHED)
    first = NOW + timedelta(minutes=63)
    second = NOW + timedelta(minutes=7) * 421  # the first look two days after that
    assert [one.at for one in way.contacts[:2]] == [first, second]
    assert [one.step for one in way.contacts] == [0, 1, 2]
    assert way.end == "strategy-finished"


def test_the_case_of_most_contacts_is_that_nobody_is_reached() -> None:
    way = foresight(conduct(COURSE), frame()).way(fresh(COURSE), (), TRIED)
    assert [(one.step, one.tries) for one in way.contacts] == [(0, 0), (1, 0), *((2, tries) for tries in range(5))]


def test_what_limits_put_off_is_made_later_and_told_with_its_rule() -> None:
    found = _outlook(COURSE, [fresh(COURSE)], **LIMITED)
    assert found.contacts == 7
    assert set(found.put_off) == {"allowedHours", "perWeek"}
    assert found.is_proven
    assert found.words.startswith("7 contacts of 1 account to 2027-12-31: none outside limits and hours; ")


def test_after_a_pause_what_is_long_due_is_caught_up_with_within_the_limits() -> None:
    overdue = debtor(position=Position(step=2, tries=1, due_at=NOW - 30 * DAY, attempts=4, first_at=NOW - 40 * DAY))
    past = tuple(Past(NOW - timedelta(hours=hours), Sort.CONTACT, "sms") for hours in (50, 26, 2))
    found = _outlook(COURSE, [overdue], {overdue.id: past}, **LIMITED)
    assert found.is_proven
    assert min(found.days) == date(2027, 3, 6), "the oldest of three contacts leaves the seven days then"


def test_steps_that_the_end_comes_before_are_told() -> None:
    course = way_of({}, {"wait": "80d"}, {"wait": "30d"})
    found = _outlook(course, [fresh(course), fresh(course, 2)])
    assert (found.contacts, found.too_late) == (4, {2: 2})
    assert "step 3 comes too late for 2 accounts" in found.words


def test_who_may_not_be_contacted_is_counted_with_the_reason() -> None:
    found = _outlook(
        COURSE, [fresh(COURSE), debtor(2, opted_out=True), debtor(3, paused=True), debtor(4, declined=True)]
    )
    assert (found.accounts, found.contacts) == (4, 7)
    assert found.ends == {"account-paused": 1, "opted-out": 2, "strategy-finished": 1}


def test_hours_that_never_come_are_the_end() -> None:
    found = _outlook(COURSE, [fresh(COURSE)], allowedHours={"from": "22:00", "to": "23:00"}, policyPack="us-reg-f")
    assert (found.contacts, found.ends) == (0, {"allowedHours": 1})


# --- accounts that nothing tells apart ----------------------------------------------------------------------------------


def test_many_accounts_of_few_kinds_are_gone_through_few_times() -> None:
    zones = ("", "America/New_York", "Europe/Berlin")
    accounts = [fresh(COURSE, number, zones[number % 3]) for number in range(3000)]
    classes = alike(conduct(COURSE, **LIMITED), frame(), accounts, {})
    assert sorted(one.count for one in classes) == [1000, 1000, 1000]
    assert _outlook(COURSE, accounts, **LIMITED).contacts == 3000 * 7


_WHEN = way_of(
    {"when": "account.daysPastDue > 30"},
    {"channel": "calls", "wait": "2d", "retries": 1, "retryDelay": "6h", "when": 'account.segment == "b"'},
    {"channel": "mail", "wait": "1d"},
    escalate={"daysWithoutResponse": 20},
)
_pasts = st.lists(
    st.builds(
        Past,
        st.integers(0, 20 * 24 * 20).map(lambda turns: NOW - timedelta(minutes=3 * turns, seconds=turns % 7)),
        st.sampled_from((Sort.CONTACT, Sort.CONVERSATION, Sort.PAYMENT)),
        st.sampled_from(("sms", "voice")),
    ),
    max_size=3,
)
_positions = st.builds(
    Position,
    step=st.integers(0, 2),
    due_at=st.integers(-3, 3).map(lambda days: NOW + days * DAY),
    attempts=st.just(1),
    first_at=st.sampled_from((None, NOW - 10 * DAY)),
)
_data = st.fixed_dictionaries(
    {
        "segment": st.sampled_from(("a", "b")),
        "noise": st.integers(),
        "contact": st.sampled_from((CONTACT, {"name": "Bo"}, {"email": "bo@debtor.example", "name": "Cy"})),
    },
    optional={"daysPastDue": st.integers(28, 32), "dueDate": st.sampled_from(("2027-01-25", "2027-01-28"))},
)


_made = st.builds(
    lambda zone, position, data, past, row: (
        debtor(1, zone, position, data=data, status=row[0]),
        tuple(sorted(past, key=lambda one: one.at)),
        row[1],
    ),
    st.sampled_from(("", "America/New_York", "America/Chicago")),
    _positions,
    _data,
    _pasts,
    st.tuples(st.sampled_from(("pending_contact", "in_auto_management", "promise")), st.decimals(1, 9, places=2)),
)


def _numbered(found: list[tuple[Account, tuple[Past, ...], Decimal]]) -> list[tuple[Account, tuple[Past, ...]]]:
    return [
        (replace(account, id=number, row=replace(account.row, number=str(number), balance=balance)), past)
        for number, (account, past, balance) in enumerate(found)
    ]


@hypothesis(max_examples=150, deadline=None)
@given(st.lists(_made, max_size=8).map(_numbered))
def test_one_account_stands_for_all_of_its_class(found: list[tuple[Account, tuple[Past, ...]]]) -> None:
    seeing = conduct(_WHEN, **LIMITED, policyPack="us-reg-f")
    ahead = foresight(seeing, frame(40))
    past = {account.id: each for account, each in found}
    classes = alike(seeing, frame(40), [account for account, _ in found], past)
    for stage in (TRIED, REACHED):
        together = sorted(_told(ahead.way(one.account, one.past, stage)) for one in classes for _ in range(one.count))
        assert together == sorted(_told(ahead.way(account, each, stage)) for account, each in found)


def _told(way: Way) -> str:
    return repr((way.contacts, [(one.step, one.at, one.until) for one in way.put_off], way.end, way.next_step))


# --- a decider that is wrong --------------------------------------------------------------------------------------------


def _found(wrong: Foresight, accounts: list[Account], **members: Any) -> Outlook:
    return outlook(wrong, checker(**members), alike(conduct(wrong.course, **members), frame(), accounts, {}))


def _deciding_by(course: Course, **members: Any) -> Foresight:
    """What a decider foresees that takes its limits from other settings than those that hold."""
    seeing = conduct(course, **members)

    def decide(account: Account, past: tuple[Past, ...], at: datetime) -> Decision:
        return decided(seeing, account, past, at)

    return Foresight(course, frame(), decide)


DAILY = way_of(*({"wait": "1d"} for _ in range(30)))


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin"])
def test_hours_that_forget_that_clocks_change_are_found(zone: str) -> None:
    seeing = conduct(DAILY, allowedHours={"from": "08:00", "to": "21:00"})
    fixed = {"America/New_York": "Etc/GMT+5", "Europe/Berlin": "Etc/GMT-1"}[zone]

    def decide(account: Account, past: tuple[Past, ...], at: datetime) -> Decision:
        return decided(seeing, replace(account, row=replace(account.row, zone=fixed)), past, at)

    late = replace(
        fresh(DAILY, zone=zone), position=Position(due_at=NOW + timedelta(days=1, hours=10 if zone[0] == "E" else 16))
    )
    found = _found(Foresight(DAILY, frame(), decide), [late], allowedHours={"from": "08:00", "to": "21:00"})
    assert found.counterexample is not None
    assert (found.counterexample.number, found.counterexample.rule) == ("1", "allowedHours")
    changed = datetime(2027, 3, 14, tzinfo=UTC) if zone == "America/New_York" else datetime(2027, 3, 28, tzinfo=UTC)
    assert changed <= found.counterexample.at < changed + 2 * DAY


@pytest.mark.parametrize(
    ("wrong", "right", "rule"),
    [
        ({"limits": {"perWeek": 6}}, {"limits": {"perWeek": 5}}, "perWeek"),
        ({"limits": {"perDay": 3}}, {"limits": {"perDay": 2}}, "perDay"),
        ({"limits": {"minInterval": "23h"}}, {"limits": {"minInterval": "25h"}}, "minInterval"),
        ({}, {"policyPack": "us-reg-f"}, "us-reg-f/mostCalls"),
        ({"timezone": "America/Los_Angeles", "allowedHours": HOURS}, {"allowedHours": HOURS}, "allowedHours"),
        ({"allowedHours": {**HOURS, "to": "21:05"}}, {"allowedHours": HOURS}, "allowedHours"),
    ],
)
def test_limits_that_are_off_by_one_are_found(wrong: dict[str, Any], right: dict[str, Any], rule: str) -> None:
    course = way_of(
        *({"channel": "agent", "wait": "18h"} for _ in range(40)),
        {"channel": "agent", "wait": "1h", "retries": 9, "retryDelay": "5m"},
    )
    hours = {"allowedHours": {"from": "08:00", "to": "21:00"}} if "policyPack" in right else {}
    found = _found(_deciding_by(course, **(hours | wrong)), [fresh(course)], **right)
    assert found.counterexample is not None
    assert found.counterexample.rule == rule
    assert not found.is_proven
    assert found.words == found.counterexample.words


def test_the_hours_of_the_organisation_for_a_contact_whose_zone_is_known_are_found() -> None:
    seeing = conduct(DAILY, allowedHours=HOURS)

    def decide(account: Account, past: tuple[Past, ...], at: datetime) -> Decision:
        return decided(seeing, replace(account, row=replace(account.row, zone="")), past, at)

    late = debtor(zone="Europe/Berlin", position=Position(due_at=NOW + timedelta(hours=11)))
    found = _found(Foresight(DAILY, frame(), decide), [late], allowedHours=HOURS)
    assert found.counterexample is not None
    assert found.words == "account 1 at 2027-03-01T20:00:00Z (Mon 21:00 in Europe/Berlin): allowedHours"


def test_what_is_right_is_proven_in_every_zone_over_the_changes_of_clocks() -> None:
    zones = ("America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "America/Havana", "Asia/Kathmandu", "")
    accounts = [fresh(DAILY, number, zone) for number, zone in enumerate(zones)]
    found = _outlook(DAILY, accounts, policyPack="us-reg-f", **LIMITED)
    assert found.is_proven
    assert found.contacts == sum(found.days.values()) > 0


def test_a_conduct_is_what_the_settings_say() -> None:
    assert Conduct(COURSE, limits(settings(**LIMITED)), account_seen) == conduct(COURSE, **LIMITED)
