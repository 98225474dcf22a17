"""One slice of work on a lane: windows from the ledger, units to the runtime, results back."""

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from reconciler.model.canonical import Document
from reconciler.model.ref import Ref
from reconciler.model.work import Claim, Demand, Ledger, Rate, Result, Settling, Stage, Trouble, Unit, Window

NAP: Final = 0.05
"""Seconds between two looks whether to go on, where a lane waits for a rate."""


@dataclass(frozen=True, slots=True)
class Slice:
    """How a lane is run: units in a window, how long before others get their turn, and how long it is somebody's without a word.

    The lease is longer than twice the longest outside call.
    """

    window: int = 10
    span: timedelta = timedelta(seconds=5)
    lease: timedelta = timedelta(minutes=5)


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
    _window: Window = _NOTHING
    _results: dict[int, Result] = field(default_factory=dict)
    _begun: int = 0
    _in_hand: Unit | None = None
    _ended_at: datetime | None = None
    _due_at: datetime | None = None
    _trouble: Trouble | None = None
    _trouble_before: Trouble | None = field(init=False)
    _number: int = 0
    _package: Document | None = None
    _until: datetime = field(init=False)
    _leased: datetime = field(init=False)

    def __post_init__(self) -> None:
        now = self.now()
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
            for unit in self._window.units:
                if not self._goes_on():
                    return
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
            demand = Demand(self._number + 1, self.slice.window, now + self.slice.lease, rates)
            window = self.ledger.window(self.claim, self._settled(), demand, now)
            self._settle()
            if window is None:
                return False
            self._leased = now + self.slice.lease
            if window.units:
                self._window, self._number = window, demand.number
                return True
            if window.ready_at is None or window.ready_at >= self._until:
                self._due_at = window.ready_at
                return False
            if not self._wait(window.ready_at):
                return False
        return False

    def _settle(self) -> None:
        """What was recorded is in the ledger."""
        if self._begun:
            self._trouble_before = None
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
        return (
            not self.stopping() and self.now() < self._leased - self.slice.lease / 2 and self.ledger.goes_on(self.claim)
        )

    def _settled(self) -> Settling | None:
        if not self._window.units:
            return None
        return Settling(self._number, self._results, self._ended_at or self.now(), self._begun)
