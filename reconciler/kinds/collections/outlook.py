"""What is foreseen of a campaign's accounts: counted, and checked contact by contact. Pure. (issue 7)"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from reconciler.kinds.collections.alike import Alike
from reconciler.kinds.collections.forecast import REACHED, TRIED, Foresight
from reconciler.kinds.collections.foreseen import Counterexample, Delay, Outlook, PutOff, Way
from reconciler.kinds.collections.proof import Checker
from reconciler.model.contact_queue import Past


def outlook(foresight: Foresight, checker: Checker, classes: Iterable[Alike]) -> Outlook:
    """What is foreseen of accounts: each class gone through once, in either case, and every contact of it checked."""
    counts = _Counts(checker, len(foresight.course.steps))
    for one in classes:
        for stage in (TRIED, REACHED):
            way = foresight.way(one.account, one.past, stage)
            counts.check(one, way)
            if stage is TRIED:
                counts.add(one, way)
    return counts.outlook()


@dataclass(slots=True)
class _Counts:
    """The sums as they grow, class by class."""

    checker: Checker
    steps: int
    accounts: int = 0
    days: Counter[date] = field(default_factory=Counter)
    delays: Counter[str] = field(default_factory=Counter)
    longest: dict[str, timedelta] = field(default_factory=dict)
    too_late: Counter[int] = field(default_factory=Counter)
    ends: Counter[str] = field(default_factory=Counter)
    counterexample: Counterexample | None = None

    def check(self, one: Alike, way: Way) -> None:
        """Keep the earliest contact that breaks a rule."""
        made: list[Past] = [contact.past for contact in way.contacts]
        zone = one.account.row.zone
        found = self.checker.first_violation(zone, one.past, made)
        if found is not None and (self.counterexample is None or found.at < self.counterexample.at):
            place = self.checker.place(zone)
            self.counterexample = Counterexample(one.account.row.number, place, found.at, found.rule)

    def add(self, one: Alike, way: Way) -> None:
        """Count a class by how one of it goes."""
        zone = ZoneInfo(self.checker.settings.timezone)
        self.accounts += one.count
        for contact in way.contacts:
            self.days[contact.at.astimezone(zone).date()] += one.count
        for delay in way.put_off:
            self._put_off(delay, one.count)
        if way.next_step is None:
            self.ends[way.end] += one.count
        else:
            self.too_late.update(dict.fromkeys(range(way.next_step, self.steps), one.count))

    def _put_off(self, delay: PutOff, count: int) -> None:
        self.delays[delay.rule] += count
        self.longest[delay.rule] = max(self.longest.get(delay.rule, timedelta()), delay.until - delay.at)

    def outlook(self) -> Outlook:
        return Outlook(
            self.checker.last_day,
            self.accounts,
            self.days.total(),
            dict(sorted(self.days.items())),
            {rule: Delay(count, self.longest[rule]) for rule, count in sorted(self.delays.items())},
            dict(sorted(self.too_late.items())),
            dict(sorted(self.ends.items())),
            self.counterexample,
            "" if self.checker.settings.policy_pack == "none" else self.checker.settings.policy_pack,
        )
