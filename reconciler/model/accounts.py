"""Debtor accounts: what their sources say, to which campaign each is assigned, and where it is in the strategy. (C-31, AMB-C9)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Protocol

ELIGIBLE: Final = ("pending_contact", "in_auto_management", "promise_overdue")
"""Statuses in which an account may be contacted (AMB-C11)."""
PROMISED: Final = "promise"
"""The status of an account with a promise that is not due yet."""
ESCALATED: Final = "escalated"
"""The status of an account that was handed to a person."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as its source says it. `zone` is the contact's, empty: not known. `data` is every column, `digest` of all."""

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
    attempts: int = 0
    first_at: datetime | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account as it is kept. `uid` is its source's, `campaign` that of the campaign it is assigned to, 0: none.

    `row.status` is the source's until something that happened since has changed it.
    """

    id: int
    uid: int
    row: AccountRow
    listed: bool
    campaign: int
    joined_at: datetime | None
    position: Position


class Accounts(Protocol):
    """The rows of accounts. Every method that writes is one transaction. Times are UTC."""

    def get(self, uid: int, number: str) -> Account | None:
        """One account of a source."""
        ...

    def of_campaign(self, campaign: int, after: int, limit: int) -> Sequence[Account]:
        """The accounts that are assigned to a campaign, by id, from the one after `after` on."""
        ...
