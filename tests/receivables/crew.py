"""All workers that are built in, at work on an office's store until nothing is left to do now."""

from contextlib import closing
from datetime import timedelta

from reconciler.engine.lane import LaneRun, Slice
from tests.receivables.office import LEASE, Office

SHORT = Slice(span=timedelta(seconds=1))
TURNS = 100


def turn(office: Office) -> None:
    """Everything that is to be done now, by whichever worker does it."""
    with closing(office.app()) as app:
        store, clock = app.store(), office.world.clock
        workers = app.workers(store)
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


def days(office: Office, many: int) -> None:
    """So many days, at the end of each of which everything is done that is to be."""
    for _ in range(many):
        office.world.clock.advance(days=1)
        turn(office)
