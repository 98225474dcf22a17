"""A shift: one worker thread's store, clock and runtimes, with which it runs lanes, one slice after another."""

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from reconciler.engine.lane import SLICE, LaneRun, Slice
from reconciler.engine.owner import new_owner
from reconciler.model.errors import Busy, MusterError, Permanent, StoreError, Transient
from reconciler.model.ports import Clock, Store, Worker
from reconciler.model.told import Told
from reconciler.model.work import Offer

AFTER_A_BUG: Final = timedelta(seconds=60)
"""How long a lane rests whose runtime has ended in a way that nobody has foreseen."""
AFTER_A_LOSS: Final = 1.0
"""Seconds for which a hand rests whose store was lost, or refused what it wrote."""
HOPELESS: Final = timedelta(minutes=5)
"""How long it rests where the runtime sees no way to go on."""


@dataclass(frozen=True, slots=True)
class Hall:
    """What all workers of a process share."""

    open_store: Callable[[], Store]
    workers: Callable[[Store], Mapping[str, Worker]]
    """What works on each kind, over a store of its own."""
    clock: Clock
    say: Told
    stopping: Callable[[], bool] = lambda: False
    slice: Slice = SLICE


@dataclass(slots=True)
class Shift:
    """Runs lanes in one thread, over a connection of its own, which is opened anew after it was lost."""

    hall: Hall
    _store: Store | None = None
    _workers: Mapping[str, Worker] = field(default_factory=dict)
    _offset: timedelta = timedelta()

    def run(self, offer: Offer) -> bool:
        """One slice of the lane that is offered; False where it was not to be had."""
        try:
            return self._run(offer)
        except MusterError as error:
            self.hall.say("a lane was left: its lease runs out", lane=_name(offer), error=str(error))
            self.close()
            self._rest()
            return False

    def close(self) -> None:
        """Let go of the store."""
        store, self._store = self._store, None
        if store is not None:
            store.close()

    def now(self) -> datetime:
        """The store's time, which all machines share, by this machine's clock."""
        return self.hall.clock.now() + self._offset

    def _run(self, offer: Offer) -> bool:
        store = self._opened()
        machine = self.hall.clock.now()
        self._offset = store.time(machine) - machine
        worker = self._workers.get(offer.ref.kind)
        if worker is None:
            return False
        now = self.now()
        claim = store.ledger.claim(offer, new_owner(), now, now + self.hall.slice.lease, worker.cap(offer.via))
        if claim is None:
            return False
        lane = LaneRun(store.ledger, claim, self.now, self.hall.slice, self.hall.stopping)
        try:
            self._work(worker, lane)
        except (StoreError, Busy):
            if not self.hall.stopping():  # else the store was waited for long enough
                lane.close()
            raise
        lane.close()
        return True

    def _work(self, worker: Worker, lane: LaneRun) -> None:
        try:
            worker.work(lane)
        except Transient as error:
            lane.rest(error.delay, str(error))
        except Permanent as error:
            lane.rest(HOPELESS, str(error), is_permanent=True)
        except (StoreError, Busy):
            raise
        except Exception as error:  # noqa: BLE001 - one lane's bug must not end the work of all others
            self.hall.say("a bug ended a slice", lane=f"{lane.ref} {lane.via}", traceback=traceback.format_exc())
            lane.fault(AFTER_A_BUG, f"{type(error).__name__}: {error}")

    def _rest(self) -> None:
        """What cannot be done now is not tried again in haste."""
        until = time.monotonic() + AFTER_A_LOSS
        while not self.hall.stopping() and time.monotonic() < until:
            time.sleep(0.05)

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self.hall.open_store()
            self._workers = self.hall.workers(self._store)
        return self._store


def _name(offer: Offer) -> str:
    return f"{offer.ref} {offer.via}".strip()
