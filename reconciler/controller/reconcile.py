"""Reconcile: gather, decide, do. Plan and apply walk the same way; apply only goes further."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.controller.execute import Executor
from reconciler.controller.gather import Gatherer, Wishes, finding
from reconciler.controller.observe import Observed, unknown_facts
from reconciler.controller.pinpoint import layered, occurrence_placed, refusal_placed
from reconciler.controller.settle import settle
from reconciler.controller.survey import Survey
from reconciler.model.collector import resting_collector
from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.errors import Stale
from reconciler.model.health import Settled
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Blocked, Plan, ResourcePlan
from reconciler.model.ports import Clock, Runtime, Store
from reconciler.model.ref import Ref
from reconciler.plan.codec import digest_line
from reconciler.plan.planner import make_plan
from reconciler.plan.question import Question

JUMP: Final = timedelta(hours=1)
"""By how much clocks are corrected, or differ between machines; one that is farther behind the log is believed."""


@dataclass(frozen=True, slots=True)
class Approval:
    """What was reviewed: a digest of the whole, and from a saved plan also each resource's own."""

    digest: str = ""
    lines: Mapping[str, object] | None = None


@dataclass(slots=True)
class Reconciler:
    """Plans and applies for one project."""

    gatherer: Gatherer
    store: Store
    clock: Clock
    runtimes: Mapping[str, Runtime]
    actor: str
    settled: tuple[Settled, ...] = ()
    _question: Question | None = field(default=None)

    def plan(
        self, wishes: Wishes = Wishes(), at: datetime | None = None, seen: Survey | None = None
    ) -> tuple[Plan, tuple[Diagnostic, ...]]:
        """The plan at `at` (default: now), with the catalog's warnings. Locks nothing, writes nothing."""
        with resting_collector():
            question, warnings = self.gatherer.question(at or present(self.clock, self.store), wishes, seen)
            plan, self._question, findings = make_plan(question)
        library, kinds = self.gatherer.library, self.gatherer.kinds.table
        plan = replace(
            plan,
            resources=tuple(layered(self.gatherer, one) for one in plan.resources),
            blocked=tuple(self._pinpointed(one) for one in plan.blocked),
            timeline=tuple(occurrence_placed(self.gatherer, one) for one in plan.timeline),
            diagnostics=in_order(
                (
                    *warnings,
                    *(finding(one, library, kinds) for one in findings),
                    *unknown_facts(question.facts, question.manifests),
                )
            ),
        )
        return plan, warnings

    def has_observed(self) -> bool:
        """Whether the last plan hangs on what runtimes observe."""
        facts = self._question.facts if self._question else {}
        return isinstance(facts, Observed) and bool(facts.seen)

    def settle(self) -> tuple[Settled, ...]:
        """Finish or undo what a crash left, before planning."""
        self.settled = settle(self.store, self.runtimes, self.clock)
        return self.settled

    def apply(
        self,
        plan: Plan,
        progress: Callable[[int], None] = lambda _steps: None,
        stopping: Callable[[], bool] = lambda: False,
    ) -> Outcome:
        """Carry out `plan`, which must be the one that `plan()` gave last; between two steps it may be told to stop."""
        if self._question is None:
            raise Stale("there is no plan to apply")
        written = [one.ref for one in plan.resources] + [one.ref for one in plan.blocked if one.missed]
        with resting_collector():
            question = replace(self._question, authorship=self.gatherer.authorship(written))
            return Executor(
                question, self.store, self.clock, self.runtimes, self.actor, progress, stopping=stopping
            ).run(plan)

    def _pinpointed(self, one: Blocked) -> Blocked:
        """Each refusal with the place in the manifest that it is about."""
        return replace(one, refusals=tuple(refusal_placed(self.gatherer, one.ref, refusal) for refusal in one.refusals))


def present(clock: Clock, store: Store) -> datetime:
    """The clock's time, or that of the last write where it has jumped back since: what came due then stays due."""
    now, last = clock.now(), store.last_write()
    return last if last is not None and now < last <= now + JUMP else now


def approved(plan: Plan, approval: Approval) -> tuple[Plan, tuple[Ref, ...]]:
    """The part of `plan` that was approved, and the resources for which it is no longer what was reviewed.

    With a digest alone, the whole must match: Stale otherwise. With a saved plan, each resource stands for itself.
    """
    if approval.lines is None:
        if approval.digest and approval.digest != plan.digest:
            raise Stale(
                f"the plan is not the one that was approved: expected {approval.digest}, it is now {plan.digest};"
                " review `muster plan` again"
            )
        return plan, ()
    lines = approval.lines
    same = tuple(one for one in plan.resources if lines.get(str(one.ref)) == _line(one))
    current = {str(one.ref) for one in same}
    stale = tuple(Ref.parse(text) for text in lines if text not in current)
    return replace(plan, resources=same), stale


def _line(one: ResourcePlan) -> object:
    return digest_line(one)
