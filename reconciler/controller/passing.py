"""One pass of a daemon: settle, read, plan, do. What it needs of the passes before is kept here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.controller.backoff import Backoff
from reconciler.controller.gather import Gatherer, Wishes
from reconciler.controller.lenient import sound
from reconciler.controller.reconcile import Reconciler, present
from reconciler.controller.refresh import refresh
from reconciler.controller.settle import settle
from reconciler.controller.survey import Standing, Survey
from reconciler.model.diagnostic import Diagnostic
from reconciler.model.health import Settled
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan
from reconciler.model.ports import Clock, Runtime, Store
from reconciler.model.ref import Ref
from reconciler.source.catalog import Library
from reconciler.source.project import Project
from reconciler.source.reading import Reading, Source, Trouble


@dataclass(frozen=True, slots=True)
class Pass:
    """What one pass has come to."""

    began: datetime
    plan: Plan
    """The whole plan, with what rests."""
    outcome: Outcome
    seen: Survey
    diagnostics: tuple[Diagnostic, ...] = ()
    withheld: Mapping[Ref, Diagnostic] = field(default_factory=dict)
    resting: Mapping[Ref, str] = field(default_factory=dict)
    settled: tuple[Settled, ...] = ()
    commit: str = ""
    trouble: Trouble | None = None
    dry: bool = False
    stale: Mapping[str, str] = field(default_factory=dict)
    """By kind, why what running campaigns look at outside the manifests could not be taken up again."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a pass works with besides source and store."""

    clock: Clock
    runtimes: Callable[[Store, Project, Library], Mapping[str, Runtime]]
    actor: str
    wishes: Wishes = Wishes()
    dry: bool = False


@dataclass(slots=True)
class Passes:
    """Makes passes over one source and one store."""

    source: Source
    tools: Tools
    stopping: Callable[[], bool] = lambda: False
    backoff: Backoff = field(default_factory=Backoff)
    _standing: Standing = field(default_factory=Standing)
    _withheld: Mapping[Ref, Diagnostic] = field(default_factory=dict)
    _diagnostics: tuple[Diagnostic, ...] = ()

    def forget(self) -> None:
        """Trust nothing of the passes before."""
        self._standing.forget()

    def once(self, store: Store, fresh: bool) -> Pass:
        """One pass. NothingYet where no catalog was ever read; whatever the store raises."""
        clock, tools = self.tools.clock, self.tools
        reading = self.source.read(fresh)
        runtimes = self._runtimes(reading, store)
        settled = () if tools.dry else self._settled(store, runtimes)
        stale = {} if tools.dry else refresh(store, runtimes)
        began = present(clock, store)
        if fresh and self._standing.is_old(began):
            self._standing.forget()
        try:
            reconciler, seen = self._surveyed(reading, store, began)
            plan, _ = reconciler.plan(tools.wishes, began, seen)
            awake = self.backoff.without(plan, began)
            outcome = Outcome() if tools.dry else reconciler.apply(awake, stopping=self.stopping)
        except BaseException:
            self._standing.forget()  # what changed in the catalog is told once
            raise
        self.backoff.note(awake, outcome, began)
        return Pass(
            began, plan, outcome, seen, self._diagnostics, self._withheld, self.backoff.messages, settled,
            reading.commit, reading.trouble, tools.dry, stale,
        )  # fmt: skip

    def _settled(self, store: Store, runtimes: Mapping[str, Runtime]) -> tuple[Settled, ...]:
        clock, now = self.tools.clock, present(self.tools.clock, store)
        settled = settle(store, runtimes, clock, resting=self.backoff.asleep(now))
        self.backoff.note_settled(settled, now)
        return settled

    def _surveyed(self, reading: Reading, store: Store, now: datetime) -> tuple[Reconciler, Survey]:
        gatherer = self._gatherer(reading, reading.library, store)
        if reading.edits is not None and not self._withheld:
            seen = self._standing.again(gatherer.sources(), reading.edits, now)
            if seen is not None:
                return self._reconciler(gatherer, store), seen
        found = sound(reading.library, reading.kinds.table, reading.lost, store, now)
        self._withheld, self._diagnostics = found.withheld, found.diagnostics
        gatherer = self._gatherer(reading, found.library, store)
        return self._reconciler(gatherer, store), self._standing.anew(gatherer.sources(), now)

    def _gatherer(self, reading: Reading, library: Library, store: Store) -> Gatherer:
        return Gatherer(reading.project, reading.kinds, library, store, self._runtimes(reading, store), reading.commit)

    def _runtimes(self, reading: Reading, store: Store) -> Mapping[str, Runtime]:
        return self.tools.runtimes(store, reading.project, reading.library)

    def _reconciler(self, gatherer: Gatherer, store: Store) -> Reconciler:
        return Reconciler(gatherer, store, self.tools.clock, gatherer.runtimes, self.tools.actor)
