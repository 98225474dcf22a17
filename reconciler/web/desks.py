"""Threads that answer requests, each at a store of its own, which no other thread may use."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Final, TypeVar

from reconciler.model.errors import MusterError, StoreError
from reconciler.model.ports import Store

T = TypeVar("T")
WAITING: Final = 200
"""Requests that may wait for a thread; the next one is turned away."""

_Job = tuple[Callable[[Store], object], "Future[object]"]


class Full(Exception):
    """All threads are busy, and as many wait as may."""


class Desks:
    """Runs work at one of `threads` desks, from the moment it is made until `close`."""

    def __init__(self, open_store: Callable[[], Store], threads: int = 8) -> None:
        self._open_store = open_store
        self._jobs: queue.Queue[_Job | None] = queue.Queue(WAITING)
        self._threads = [
            threading.Thread(target=self._serve, name=f"desk {number}", daemon=True) for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    def submit(self, work: Callable[[Store], T]) -> "Future[T]":
        """Have it done. Full where too much waits already."""
        future: Future[T] = Future()
        try:
            self._jobs.put_nowait((work, future))  # type: ignore[arg-type]  # a future of T is one of objects here
        except queue.Full:
            raise Full from None
        return future

    def close(self) -> None:
        """What waits is still done; then the stores are let go."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        store: Store | None = None
        while (job := self._jobs.get()) is not None:
            work, future = job
            if not future.set_running_or_notify_cancel():
                continue
            try:
                store = store or self._open_store()
                future.set_result(work(store))
            except BaseException as error:  # noqa: BLE001 - whoever waits for it hears it
                future.set_exception(error)
                if store is not None and isinstance(error, StoreError):
                    _let_go(store)
                    store = None
        if store is not None:
            _let_go(store)


def _let_go(store: Store) -> None:
    with suppress(MusterError):
        store.close()
