"""What is dear to work out: once for all who look, in the background, kept for some seconds, with the time that it is of."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future, wait
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any, Final, Generic, Protocol, TypeVar

from reconciler.model.ports import Clock, Store
from reconciler.web.desks import Full

T = TypeVar("T")
SELDOM: Final = 10
"""How many times as long as the work on it took a value is kept, at least."""
MOST: Final = 256
"""Values that are kept; beyond these goes what nobody has asked for longest."""


class Submit(Protocol):
    """Has work done in another thread, over that thread's store: `Desks.submit`."""

    def __call__(self, work: Callable[[Store], T], /) -> "Future[T]":
        """Have it done. Full where too much waits already."""
        ...


@dataclass(frozen=True, slots=True)
class Held(Generic[T]):
    """A value, and when the work on it began. `trouble`: why it is not newer, where the last work on it came to nothing."""

    value: T
    as_of: datetime
    trouble: str = ""


@dataclass(slots=True)
class _Entry:
    """One value between two looks at it."""

    held: Held[Any] | None = None
    running: "Future[Held[Any]] | None" = None
    error: BaseException | None = None
    """Why the last work came to nothing; None where it did not."""
    due: float = float("-inf")
    """When it is to be worked out again, by the clock that only goes forward."""


class Kept:
    """Values by their keys. Threads may share it.

    What a value is worked out from has to be in its key: a second caller with the same key gets what the first one's
    work has given.
    """

    def __init__(self, submit: Submit, clock: Clock, forward: Callable[[], float]) -> None:
        """`forward`: seconds by a clock that only goes forward."""
        self._submit, self._clock, self._forward = submit, clock, forward
        self._guard = threading.RLock()
        self._entries: OrderedDict[Hashable, _Entry] = OrderedDict()

    def glance(
        self, key: Hashable, work: Callable[[Store], T], every: float = 30.0, patience: float = 0.0
    ) -> Held[T] | None:
        """The value, at most `every` seconds old where it can be had within `patience` seconds, else the one there is.

        What takes long is kept longer: the work takes a tenth of the time at most.

        None where there is none yet: it is on its way. Where the work raised, and nothing older is there, that is raised here
        too, until it is tried again, `every` seconds after it began.
        """
        with self._guard:
            one = self._entries.setdefault(key, _Entry())
            self._entries.move_to_end(key)
            self._let_go_of_old()
            if one.running is None and self._forward() >= one.due:
                with suppress(Full):  # then the next look tries it
                    self._begin(one, work, every)
            held, running, error = one.held, one.running, one.error
        if running is not None and patience > 0 and wait([running], patience).done:
            held, error = self._settled(one, running)
        if held is None and error is not None:
            raise error.with_traceback(None)
        return held

    def renew(self, key: Hashable) -> None:
        """The next look has it worked out again, however young it is."""
        with self._guard:
            if key in self._entries:
                self._entries[key].due = float("-inf")

    def _begin(self, one: _Entry, work: Callable[[Store], Any], every: float) -> None:
        def worked_out(store: Store) -> Held[Any]:
            as_of, began = self._clock.now(), self._forward()
            try:
                return Held(work(store), as_of)
            finally:
                rest = (self._forward() - began) * SELDOM
                with self._guard:  # whoever wants it anew, meanwhile, has it so
                    one.due = one.due if one.due == float("-inf") else max(one.due, began + rest)

        one.running = self._submit(worked_out)
        one.due = self._forward() + every
        # Called at once where it is done already: the guard is this thread's then.
        one.running.add_done_callback(partial(self._settled, one))

    def _settled(self, one: _Entry, done: "Future[Held[Any]]") -> tuple[Held[Any] | None, BaseException | None]:
        """What is known once this work is done; whoever waited for it may come before the thread that did it."""
        with self._guard:
            if one.running is done:
                one.running, one.error = None, done.exception()
                if one.error is None:
                    one.held = done.result()
                elif one.held is not None:
                    one.held = replace(one.held, trouble=str(one.error))
            return one.held, one.error

    def _let_go_of_old(self) -> None:
        for key in list(self._entries)[: max(len(self._entries) - MOST, 0)]:
            if self._entries[key].running is None:
                del self._entries[key]
