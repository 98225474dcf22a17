"""Invoices go through campaigns: they enter, hear what is due, and leave. (I-01, I-04 … I-09, I-20; AMB-I6 … AMB-I9)"""

import threading
from contextlib import closing

import pytest

from reconciler.kinds.receivables.working import ReceivablesWorker
from tests.email.mailroom import until
from tests.hooks.servers import Request
from tests.receivables.office import REMINDERS, Office
from tests.smtp_counter import Taken

ENDLESS = REMINDERS[:3]


def test_an_invoice_hears_each_step_on_its_day_and_leaves_at_the_end(office: Office) -> None:
    """I-01, I-20, AMB-I8."""
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.turn()
    assert office.said() == [("INV-1", "overdue", 0, "sent")]
    for day in range(1, 22):
        office.pass_days()
        assert len(office.said()) == 1 + (day >= 3) + (day >= 10), day
        assert office.inside() == ({"INV-1": "overdue"} if day < 21 else {}), day
    assert office.said() == [("INV-1", "overdue", step, "sent") for step in range(3)]
    assert office.exits() == {("INV-1", "overdue"): "workflow_finished"}
    assert [one.recipient for one in office.mails.taken] == ["inv-1@c.example"] * 2
    assert b"80.0000" not in office.mails.taken[0].message
    assert b"80.00 of INV-1" in office.mails.taken[0].message
    assert len(office.calls.requests) == 1
    assert b'"phone":"+1555"' in office.calls.requests[0].body


def test_a_campaign_goes_on_and_takes_whoever_matches_later(office: Office) -> None:
    """I-20: what comes in, what changes and what grows older is taken, until somebody stops it."""
    office.rule_set("late", "invoice.daysOverdue >= 30")
    office.invoices({"INV-1": {"dueDate": "2026-12-05"}, "INV-2": {"dueDate": "2026-12-06"}})
    office.launch("overdue", rules="late")
    office.turn()
    assert office.inside() == {"INV-1": "overdue"}
    office.pass_days()
    assert office.inside() == {"INV-1": "overdue", "INV-2": "overdue"}, "a day older"
    office.change("INV-3", dueDate="2026-11-01")
    office.turn()
    assert set(office.inside()) == {"INV-1", "INV-2", "INV-3"}, "and who came in, at once"


def test_of_two_campaigns_the_lower_number_takes_an_invoice_then_the_earlier_launch_then_the_name(
    office: Office,
) -> None:
    """AMB-I9, I-08: decided once; a campaign with a better claim that comes later takes what is outside."""
    office.rule_set("shop", 'invoice.brand == "shop"', "true")
    office.rule_set("others", 'invoice.brand != "web"', "true")
    office.invoices({"INV-1": {"brand": "shop"}, "INV-2": {"brand": "other"}})
    office.launch("zebra", rules="shop", priority=20)
    office.world.clock.advance(minutes=1)
    office.launch("second", rules="others", priority=20)
    office.turn()
    assert office.inside() == {"INV-1": "zebra", "INV-2": "second"}, "the earlier launch, whatever its name"
    office.launch("first", priority=1, sample="INV-2")
    office.invoices({"INV-3": {"brand": "shop"}})
    office.load()
    office.turn()
    assert office.inside() == {"INV-1": "zebra", "INV-2": "second", "INV-3": "first"}
    assert office.said()[0] == ("INV-1", "zebra", 0, "sent")


def test_of_two_that_were_launched_at_once_the_name_decides(office: Office) -> None:
    """AMB-I9."""
    office.rule_set("too", "invoice.amountDue > 0.5")
    office.invoices({"INV-1": {}})
    office.launch("b", rules="too")
    office.launch("a")
    office.turn()
    assert office.inside() == {"INV-1": "a"}


def test_who_was_treated_is_not_taken_again_but_by_a_campaign_that_says_so(office: Office) -> None:
    """I-04, I-05, I-07: and by that once; two that both say so do not hand it to and fro for ever."""
    office.workflow("brief", [{"day": 0, "channel": "mail", "template": "hello"}])
    office.rule_set("too", "invoice.amountDue > 0.5")
    office.invoices({"INV-1": {}})
    office.launch("overdue", workflow="brief")
    office.turn()
    office.launch("standard", rules="too")
    office.pass_days()
    assert office.exits() == {("INV-1", "overdue"): "workflow_finished"}, "a standard one does not take it"
    again = {"workflow": "brief", "purpose": "reEngagement", "includePreviouslyTreated": True}
    office.launch("again", rules="too", **again)
    office.launch("too", priority=7, **again)
    office.pass_days(5)
    assert office.said() == [("INV-1", name, 0, "sent") for name in ("overdue", "too", "again")]
    assert office.inside() == {}


