"""Debtor accounts: what their sources say, to which campaign each is assigned, and where it is in the strategy. (C-31, AMB-C9)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Protocol

from reconciler.model.intake import Intake

ELIGIBLE: Final = ("pending_contact", "in_auto_management", "promise_overdue")
"""Statuses in which an account may be contacted (AMB-C11)."""
PROMISED: Final = "promise"
"""The status of an account with a promise that is not due yet."""
PAID: Final = "paid"
"""The status of an account whose payments since its source has changed it come to all that is owed."""
ESCALATED: Final = "escalated"
"""The status of an account that was handed to a person."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as its source says it. `zone` is the contact's, empty: not known.

    `data` is every column, known ones included, and `contact`, as in `invoices.InvoiceRow`; `digest` of all of it.
    """

    number: str
    status: str
    paused: bool
    opted_out: bool
    score: float | None
    balance: Decimal
    currency: str
    zone: str
    data: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Position:
    """Where an account is in the strategy: in which run of it, the next step from 0, its tries so far, and when it is due.

    `attempts` are contacts of this run without an answer since `answered_at`, the first of the run at `first_at`.
    """

    round: int = 0
    step: int = 0
    tries: int = 0
    due_at: datetime | None = None
    """None: there is no next try, the strategy is finished."""
    attempts: int = 0
    first_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is kept. `uid` is its source's, `campaign` that of the campaign it is assigned to, 0: none.

    `row.status` is the source's until something that happened since has changed it. `row.opted_out` is what the source says;
    `declined`: they were heard to opt out, and have not opted in again. `promised_until` is when a promise is broken.
    """

    id: int
    uid: int
    row: AccountRow
    listed: bool
    campaign: int
    joined_at: datetime | None
    position: Position
    change: int = 0
    declined: bool = False
    promised_until: datetime | None = None

    @property
    def is_eligible(self) -> bool:
        """Whether it may be contacted at all: see AMB-C11."""
        barred = self.row.paused or self.row.opted_out or self.declined
        return self.listed and not barred and self.row.status in ELIGIBLE


@dataclass(frozen=True, slots=True)
class AccountPass:
    """Up to which change, on which day of the organisation, a campaign has looked at the accounts that nobody has."""

    day: str = ""
    change: int = 0


class Accounts(Intake[AccountRow], Protocol):
    """The rows of accounts. Every method that writes is one transaction. Times are UTC."""

    def get(self, uid: int, number: str) -> Account | None:
        """One account of a source."""
        ...

    def by_id(self, ids: Sequence[int]) -> Sequence[Account]:
        """These accounts, by id; those that there are."""
        ...

    def named(self, number: str) -> Sequence[Account]:
        """The accounts of all sources that have this number, by source."""
        ...

    def page(self, uid: int, after: int, limit: int) -> Sequence[Account]:
        """The accounts of a source, 0: of all, by id, from the one after `after` on."""
        ...

    def count(self, uid: int) -> int:
        """How many accounts a source has; 0: all together."""
        ...

    def changed_since(self, change: int, limit: int) -> Sequence[Account]:
        """What has changed after this change, by its `change`: the last one's is where to go on."""
        ...

    def of_campaign(self, campaign: int, after: int, limit: int) -> Sequence[Account]:
        """The accounts that are assigned to a campaign, by id, from the one after `after` on."""
        ...

    def unassigned(self, uid: int, since: int, after: int, limit: int) -> Sequence[Account]:
        """The listed accounts of a source that no campaign has, and that have changed after change `since`; by id, likewise.

        A campaign that is completed or deleted holds on to none.
        """
        ...

    def assign(self, campaign: int, ids: Sequence[int], due_at: datetime, now: datetime) -> int:
        """Give these accounts to a campaign, but for those that another one has; how many it got. (AMB-C9)

        They begin a new run of its strategy, whose first step is due at `due_at`. Nothing where its queue is shut, or where
        it has left for good: what a cycle found out a moment ago may have been overtaken.
        """
        ...

    def free(self, campaign: int, ids: Sequence[int], now: datetime) -> int:
        """Take these accounts from a campaign, and cancel what waits of them there; how many it had. (C-23, AMB-C9)"""
        ...

    def restart(self, campaign: int, due_at: datetime, now: datetime) -> int:
        """Let all accounts of a campaign begin a new run; how many. What happened before counts as it did. (AMB-C7)"""
        ...

    def change(self) -> int:
        """The number of the last change of any account."""
        ...

    def passed(self, campaign: int) -> AccountPass:
        """How far a campaign has looked at what it could be given."""
        ...

    def pass_to(self, campaign: int, reached: AccountPass) -> None:
        """It has looked so far."""
        ...
