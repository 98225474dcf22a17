"""Take down what runtimes report: campaigns whose running has ended, well or badly."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reconciler.controller.execute import Executor
from reconciler.controller.operate import Surroundings
from reconciler.lifecycle.kind import Kind
from reconciler.model.plan import Plan
from reconciler.model.ports import Clock, Report, Runtime, Store, Worker
from reconciler.plan.reported import reportable, reported


@dataclass(frozen=True, slots=True)
class Reporting:
    """Who takes reports down, for which kinds."""

    kinds: Mapping[str, Kind]
    runtimes: Mapping[str, Runtime]
    clock: Clock
    actor: str

    def take_down(self, store: Store, workers: Iterable[Worker]) -> tuple[Report, ...]:
        """Every report that fits its campaign's state, as a transition with its effects; those that came through.

        Whoever looks takes them down: of several that do at once, one does.
        """
        return tuple(report for worker in workers for report in worker.reports() if self._taken(store, report))

    def _taken(self, store: Store, report: Report) -> bool:
        resource = store.load([report.ref]).get(report.ref)
        kind = self.kinds.get(report.ref.kind)
        edge = reportable(kind.lifecycle, resource.state, report.event) if resource and kind else None
        if resource is None or edge is None:
            return False
        now = self.clock.now()
        question = Surroundings(store, self.kinds, self.runtimes).question(report.ref, now)
        one = reported(resource, edge, report.reason)
        plan = Plan(now, 0, "", (one,), (), (), (), 0, (), "")
        outcome = Executor(question, store, self.clock, self.runtimes, self.actor).run(plan)
        return not (outcome.stale or outcome.failed)
