"""Contacts that are foreseen, of one account and of all of a campaign, and how they are told. Pure. (issue 7)"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from reconciler.model.contact_queue import Past, Sort
from reconciler.model.instant import to_text


@dataclass(frozen=True, slots=True)
class Foreseen:
    """A contact that would be made; `step` and `tries` from 0."""

    at: datetime
    step: int
    tries: int
    channel: str
    medium: str

    @property
    def past(self) -> Past:
        """The contact once it was made."""
        return Past(self.at, Sort.CONTACT, self.medium)


@dataclass(frozen=True, slots=True)
class PutOff:
    """A contact that a rule would put off, from when to when."""

    step: int
    rule: str
    at: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Way:
    """How an account would go. `end`: why it is not contacted any more; empty: the time is over before it is through."""

    contacts: tuple[Foreseen, ...]
    put_off: tuple[PutOff, ...]
    end: str
    next_step: int | None = None
    """The step that it does not come to in time; None where its way has ended before."""


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
    pack: str = ""
    """The policy pack that holds besides the organisation's limits; empty: none."""

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
        return "; ".join((f"{said}: none outside limits and hours", *self._delays(), *self._steps(), *self._label()))

    def _delays(self) -> Iterator[str]:
        for rule, one in sorted(self.put_off.items()):
            yield f"{one.contacts:,} put off by {rule}, by {span(one.longest)} at most"

    def _steps(self) -> Iterator[str]:
        for step, accounts in sorted(self.too_late.items()):
            yield f"step {step + 1} comes too late for {_many(accounts, 'account')}"

    def _label(self) -> Iterator[str]:
        """What is proven is that the numbers of a pack are kept, and not that the law is."""
        if self.pack:
            yield f"{self.pack} is configuration, not legal advice"


def span(length: timedelta) -> str:
    """A length of time in its two largest units, such as 3d 4h."""
    minutes = -(-int(length.total_seconds()) // 60)
    days, rest = divmod(minutes, 24 * 60)
    parts = ((days, "d"), (rest // 60, "h"), (rest % 60, "m"))
    return " ".join([f"{value}{unit}" for value, unit in parts if value][:2]) or "0m"


def _many(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
