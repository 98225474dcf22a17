"""Invoices go through campaigns: they enter, hear what is due, and leave. (I-01, I-04 … I-09, I-20; AMB-I6 … AMB-I9)"""

from tests.receivables.office import Office


def test_an_invoice_hears_each_step_on_its_day_and_leaves_at_the_end(office: Office) -> None:
    """I-01, I-20, AMB-I8."""
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    office.turn()
    assert office.said() == [("INV-1", "overdue", 0, "sent")]
    office.pass_days(21)
    assert office.said() == [("INV-1", "overdue", step, "sent") for step in range(3)]
    assert office.exits() == {("INV-1", "overdue"): "workflow_finished"}
    assert [one.recipient for one in office.mails.taken] == ["inv-1@c.example"] * 2
    assert len(office.calls.requests) == 1
