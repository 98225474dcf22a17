"""What is foreseen of a campaign's accounts: counted, checked contact by contact, and told in words. Pure. (issue 7)"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reconciler.kinds.collections.alike import Alike
from reconciler.kinds.collections.forecast import REACHED, TRIED, Foresight, PutOff, Way
from reconciler.kinds.collections.proof import Checker
from reconciler.model.contact_queue import Past
from reconciler.model.instant import to_text


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The first contact that was found to break a rule: of which account, when, and which rule."""

    number: str
    zone: str
    at: datetime
    rule: str

    @property
    def words(self) -> str:
        """It in one sentence."""
        local = self.at.astimezone(ZoneInfo(self.zone))
        return f"account {self.number} at {to_text(self.at)} ({local:%a %H:%M} in {self.zone}): {self.rule}"


@dataclass(frozen=True, slots=True)
class Delay:
    """How many contacts a rule puts off, and by how long at most."""

    contacts: int
    longest: timedelta


@dataclass(frozen=True, slots=True)
class Outlook:
    """What is foreseen up to `until`, a day of the organisation that is included. Counts are of the case with most contacts."""

    until: date
    accounts: int
    contacts: int
    days: Mapping[date, int]
    """Contacts by day in the organisation's zone."""
    put_off: Mapping[str, Delay]
    """By rule."""
    too_late: Mapping[int, int]
    """Steps, from 0, that accounts do not come to before the end, though nothing else ends their way: how many accounts."""
    ends: Mapping[str, int]
    """Why accounts are not contacted any more before the end: how many."""
    counterexample: Counterexample | None

    @property
    def is_proven(self) -> bool:
        """Whether no contact breaks a rule."""
        return self.counterexample is None

    @property
    def words(self) -> str:
        """What was found, in one sentence."""
        if self.counterexample is not None:
            return self.counterexample.words
        if not self.accounts:
            return f"there is nobody to contact up to {self.until} yet"
        said = f"{_many(self.contacts, 'contact')} of {_many(self.accounts, 'account')} to {self.until}"
        return "; ".join((f"{said}: none outside limits and hours", *self._delays(), *self._steps()))

    def _delays(self) -> Iterator[str]:
        for rule, one in sorted(self.put_off.items()):
            yield f"{one.contacts:,} put off by {rule}, by {span(one.longest)} at most"

    def _steps(self) -> Iterator[str]:
        for step, accounts in sorted(self.too_late.items()):
            yield f"step {step + 1} comes too late for {_many(accounts, 'account')}"


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


def span(length: timedelta) -> str:
    """A length of time in its two largest units, such as 3d 4h."""
    minutes = -(-int(length.total_seconds()) // 60)
    days, rest = divmod(minutes, 24 * 60)
    parts = ((days, "d"), (rest // 60, "h"), (rest % 60, "m"))
    return " ".join([f"{value}{unit}" for value, unit in parts if value][:2]) or "0m"


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
        )


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
