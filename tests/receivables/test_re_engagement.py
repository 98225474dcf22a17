"""The example of the requirements, told to its end: an arrangement fails, and a new campaign takes the customer up. (I-06)"""

from tests.receivables.office import Office

REASON = 'invoice.lastExit.reason == "arrangement_failed"'


def test_who_fell_out_of_an_arrangement_is_taken_up_by_a_re_engagement_campaign(office: Office) -> None:
    """I-04, I-05, I-06, I-09: and nobody else is; the first campaign, still active, does not take it back."""
    office.workflow("again", [{"day": 0, "channel": "sms", "template": "nudge"}, {"day": 5, "action": "exit"}])
    office.rule_set("fallen", REASON, 'invoice.lastExit.campaign == "overdue"')
    office.invoices({"FELL": {}, "PAID": {}, "STAYED": {}, "LATER": {}})
    office.launch("overdue")
    office.turn()
    office.change("FELL", status="on_payment_arrangement")
    office.change("LATER", status="on_payment_arrangement")
    office.change("PAID", status="paid")
    office.pass_days(2)
    office.change("FELL", status="awaiting_payment")
    office.turn()
    assert office.exits() == {
        ("FELL", "overdue"): "arrangement_failed",
        ("PAID", "overdue"): "paid",
        ("STAYED", "overdue"): "",
        ("LATER", "overdue"): "",
    }
    office.pass_days(2)
    office.launch(
        "comeback",
        workflow="again",
        rules="fallen",
        sample="FELL",
        purpose="reEngagement",
        includePreviouslyTreated=True,
    )
    office.turn()
    assert office.inside() == {"FELL": "comeback", "STAYED": "overdue", "LATER": "overdue"}
    assert ("FELL", "comeback", 0, "sent") in office.said()
    office.change("LATER", status="awaiting_payment")
    office.turn()
    assert office.inside()["LATER"] == "comeback", "out of the one and into the other, in one transaction"
    office.pass_days(6)
    assert [one for one in office.said() if one[0] == "FELL"] == [
        ("FELL", "overdue", 0, "sent"),
        ("FELL", "comeback", 0, "sent"),
    ]
    assert office.exits()["FELL", "comeback"] == office.exits()["LATER", "comeback"] == "workflow_finished"
    assert office.inside() == {"STAYED": "overdue"}


def test_who_has_heard_of_an_invoice_today_hears_nothing_more_from_the_next_campaign(office: Office) -> None:
    """I-06: not two messages on one day, whichever campaigns they are from."""
    office.rule_set("fallen", REASON)
    office.invoices({"INV-1": {}, "INV-2": {"status": "on_payment_arrangement"}})
    office.launch("overdue")
    office.turn()
    office.change("INV-1", status="on_payment_arrangement")
    office.turn()
    office.change("INV-1", status="awaiting_payment")
    office.turn()
    office.launch(
        "comeback", rules="fallen", sample="INV-1", purpose="reEngagement", includePreviouslyTreated=True, priority=1
    )
    office.turn()
    assert office.inside() == {"INV-1": "comeback"}
    assert len(office.said()) == 1
    office.pass_days()
    assert office.said() == [("INV-1", "overdue", 0, "sent"), ("INV-1", "comeback", 0, "sent")]
