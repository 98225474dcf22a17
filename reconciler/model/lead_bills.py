"""The money of leads: what buyers owe, what partners are owed, and what is given back. (L-16, L-21, L-44)

Every amount is in one currency, and amounts in two are never added. Only what is real is here: what was made in test has no
price for anybody.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol


class Entry(StrEnum):
    """Why an amount is on a bill. Credits and reversals are negative."""

    SALE = "sale"
    """A lead that was sold: the buyer owes its price."""
    CREDIT = "credit"
    """A sale that was given back: the buyer has its price again, as of the day on which that was approved."""
    TAKEN = "taken"
    """A lead that was taken in: the partner earns what its contract pays for that."""
    COMMISSION = "commission"
    """A lead that was sold: the partner earns what its contract pays for a sale, or its share of the price."""
    REVERSAL = "reversal"
    """A sale that was given back: the partner has not earned anything by it, as of the same day."""


OF_BUYERS = (Entry.SALE, Entry.CREDIT)
OF_PARTNERS = (Entry.TAKEN, Entry.COMMISSION, Entry.REVERSAL)


class Group(StrEnum):
    """By what a report adds up."""

    CAMPAIGN = "campaign"
    WORKFLOW = "workflow"
    VERTICAL = "vertical"
    ACCOUNT = "account"
    PARTNER = "partner"
    QUARTER = "quarter"
    """Quarters of an hour, of which the hours, days and months of every zone are made."""


class ReturnStage(StrEnum):
    """What became of a return."""

    CLAIMED = "claimed"
    APPROVED = "approved"
    DENIED = "denied"


@dataclass(frozen=True, slots=True)
class Line:
    """One amount on a bill. `id` tells it from others of its sort; `code` is the sale's, or the lead's where none was sold.

    `contract` is the uid of the buyer's or partner's contract, `uid` the version's.
    """

    entry: Entry
    at: datetime
    id: int
    code: str
    lead: str
    uid: int
    contract: int
    amount: Decimal
    currency: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Total:
    """What the lines of one sort in one currency add up to."""

    entry: Entry
    currency: str
    lines: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """What the lines of one sort and currency add up to for one key of a group.

    `key` is the uid of a version, with the name of the workflow behind it where it is grouped by that; an account, a partner
    or a vertical, empty where there is none; or the instant at which a quarter begins, in seconds since 1970.
    """

    key: tuple[str, ...]
    total: Total


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant on, before another one."""

    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Returned:
    """A sale that a buyer gives back. `code` is the sale's; `amount` is what the buyer has again once it is approved."""

    id: int
    code: str
    account: str
    stage: ReturnStage
    reason: str
    claimed_at: datetime
    claimed_by: str
    amount: Decimal
    currency: str
    decided_at: datetime | None = None
    decided_by: str = ""
    note: str = ""


class Claim(StrEnum):
    """What became of a claim."""

    TAKEN = "taken"
    UNKNOWN = "unknown"
    """No sale has this code."""
    TEST = "test"
    """It was a test: nobody was charged."""
    OPEN = "open"
    """It waits for a decision already."""
    APPROVED = "approved"
    """It was given back already."""


class LeadBills(Protocol):
    """The books. A bill's lines and its totals are made of the same rows: they always agree within one snapshot."""

    def lines(
        self, entry: Entry, who: str, span: Span, after: tuple[datetime, int] | None = None, limit: int = 1000
    ) -> Sequence[Line]:
        """Lines of one sort of an account or a partner, oldest first, behind the one with the time and id `after`."""
        ...

    def totals(self, entry: Entry, who: str, span: Span) -> Sequence[Total]:
        """What they add up to, by currency."""
        ...

    def grouped(self, entry: Entry, group: Group, span: Span, uid: int = 0) -> Sequence[GroupTotal]:
        """What the lines of everybody add up to, by a group and currency. Leads that cost nothing are counted as taken.

        With a `uid` only those of this version.
        """
        ...

    def claim(self, code: str, reason: str, by: str, now: datetime) -> Claim:
        """Somebody gives a sale back."""
        ...

    def decide(self, code: str, stage: ReturnStage, by: str, now: datetime, note: str = "") -> Returned | None:
        """Approve or deny what was claimed: the return as it stands then. None where nothing was claimed.

        What was decided already stays as it is.
        """
        ...

    def returns(self, stage: ReturnStage, after: int = 0, limit: int = 1000) -> Sequence[Returned]:
        """The returns in a stage, by id, behind the one with the id `after`."""
        ...
