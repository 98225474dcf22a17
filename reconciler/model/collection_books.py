"""What is read of collection campaigns: how far each has come, and what happened with an account. (C-17 … C-20, AMB-C12)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from reconciler.model.contact_queue import Item, ItemStage, Sort


@dataclass(frozen=True, slots=True)
class Figures:
    """A campaign in numbers (C-19). `recovered` is by currency, exact."""

    total: int
    contacted: int
    promises: int
    recovered: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def rate(self) -> Decimal:
        """Contacted of all, in percent to a tenth, never rounded up; 0 where there are none."""
        return Decimal(self.contacted * 1000 // self.total) / 10 if self.total else Decimal(0)


@dataclass(frozen=True, slots=True)
class Interaction:
    """Something that happened with an account. `campaign` is the uid of the one that it was assigned to then, 0: none."""

    id: int
    account: int
    campaign: int
    at: datetime
    sort: Sort
    event_id: str
    item: int
    channel: str
    medium: str
    amount: Decimal
    currency: str
    due_on: str
    detail: str


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account in a list (C-20). `last` is what happened last, `open` the stage of a contact that waits or is made.

    `source` is the uid of its AccountSource.
    """

    id: int
    number: str
    campaign: int
    score: float | None
    status: str
    balance: Decimal
    currency: str
    is_contactable: bool
    step: int
    due_at: datetime | None
    last: Interaction | None
    open: ItemStage | None
    source: int


@dataclass(frozen=True, slots=True)
class Filter:
    """Which accounts; what is left out narrows nothing. `campaign` and `source` are uids.

    A campaign has those, too, that it had when it was completed.
    """

    campaign: int = 0
    source: int = 0
    status: str = ""
    step: int | None = None
    """The step that comes next, from 0."""
    number: str = ""
    """How their numbers begin."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits in the queue of a campaign for one reason: how many, and when the first is due."""

    campaign: int
    reason: str
    items: int
    first_at: datetime


class CollectionBooks(Protocol):
    """Reads accounts, contacts and what happened. Times are UTC."""

    def figures(self, campaign: int, since: datetime | None) -> Figures:
        """A campaign's numbers; promises and payments count from its activation on, `since`, None: it never was active."""
        ...

    def lines(self, which: Filter, after: int = 0, limit: int = 50, before: int = 0) -> Sequence[AccountLine]:
        """Accounts by id, the first ones after `after`; with `before` instead, the last ones before that, in the same order."""
        ...

    def statuses(self, which: Filter) -> Mapping[str, int]:
        """How many accounts are in each status."""
        ...

    def steps(self, campaign: int) -> Mapping[int, int]:
        """How many accounts that a campaign has are at each step, from 0: that is the one that comes next for them."""
        ...

    def held_back(self, campaign: int, now: datetime) -> Mapping[str, int]:
        """How many accounts of a campaign are not to be queued at `now`, by cause, the most frequent first."""
        ...

    def queue(self, since: datetime) -> Mapping[int, Mapping[ItemStage, int]]:
        """By campaign, how many contacts wait or are made, and how many have ended since then."""
        ...

    def waiting(self) -> Sequence[Waiting]:
        """What waits, by campaign and reason, the first due first."""
        ...

    def interactions(self, account: int, limit: int = 100) -> Sequence[Interaction]:
        """What happened with an account, the latest first."""
        ...

    def items(self, account: int, limit: int = 100) -> Sequence[Item]:
        """Its contacts, the latest first."""
        ...
