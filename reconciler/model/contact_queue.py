"""Whom a collection campaign contacts next, and what was heard of whom. (AMB-C1, AMB-C8, AMB-C10 … AMB-C13)"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from reconciler.model.accounts import Account, Position
from reconciler.model.contact_terms import Brake, Engine
from reconciler.model.work import Place


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
    turn: int = 0
    """How often it was put off."""


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
    """Not before `at`, for the rule that `reason` names; None: it cannot be said when, so it is skipped, and looked at again
    a day later.
    """

    at: datetime | None
    reason: str


@dataclass(frozen=True, slots=True)
class Pass:
    """Do not make this contact at all; the account goes on from `position`, where there is none a day later from the same."""

    reason: str
    position: Position | None = None
    status: str = ""
    """What the account's status becomes; empty: it stays."""
    note: str = ""
    """Why it was escalated, where it was."""


Decision = Go | Later | Pass


@dataclass(frozen=True, slots=True)
class Begun:
    """A contact that may be made now, and was written down as begun, so that it counts."""

    item: Item
    account: Account
    go: Go
    is_repeated: bool = False
    """It was begun before, and nobody knows what became of that."""


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


class Heard(StrEnum):
    """What became of something that was told."""

    NEW = "new"
    KNOWN = "known"
    """It was told before under this id; nothing has changed."""
    OTHER = "other"
    """Its id was told before for something else; nothing has changed."""
    NOBODY = "nobody"
    """The source has no such account."""


class ContactQueue(Protocol):
    """The queue of contacts and what happened. Every method that writes is one transaction. Times are UTC."""

    def enqueue(self, uid: int, now: datetime, most: int | None = None) -> int:
        """Queue every account of a campaign that may be contacted and is due, but for those that are queued; how many.

        Those that are due first come first; with `most`, no more than so many. It is several transactions where there are many.
        Nothing where the campaign is not active, its queue is shut, or today is outside its dates (C-02, C-21, AMB-C3,
        AMB-C10, AMB-C11).
        """
        ...

    def shut(self, uid: int, now: datetime) -> str:
        """Why nothing of a campaign is queued now; empty where it is. (C-02, AMB-C3, AMB-C5, AMB-C11)"""
        ...

    def rest(self, uid: int, now: datetime) -> str:
        """Why no contact of a campaign begins now: nothing is queued, or the brake is on; empty where one may. (AMB-C13)"""
        ...

    def due(self, uid: int, now: datetime) -> bool:
        """Whether something waits that `post` would give to a lane."""
        ...

    def post(self, uid: int, now: datetime, limit: int, place: "Places") -> int:
        """Give so many waiting items that are due to the lanes of their campaign; how many those are.

        The payload of each unit is {"item": its id, "turn": how often it was put off}. Nothing while the campaign rests.
        """
        ...

    def begin(self, item: int, turn: int, decide: "Decide", now: datetime) -> Begun | Item | None:
        """Begin a contact if `decide` says so, in the transaction that has looked at campaign, queue and account.

        `turn` is what its unit says: of an item that was put off since, another unit takes care.

        Otherwise the item as it is then: put off, skipped or cancelled; its unit is done with, and what is put off is posted
        anew. One that was begun before and whose worker was lost is given once more, if it may be made now as well as then,
        and is no mail: nobody would know the second one by its key. Else the item, which is processing
        still. None where there is none.
        """
        ...

    def withdraw(self, item: int, due_at: datetime, now: datetime) -> bool:
        """A contact that was begun, and for which surely nobody was asked: as if it never had been, and not due before then.

        False where it is not waiting now: its queue was shut meanwhile, or it is over.
        """
        ...

    def settle(self, item: int, outcome: Outcome, now: datetime) -> bool:
        """What became of a contact that was begun; False where that is known already.

        What was heard of the account since the contact began is not undone.
        """
        ...

    def lost(self, limit: int) -> Sequence[Begun]:
        """Contacts that were begun and that nobody is at work on, nor will be: to be settled as unknown."""
        ...

    def pick_up(self) -> int:
        """Let those that wait be posted anew whose units are over: their worker was lost before it began them; how many."""
        ...

    def cancel(self, uid: int, reason: str, now: datetime) -> int:
        """Shut the queue of a campaign and cancel all that waits in it, at once; how many that are (AMB-C1, AMB-C6)."""
        ...

    def open(self, uid: int, now: datetime) -> None:
        """Open the queue of a campaign; what was cancelled stays so (AMB-C2)."""
        ...

    def told(self, uid: int, number: str, told: Told, now: datetime) -> Heard:
        """Something has happened with an account of a source (AMB-C8)."""
        ...

    def break_promises(self, now: datetime) -> int:
        """Promises whose day is over, and that were not kept; how many."""
        ...

    def brake(self, brake: Brake) -> None:
        """Put the brake on, or take it off."""
        ...

    def braked(self) -> Brake | None:
        """How the brake was left; None where nobody ever touched it."""
        ...

    def engine(self) -> Engine:
        """What holds for the contacts of all campaigns, and what keeps anybody from being contacted."""
        ...


Decide = Callable[[Account, Item, tuple[Past, ...]], Decision]
"""Whether to contact an account now, from how it stands and what happened with it. Pure: it may be asked twice."""
Places = Callable[[int, int], Place]
"""Where a contact is worked on, by its step, from 0, and its account. There may be fewer steps by now.

It asks the store nothing: the lanes stand before.
"""
