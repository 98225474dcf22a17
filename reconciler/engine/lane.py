"""One slice of work on a lane: windows from the ledger, units to the runtime, results back."""

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from reconciler.model.canonical import Document
from reconciler.model.ledger import Ledger
from reconciler.model.ref import Ref
from reconciler.model.work import Claim, Demand, Rate, Result, Settling, Stage, Trouble, Unit, Window

AGAIN: Final = timedelta(seconds=5)
"""How long a lane rests at most that waits for a rate."""
NAP: Final = 0.05
"""Seconds between two looks whether to go on, where a lane waits for a rate."""


@dataclass(frozen=True, slots=True)
class Slice:
    """How a lane is run: units in its first window, how long before others get their turn, and the lease.

    The lease is longer than twice the longest outside call. Later windows have as many units as come to `pace`, at most
    `most`: where each takes long, one alone is in doubt after a crash, and where they are quick a commit is shared by many.
    """

    window: int = 10
    span: timedelta = timedelta(seconds=5)
    lease: timedelta = timedelta(minutes=5)
    most: int = 30
    pace: timedelta = timedelta(milliseconds=20)


SLICE: Final = Slice()
"""How lanes are run where nobody says otherwise."""
_NOTHING: Final = Window()


@dataclass(slots=True)
class LaneRun:
    """Implements `work.Lane` for one claim. Use in one thread; `close` it, whatever has happened."""

    ledger: Ledger
    claim: Claim
    now: Callable[[], datetime]
    """The shared clock: the store's, see `Ledger`."""
    slice: Slice = SLICE
    stopping: Callable[[], bool] = lambda: False
    ahead: Sequence[Unit] = ()
    """See `work.Lane`."""
    suppressions: int = 0
    """See `work.Lane`. What the ledger said last: 0 where the lane may not go on, or was never asked."""
    _window: Window = _NOTHING
    _results: dict[int, Result] = field(default_factory=dict)
    _begun: int = 0
    _in_hand: Unit | None = None
    _began_at: datetime = field(init=False)
    _ended_at: datetime | None = None
    _due_at: datetime | None = None
    _trouble: Trouble | None = None
    _trouble_before: Trouble | None = field(init=False)
    _number: int = 0
    _size: int = field(init=False)
    _package: Document | None = None
    _until: datetime = field(init=False)
    _leased: datetime = field(init=False)

    def __post_init__(self) -> None:
        now = self.now()
        self._size = min(self.slice.window, self.slice.most)
        self._until, self._leased = now + self.slice.span, now + self.slice.lease
        self._trouble_before = self.claim.trouble

    @property
    def ref(self) -> Ref:
        """See `work.Lane`."""
        return self.claim.ref

    @property
    def uid(self) -> int:
        """See `work.Lane`."""
        return self.claim.uid

    @property
    def number(self) -> int:
        """See `work.Lane`."""
        return self.claim.number

    @property
    def trouble(self) -> Trouble | None:
        """See `work.Lane`."""
        return self._trouble_before

    @property
    def via(self) -> str:
        """See `work.Lane`."""
        return self.claim.via

    @property
    def package(self) -> Document:
        """See `work.Lane`."""
        if self._package is None:
            self._package = self.ledger.package(self.claim.uid)
        return self._package

    def units(self, rates: Iterable[Rate] = ()) -> Iterator[Unit]:
        """See `work.Lane`."""
        limits = tuple(rates)
        while self._next_window(limits):
            for place, unit in enumerate(self._window.units, 1):
                if not self._goes_on():
                    return
                self.ahead = self._window.units[place:]
                self._begun += 1
                self._in_hand = unit
                yield unit
                if self._in_hand is not None or self._due_at is not None:
                    return

    def record(self, unit: Unit, result: Result) -> None:
        """See `work.Lane`."""
        self._results[unit.id] = result
        self._ended_at, self._in_hand = self.now(), None

    def rest(self, span: timedelta, message: str, *, is_permanent: bool = False) -> None:
        """See `work.Lane`."""
        now = self.now()
        since = self._trouble_before.since if self._trouble_before and not self._results else now
        self._due_at, self._trouble = now + span, Trouble(since, is_permanent, message)
        if self._in_hand is not None:  # it was not begun after all
            self._in_hand, self._begun = None, self._begun - 1

    def fault(self, span: timedelta, message: str) -> None:
        """Rest after a failure that nobody has foreseen: what became of the unit in hand is not known."""
        if self._in_hand is not None:
            self.record(self._in_hand, Result(Stage.UNKNOWN, {"error": message}))
        self.rest(span, message)

    def close(self) -> None:
        """Record what was done and let go. A unit that was begun and never recorded is in doubt."""
        if self._in_hand is not None:
            self.record(
                self._in_hand, Result(Stage.UNKNOWN, {"error": "it was begun, and what became of it was not said"})
            )
        self.ledger.release(self.claim, self._settled(), self._due_at, self._trouble, self.now())

    def _next_window(self, rates: tuple[Rate, ...]) -> bool:
        """Settle the last window and take another; False where this slice is over."""
        while not self.stopping() and (now := self.now()) < self._until:
            demand = Demand(self._number + 1, self._size, now + self.slice.lease, rates)
            window = self.ledger.window(self.claim, self._settled(), demand, now)
            self._settle()
            if window is None:
                return False
            self._leased = now + self.slice.lease
            if window.units:
                self._window, self._number, self._began_at = window, demand.number, self.now()
                return True
            if window.ready_at is None or window.ready_at >= self._until:
                # Asked again before that: a limit may be raised meanwhile, and counts at once (AMB-E12).
                self._due_at = min(window.ready_at, now + AGAIN) if window.ready_at else None
                return False
            if not self._wait(window.ready_at):
                return False
        return False

    def _settle(self) -> None:
        """What was recorded is in the ledger."""
        if self._begun and self._ended_at:
            self._trouble_before = None
            each = (self._ended_at - self._began_at) / self._begun
            self._size = max(1, min(self.slice.most, int(self.slice.pace / each) if each else self.slice.most))
        self._window, self._results, self._begun, self._ended_at = _NOTHING, {}, 0, None

    def _wait(self, until: datetime) -> bool:
        """Until a rate or a unit is ready; False where the lane is to stop."""
        while (rest := (until - self.now()).total_seconds()) > 0:
            time.sleep(min(rest, NAP))
            if self.stopping() or not self.ledger.goes_on(self.claim):
                return False
        return True

    def _goes_on(self) -> bool:
        """Between any two units: nobody has said stop, and the lease outlasts what comes next."""
        if self.stopping() or self.now() >= self._leased - self.slice.lease / 2:
            return False
        if self.ledger.stirred() or not self.suppressions:
            self.suppressions = self.ledger.goes_on(self.claim)
        return bool(self.suppressions)

    def _settled(self) -> Settling | None:
        if not self._window.units:
            return None
        return Settling(self._number, self._results, self._ended_at or self.now(), self._begun)
