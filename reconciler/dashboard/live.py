"""What tells open pages that something has changed: one thread looks at the store and at the files for all of them.

Nothing of the content goes out here. A page that hears of a change asks for itself anew, as whoever looks at it.
"""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from reconciler.model.errors import MusterError
from reconciler.model.ports import Clock, Store
from reconciler.model.told import Told

LOOK: Final = 1.0
"""Seconds from one look at the store to the next."""
APART: Final = 2.0
"""Seconds between two changes that a page hears of, at least."""
HEARTBEAT: Final = 15.0
"""Seconds after which something is said where nothing happens, so that no proxy takes the line for dead."""
LONGEST: Final = 600.0
"""Seconds after which a line ends, for the page to come back as whoever it is then."""
MOST: Final = 100
"""Lines at once; whoever comes then hears 503."""
EACH: Final = 25
"""Lines of one visitor at once: nobody takes them all from the others."""
REST: Final = 60
"""Looks after the last line has gone, until nobody looks any more."""


@dataclass(slots=True, eq=False)
class Line:
    """One page that listens, and whose it is. `topics` are what has changed since it was last told."""

    loop: asyncio.AbstractEventLoop
    woken: asyncio.Event
    whose: str
    topics: set[str] = field(default_factory=set)
    ended: bool = False

    def tell(self, *topics: str) -> None:
        """From any thread: these have changed; without any, the line is to end."""
        with suppress(RuntimeError):  # the server's loop has closed: nobody listens
            self.loop.call_soon_threadsafe(self._tell, topics)

    def _tell(self, topics: tuple[str, ...]) -> None:
        self.topics.update(topics)
        self.ended = self.ended or not topics
        self.woken.set()


class Hears(Protocol):
    """Whoever hears of changed files: `hearing.Hearing`."""

    @property
    def edition(self) -> int:
        """Another number than before once they are different."""
        ...

    def begin(self) -> Callable[[], None]:
        """Listen, until what is given back is called."""
        ...


@dataclass(frozen=True, slots=True)
class _Seen:
    """How the store looked, the log by itself and anything at all; and the files."""

    mark: str
    pulse: str
    edition: int

    def topics(self, before: "_Seen | None") -> tuple[str, ...]:
        """What is different; of the first look nobody knows."""
        if before is None:
            return ("log", "work")
        changed = (("log", self.mark != before.mark), ("work", (self.mark, self.pulse) != (before.mark, before.pulse)))
        return tuple(name for name, is_so in (*changed, ("files", self.edition != before.edition)) if is_so)


class Live:
    """The thread, and the lines to the pages. It begins to look when the first page listens."""

    def __init__(
        self, open_store: Callable[[], Store], files: Hears, clock: Clock, say: Told, look: float = LOOK
    ) -> None:
        self._open_store, self._files, self._clock, self._say, self._look = open_store, files, clock, say, look
        self._guard = threading.Lock()
        self._lines: set[Line] = set()
        self._changed_at: datetime | None = None
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    def line(self, loop: asyncio.AbstractEventLoop, since: float, whose: str) -> Line | None:
        """A line for somebody's page that was made `since`, in seconds from 1970. None where there are as many as may be.

        It is told at once where something has changed after that; by the first look, where nobody has looked yet.
        """
        with self._guard:
            theirs = sum(one.whose == whose for one in self._lines)
            if len(self._lines) >= MOST or theirs >= EACH or self._stop.is_set():
                return None
            made = Line(loop, asyncio.Event(), whose)
            self._lines.add(made)
            if self._thread is None:
                self._changed_at = None
                self._thread = threading.Thread(target=self._watch, name="live", daemon=True)
                self._thread.start()
            if self._changed_at and self._changed_at.timestamp() >= since:
                made.tell("log", "work")
            return made

    def leave(self, line: Line) -> None:
        """The page is gone."""
        with self._guard:
            self._lines.discard(line)

    def close(self) -> None:
        """All lines end, and the thread."""
        with self._guard:
            self._stop.set()
            lines, thread = tuple(self._lines), self._thread
        for line in lines:
            line.tell()
        if thread:
            thread.join()

    def _watch(self) -> None:
        # A thread that has come to rest may end while the next one has begun: each has ears of its own.
        end = self._files.begin()
        try:
            self._look_on()
        finally:
            end()

    def _look_on(self) -> None:
        store, seen, alone = None, None, 0
        while not self._stop.is_set():
            try:
                store = store or self._open_store()
                found = _Seen(store.mark(), store.pulse(), self._files.edition)
                self._tell(seen, found)
                seen = found
            except MusterError as error:
                self._say("the store could not be looked at for open pages", error=str(error))
                _let_go(store)
                store = None
            alone = 0 if self._lines else alone + 1
            if alone >= REST and self._rests():
                break
            self._stop.wait(self._look)
        _let_go(store)

    def _tell(self, seen: _Seen | None, found: _Seen) -> None:
        topics = found.topics(seen)
        if not topics:
            return
        with self._guard:
            self._changed_at = self._clock.now()
            lines = tuple(self._lines)
        for line in lines:
            line.tell(*topics)

    def _rests(self) -> bool:
        with self._guard:
            if self._lines:
                return False
            self._thread = None
            return True


async def told(live: Live, line: Line) -> AsyncIterator[str]:
    """What a page hears, until its time is over: events as `text/event-stream` has them."""
    until = line.loop.time() + LONGEST
    try:
        yield "retry: 3000\n\n"
        while not line.ended and line.loop.time() < until:
            with suppress(TimeoutError):
                await asyncio.wait_for(line.woken.wait(), HEARTBEAT)
            line.woken.clear()
            if line.topics and not line.ended:
                topics = sorted(line.topics)
                line.topics.clear()
                yield f"event: changed\ndata: {json.dumps({'topics': topics})}\n\n"
                await _apart(line)
            else:
                yield ": nothing\n\n"
    finally:
        live.leave(line)


async def _apart(line: Line) -> None:
    """Wait until the next change may be told, or the line is to end."""
    until = line.loop.time() + APART
    while not line.ended and (left := until - line.loop.time()) > 0:
        with suppress(TimeoutError):
            await asyncio.wait_for(line.woken.wait(), left)
        line.woken.clear()
    if line.topics or line.ended:
        line.woken.set()


def _let_go(store: Store | None) -> None:
    with suppress(MusterError):
        if store is not None:
            store.close()
