"""What a worker does with collection campaigns, by a clock that stands still: cycles, contacts, and what becomes of them."""

from typing import Any

import pytest

from tests.contacts.agency import Agency, account


def test_accounts_are_contacted_step_by_step(office: Agency) -> None:
    """C-07, C-26: by mail, by sms two days later, and by voice: each once."""
    office.strategy(office.step("mail"), office.step("sms", wait="2d"), office.step("voice", wait="1d"))
    office.accounts([account(1), account(2)])
    office.campaign("active")
    office.apply()
    office.turn()
    assert [(one.account, one.medium) for one in office.contacts()] == [("A1", "email"), ("A2", "email")]
    office.clock.advance(days=1)
    office.turn()
    assert len(office.contacts()) == 2
    office.clock.advance(days=1)
    office.turn()
    office.clock.advance(days=1)
    office.turn()
    office.clock.advance(days=30)
    office.turn()
    assert [(one.account, one.medium) for one in office.contacts()[2:]] == [
        ("A1", "sms"), ("A2", "sms"), ("A1", "voice"), ("A2", "voice"),
    ]  # fmt: skip
    assert office.stages() == {"completed": 6}


def test_who_was_not_reached_is_tried_again_by_the_strategy(office: Agency) -> None:
    """C-07: the agent says that nobody was there; the try after a day, and then the next step."""
    office.answer = lambda body: (200, {"reached": body["medium"] != "voice", "reason": "nobody picked up"})
    office.strategy(office.step("voice", retries=1, retryDelay="1d"), office.step("sms", wait="2d"))
    office.accounts([account(1)])
    office.campaign("active")
    office.apply()
    times = []
    for _ in range(6):
        office.turn()
        office.clock.advance(days=1)
        times.append(len(office.contacts()))
    assert times == [1, 2, 2, 3, 3, 3]
    assert [one.medium for one in office.contacts()] == ["voice", "voice", "sms"]
    assert office.stages() == {"completed": 1, "failed": 2}
    assert office.rows("SELECT reason FROM contact_item WHERE stage = 'failed'") == [("nobody picked up",)] * 2


def test_a_dispatch_outside_the_hours_is_due_at_the_next_instant_that_is_allowed(office: Agency) -> None:
    """AMB-C11: by the contact's own clock, else by the organisation's; nothing is lost."""
    office.settings(allowedHours={"from": "08:00", "to": "13:00"}, timezone="America/Chicago")
    office.strategy(office.step("voice"))
    office.accounts([account(1), account(2, timezone="Asia/Tokyo"), account(3, timezone="Europe/Berlin")])
    office.campaign("active")
    office.apply()
    office.turn()  # noon UTC: six in Chicago, nine in the evening in Tokyo, one in Berlin
    assert office.contacts() == []
    office.until("2027-03-01T14:00:00Z")
    assert [(one.account, one.at.hour) for one in office.contacts()] == [("A1", 14)]
    office.until("2027-03-01T23:00:00Z")
    assert [one.account for one in office.contacts()] == ["A1", "A2"], "eight in Tokyo"
    office.until("2027-03-02T07:00:00Z")
    assert [one.account for one in office.contacts()] == ["A1", "A2", "A3"], "eight in Berlin"
    assert office.stages() == {"completed": 3}


@pytest.mark.parametrize(
    ("spec", "made"),
    [({"limits": {"perDay": 1}}, 1), ({"enginePaused": True}, 0)],
    ids=["a limit", "the engine"],
)
def test_settings_hold_for_the_very_next_contact(office: Agency, spec: dict[str, Any], made: int) -> None:
    """AMB-C11, AMB-C13: what is changed between two contacts; what waits stays in the queue, and goes on afterwards."""
    office.strategy(office.step("mail"), office.step("sms"))
    office.accounts([account(1)])
    office.campaign("active")
    office.settings(**spec)
    office.apply()
    office.cycles(3)
    assert len(office.contacts()) == made
    assert office.stages()["pending"] == 1
    office.settings()
    office.apply()
    office.clock.advance(days=1)
    office.cycles(3)
    assert len(office.contacts()) == 2


