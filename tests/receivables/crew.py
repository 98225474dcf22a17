"""All workers that are built in, at work on an office's store until nothing is left to do now."""

from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta

from reconciler.engine.lane import LaneRun, Slice
from reconciler.model.ports import Store, Worker
from tests.receivables.office import LEASE, Office

SHORT = Slice(span=timedelta(seconds=1))
TURNS = 100


def turn(office: Office, later: timedelta = timedelta()) -> None:
    """Everything that is to be done now, by whichever worker does it; with `later` the same workers go on then."""
    with closing(office.app()) as app:
        store = app.store()
        workers = app.workers(store)
        _work(office, store, workers)
        if later:
            office.world.clock.moment += later
            _work(office, store, workers)


def _work(office: Office, store: Store, workers: Mapping[str, Worker]) -> None:
    clock = office.world.clock
    for _ in range(TURNS):
        for worker in workers.values():
            assert not list(worker.reports())
        offers = store.ledger.offers(clock.now(), 100)
        for offer in offers:
            office.workers += 1
            claim = store.ledger.claim(offer, f"c{office.workers}", clock.now(), clock.now() + LEASE, 0)
            assert claim is not None
            lane = LaneRun(store.ledger, claim, clock.now, SHORT)
            workers[offer.ref.kind].work(lane)
            lane.close()
        if not offers:
            return
    raise AssertionError("there is no end to it")
