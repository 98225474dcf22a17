"""What wakes the loop: files, hints, outside work that has ended, signals. Rung from any thread, and from signal handlers."""

import time
from contextlib import suppress
from enum import StrEnum
from queue import Empty, SimpleQueue
from typing import Final


class Ring(StrEnum):
    """Why the loop is to look now."""

    FILES = "files"
    HINT = "hint"
    WORK = "work"
    RELOAD = "reload"
    STOP = "stop"


_SLICE: Final = 60.0
"""Seconds to sleep at most without looking at the clock: it may be put forward meanwhile, or the machine have slept."""


class Alarm:
    """A queue of reasons. Any number of the same rings before the next wait are one."""

    def __init__(self) -> None:
        # A SimpleQueue may be put to from a signal handler while it is waited for; an Event may not.
        self._rings: SimpleQueue[Ring] = SimpleQueue()
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether the process was asked to end."""
        return self._stopping

    def ring(self, why: Ring) -> None:
        """Wake the loop, now or when it next waits."""
        self._stopping = self._stopping or why is Ring.STOP
        self._rings.put(why)

    def wait(self, seconds: float) -> frozenset[Ring]:
        """Why it was woken; nothing where the time is over."""
        until = time.monotonic() + min(seconds, _SLICE)
        found: set[Ring] = set()
        with suppress(Empty):
            found.add(self._rings.get(timeout=max(0.0, until - time.monotonic())))
            while True:
                found.add(self._rings.get_nowait())
        return frozenset(found)
