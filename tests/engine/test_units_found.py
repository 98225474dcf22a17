"""Units found again when something is heard of them, on both stores."""

import sqlite3
from datetime import timedelta

import pytest

from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.work import Demand, Result, Settling, Stage
from tests.engine.desk import LEASE, NOW, Opener, campaign, taken, work


def send_all(store: Store, count: int) -> int:
    """A job of so many units, the first of them failed, the others sent; its uid."""
    uid = work(store, count)
    claim = taken(store, "me")
    window = store.ledger.window(claim, None, Demand(1, count, NOW + LEASE), NOW)
    assert window is not None and len(window.units) == count
    stages = {unit.id: Result(Stage.FAILED if unit.key == "k0" else Stage.SENT) for unit in window.units}
    store.ledger.release(claim, Settling(1, stages, NOW, count), None, None, NOW + timedelta(minutes=1))
    return uid


def test_a_unit_is_found_by_its_number_in_its_own_job_alone(store: Store) -> None:
    uid = work(store, 3)
    other = work(store, 3, uid=campaign(store, Ref("EmailCampaign", "other", 1)))
    claim = store.ledger.claim(next(o for o in store.ledger.offers(NOW, 9) if o.uid == uid), "me", NOW, NOW + LEASE, 0)
    assert claim is not None
    window = store.ledger.window(claim, None, Demand(1, 3, NOW + LEASE), NOW)
    assert window is not None
    for unit in window.units:
        assert store.ledger.key_of(uid, unit.id) == unit.key
        assert store.ledger.key_of(other, unit.id) == ""
    assert store.ledger.key_of(uid, 2**63 - 1) == ""
    assert store.ledger.key_of(2**63 - 1, 1) == ""


def test_where_an_address_was_sent_to_is_told_job_by_job(store: Store) -> None:
    uid = send_all(store, 3)
    assert store.ledger.sent_to("k1") == {uid: NOW + timedelta(minutes=1)}
    assert store.ledger.sent_to("k0") == {} and store.ledger.sent_to("nobody") == {}


@pytest.mark.parametrize("opener", ["sqlite"], indirect=True)
def test_no_question_reads_all_units(opener: Opener, store: Store) -> None:
    """A million recipients change nothing: SQLite itself says that it goes by an index."""
    from reconciler.store import ledger_statements as statements

    (file,) = opener.directory.glob("*.db")
    with sqlite3.connect(file) as db:
        for statement, values in ((statements.KEY_OF, (1, 1)), (statements.SENT_TO, ("k",))):
            steps = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
            assert not [step for step in steps if step.startswith("SCAN unit")], steps
            assert [step for step in steps if step.startswith("SEARCH unit")], steps
