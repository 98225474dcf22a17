"""The door of prometheus-client: what a daemon counts. Names have units, labels are from small closed sets."""

from collections import Counter as Count
from collections.abc import Callable, Mapping
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, Info, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from reconciler.controller.invoice_metrics import InvoiceMetrics
from reconciler.controller.passing import Pass
from reconciler.controller.work_metrics import WorkMetrics
from reconciler.model.condition import Aspect, Status
from reconciler.model.plan import ResourcePlan
from reconciler.model.ports import Clock, Store
from reconciler.model.ref import Ref

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_FEW: Final = 5_000
"""Resources up to which they are counted in every pass; more of them when everything is looked at anew."""


class Metrics:
    """Implements `daemon.Watching` with a registry of its own: two daemons of one process do not count together."""

    def __init__(self, clock: Clock, statuses: Callable[[], Mapping[Ref, Status]]) -> None:
        self._clock, self._statuses = clock, statuses
        self.registry = registry = CollectorRegistry()
        self._passes = Counter("muster_passes", "Passes by how they ended.", ["result"], registry=registry)
        self._seconds = Histogram(
            "muster_pass_duration_seconds", "How long a pass took.", registry=registry,
            buckets=(0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60, 300),
        )  # fmt: skip
        self._success = Gauge(
            "muster_last_success_timestamp_seconds", "When a pass last came to its end.", registry=registry
        )
        self._steps = Counter(
            "muster_steps", "Steps by kind, event and result.", ["kind", "event", "result"], registry=registry
        )
        self._resources = Gauge(
            "muster_resources", "Stored resources by kind and state.", ["kind", "state"], registry=registry
        )
        self._conditions = Gauge(
            "muster_conditions",
            "Resources by condition and its status.",
            ["kind", "condition", "status"],
            registry=registry,
        )
        self._blocked = Gauge("muster_blocked_resources", "Blocked resources by refusal.", ["code"], registry=registry)
        self._withheld = Gauge("muster_withheld_resources", "Resources whose manifests are invalid.", registry=registry)
        self._resting = Gauge("muster_resting_resources", "Resources that rest after a failure.", registry=registry)
        self._backlog = Gauge(
            "muster_backlog_resources", "Resources with steps that are yet to be done.", registry=registry
        )
        self._trouble = Counter("muster_source_troubles", "Passes without the source.", ["reason"], registry=registry)
        self._followed = Gauge(
            "muster_source_followed", "1 while the source is followed, 0 while it is not.", registry=registry
        )
        self._commit = Info("muster_source_commit", "The commit of the catalog in force.", registry=registry)
        self._work = WorkMetrics(registry, clock)
        self._invoices = InvoiceMetrics(registry)
        self._notices = Gauge("muster_notices", "Notices by receiver and fate.", ["target", "fate"], registry=registry)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)

    def passed(self, one: Pass, store: Store, seconds: float) -> None:
        """See `daemon.Watching`."""
        self._passes.labels("done").inc()
        self._seconds.observe(seconds)
        self._success.set(self._clock.now().timestamp())
        self._followed.set(0 if one.trouble else 1)
        if one.trouble:
            self._trouble.labels(one.trouble.reason).inc()
        self._commit.info({"commit": one.commit})
        self._withheld.set(len(one.withheld))
        self._resting.set(len(one.resting))
        planned = (*one.plan.due, *one.plan.resources)
        done = frozenset(one.outcome.done)
        self._backlog.set(sum(each.ref not in done for each in planned))
        for each in planned:
            self._count(each, _result(one, each.ref) if each.ref not in done else "done")
        _fill(self._blocked, Count((each.refusals[0].code.value,) for each in one.plan.blocked))
        _fill(self._notices, {(target, fate.value): n for (target, fate), n in store.bulletin.tally().items()})
        self._work.survey(store)
        self._invoices.survey(store)
        if one.seen.whole or len(one.seen.heads) <= _FEW:
            self._survey(store)

    def failed(self, reason: str, _message: str, seconds: float) -> None:
        """See `daemon.Watching`."""
        self._passes.labels("failed").inc()
        self._seconds.observe(seconds)
        self._followed.set(0)
        self._trouble.labels(reason).inc()

    def _count(self, one: ResourcePlan, result: str) -> None:
        for step in one.steps:
            self._steps.labels(one.ref.kind, step.name, result).inc()

    def _survey(self, store: Store) -> None:
        states = Count((ref.kind, head.state) for ref, head in store.heads().items())
        _fill(self._resources, states)
        found = Count(
            (ref.kind, aspect.value, status.truth(aspect).value)
            for ref, status in self._statuses().items()
            for aspect in Aspect
        )
        _fill(self._conditions, found)


def _result(one: Pass, ref: Ref) -> str:
    ends = (
        ("failed", one.outcome.failed), ("denied", one.outcome.denied), ("stale", one.outcome.stale),
        ("left", one.outcome.left), ("waiting", one.outcome.waiting),
    )  # fmt: skip
    return next((name for name, refs in ends if ref in refs), "resting")


def _fill(gauge: Gauge, values: Mapping[Any, int]) -> None:
    """These values and no others: what is no more is not zero, it is gone."""
    gauge.clear()
    for labels, value in values.items():
        gauge.labels(*labels).set(value)