def test_while_it_is_in_an_active_campaign_no_other_takes_it(office: Office) -> None:
    """I-08, I-04."""
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.turn()
    office.launch("again", priority=1, purpose="reEngagement", includePreviouslyTreated=True)
    office.pass_days(2)
    assert office.exits() == {("INV-1", "overdue"): ""}


def test_nothing_is_said_while_an_arrangement_runs_and_its_failure_ends_it(office: Office) -> None:
    """I-09, AMB-I6: suspended however long it runs, the end of the workflow too."""
    office.invoices({"INV-1": {}, "INV-2": {}})
    office.launch("overdue")
    office.turn()
    office.change("INV-1", status="on_payment_arrangement")
    office.change("INV-2", status="On Payment Arrangement")
    office.pass_days(40)
    assert [one for one in office.said() if one[2]] == []
    assert office.inside() == {"INV-1": "overdue", "INV-2": "overdue"}
    office.change("INV-1", status="awaiting_payment")
    office.change("INV-2", status="paid")
    office.pass_days()
    assert office.exits() == {("INV-1", "overdue"): "arrangement_failed", ("INV-2", "overdue"): "paid"}
    assert len(office.said()) == 2


@pytest.mark.parametrize("status", ["paid", "voided"])
def test_who_has_paid_leaves_at_once(office: Office, status: str) -> None:
    """AMB-I6."""
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.turn()
    office.change("INV-1", status=status)
    office.turn()
    assert office.exits() == {("INV-1", "overdue"): status}
    office.pass_days(10)
    assert len(office.said()) == 1


def test_days_on_hold_do_not_count(office: Office) -> None:
    """AMB-I6: from the second day on for five days; one that ends on the day on which it began costs nothing."""
    office.invoices({"INV-1": {}, "INV-2": {}})
    office.launch("overdue", workflow="soft")
    office.turn()
    office.change("INV-2", onHold="true")
    office.turn()
    office.world.clock.advance(hours=5)
    office.change("INV-2", onHold="false")
    office.turn()
    office.world.clock.advance(days=2, hours=-5)
    office.change("INV-1", onHold="true")
    office.turn()
    office.pass_days()
    assert [one for one in office.said() if one[2] == 1] == [("INV-2", "overdue", 1, "sent")], "day 3"
    office.pass_days(4)
    office.change("INV-1", onHold="false")
    office.turn()
    assert len(office.said()) == 3
    office.pass_days()
    assert office.said()[-1] == ("INV-1", "overdue", 1, "sent"), "day 8 is its day 3"
    office.pass_days(2)
    assert office.said()[-1] == ("INV-2", "overdue", 2, "sent")
    office.pass_days(5)
    assert office.said()[-1] == ("INV-1", "overdue", 2, "sent"), "day 15 is its day 10"


def test_what_its_source_names_no_more_waits_until_it_is_named_again(office: Office) -> None:
    """AMB-I6: absence is no payment; its clock stands still."""
    office.invoices({"INV-1": {}, "INV-2": {}})
    office.launch("overdue")
    office.turn()
    office.invoices({"INV-1": None})
    office.load()
    office.pass_days(6)
    assert [one[0] for one in office.said() if one[2]] == ["INV-2"]
    office.change("INV-1")
    office.turn()
    assert office.inside() == {"INV-1": "overdue", "INV-2": "overdue"}
    office.pass_days(3)
    assert [one[0] for one in office.said() if one[2]] == ["INV-2", "INV-1"]


@pytest.mark.parametrize(
    ("change", "why"), [({"status": "paid"}, "paid"), ({"onHold": "true"}, "on hold"), (None, "does not name")]
)
def test_who_has_paid_after_a_step_was_posted_hears_nothing(office: Office, change: dict[str, str], why: str) -> None:
    """AMB-I6: asked again in the transaction that notes that it is being said."""
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    with closing(office.app()) as app:
        store = app.store()
        worker = ReceivablesWorker(store, lambda _: "", office.world.clock)
        worker.reports()
        office.invoices({"INV-1": change})
        office.load()
        assert office.work(store, worker) == 1
    assert office.mails.count() == 0
    assert office.said() == []
    ((answer,),) = office.rows("SELECT answer FROM unit")
    assert why in answer


