"""The inline engine: threads of this process run every lane that is on offer.

Level-triggered: it looks at the ledger again and again, so that nothing hangs on a message that could be lost.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from reconciler.engine.owner import has_ended
from reconciler.engine.shift import Hall, Shift
from reconciler.model.errors import MusterError
from reconciler.model.ports import Clock, Store
from reconciler.model.work import Offer

LOOK: Final = 0.2
"""Seconds between two looks at the ledger where nothing is to be done."""
RETRY: Final = 5.0
"""Seconds until the store is tried again where it cannot be had."""

MOST: Final = 200
"""Lanes that one look finds at most; the rest is found by the next."""


@dataclass(slots=True)
class Inline:
    """Runs lanes in up to `threads` threads until it is stopped."""

    hall: Hall
    threads: int = 8
    turn: Callable[[Store], None] = lambda _store: None
    """What is done with every look beside: reporting campaigns that are through."""
    _offers: "queue.SimpleQueue[Offer | None]" = field(default_factory=queue.SimpleQueue)
    _running: set[tuple[int, int]] = field(default_factory=set)
    """The lanes that a thread of ours has, or is about to take up."""
    _freed: threading.Event = field(default_factory=threading.Event)

    def run(self, until_idle: bool = False) -> None:
        """Until `hall.stopping`, or until no open job has anything left to do; every slice is waited for."""
        threads = [threading.Thread(target=self._serve, name=f"lane {number}") for number in range(self.threads)]
        for thread in threads:
            thread.start()
        try:
            self._look_again_and_again(until_idle)
        finally:
            for _ in threads:
                self._offers.put(None)
            for thread in threads:
                thread.join()

    def _look_again_and_again(self, until_idle: bool) -> None:
        store: Store | None = None
        while not self.hall.stopping():
            pause = LOOK
            try:
                store = store or self.hall.open_store()
                if not self._look(store) and until_idle and store.ledger.is_idle():
                    break
            except MusterError as error:
                self.hall.say("the ledger cannot be looked at", error=str(error))
                if store is not None:
                    store.close()
                store, pause = None, RETRY
            self._freed.wait(pause)
            self._freed.clear()
        if store is not None:
            store.close()

    def _look(self, store: Store) -> bool:
        """Take up what is on offer, as far as there are threads; whether there was any, or is being run."""
        running = set(self._running)
        wanted = [one for one in offered(store, self.hall.clock) if (one.uid, one.number) not in running]
        for offer in wanted[: self.threads - len(running)]:
            self._running.add((offer.uid, offer.number))
            self._offers.put(offer)
        self.turn(store)
        return bool(wanted or running)

    def _serve(self) -> None:
        """One thread: slices of lanes, over a store of its own, which no other thread may use."""
        shift = Shift(self.hall)
        while (offer := self._offers.get()) is not None:
            try:
                shift.run(offer)
            finally:
                self._running.discard((offer.uid, offer.number))
                self._freed.set()
        shift.close()


def offered(store: Store, clock: Clock) -> tuple[Offer, ...]:
    """The lanes to take up now: free ones, and those of processes that are known to be gone."""
    now = store.time(clock.now())
    gone = (one for one in store.ledger.neglected(now) if has_ended(one.owner))
    return (*gone, *store.ledger.offers(now, MOST))
