"""What a daemon counts of outside work: units, lanes and their waiting, by kind. Campaigns are too many for labels."""

from collections import Counter as Count
from datetime import timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge

from reconciler.model.ports import Clock, Store
from reconciler.model.progress import Condition, Progress


class WorkMetrics:
    """Gauges over the jobs that are not over, and what was sent by all there ever were."""

    def __init__(self, registry: CollectorRegistry, clock: Clock) -> None:
        self._clock = clock
        self._units = Gauge(
            "muster_units", "Units of jobs that are not over, by stage.", ["kind", "stage"], registry=registry
        )
        self._lanes = Gauge(
            "muster_lanes", "Lanes of open jobs, by what they do.", ["kind", "condition"], registry=registry
        )
        self._lag = Gauge(
            "muster_lane_lag_seconds", "How long the lane that waits longest has nobody.", ["kind"], registry=registry
        )
        self._sent = Counter("muster_units_sent", "Units sent, by all workers.", ["kind"], registry=registry)
        self._seen: Count[str] = Count()

    def survey(self, store: Store) -> None:
        """Count anew. Campaigns that are forgotten take nothing away from what was sent."""
        now, units, lanes = store.time(self._clock.now()), Count[tuple[str, str]](), Count[tuple[str, str]]()
        lag: dict[str, timedelta] = {}
        for head in store.ledger.jobs():
            job = None if head.is_over else store.ledger.view(head.uid, now)
            if job is None:
                continue
            one, kind = Progress(job, now), head.ref.kind
            units.update({(kind, stage.value): count for stage, count in job.stages.items()})
            if one.is_open:
                lanes.update((kind, one.condition(lane).value) for lane in job.lanes)
                lag[kind] = max(lag.get(kind, timedelta()), one.lag)
        self._show(units, lanes, lag)
        self._add_sent(store)

    def _show(self, units: Count[tuple[str, str]], lanes: Count[tuple[str, str]], lag: dict[str, timedelta]) -> None:
        for gauge in (self._units, self._lanes, self._lag):
            gauge.clear()
        for (kind, stage), count in units.items():
            self._units.labels(kind, stage).set(count)
        for kind, longest in lag.items():
            # All conditions are told, so that an alarm sees a zero and not a gap.
            for condition in Condition:
                self._lanes.labels(kind, condition.value).set(lanes[kind, condition.value])
            self._lag.labels(kind).set(longest.total_seconds())

    def _add_sent(self, store: Store) -> None:
        now = Count[str]()
        for ref, sent in store.sums.sent().items():
            now[ref.kind] += sent
        for kind, sent in now.items():
            self._sent.labels(kind).inc(max(sent - self._seen[kind], 0))
        self._seen = now
