"""What the execution page says of an engine that nobody runs, or that does not get through."""

import json
from contextlib import closing
from datetime import timedelta

from reconciler.kinds.collections.reading import execution
from reconciler.kinds.collections.sheet import Ahead, Execution
from reconciler.kinds.collections.telling import story_of
from reconciler.views.collection_json import execution_to_json
from reconciler.views.collection_text import execution_text
from tests.contacts.agency import QUARTER, Agency, account


def told(office: Agency) -> Execution:
    with closing(office.room.open()) as store:
        return execution(store, office.clock.now())


def ahead(office: Agency, number: str) -> Ahead:
    with closing(office.room.open()) as store:
        (account,) = store.accounts.named(number)
        return story_of(store, account, office.clock.now()).ahead


def test_why_an_account_is_not_contacted_now(office: Agency) -> None:
    """C-20, AMB-C3, AMB-C11, AMB-C13: account, engine, hours, the step's time, the queue; and the contacts to come."""
    office.settings(allowedHours={"from": "13:00", "to": "15:00"}, autoEnqueue=False)
    office.strategy(office.step("sms"), office.step("voice", wait="2d"))
    office.accounts([account(1), account(2, optedOut=True), account(3, status="in_legal")])
    office.campaign("active", end="2027-03-31")
    office.apply()
    office.turn()
    assert (ahead(office, "A2").why, ahead(office, "A3").why) == ("opted-out", "not-eligible")
    first = ahead(office, "A1")
    assert (first.why, str(first.until)) == ("allowedHours", "2027-03-01 13:00:00+00:00")
    assert first.way is not None
    assert [(str(one.at), one.channel) for one in first.way.contacts] == [
        ("2027-03-01 13:00:00+00:00", "sms"), ("2027-03-03 13:00:00+00:00", "voice"),
    ]  # fmt: skip
    office.clock.advance(hours=1)
    assert ahead(office, "A1").why.startswith("it is due and not queued")
    office.enqueue()
    assert ahead(office, "A1").why == ""
    office.brake(is_on=True)
    assert ahead(office, "A1").why == "the engine is paused: an audit"
    office.brake(is_on=False)
    office.turn()
    after = ahead(office, "A1")
    assert (after.why, str(after.until)) == ("its next step is due later", "2027-03-03 13:00:00+00:00")
    office.campaign("paused", end="2027-03-31")
    office.apply()
    assert ahead(office, "A1").why == "the campaign is paused"


def test_a_mail_server_that_is_down_is_named(office: Agency) -> None:
    """C-25, C-31: by which connection, since when, when it is tried again, what was said; not once it gets through."""
    port, office.mail_port = office.mail_port, 9
    office.channels()
    office.strategy(office.step("mail"))
    office.accounts([account(1), account(2)])
    office.campaign("active")
    office.apply()
    office.turn()
    found = told(office)
    (rest,) = found.blocked
    assert (rest.ref, rest.via, rest.since) == (QUARTER, "relay", office.clock.now())
    assert rest.until is not None
    assert rest.until > office.clock.now()
    assert rest.message
    text = execution_text(found, False)
    assert "rests           quarter by SmtpConnection/relay since 2027-03-01 12:00 UTC, tried again" in text
    (line,) = json.loads(execution_to_json(found))["resting"]
    assert (line["campaign"], line["through"], line["message"]) == ("quarter", "relay", rest.message)
    office.mail_port = port
    office.channels()
    office.apply()
    office.clock.advance(hours=1)
    office.turn()
    assert not told(office).blocked
    assert len(office.contacts()) == 2


def test_whether_a_worker_looks(office: Agency) -> None:
    """C-25, C-26: when the last cycle began and the next one does; that none does is said once one is a minute late."""
    office.settings(schedulerCycle="5m")
    office.strategy(office.step("sms"))
    office.accounts([account(1)])
    office.campaign("draft")
    office.apply()
    assert not told(office).pulse.is_late, "there is nothing to look at"
    office.campaign("active")
    office.apply()
    assert "cycles          none yet; is a `muster worker` running?" in execution_text(told(office), False)
    began = office.clock.now()
    office.turn()
    pulse = told(office).pulse
    assert (pulse.last, pulse.next, pulse.is_late) == (began, began + timedelta(minutes=5), False)
    office.clock.advance(minutes=6)
    assert not told(office).pulse.is_late
    office.clock.advance(seconds=1)
    assert json.loads(execution_to_json(told(office)))["unattended"] is True
    assert "none since 2027-03-01 12:00 UTC" in execution_text(told(office), False)
    office.turn()
    assert not told(office).pulse.is_late
