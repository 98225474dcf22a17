"""Resources whose steps failed rest for a while, longer each time; the others do not wait for them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan, ResourcePlan
from reconciler.model.ref import Ref
from reconciler.plan.codec import digest_line

FIRST: Final = timedelta(seconds=5)
LONGEST: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class Rest:
    """How often in a row a resource has failed, until when it rests, and over what."""

    failures: int
    until: datetime
    message: str
    line: object


@dataclass(slots=True)
class Backoff:
    """Who rests. What is asked of a resource is tried at once when it becomes something else."""

    resting: dict[Ref, Rest] = field(default_factory=dict)

    def without(self, plan: Plan, now: datetime) -> Plan:
        """The plan without what rests."""
        if not self.resting:
            return plan
        return replace(plan, due=self._awake(plan.due, now), resources=self._awake(plan.resources, now))

    def _awake(self, plans: Iterable[ResourcePlan], now: datetime) -> tuple[ResourcePlan, ...]:
        return tuple(one for one in plans if not self._rests(one, now))

    def _rests(self, one: ResourcePlan, now: datetime) -> bool:
        rest = self.resting.get(one.ref)
        return rest is not None and now < rest.until and rest.line == digest_line(one)

    def note(self, plan: Plan, outcome: Outcome, now: datetime) -> None:
        """Learn from what became of a plan."""
        lines = {one.ref: digest_line(one) for one in (*plan.due, *plan.resources) if one.ref in outcome.failed}
        for ref in outcome.done:
            self.resting.pop(ref, None)
        for ref, message in outcome.failed.items():
            before = self.resting.get(ref)
            failures = before.failures + 1 if before and before.line == lines.get(ref) else 1
            delay = min(LONGEST, FIRST * 2 ** min(failures - 1, 20))
            self.resting[ref] = Rest(failures, now + delay, message, lines.get(ref))

    def next(self, now: datetime) -> datetime | None:
        """When the first of them may be tried again."""
        return min((one.until for one in self.resting.values() if one.until > now), default=None)

    @property
    def messages(self) -> Mapping[Ref, str]:
        """Over what each of them has failed."""
        return {ref: one.message for ref, one in self.resting.items()}
