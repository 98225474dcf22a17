"""Resources whose steps failed rest for a while, longer each time; the others do not wait for them.

For as long as the runtime asks at least, where it says so.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.model.health import Settled
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
    """What was asked of it. None where a step of it is half done, which nothing else can come before."""


@dataclass(slots=True)
class Backoff:
    """Who rests. What is asked of a resource is tried at once when it becomes something else."""

    resting: dict[Ref, Rest] = field(default_factory=dict)

    def asleep(self, now: datetime) -> frozenset[Ref]:
        """Those who are not to be tried again yet."""
        return frozenset(ref for ref, rest in self.resting.items() if now < rest.until)

    def without(self, plan: Plan, now: datetime) -> Plan:
        """The plan without what rests. Of what nothing is asked any more, nothing is in the way."""
        asked = {one.ref for one in (*plan.due, *plan.resources)}
        self.resting = {ref: rest for ref, rest in self.resting.items() if ref in asked or rest.line is None}
        if not self.resting:
            return plan
        return replace(plan, due=self._awake(plan.due, now), resources=self._awake(plan.resources, now))

    def _awake(self, plans: Iterable[ResourcePlan], now: datetime) -> tuple[ResourcePlan, ...]:
        return tuple(one for one in plans if not self._rests(one, now))

    def _rests(self, one: ResourcePlan, now: datetime) -> bool:
        rest = self.resting.get(one.ref)
        return rest is not None and now < rest.until and rest.line in (None, digest_line(one))

    def note(self, plan: Plan, outcome: Outcome, now: datetime) -> None:
        """Learn from what became of a plan."""
        lines = {one.ref: digest_line(one) for one in (*plan.due, *plan.resources) if one.ref in outcome.failed}
        for ref in outcome.done:
            self.resting.pop(ref, None)
        for ref, message in outcome.failed.items():
            before = self.resting.get(ref)
            failures = before.failures if before and before.line == lines.get(ref) else 0
            delay = outcome.delays.get(ref, timedelta())
            self.resting[ref] = _rest(failures + 1, now, message, lines.get(ref), delay)

    def note_settled(self, settled: Iterable[Settled], now: datetime) -> None:
        """Learn from what became of steps that were half done."""
        found = {one.ref: one for one in settled}
        for ref in [ref for ref, rest in self.resting.items() if rest.line is None and rest.until <= now]:
            if ref not in found or found[ref].delay is None:
                del self.resting[ref]
        for ref, one in found.items():
            if one.delay is not None:
                before = self.resting.get(ref)
                self.resting[ref] = _rest(before.failures + 1 if before else 1, now, one.message, None, one.delay)

    def next(self, now: datetime) -> datetime | None:
        """When the first of them may be tried again."""
        return min((one.until for one in self.resting.values() if one.until > now), default=None)

    @property
    def messages(self) -> Mapping[Ref, str]:
        """Over what each of them has failed."""
        return {ref: one.message for ref, one in self.resting.items()}


def _rest(failures: int, now: datetime, message: str, line: object, delay: timedelta) -> Rest:
    """A rest that is longer each time, and for as long as the runtime asks at least."""
    span = max(min(LONGEST, FIRST * 2 ** min(failures - 1, 20)), delay)
    return Rest(failures, now + span, message, line)