def test_a_step_whose_condition_is_false_is_passed_over(office: Office) -> None:
    """I-01: and so is one whose condition nobody can tell."""
    steps = [
        {"day": 0, "channel": "mail", "template": "hello", "when": "invoice.amountDue >= 100.0"},
        {"day": 0, "channel": "mail", "template": "hello", "when": 'invoice.nowhere == "x"'},
        {"day": 1, "channel": "mail", "template": "hello", "when": 'contact.name == "INV-1"'},
    ]
    office.workflow("choosy", steps)
    office.invoices({"INV-1": {}})
    office.launch("overdue", workflow="choosy")
    office.pass_days(2)
    assert [one[2:] for one in office.said()] == [(0, "passed_over"), (1, "passed_over"), (2, "sent")]
    assert office.exits() == {("INV-1", "overdue"): "workflow_finished"}


def test_who_cannot_be_reached_is_reached_otherwise(office: Office) -> None:
    """I-17: by the other way of the step; without one it is passed over, with a note."""
    sms = {"channel": "sms", "template": "nudge"}
    steps = [{"day": 0, **sms, "otherwise": {"channel": "mail", "template": "hello"}}, {"day": 1, **sms}]
    office.workflow("caring", steps)
    office.invoices({"INV-1": {"contactPhone": ""}, "INV-2": {}, "INV-3": {"contactPhone": "", "contactEmail": ""}})
    office.launch("overdue", workflow="caring")
    office.turn()
    assert {one[0]: one[3] for one in office.said()} == {"INV-1": "sent", "INV-2": "sent", "INV-3": "passed_over"}
    assert [one.recipient for one in office.mails.taken] == ["inv-1@c.example"]
    office.pass_days()
    found = office.rows("SELECT detail FROM communication WHERE step = 1 ORDER BY enrolment")
    assert [("no phone" in detail) for (detail,) in found] == [True, False, True]
    assert set(office.exits().values()) == {"workflow_finished"}


def test_a_refusal_is_noted_and_the_workflow_goes_on(office: Office) -> None:
    """I-20."""
    office.mails.answer = lambda one: b"550 5.1.1 nobody here" if office.mails.connections == 1 else b"250 taken"
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.turn()
    assert office.said() == [("INV-1", "overdue", 0, "failed")]
    office.pass_days(10)
    assert [one[3] for one in office.said()] == ["failed", "sent", "sent"]


def test_a_mail_that_nobody_knows_of_is_not_repeated(office: Office) -> None:
    """I-20: the server hangs up over its yes; the workflow goes on."""

    def hang_up(_one: Taken) -> bytes:
        raise EOFError

    office.mails.answer = hang_up
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.turn()
    assert office.said() == [("INV-1", "overdue", 0, "unknown")]
    office.mails.answer = lambda _one: b"250 taken"
    office.pass_days(10)
    assert [one[3] for one in office.said()] == ["unknown", "sent", "sent"]


def test_nothing_begins_once_a_campaign_is_stopped(office: Office) -> None:
    """AMB-I7: whatever was posted; all leave at once, and count as treated."""
    office.invoices({f"INV-{number}": {} for number in range(20)})
    office.launch("overdue")
    with closing(office.app()) as app:
        store = app.store()
        worker = ReceivablesWorker(store, lambda _: "", office.world.clock)
        worker.reports()
        assert office.rows("SELECT count(*) FROM unit WHERE stage = 'pending'") == [(20,)]
        office.ask("overdue", "stopped")
        worker.reports()
        assert office.work(store, worker) == 0
    office.pass_days(4)
    assert set(office.exits().values()) == {"campaign_stopped"}
    assert len(office.exits()) == 20
    assert office.mails.count() == 0
    office.rule_set("too", "true")
    office.launch("next", rules="too")
    office.turn()
    assert office.inside() == {}, "they count as treated"


def test_a_stop_in_the_middle_of_a_lane_lets_only_what_was_begun_end(office: Office) -> None:
    """AMB-I7: somebody stops the campaign while a mail is under way, and waits until that has been said."""
    stopping = threading.Thread(target=office.ask, args=("overdue", "stopped"))

    def answer(_one: Taken) -> bytes:
        if not stopping.ident:
            stopping.start()
            until(lambda: office.rows("SELECT closed FROM enrolment_gate") == [(1,)], "the gate to close")
            until(lambda: office.rows("SELECT phase FROM job") == [("closed",)], "the job to close")
        return b"250 taken"

    office.mails.answer = answer
    office.invoices({f"INV-{number}": {} for number in range(20)})
    office.launch("overdue")
    office.turn()
    stopping.join()
    assert office.mails.count() == 1
    assert [one[3] for one in office.said()] == ["sent"], "what was begun is settled"
    assert list(office.exits().values()) == ["campaign_stopped"] * 20
    assert office.world.state("ReceivablesCampaign/overdue") == "stopped"


