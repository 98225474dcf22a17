"""The crew of a process: it looks at the ledger again and again, and has what is on offer brought to its hands by an engine.

Level-triggered: nothing hangs on a message that could be lost.
"""

import time
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.engine.hands import Hands
from reconciler.engine.owner import has_ended
from reconciler.engine.port import Engine
from reconciler.engine.shift import Hall
from reconciler.model.errors import Interrupted, MusterError
from reconciler.model.ports import Clock, Store, Worker
from reconciler.model.work import Offer

THREADS: Final = 8
"""Lanes that one process runs at a time, where nobody says otherwise."""
LOOK: Final = 0.2
"""Seconds between two looks at the ledger where nothing is to be done."""
RETRY: Final = 5.0
"""Seconds until the store is tried again where it cannot be had."""
MOST: Final = 200
"""Lanes that one look finds at most; the rest is found by the next."""


Turn = Callable[[Store, Mapping[str, Worker]], None]
"""What is done with a look, over its store and the workers of each kind."""


@dataclass(slots=True)
class Crew:
    """Runs lanes in up to `threads` threads until it is stopped."""

    hall: Hall
    engine: Engine
    threads: int = THREADS
    turn: Turn = lambda _store, _workers: None
    """What is done with every look beside: reporting campaigns that are through."""
    _store: Store | None = None
    _workers: Mapping[str, Worker] = field(default_factory=dict)

    def run(self, until_idle: bool = False) -> None:
        """Until `hall.stopping`, or until no open job has anything left to do; every slice is waited for.

        Interrupted, raised by a signal's handler, ends it at once: what is in hand is in doubt.
        """
        hands = Hands(self.hall, self.threads)
        hands.start()
        try:
            with self.engine.serve(hands):
                self._look_again_and_again(hands, until_idle)
        except (Interrupted, KeyboardInterrupt):
            raise
        except BaseException:
            hands.stop()
            raise
        hands.stop()
        self._let_go()

    def _look_again_and_again(self, hands: Hands, until_idle: bool) -> None:
        while not self.hall.stopping():
            pause = LOOK
            try:
                store = self._opened()
                if not self._look(store, hands) and until_idle and store.ledger.is_idle():
                    return
            except MusterError as error:
                if isinstance(error, Interrupted):
                    raise
                self.hall.say("the ledger cannot be looked at", error=str(error))
                self._let_go()
                pause = RETRY
            except Exception:  # noqa: BLE001 - the loop: a bug in one look must not end all that follow
                self.hall.say("a bug ended a look at the ledger", traceback=traceback.format_exc())
                self._let_go()
                pause = RETRY
            self._wait(hands, pause)

    def _look(self, store: Store, hands: Hands) -> bool:
        """Have what is on offer taken up, as far as there are hands; whether there was any, or is being run."""
        busy = hands.busy
        wanted = [
            one
            for one in offered(store, self.hall.clock)
            if one.ref.kind in self._workers and (one.uid, one.number) not in busy
        ]
        if wanted and hands.free:
            self.engine.submit(wanted[: hands.free])
        self.turn(store, self._workers)
        return bool(wanted or busy)

    def _wait(self, hands: Hands, seconds: float) -> None:
        """Until there may be something to look for."""
        until = time.monotonic() + seconds
        while not self.hall.stopping() and (rest := until - time.monotonic()) > 0:
            if hands.freed.wait(min(rest, LOOK)) and self._store is not None:
                break
        hands.freed.clear()

    def _opened(self) -> Store:
        if self._store is None:
            self._store = self.hall.open_store()
            self._workers = self.hall.workers(self._store)
        return self._store

    def _let_go(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()


def offered(store: Store, clock: Clock) -> Iterable[Offer]:
    """The lanes to take up now: free ones, and those of processes that are known to be gone."""
    now = store.time(clock.now())
    gone = (one for one in store.ledger.neglected(now) if has_ended(one.owner))
    return (*gone, *store.ledger.offers(now, MOST))
