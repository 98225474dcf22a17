"""The loop: look, reconcile, sleep until there is a reason to look again.

Level-triggered: whatever wakes it only says "look now". It wakes by itself at an interval, at the next instant at which
time alone changes the plan (a schedule entry, a timer), and when what has failed may be tried again. What goes wrong in a
pass is said, counted and tried again later; nothing but a signal ends it.
"""

import random
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, Protocol

from reconciler.controller.alarm import Alarm, Ring
from reconciler.controller.passing import Pass, Passes
from reconciler.controller.talk import Level, Say
from reconciler.controller.verdict import DONE, PARTIAL
from reconciler.model.errors import Interrupted, MusterError
from reconciler.model.ports import Clock, Store
from reconciler.source.reading import NothingYet

BREATH: Final = 0.05
"""Seconds between two passes at least: nothing may make the loop spin."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often to look when nothing happens, and how soon again when something went wrong."""

    interval: timedelta = timedelta(seconds=60)
    retry: timedelta = timedelta(seconds=10)
    jitter: float = 0.1
    """By which part of itself an interval varies, so that many daemons do not look at once."""


class Watching(Protocol):
    """Whoever wants to know what passes came to: metrics, conditions, notifications, the log."""

    def passed(self, one: Pass, store: Store, seconds: float) -> None:
        """A pass is over."""
        ...

    def failed(self, reason: str, message: str, seconds: float) -> None:
        """A pass came to nothing."""
        ...


@dataclass(slots=True)
class Daemon:
    """Runs passes until it is told to stop. `open_store` is called again after the store was lost."""

    passes: Passes
    open_store: Callable[[], Store]
    alarm: Alarm
    clock: Clock
    say: Say
    watching: tuple[Watching, ...] = ()
    pace: Pace = Pace()
    _store: Store | None = None
    _failures: int = 0
    _fresh_at: float = 0.0
    """When far sources are to be asked again, by the clock that only goes forward."""
    _last: Pass | None = None
    _random: random.Random = field(default_factory=random.Random)

    def run(self) -> int:
        """Until a signal says stop. The exit code: 8 where the last pass left steps undone, else 0."""
        try:
            while not self.alarm.stopping:
                self._look()
                self._sleep()
            return PARTIAL if self._last is not None and self._last.outcome.left else DONE
        finally:
            self._let_go()

    def once(self) -> Pass:
        """One pass, whose failures are the caller's."""
        try:
            return self._pass(fresh=True)
        finally:
            self._let_go()

    def _look(self) -> None:
        started = time.monotonic()
        fresh = started >= self._fresh_at
        try:
            self._last = self._pass(fresh)
            self._failures = 0
        except (Interrupted, KeyboardInterrupt):
            raise
        except NothingYet as error:
            self._failed(error.trouble.reason, str(error), started)
        except MusterError as error:
            self._let_go()
            self._failed(type(error).__name__, str(error), started)
        except Exception as error:  # noqa: BLE001 - the loop: a bug in one pass must not end all that follow
            self._let_go()
            self.say("a bug ended this pass", Level.ERROR, traceback=traceback.format_exc())
            self._failed("Bug", f"{type(error).__name__}: {error}", started)
        if fresh:
            self._fresh_at = time.monotonic() + self._varied(self.pace.interval)

    def _pass(self, fresh: bool) -> Pass:
        started = time.monotonic()
        if self._store is None:
            self._store = self.open_store()
        one = self.passes.once(self._store, fresh)
        for watcher in self.watching:
            watcher.passed(one, self._store, time.monotonic() - started)
        return one

    def _failed(self, reason: str, message: str, started: float) -> None:
        self._failures += 1
        self.passes.forget()
        self.say("the pass failed", Level.ERROR, reason=reason, error=message, failures=self._failures)
        for watcher in self.watching:
            watcher.failed(reason, message, time.monotonic() - started)

    def _sleep(self) -> None:
        """Until there is a reason to look."""
        until = time.monotonic() + self._pause()
        while not self.alarm.stopping and (rest := until - time.monotonic()) > 0:
            rings = self.alarm.wait(rest)
            if Ring.HINT in rings or Ring.RELOAD in rings:
                self._fresh_at = 0.0
            if Ring.RELOAD in rings:
                self.passes.source.reload()
                self._let_go()
                self.say("reloading")
            if rings:
                return
            # The clock may have been put forward, or the machine have slept.
            until = min(until, time.monotonic() + max(self._until_due(), 0.0))

    def _pause(self) -> float:
        """Seconds until the next look that nothing but time asks for."""
        if self._failures:
            slow = min(self.pace.retry * 2 ** min(self._failures - 1, 10), max(self.pace.interval, self.pace.retry))
            return self._varied(slow)
        pause = min(self._fresh_at - time.monotonic(), self._until_due())
        if self._last is not None and (self._last.outcome.stale or self._last.trouble):
            pause = min(pause, self._varied(self.pace.retry))
        return max(pause, BREATH)

    def _until_due(self) -> float:
        """Seconds until time alone changes the plan, or what rests may be tried again."""
        now, last = self.clock.now(), self._last
        due = [one for one in (last.plan.stands_until if last else None, self.passes.backoff.next(now)) if one]
        return min(((one - now).total_seconds() for one in due), default=float("inf"))

    def _varied(self, span: timedelta) -> float:
        return span.total_seconds() * (1 + self._random.uniform(-self.pace.jitter, self.pace.jitter))

    def _let_go(self) -> None:
        store, self._store = self._store, None
        if store is not None:
            store.close()