def test_what_was_missed_is_caught_up_with_in_order_one_day_after_another(office: Office) -> None:
    """AMB-I6: nobody worked for twelve days: no second reminder first, and never two on one day."""
    office.workflow("soft", ENDLESS)
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.turn()
    office.world.clock.advance(days=12)
    office.turn()
    assert len(office.said()) == 2, "the step of day 3"
    office.turn()
    assert len(office.said()) == 2
    office.pass_days()
    assert [one[2] for one in office.said()] == [0, 1, 2]
    assert office.inside() == {}


def test_steps_of_one_day_go_out_on_one_day(office: Office) -> None:
    """I-01: as their author meant it."""
    office.workflow("both", [REMINDERS[0], {**REMINDERS[1], "day": 0}])
    office.invoices({"INV-1": {}})
    office.launch("overdue", workflow="both")
    office.turn()
    assert [one[2] for one in office.said()] == [0, 1]


def test_messages_go_out_within_the_hours_of_the_workflow(office: Office) -> None:
    """I-20: in the creditor's zone; what is due outside them waits for the next."""
    office.zone = "America/New_York"
    office.manifest("NotificationSettings", "portal", {"timezone": office.zone})
    office.workflow(
        "polite", ENDLESS, hours={"from": "09:00", "to": "17:00", "days": ["mon", "tue", "wed", "thu", "fri"]}
    )
    office.invoices({"INV-1": {}})
    office.launch("overdue", workflow="polite")  # Monday, 04:00 in New York
    office.turn()
    assert office.said() == []
    office.world.clock.set("2027-01-04T14:00:00Z")
    office.turn()
    assert len(office.said()) == 1
    office.world.clock.set("2027-01-07T22:30:00Z")  # Thursday, 17:30: day 3, too late
    office.turn()
    assert len(office.said()) == 1
    office.world.clock.set("2027-01-08T14:00:00Z")
    office.turn()
    assert len(office.said()) == 2


@pytest.mark.parametrize(("day", "from_"), [("2027-03-11", "winter"), ("2027-11-04", "summer")])
def test_days_are_the_creditors_also_where_the_clocks_are_changed(office: Office, day: str, from_: str) -> None:
    """AMB-I6: three calendar days later at whatever hour it is then, though one of them has 23 hours, or 25."""
    office.manifest("NotificationSettings", "portal", {"timezone": "America/New_York"})
    late = "T04:30:00Z" if from_ == "winter" else "T03:30:00Z"  # 23:30 of the day before, there
    office.world.clock.set(f"{day}{late}")
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.turn()
    midnight = {"winter": "2027-03-13T05:00:00Z", "summer": "2027-11-06T04:00:00Z"}[from_]
    office.world.clock.set(midnight)
    office.world.clock.advance(seconds=-1)
    office.turn()
    assert len(office.said()) == 1
    office.world.clock.advance(seconds=1)
    office.turn()
    assert len(office.said()) == 2


def test_an_agent_that_reached_nobody_has_been_asked_once(office: Office) -> None:
    """I-20: noted, and the workflow goes on."""

    def nobody(found: Request) -> None:
        found.answer(200, b'{"reached": false, "reason": "no answer"}')

    office.calls.script = nobody
    office.workflow("call", [{**REMINDERS[1], "day": 0}])
    office.invoices({"INV-1": {}})
    office.launch("overdue", workflow="call")
    office.pass_days(2)
    assert office.said() == [("INV-1", "overdue", 0, "not_reached")]
    assert len(office.calls.requests) == 1


def test_a_campaign_takes_the_invoices_of_its_source_alone(office: Office) -> None:
    """I-01, I-08."""
    office.manifest("InvoiceSource", "other", {"source": {"inline": [
        {"number": "X-1", "status": "paid", "amountDue": "5.00", "currency": "EUR"},
        {"number": "X-2", "status": "awaiting_payment", "amountDue": "5.00", "currency": "EUR"},
    ]}, "id": "number"})  # fmt: skip
    office.invoices({"INV-1": {}})
    office.launch("ledgers", source="ledger")
    office.turn()
    assert office.inside() == {"INV-1": "ledgers"}
    office.rule_set("too", "true")
    office.launch("all", rules="too")
    office.turn()
    assert office.inside() == {"INV-1": "ledgers", "X-2": "all"}
