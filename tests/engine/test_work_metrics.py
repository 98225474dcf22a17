"""What a daemon counts of outside work, held against the ledger and against Prometheus' own taste."""

import subprocess
from datetime import timedelta
from typing import Protocol

from prometheus_client import CollectorRegistry, generate_latest

from reconciler.controller.work_metrics import WorkMetrics
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.work import Demand, Phase, Result, Settling, Stage, Trouble
from tests.engine.desk import LEASE, NOW, campaign, nothing, taken, work
from tests.world import FixedClock


class Surveying(Protocol):
    """What counts anew."""

    def survey(self, store: Store) -> None: ...


def surveyed(store: Store, metrics: Surveying, registry: CollectorRegistry) -> list[str]:
    metrics.survey(store)
    text = generate_latest(registry).decode()
    checked = subprocess.run(("promtool", "check", "metrics"), input=text, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    return [line for line in text.splitlines() if not line.startswith("#") and "_created" not in line]


def test_units_lanes_and_what_was_sent(store: Store) -> None:
    registry, clock = CollectorRegistry(), FixedClock(store.time(NOW))
    metrics = WorkMetrics(registry, clock)
    assert surveyed(store, metrics, registry) == []

    uid = work(store, 20, ("a", "b", "c"))
    now = store.time(NOW) + timedelta(seconds=1)
    claim = taken(store, "one", 0, now)
    window = store.ledger.window(claim, None, Demand(1, 5, now + LEASE), now)
    assert window is not None
    settled = Settling(1, {unit.id: Result(Stage.SENT) for unit in window.units}, now, 5)
    store.ledger.window(claim, settled, Demand(2, 1, now + LEASE), now)
    trouble = Trouble(now, False, "down")
    store.ledger.release(taken(store, "two", 1, now), None, now + timedelta(minutes=5), trouble, now)
    lines = surveyed(store, metrics, registry)
    for line in (
        'muster_units{kind="EmailCampaign",stage="sent"} 5.0',
        'muster_units{kind="EmailCampaign",stage="sending"} 1.0',
        'muster_units{kind="EmailCampaign",stage="pending"} 14.0',
        'muster_lanes{condition="at-work",kind="EmailCampaign"} 1.0',
        'muster_lanes{condition="resting",kind="EmailCampaign"} 1.0',
        'muster_lanes{condition="waiting",kind="EmailCampaign"} 1.0',
        'muster_lanes{condition="done",kind="EmailCampaign"} 0.0',
        'muster_units_sent_total{kind="EmailCampaign"} 5.0',
    ):
        assert line in lines

    store.ledger.enter(uid, Phase.STOPPED, now)
    store.ledger.release(claim, None, None, None, now)
    assert 'muster_units{kind="EmailCampaign",stage="pending"} 15.0' in surveyed(
        store, metrics, registry
    )  # it is paused
    store.ledger.cancel(uid, now, nothing)
    assert surveyed(store, metrics, registry) == ['muster_units_sent_total{kind="EmailCampaign"} 5.0'], "and stays"


def test_there_are_no_more_series_than_kinds_and_stages(store: Store) -> None:
    registry = CollectorRegistry()
    for number in range(30):
        work(store, 1, uid=campaign(store, Ref("EmailCampaign", f"c{number}", 1)))
    lines = surveyed(store, WorkMetrics(registry, FixedClock(NOW)), registry)
    assert 'muster_units{kind="EmailCampaign",stage="pending"} 30.0' in lines
    assert len(lines) < 12
