"""What wakes the loop: files, hints, outside work that has ended, signals. Rung from any thread, and from signal handlers."""

import select
import socket
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
        # A SimpleQueue may be put to from a signal handler; an Event may not. It is not waited for: a signal that comes
        # just before, or that the kernel gives to another thread, would not wake who waits. A byte in a socket does.
        self._rings: SimpleQueue[Ring] = SimpleQueue()
        self._ear, self._bell = socket.socketpair()
        self._ear.setblocking(False)
        self._bell.setblocking(False)
        self._stopping = False

    @property
    def stopping(self) -> bool:
        """Whether the process was asked to end."""
        return self._stopping

    @property
    def bell(self) -> int:
        """The descriptor that wakes the loop when it is written to: for `signal.set_wakeup_fd`."""
        return self._bell.fileno()

    def ring(self, why: Ring) -> None:
        """Wake the loop, now or when it next waits."""
        self._stopping = self._stopping or why is Ring.STOP
        self._rings.put(why)
        with suppress(BlockingIOError):  # full: it will wake
            self._bell.send(b"\0")

    def wait(self, seconds: float) -> frozenset[Ring]:
        """Why it was woken; nothing where the time is over."""
        select.select([self._ear], [], [], max(0.0, min(seconds, _SLICE)))
        with suppress(BlockingIOError):
            while self._ear.recv(4096):
                pass
        found: set[Ring] = set()
        with suppress(Empty):
            while True:
                found.add(self._rings.get_nowait())
        return frozenset(found)
