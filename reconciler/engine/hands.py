"""Hands: the threads of a process that run lanes, each over a store of its own."""

import queue
import threading
import traceback
from concurrent.futures import Future
from dataclasses import dataclass, field

from reconciler.engine.shift import Hall, Shift
from reconciler.model.work import Offer

Lane = tuple[int, int]
"""The uid and the number of a lane."""


@dataclass(slots=True)
class Hands:
    """`count` threads. Use from any thread; `stop` it, unless the process ends at once."""

    hall: Hall
    count: int
    freed: threading.Event = field(default_factory=threading.Event)
    """Set whenever a slice is over: there may be something to look for."""
    _given: "queue.SimpleQueue[tuple[Offer, Future[None]] | None]" = field(default_factory=queue.SimpleQueue)
    _busy: set[Lane] = field(default_factory=set)
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Begin to take what is given."""
        # Daemons: a second signal ends the process at once, whatever they have in hand.
        names = [f"lane {number}" for number in range(self.count)]
        self._threads = [threading.Thread(target=self._serve, name=name, daemon=True) for name in names]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Wait until every slice is over."""
        for _ in self._threads:
            self._given.put(None)
        for thread in self._threads:
            while thread.is_alive():  # not at a stretch: where this is the main thread, signals are to be heard
                thread.join(0.1)

    @property
    def busy(self) -> frozenset[Lane]:
        """The lanes that are in hand, or about to be."""
        return frozenset(self._busy.copy())

    @property
    def free(self) -> int:
        """How many lanes more could be taken up at once."""
        return max(0, self.count - len(self._busy))

    def give(self, offer: Offer) -> "Future[None]":
        """Run a slice of this lane. The future is done when that is over, however it ended; it never fails."""
        done: Future[None] = Future()
        self._busy.add((offer.uid, offer.number))
        self._given.put((offer, done))
        return done

    def _serve(self) -> None:
        shift = Shift(self.hall)
        while (found := self._given.get()) is not None:
            offer, done = found
            try:
                shift.run(offer)
            except Exception:  # noqa: BLE001 - the loop of a thread: a bug in one slice must not cost a hand
                self.hall.say("a bug ended a slice", lane=f"{offer.ref} {offer.via}", traceback=traceback.format_exc())
                shift.close()
            finally:
                self._busy.discard((offer.uid, offer.number))
                done.set_result(None)
                self.freed.set()
        shift.close()
