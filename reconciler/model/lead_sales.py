"""Selling leads: what a sale is decided on, what was decided, and who keeps it. (L-15, L-24, AMB-L5)

standing   what is known of one lead and its buyers in the very transaction that sells it
counter    how much a contract has taken in a calendar period
decision   to whom the lead goes, and what becomes of it
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, TypeVar

from reconciler.model.leads import Lead, LeadStage, Outbound
from reconciler.model.work import Posted

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Counter:
    """What one contract takes in a calendar period, from `begins_at` to just before `ends_at`; without them, ever.

    Money is counted in `currency` alone; leads are counted whatever they were sold for.
    """

    contract: int
    currency: str
    period: str = ""
    begins_at: datetime | None = None
    ends_at: datetime | None = None

    def covers(self, at: datetime) -> bool:
        """Whether a sale at this instant is counted."""
        return (self.begins_at is None or self.begins_at <= at) and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class Used:
    """What was taken: so many leads, for so much."""

    leads: int = 0
    amount: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a lead is sold upon. `sold` are its sales so far.

    `state` is the version's, `is_open` whether its distribution goes on. `turns` are those of the lead's workflow.
    """

    lead: Lead
    state: str
    is_open: bool
    now: datetime
    sold: tuple[Outbound, ...]
    turns: Mapping[int, int]
    used: Callable[[Counter], Used]
    """Asked within the transaction, so that it is exact."""

    @property
    def is_ours(self) -> bool:
        """Whether it may be distributed in this state: what was taken in test only in test (AMB-L2)."""
        return self.state == ("test" if self.lead.is_test else "published")


@dataclass(frozen=True, slots=True)
class Choice:
    """One sale: the buyer's contract and account, what they pay, and what the partner earns by it.

    `shares` is to how many accounts the lead may be sold at most; `takes_turn` counts as the buyer's turn.
    """

    contract: int
    account: str
    price: Decimal
    currency: str
    rule: str
    shares: int = 0
    takes_turn: bool = False
    cost: Decimal = Decimal(0)
    cost_currency: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """To whom a lead goes, and the stage that it comes to; `again` is when one that waits is to be looked at again."""

    stage: LeadStage
    choices: tuple[Choice, ...] = ()
    again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sold:
    """What became of a lead: its stage afterwards, all of its sales, these and those before, and `Decision.again`."""

    lead: Lead
    outbound: tuple[Outbound, ...]
    again: datetime | None = None


@dataclass(frozen=True, slots=True)
class Consignment:
    """What the job of a buyer's contract is given for a sale: the lanes that it stands with, and the units."""

    contract: int
    vias: tuple[str, ...]
    units: tuple[Posted, ...]


Decide = Callable[[Standing], Decision]
"""Asked in the transaction, perhaps more than once: it looks at nothing else that could change."""
Deliver = Callable[[Outbound, Lead], Consignment]
"""What is delivered of a sale; the same for the same sale."""


@dataclass(frozen=True, slots=True)
class Book:
    """Whose leads are sold, as of which revisions: the campaign, its version, and the contracts that may buy, by uid."""

    campaign: str
    uid: int
    revision: int
    contracts: Mapping[int, int]


class LeadSales(Protocol):
    """Sales of leads. Those of one campaign are made one after another, on every store."""

    def leads(self, ids: Sequence[int]) -> Mapping[int, Lead]:
        """These leads, those that there are."""
        ...

    def find(self, code: str) -> Lead | None:
        """The lead of this code."""
        ...

    def look(self, book: Book, lead: int, now: datetime, question: Callable[[Standing], T]) -> T | None:
        """Ask something upon the standing of a lead, which changes nothing; None where there is no such lead."""
        ...

    def sell(
        self, book: Book, leads: Sequence[int], now: datetime, decide: Decide, deliver: Deliver
    ) -> tuple[Sold, ...] | None:
        """Sell these leads one after another, in one transaction; what became of those that there are.

        None where the version or a contract is of another revision meanwhile: nothing is sold on terms of before.
        Sales, turns, stages, and the units of deliveries are written together or not at all.
        """
        ...

    def used(self, counters: Sequence[Counter]) -> Sequence[Used]:
        """What was taken of each, as it would count for a real lead."""
        ...

    def wait_for_turn(self, campaign: str) -> None:
        """Until whoever sells or takes leads of the campaign at this moment is through: who follows sees what was written
        before this was called.
        """
        ...

    def end(self, campaign: str, uid: int, beat: Callable[[], None]) -> int:
        """What waits to be distributed no longer does (AMB-L2, AMB-L5); how many leads that were. In several transactions."""
        ...

    def waiting(self, uid: int) -> int:
        """How many leads of a version wait to be distributed, or for a person."""
        ...

    def last(self, uid: int) -> datetime | None:
        """When a version took its last lead; None where it never did."""
        ...

    def since(self, uid: int, at: datetime) -> int:
        """How many leads a version took from this instant on."""
        ...
