"""What stops contacts, and what begins them again: pause, completion, the end date, an edit, deletion, brakes."""

from tests.contacts.agency import Agency, account


def begun(office: Agency, many: int = 3, *, end: str = "2027-03-31") -> None:
    """An active campaign, whose accounts have had their first contact, an sms; the mail that follows waits."""
    office.settings(limits={"minInterval": "24h"})
    office.strategy(office.step("sms"), office.step("mail"))
    office.accounts([account(number) for number in range(1, many + 1)])
    office.campaign("active", end=end)
    office.apply()
    office.cycles(2)
    assert office.stages() == {"completed": many, "pending": many}


def test_a_pause_cancels_what_waits_and_resuming_goes_on_from_the_current_step(office: Agency) -> None:
    """C-08, C-11, C-13, AMB-C1, AMB-C2: what was cancelled stays so; accounts are queued anew where they are."""
    begun(office)
    office.campaign("paused", end="2027-03-31")
    office.apply()
    office.clock.advance(days=2)
    office.cycles(3)
    assert office.stages() == {"cancelled": 3, "completed": 3}
    office.campaign("active", end="2027-03-31")
    office.apply()
    office.cycles(3)
    assert office.stages() == {"cancelled": 3, "completed": 6}
    assert [one.medium for one in office.contacts()] == ["sms"] * 3 + ["email"] * 3


def test_a_completed_campaign_contacts_nobody(office: Agency) -> None:
    """C-09, C-12, AMB-C6: what waits is cancelled."""
    begun(office)
    office.campaign("completed", end="2027-03-31")
    office.apply()
    office.clock.advance(days=2)
    office.cycles(3)
    assert office.stages() == {"cancelled": 3, "completed": 3}


def test_the_day_after_the_end_date_nobody_is_contacted_before_the_nightly_job(office: Agency) -> None:
    """C-02, C-15, AMB-C3, AMB-C6, X-04: in the organisation's zone; then it is completed, and nothing asks for more."""
    zone = {"timezone": "America/Chicago", "nightlyJob": "03:00"}
    office.settings(**zone)
    office.strategy(office.step("sms"), office.step("mail", wait="30m"))
    office.accounts([account(1, timezone="Asia/Tokyo")])
    office.campaign("active", end="2027-03-02")
    office.apply()
    office.clock.set("2027-03-03T05:40:00Z")  # 23:40 on the last day
    office.turn()
    assert len(office.contacts()) == 1
    office.clock.set("2027-03-03T05:59:59Z")
    office.cycles(1)
    office.clock.set("2027-03-03T06:00:00Z")
    office.accounts([account(1), account(2)])
    office.apply()
    office.until("2027-03-03T08:59:00Z")
    assert len(office.contacts()) == 1
    assert office.state() == "active"
    assert office.rows("SELECT count(*) FROM contact_item WHERE stage = 'pending' AND due_at > 0") in ([(0,)], [(1,)])
    office.clock.set("2027-03-03T09:00:00Z")
    office.apply()
    assert office.state() == "completed"
    assert set(office.stages()) <= {"completed", "cancelled"}
    assert not office.room.plan().resources, "completed by its end date satisfies active"
    office.until("2027-03-05T00:00:00Z")
    assert len(office.contacts()) == 1


def test_what_waits_on_the_last_day_is_not_dispatched_the_day_after(office: Agency) -> None:
    """AMB-C3, AMB-C6: an item that was queued in time, and is due when the range is over."""
    begun(office, end="2027-03-02")
    office.clock.set("2027-03-03T00:00:00Z")
    office.until("2027-03-03T01:59:00Z")
    assert office.stages() == {"completed": 3, "pending": 3}
    office.clock.set("2027-03-03T02:00:00Z")
    office.apply()
    assert office.stages() == {"cancelled": 3, "completed": 3}


def test_before_its_start_an_active_campaign_is_idle(office: Agency) -> None:
    """AMB-C5: its first day begins at midnight of the organisation."""
    office.settings(timezone="Asia/Tokyo")
    office.strategy(office.step("sms"))
    office.accounts([account(1)])
    office.campaign("active", start="2027-03-03")
    office.apply()
    office.until("2027-03-02T14:59:00Z")
    assert office.contacts() == []
    office.clock.set("2027-03-02T15:00:00Z")
    office.turn()
    assert len(office.contacts()) == 1


def test_another_strategy_begins_at_its_first_step_and_earlier_contacts_count(office: Agency) -> None:
    """AMB-C7: what waits is cancelled; the limit of a day still knows of the contact by the old strategy."""
    begun(office)
    office.strategy(office.step("voice"), office.step("voice"), name="firmer")
    office.campaign("active", end="2027-03-31", strategy="firmer")
    office.apply()
    office.cycles(3)
    assert office.stages()["cancelled"] == 3
    assert len(office.contacts()) == 3, "the interval of 24 hours holds"
    office.clock.advance(days=1)
    office.cycles(3)
    assert [one.medium for one in office.contacts()] == ["sms"] * 3 + ["voice"] * 3
    office.clock.advance(days=1)
    office.cycles(3)
    assert len(office.contacts()) == 9


def test_a_deleted_campaign_frees_its_accounts_and_their_history_stays(office: Agency) -> None:
    """C-23, AMB-C8, AMB-C9: another campaign takes them, and the interval since their last contact holds there too."""
    begun(office)
    office.campaign("deleted", end="2027-03-31")
    office.apply()
    assert office.rows("SELECT count(*) FROM account WHERE campaign <> 0") == [(0,)]
    assert office.stages() == {"cancelled": 3, "completed": 3}
    office.campaign("active", end="2027-03-31", name="second")
    office.apply()
    office.cycles(3)
    assert len(office.contacts()) == 3
    office.clock.advance(days=1)
    office.cycles(3)
    assert [one.medium for one in office.contacts()] == ["sms"] * 6


def test_the_brake_keeps_the_queue_and_a_pause_cancels_it(office: Agency) -> None:
    """AMB-C13: two different switches."""
    begun(office)
    office.brake(is_on=True)
    office.clock.advance(days=2)
    office.cycles(3)
    assert office.stages() == {"completed": 3, "pending": 3}
    office.brake(is_on=False)
    office.cycles(2)
    assert office.stages() == {"completed": 6}


def test_queueing_by_hand_where_cycles_do_not(office: Agency) -> None:
    """C-21, C-24, C-26, AMB-C10: without autoEnqueue nobody is queued but by hand, and then once."""
    office.settings(autoEnqueue=False)
    office.strategy(office.step("sms"))
    office.accounts([account(1), account(2)])
    office.campaign("active")
    office.apply()
    office.cycles(3)
    assert office.stages() == {}
    for _ in range(2):
        office.enqueue()
    assert office.stages() == {"pending": 2}
    office.cycles(1)
    assert office.stages() == {"completed": 2}
