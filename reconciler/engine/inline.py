"""The inline engine: threads of this process run every lane that is on offer.

Level-triggered: it looks at the ledger again and again, so that nothing hangs on a message that could be lost.
"""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
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
    _shifts: "threading.local" = field(default_factory=threading.local)
    _all: list[Shift] = field(default_factory=list)
    _running: dict[tuple[int, int], "Future[bool]"] = field(default_factory=dict)
    _freed: threading.Event = field(default_factory=threading.Event)

    def run(self, until_idle: bool = False) -> None:
        """Until `hall.stopping`, or until nothing is on offer and nothing rests; then every slice is waited for."""
        pool = ThreadPoolExecutor(self.threads, "lane")
        store: Store | None = None
        try:
            while not self.hall.stopping():
                try:
                    store = store or self.hall.open_store()
                    if not self._look(store, pool) and until_idle and not self._running and store.ledger.is_idle():
                        return
                except MusterError as error:
                    self.hall.say("the ledger cannot be looked at", error=str(error))
                    _close(store)
                    store = None
                    self._freed.wait(RETRY)
                self._freed.wait(LOOK)
                self._freed.clear()
        finally:
            pool.shutdown(wait=True)
            for shift in self._all:
                shift.close()
            _close(store)

    def _look(self, store: Store, pool: ThreadPoolExecutor) -> int:
        """Take up what is on offer, as far as there are threads; how much that was."""
        self._running = {key: one for key, one in self._running.items() if not one.done()}
        free = self.threads - len(self._running)
        wanted = [one for one in offered(store, self.hall.clock) if (one.uid, one.number) not in self._running]
        for offer in wanted[:free]:
            self._running[offer.uid, offer.number] = pool.submit(self._slice, offer)
        self.turn(store)
        return len(wanted)

    def _slice(self, offer: Offer) -> bool:
        try:
            return self._shift().run(offer)
        finally:
            self._freed.set()

    def _shift(self) -> Shift:
        """This thread's own."""
        found = getattr(self._shifts, "own", None)
        if found is None:
            found = self._shifts.own = Shift(self.hall)
            self._all.append(found)
        return found


def offered(store: Store, clock: Clock) -> tuple[Offer, ...]:
    """The lanes to take up now: free ones, and those of processes that are known to be gone."""
    now = store.time(clock.now())
    gone = (one for one in store.ledger.neglected(now) if has_ended(one.owner))
    return (*gone, *store.ledger.offers(now, MOST))


def _close(store: Store | None) -> None:
    if store is not None:
        store.close()
