"""Mails about alerts, to a real server: one to each subscriber when an alert opens, and one when it closes. (I-26)"""

import email
import email.policy
from contextlib import closing
from email.message import EmailMessage

from reconciler.model.ref import Ref
from reconciler.model.work import Stage
from tests.receivables.crew import turn
from tests.receivables.office import Office
from tests.smtp_counter import Taken

WHO = ["ana@ops.example", "ben@ops.example"]


def ninety_percent(office: Office, **said: object) -> None:
    """Ten invoices, of which the campaign has nine, and settings of which `said` is the part about In Campaign %."""
    settings = {"timezone": "UTC", "supportContact": "help@billing.example"}
    office.manifest("NotificationSettings", "portal", {**settings, "inCampaign": {"emailSubscribers": WHO, **said}})
    office.rule_set("small", "invoice.amountDue < 50.0")
    office.invoices({f"INV-{number}": {"amountDue": "20.00" if number else "99.00"} for number in range(10)})
    office.workflow("quiet", [{"day": 30, "action": "exit"}])
    office.launch("overdue", rules="small", workflow="quiet", sample="INV-1")
    turn(office)


def sent(office: Office) -> list[tuple[str, str]]:
    return sorted((one.recipient, str(message(one)["Subject"])) for one in office.mails.taken)


def said(office: Office) -> str:
    """What a person sees who looks at alerts."""
    return office.world.cli("receivables", "alerts").out


def message(one: Taken) -> EmailMessage:
    found = email.message_from_bytes(one.message, policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def text(one: Taken) -> str:
    return str(message(one).get_content())


def test_each_subscriber_hears_once_that_it_begins_and_once_that_it_is_over(office: Office) -> None:
    """I-26, I-27: with the figures, the breakdown, and whom to ask; however often it is looked at."""
    ninety_percent(office)
    assert sent(office) == [], "9 of 10 is as expected"
    office.change("INV-1", status="paid")
    for _ in range(3):
        turn(office)
    subject = "In Campaign 88.88 %: 8 of 9 invoices; expected are 90 %"
    assert sent(office) == [(who, subject) for who in WHO]
    for words in (
        "1 meant by no campaign's audience (INV-0)",
        "muster receivables match INV-0",
        "help@billing.example",
    ):
        assert words in text(office.mails.taken[0])
    assert message(office.mails.taken[0])["Auto-Submitted"] == "auto-generated"
    office.mails.taken.clear()
    office.change("INV-0", amountDue="30.00")
    for _ in range(3):
        turn(office)
    assert sent(office) == [(who, "Over: In Campaign 100.00 %: 9 of 9 invoices") for who in WHO]
    assert "2027-01-04T09:00:00Z is over" in text(office.mails.taken[0])


def test_the_next_breach_is_told_again(office: Office) -> None:
    """I-26, AMB-I3: an alert is one breach, and each has its mails."""
    ninety_percent(office)
    for number, status in (("INV-1", "paid"), ("INV-0", "paid"), ("INV-0", "awaiting_payment")):
        office.change(number, status=status)
        turn(office)
    subjects = [subject.partition(":")[0] for who, subject in sent(office) if who == WHO[0]]
    assert subjects == ["In Campaign 88.88 %", "In Campaign 88.88 %", "Over"]
    with closing(office.app()) as app:
        assert len(app.store().in_campaign.alerts(10)) == 2


def test_a_mail_goes_by_the_channel_that_is_named_else_by_the_only_one(office: Office) -> None:
    """I-26: where nobody can tell by which, the alert stands on the portal alone."""
    office.manifest("Channel", "other", {"type": "email", "smtp": "relay", "from": {"email": "alerts@billing.example"}})
    ninety_percent(office)
    office.change("INV-1", status="paid")
    turn(office)
    with closing(office.app()) as app:
        assert app.store().in_campaign.open_alert()
    assert sent(office) == []
    assert "Subscribers are not written to: there is no e-mail Channel, or more than one" in said(office)
    ninety_percent(office, channel="other")
    assert "not written to" not in said(office)
    office.change("INV-2", status="voided")
    office.change("INV-0", status="paid")
    turn(office)
    assert {one.sender for one in office.mails.taken} == {"alerts@billing.example"}


def test_a_server_that_is_out_gets_the_mails_once_it_is_back(office: Office) -> None:
    """I-26: none is lost, and none comes twice."""
    ninety_percent(office)
    office.mails.answer = lambda _one: b"451 4.3.0 later"
    office.change("INV-1", status="paid")
    turn(office)
    assert sent(office) == []
    office.mails.answer = lambda _one: b"250 2.0.0 taken"
    office.world.clock.advance(hours=2)
    turn(office)
    assert [who for who, _ in sent(office)] == WHO


def test_a_mail_in_doubt_is_listed_and_not_repeated(office: Office) -> None:
    """I-26, AMB-E13: the server has the whole mail and hangs up."""
    ninety_percent(office)
    office.mails.answer = lambda _one: b""
    office.change("INV-1", status="paid")
    turn(office)
    office.world.clock.advance(hours=2)
    turn(office)
    with closing(office.app()) as app:
        store = app.store()
        uid = store.ledger.uid(Ref("NotificationSettings", "portal"))
        view = store.ledger.view(uid, office.world.clock.now())
        assert view is not None
        assert view.stages.get(Stage.UNKNOWN) == len(WHO)
