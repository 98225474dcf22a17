"""Reasons for the queue: each has words, in the order of the door, and the command line knows them all."""

from reconciler.commands.leads_queue import REASONS as WRITTEN
from reconciler.model.leads import QueueReason
from reconciler.views.lead_reasons import REASONS, reasons_page


def test_every_reason_is_said_and_has_a_way_out() -> None:
    """L-43: from a documented list."""
    assert REASONS.keys() == set(QueueReason)
    assert all(words.means and words.way_out for words in REASONS.values())
    page = reasons_page()
    places = [page.index(f"| `{reason.value}` |") for reason in REASONS]
    assert places == sorted(places)


def test_every_reason_may_be_asked_for() -> None:
    assert set(WRITTEN) == {reason.value for reason in QueueReason}
