"""Whom a collection campaign contacts next, and what was heard of whom. (AMB-C1, AMB-C8, AMB-C10 … AMB-C13)"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from reconciler.model.accounts import Account, Position


class ItemStage(StrEnum):
    """How far a contact has come. An account has at most one that is pending or processing (AMB-C10)."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    """Somebody was reached, as far as the channel can tell."""
    FAILED = "failed"
    """Nobody was reached."""
    SKIPPED = "skipped"
    """It was not to be made after all."""
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    """It was begun, and nobody knows what became of it: it counts towards limits, and is not repeated."""


class Sort(StrEnum):
    """What happened with an account."""

    CONTACT = "contact"
    """A contact was begun; it counts towards limits, whatever came of it."""
    RESPONSE = "response"
    CONVERSATION = "conversation"
    PROMISE = "promise"
    PAYMENT = "payment"
    OPT_OUT = "opt_out"
    OPT_IN = "opt_in"
    ESCALATION = "escalation"


@dataclass(frozen=True, slots=True)
class Item:
    """One contact: try `tries` (from 0) of a step, of one run of the strategy of campaign `uid`."""

    id: int
    uid: int
    account: int
    round: int
    step: int
    tries: int
    stage: ItemStage
    enqueued_at: datetime
    due_at: datetime
    begun_at: datetime | None
    ended_at: datetime | None
    channel: str
    action: str
    reason: str


@dataclass(frozen=True, slots=True)
class Past:
    """Something that happened with an account, as far as limits ask for it."""

    at: datetime
    sort: Sort
    medium: str = ""


@dataclass(frozen=True, slots=True)
class Go:
    """Contact now, through this channel."""

    channel: str
    medium: str
    action: str


@dataclass(frozen=True, slots=True)
class Later:
    """Not before `at`, for the rule that `reason` names; None: never, so it is skipped."""

    at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Pass:
    """Do not make this contact at all; the account goes on from `position` where there is one."""

    reason: str
    position: Position | None = None
    status: str = ""
    """What the account's status becomes; empty: it stays."""


Decision = Go | Later | Pass


@dataclass(frozen=True, slots=True)
class Begun:
    """A contact that may be made now, and was written down as begun, so that it counts."""

    item: Item
    account: Account
    go: Go


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a contact, and where the account goes on."""

    stage: ItemStage
    reason: str
    position: Position
    status: str = ""
    """What the account's status becomes; empty: it stays."""
    note: str = ""
    """Why it was escalated, where it was."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a system of the organisation says happened with an account; once by its `event_id` (AMB-C8)."""

    event_id: str
    sort: Sort
    at: datetime
    amount: Decimal = Decimal(0)
    currency: str = ""
    due_on: str = ""
    """Until which day a promise is to be kept, YYYY-MM-DD."""
    channel: str = ""
    medium: str = ""
    detail: str = ""


class ContactQueue(Protocol):
    """The queue of contacts and what happened. Every method that writes is one transaction. Times are UTC."""

    def enqueue(self, uid: int, now: datetime) -> int:
        """Queue every account of a campaign that may be contacted and is due, but for those that are queued; how many.

        Nothing where the campaign is not active or its queue is shut (C-02, C-21, AMB-C10, AMB-C11).
        """
        ...

    def post(self, uid: int, now: datetime, limit: int) -> int:
        """Give so many waiting items that are due to the lanes of their campaign; how many those are."""
        ...

    def begin(self, item: int, decide: "Decide", now: datetime) -> Begun | Item | None:
        """Begin a contact if `decide` says so, in the transaction that has looked at campaign, queue and account.

        Else the item as it is then: put off, skipped or cancelled. None where there is none.
        """
        ...

    def settle(self, item: int, outcome: Outcome, now: datetime) -> bool:
        """What became of a contact that was begun; False where that is known already."""
        ...

    def cancel(self, uid: int, reason: str, now: datetime) -> int:
        """Shut the queue of a campaign and cancel all that waits in it, at once; how many that are (AMB-C1, AMB-C6)."""
        ...

    def open(self, uid: int, now: datetime) -> None:
        """Open the queue of a campaign; what was cancelled stays so (AMB-C2)."""
        ...


Decide = Callable[[Account, Item, tuple[Past, ...]], Decision]
"""Whether to contact an account now, from how it stands and what happened with it. Pure: it may be asked twice."""
