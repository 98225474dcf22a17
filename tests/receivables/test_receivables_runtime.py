"""What a launch takes along, what is taken up again while a campaign runs, and effects done twice. (I-18, AMB-I5, AMB-I7)"""

from contextlib import closing

from reconciler.controller.refresh import refresh
from reconciler.model.ref import Ref
from tests.receivables.office import Office

OVERDUE = Ref("ReceivablesCampaign", "overdue")


def refreshed(office: Office) -> None:
    """As the daemon looks at the sources."""
    with closing(office.app()) as app:
        store = app.store()
        assert refresh(store, app.runtimes(store)) == {}


def test_texts_go_along_at_the_launch_files_included(office: Office) -> None:
    """AMB-I5: workers need no files, and what happens to them changes nothing."""
    file = office.world.write("hello.txt", "{{ invoice.amountDue }} is open, {{ contact.name }}")
    office.manifest("Template", "hello", {"subject": "Pay", "text": {"file": "hello.txt"}})
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    file.unlink()
    office.turn()
    assert b"80.00 is open, INV-1" in office.mails.taken[0].message


def test_sources_that_change_are_taken_up_while_a_campaign_is_active(office: Office) -> None:
    """I-20: without anybody loading them; and not before one is."""
    office.invoices({"INV-1": {}})
    office.draft("overdue")
    office.apply()
    refreshed(office)
    assert office.rows("SELECT count(*) FROM invoice") == [(0,)]
    office.launch("overdue")
    office.invoices({"INV-2": {}, "INV-1": {"status": "paid"}})
    refreshed(office)
    office.turn()
    assert office.inside() == {"INV-2": "overdue"}


def test_effects_that_are_done_twice_are_done_once(office: Office) -> None:
    """AMB-I7, X-06: a launch or stop that a crash has cut off is gone on with."""
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.turn()
    with closing(office.app()) as app:
        runtime = app.runtimes(app.store())["ReceivablesCampaign"]
        for key in ("again", "again", "once more"):
            runtime.perform("start-enrolment", OVERDUE, key, lambda: None)
        assert runtime.performed("again")
        assert not runtime.performed("never")
    office.pass_days(3)
    assert [one[2] for one in office.said()] == [0, 1]
    office.ask("overdue", "stopped")
    with closing(office.app()) as app:
        runtime = app.runtimes(app.store())["ReceivablesCampaign"]
        for effect in ("cancel-communications", "release-invoices", "release-invoices"):
            runtime.perform(effect, OVERDUE, f"{effect} again", lambda: None)
    office.pass_days(20)
    assert office.exits() == {("INV-1", "overdue"): "campaign_stopped"}
    assert len(office.said()) == 2


def test_a_channel_that_was_changed_carries_what_comes_next(office: Office) -> None:
    """I-01: channels are no part of what was tested; a step that went by mail may go by another connection."""
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.turn()
    office.manifest("SmtpConnection", "second", {"host": "127.0.0.1", "port": office.mail, "tls": "none"})
    sender = {"name": "Other", "email": "other@billing.example"}
    office.manifest("Channel", "mail", {"type": "email", "smtp": "second", "from": sender})
    office.apply()
    office.pass_days(10)
    assert [one.sender for one in office.mails.taken] == ["b@billing.example", "other@billing.example"]


def test_a_connection_that_is_down_delays_what_is_said_and_loses_nothing(office: Office) -> None:
    """I-20: nobody's attempt is counted; what comes next waits for it."""
    office.manifest("SmtpConnection", "relay", {"host": "127.0.0.1", "port": 9, "tls": "none"})
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.pass_days(4)
    assert office.said() == []
    office.manifest("SmtpConnection", "relay", {"host": "127.0.0.1", "port": office.mail, "tls": "none"})
    office.apply()
    office.pass_days()
    assert office.said() == [("INV-1", "overdue", 0, "sent")]
    office.pass_days()
    assert len(office.said()) == 2, "the step of day 3, a day after"


def test_a_plan_says_how_many_invoices_a_stop_lets_go(office: Office) -> None:
    """X-10, AMB-I7: in the plan and before the command, while nothing is done yet; no source is read for that."""
    office.invoices({"INV-1": {}, "INV-2": {}, "PAID": {}})
    office.launch("overdue")
    office.turn()
    office.change("PAID", status="paid")
    office.turn()
    file = office.world.manifests / "receivablescampaign-overdue.yaml"
    file.write_text(file.read_text("utf-8").replace("active", "stopped"), "utf-8")
    assert "invoices that leave, and count as treated: 2" in office.world.cli("plan").out
    assert (
        "invoices that leave, and count as treated: 2"
        in office.world.cli("describe", "ReceivablesCampaign/overdue").out
    )
    assert office.world.cli("apply", "--yes").code == 0
    assert office.inside() == {}
    assert "leave" not in office.world.cli("plan").out


def test_the_first_batch_shows_whose_clock_stands_still(office: Office) -> None:
    """I-19, AMB-I6: nothing is due for them on a day, until they go on."""
    office.invoices({"INV-1": {}, "INV-2": {}})
    office.launch("overdue")
    office.turn()
    office.change("INV-2", onHold="true")
    office.turn()
    first, second = office.world.cli("receivables", "first-batch", "overdue").out.splitlines()[2:4]
    assert "step 2 on 2027-01-07" in first
    assert "suspended since 2027-01-04" in second
    office.change("INV-2", onHold="false")
    office.turn()
    assert "suspended" not in office.world.cli("receivables", "first-batch", "overdue").out