def test_a_strategy_that_is_switched_off_rests_with_what_waits(office: Agency) -> None:
    """AMB-C11, C-02: in every campaign that has it; nothing is lost."""
    steps = [office.step("mail"), office.step("sms")]
    office.strategy(*steps)
    office.accounts([account(1)])
    office.campaign("active")
    office.apply()
    office.turn()
    office.strategy(*steps, enabled=False)
    office.apply()
    office.cycles(3)
    assert len(office.contacts()) == 1
    office.strategy(*steps)
    office.apply()
    office.cycles(3)
    assert len(office.contacts()) == 2


def test_a_limit_that_is_lowered_while_a_lane_is_at_work_stops_it_there(office: Agency) -> None:
    """AMB-C11: the agent's answer to the first call puts the brake on; nobody else is called."""

    def answer(_body: object) -> tuple[int, dict[str, object]]:
        if len(office.heard) == 0:
            office.settings(enginePaused=True)
            office.apply()
        return 200, {"reached": True}

    office.answer = answer
    office.strategy(office.step("sms"))
    office.accounts([account(number) for number in range(1, 30)])
    office.campaign("active")
    office.apply()
    office.turn()
    assert len(office.contacts()) == 1
    assert office.stages() == {"completed": 1, "pending": 28}
    office.settings()
    office.apply()
    office.turn()
    assert office.stages() == {"completed": 29}


def test_a_call_that_was_put_off_is_made_under_the_same_key_and_counts_once(office: Agency) -> None:
    """AMB-C11: 503 is no contact; when it is over, limits are asked as they are then."""
    office.channels(retry={"attempts": 5, "backoff": "1h"})
    office.settings(limits={"perDay": 1}, allowedHours={"from": "08:00", "to": "13:30"})
    office.answer = lambda _body: (503, {})
    office.strategy(office.step("sms"))
    office.accounts([account(1)])
    office.campaign("active")
    office.apply()
    office.turn()
    assert office.stages() == {"pending": 1}
    assert office.rows("SELECT count(*) FROM interaction") == [(0,)], "nobody was asked"
    office.clock.advance(hours=2)
    office.turn()
    assert len(office.heard) == 1, "it is two, and calls end at half past one"
    office.answer = lambda _body: (200, {})
    office.until("2027-03-02T08:00:00Z")
    assert [(one.times, one.at.day) for one in office.contacts()] == [(2, 1)]
    assert office.rows("SELECT at FROM interaction") == [(office.clock.now().timestamp(),)]
    assert office.stages() == {"completed": 1}


def test_who_cannot_be_reached_that_way_goes_on_and_nothing_counts(office: Agency) -> None:
    """C-31, AMB-C11: no phone, then an address that is none; the third step reaches them on the same day."""
    office.settings(limits={"perDay": 1})
    office.strategy(office.step("voice"), office.step("mail"), office.step("sms"))
    office.accounts([account(1, contactPhone=""), account(2, contactEmail="no address")])
    office.campaign("active")
    office.apply()
    office.cycles(4)
    assert [(one.account, one.medium) for one in office.contacts()] == [("A2", "voice"), ("A1", "email")]
    office.clock.advance(days=1)
    office.cycles(4)
    assert [(one.account, one.medium) for one in office.contacts()][2:] == [("A2", "sms")]
    assert office.stages() == {"completed": 3, "skipped": 3}
    assert office.rows("SELECT count(*) FROM interaction WHERE sort = 'contact'") == [(3,)]


def test_a_connection_that_is_out_costs_nobody_a_try(office: Agency) -> None:
    """AMB-C11: the lane rests; nobody was contacted, and all are when it is back."""
    office.strategy(office.step("mail"))
    office.accounts([account(number) for number in range(1, 6)])
    office.room.relay("relay", 1)
    office.campaign("active")
    office.apply()
    office.turn()
    assert office.stages() == {"pending": 5}
    assert office.rows("SELECT count(*) FROM interaction") == [(0,)]
    office.room.relay("relay", office.mail_port)
    office.apply()
    office.clock.advance(minutes=10)
    office.turn()
    assert len(office.contacts()) == 5
