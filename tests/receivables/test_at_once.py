"""Several workers at once, and workers that are lost in the middle of a word. (I-08, I-20, AMB-I7, X-07)"""

import threading
from contextlib import closing

import pytest

from reconciler.kinds.receivables.working import ReceivablesWorker
from reconciler.model.enrolments import Communication, Saying, Turn, Word
from tests.receivables.office import Office

MANY = 1200
"""More than are looked at in one transaction."""


def test_workers_that_look_at_once_take_each_invoice_once(office: Office) -> None:
    """I-08, AMB-I9, X-07: each enters once, and each step is posted once."""
    office.rule_set("odd", "invoice.amountDue == 1.0")
    office.invoices({f"INV-{number}": {"amountDue": str(1 + number % 2)} for number in range(MANY)})
    office.launch("odd", rules="odd", priority=1)
    office.launch("all", priority=2)
    start = threading.Barrier(4)
    threads = [threading.Thread(target=_look, args=(office, start)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert office.rows("SELECT count(*), count(DISTINCT invoice) FROM enrolment") == [(MANY, MANY)]
    inside = office.inside()
    assert sum(name == "odd" for name in inside.values()) == MANY // 2
    assert office.rows("SELECT count(*), count(DISTINCT key) FROM unit") == [(MANY, MANY)]
    assert office.rows("SELECT count(*) FROM enrolment WHERE posted = 0") == [(0,)]


def _look(office: Office, start: threading.Barrier) -> None:
    with closing(office.app()) as app:
        worker = ReceivablesWorker(app.store(), lambda _: "", office.world.clock)
        start.wait()
        for _ in range(5):
            list(worker.reports())


def test_invoices_that_come_in_beside_a_stop_do_not_stay_in(office: Office) -> None:
    """AMB-I7, X-06: whoever is looking when it is stopped takes nobody in afterwards."""
    office.invoices({f"INV-{number}": {} for number in range(MANY)})
    office.launch("overdue")
    start = threading.Barrier(3)
    threads = [threading.Thread(target=_look, args=(office, start)) for _ in range(2)]
    for thread in threads:
        thread.start()
    start.wait()
    office.ask("overdue", "stopped")
    for thread in threads:
        thread.join()
    assert office.inside() == {}
    assert office.rows("SELECT count(*) FROM unit WHERE stage IN ('pending', 'sending')") == [(0,)]


@pytest.mark.parametrize("paid", [False, True])
def test_what_a_lost_worker_was_saying_by_mail_is_not_said_again(office: Office, paid: bool) -> None:
    """I-20, AMB-E13: nobody knows whether the mail went out. An agent knows a call by its key: it is called again, unless
    nothing is to be said any more."""
    mail, sms = {"channel": "mail", "template": "hello"}, {"channel": "sms", "template": "nudge"}
    office.workflow("two", [{"day": 0, **mail}, {"day": 1, **sms}, {"day": 2, **mail}])
    office.invoices({"INV-1": {}})
    office.launch("overdue", workflow="two")
    _lose(office, 0, "mail")
    office.turn()
    assert office.said() == [("INV-1", "overdue", 0, "unknown")]
    assert office.mails.count() == 0
    office.world.clock.advance(days=1)
    _lose(office, 1, "sms")
    if paid:
        office.change("INV-1", status="paid")
    office.pass_days(2)
    assert [one[3] for one in office.said()] == (["unknown", "unknown"] if paid else ["unknown", "sent", "sent"])
    assert len(office.calls.requests) == (0 if paid else 1)
    assert office.mails.count() == (0 if paid else 1)


def _lose(office: Office, step: int, channel: str) -> None:
    """A worker that posts the step, begins to say it, and is gone."""
    with closing(office.app()) as app:
        store = app.store()
        list(ReceivablesWorker(store, lambda _: "", office.world.clock).reports())
        ((id_, change),) = office.rows(
            "SELECT enrolment.id, change FROM enrolment JOIN invoice ON invoice.id = invoice"
        )
        said = Communication(id_, step, office.world.clock.now(), channel, Saying.SENDING)
        assert store.enrolments.begin(said, Turn(id_, step), change, harmless=False).word is Word.GO


def test_a_step_is_begun_once_whoever_asks(office: Office) -> None:
    """X-07: of a unit and its twin, by mail and by hand, one may."""
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    _lose(office, 0, "mail")
    with closing(office.app()) as app:
        store = app.store()
        said = Communication(1, 0, office.world.clock.now(), "mail", Saying.SENDING)
        assert store.enrolments.begin(said, Turn(1, 0), 1, harmless=False).word is Word.LOST
        assert store.enrolments.begin(said, Turn(1, 1), 1, harmless=False).word is Word.NO_LONGER
        assert store.enrolments.begin(said, Turn(77, 0), 1, harmless=False).word is Word.NO_LONGER


def test_an_invoice_that_has_changed_since_it_was_looked_at_is_looked_at_again(office: Office) -> None:
    """AMB-I6: what is said is about the invoice as it is, not as somebody remembers it."""
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    with closing(office.app()) as app:
        store = app.store()
        list(ReceivablesWorker(store, lambda _: "", office.world.clock).reports())
        ((id_, change),) = office.rows(
            "SELECT enrolment.id, change FROM enrolment JOIN invoice ON invoice.id = invoice"
        )
        said = Communication(id_, 0, office.world.clock.now(), "mail", Saying.SENDING)
        office.change("INV-1", amountDue="70.00")
        assert store.enrolments.begin(said, Turn(id_, 0), change, harmless=False).word is Word.LOOK_AGAIN
        assert store.enrolments.communications([id_]) == []
    office.turn()
    assert b"70.00 of INV-1" in office.mails.taken[0].message


def test_behind_a_closed_gate_nobody_enters_and_nothing_is_said(office: Office) -> None:
    """AMB-I7, X-06: a stop has begun, and its campaign is active still."""
    office.invoices({"INV-1": {}})
    office.launch("overdue")
    with closing(office.app()) as app:
        store = app.store()
        worker = ReceivablesWorker(store, lambda _: "", office.world.clock)
        list(worker.reports())
        ((uid,),) = office.rows("SELECT uid FROM enrolment_gate")
        store.enrolments.close(uid)
        office.change("INV-2")
        list(worker.reports())
        office.work(store, worker)
        assert office.inside() == {"INV-1": "overdue"}
        assert (office.said(), office.mails.count()) == ([], 0)
        assert store.enrolments.release(uid, office.world.clock.now()) == 1
        list(worker.reports())
    assert office.inside() == {}
