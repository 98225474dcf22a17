"""Invoices in campaigns: how far each has come in its workflow, what was said, and why it left. (I-08, I-09; AMB-I6 … AMB-I9)

An invoice is in one campaign at a time, and in each once for ever: whoever wants it again launches a new campaign. What was said
to its customer is kept once for each step, and is never said twice.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol


class Exit(StrEnum):
    """Why an invoice has left its campaign."""

    PAID = "paid"
    VOIDED = "voided"
    ARRANGEMENT_FAILED = "arrangement_failed"
    WORKFLOW_FINISHED = "workflow_finished"
    CAMPAIGN_STOPPED = "campaign_stopped"


class Saying(StrEnum):
    """How far what is to be said has come. `sending` is committed before the outside call, the rest after it."""

    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    """It was refused; the workflow goes on."""
    UNKNOWN = "unknown"
    """Nobody knows whether it went out; it is not said again."""
    NOT_REACHED = "not_reached"
    """The agent has tried, and nobody was there."""
    PASSED_OVER = "passed_over"
    """It was not to be said, or nobody could be reached."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An invoice in a campaign (`uid`). `step` is the next one, from 0, due on `due_on` while the clock runs.

    `said_on` is the day on which something was said last, for a step of day `said_day`. While a lane has the next step it is
    `posted`, under a key that `turn` is part of.
    """

    id: int
    invoice: int
    uid: int
    entered_at: datetime
    entered_on: date
    still_days: int
    still_since: date | None
    arranged: bool
    step: int
    due_on: date
    said_on: date | None
    said_day: int
    posted: bool
    turn: int
    exited_at: datetime | None
    exit: Exit | None


@dataclass(frozen=True, slots=True)
class Leaving:
    """How an invoice left the campaign that it was in last, and on which day something was said there last."""

    uid: int
    campaign: str
    reason: Exit
    at: datetime
    said_on: date | None = None


@dataclass(frozen=True, slots=True)
class Past:
    """What became of an invoice so far: its open enrolment, all campaigns that it ever was in, and how it left the last one."""

    open: Enrolment | None = None
    campaign: str = ""
    """The name of the one that it is in."""
    campaigns: frozenset[int] = frozenset()
    last: Leaving | None = None


@dataclass(frozen=True, slots=True)
class Communication:
    """What was said for a step of an enrolment, through which channel, and what became of it."""

    enrolment: int
    step: int
    at: datetime
    channel: str
    stage: Saying
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Look:
    """How far the invoices have been looked at: changes up to `change`, and the ones outside up to the one with id `after`.

    `circumstances` are the days and campaigns for which that holds; where they are others, all outside are looked at again.
    `after` is THROUGH once all of them were.
    """

    change: int = 0
    circumstances: str = ""
    after: int = 0


THROUGH = -1
"""All invoices outside were looked at."""


@dataclass(frozen=True, slots=True)
class Entered:
    """An invoice, as it was with this `change`, comes into a campaign on a day; its first step is due on another."""

    invoice: int
    change: int
    uid: int
    on: date
    due_on: date


@dataclass(frozen=True, slots=True)
class Left:
    """An enrolment is over."""

    enrolment: int
    uid: int
    why: Exit


@dataclass(frozen=True, slots=True)
class Stood:
    """The clock of an enrolment stands still from this day on; `arranged`: for a payment arrangement."""

    enrolment: int
    uid: int
    since: date
    arranged: bool


@dataclass(frozen=True, slots=True)
class Resumed:
    """The clock of an enrolment runs again from this day on."""

    enrolment: int
    uid: int
    on: date


Move = Entered | Left | Stood | Resumed


@dataclass(frozen=True, slots=True)
class Turn:
    """A step of an enrolment that a lane has: the `turn` under which it was posted."""

    enrolment: int
    step: int
    turn: int = 0

    @property
    def key(self) -> str:
        """Of the unit, once for ever in the job of its campaign."""
        return f"e{self.enrolment}:s{self.step}" + (f":{self.turn}" if self.turn else "")


@dataclass(frozen=True, slots=True)
class Placed:
    """A step on its way into the job of its campaign. `otherwise`: by the other way that the step names."""

    turn: Turn
    lane: int
    due_at: datetime
    otherwise: bool = False


class Word(StrEnum):
    """Whether something may be said now."""

    GO = "go"
    """It is written down that it is being said: say it."""
    LOOK_AGAIN = "look_again"
    """The invoice is another than the one that was looked at."""
    NO_LONGER = "no_longer"
    """Not now: the campaign has stopped, the invoice has left or stands still, or another lane has the step."""
    DONE = "done"
    """It was said, or was not to be."""
    LOST = "lost"
    """It was being said by somebody who was lost: nobody knows whether it was."""


@dataclass(frozen=True, slots=True)
class Granted:
    """The answer to `begin`, and why."""

    word: Word
    why: str = ""


Onward = Callable[[Enrolment], Enrolment]
"""Where an enrolment stands once the step that it is at is over. Pure: it may be asked twice."""


class Enrolments(Protocol):
    """The rows of enrolments and communications. Every method that writes is one transaction. Times are UTC.

    Whoever changes what is in a campaign passes its gate first, one after another: nothing slips in beside a stop.
    """

    def get(self, id_: int) -> Enrolment | None:
        """One enrolment."""
        ...

    def of_invoice(self, invoice: int) -> Sequence[Enrolment]:
        """Every campaign that an invoice is or was in, the first one first."""
        ...

    def names(self, campaigns: Sequence[int]) -> Mapping[int, str]:
        """The names of these campaigns, by uid."""
        ...

    def communications(self, enrolments: Sequence[int]) -> Sequence[Communication]:
        """What was said in these enrolments, by enrolment and step."""
        ...

    def past(self, invoices: Sequence[int]) -> Mapping[int, Past]:
        """What became of each of these invoices up to here; one that never was in a campaign is left out."""
        ...

    def outside(self, after: int, limit: int) -> Sequence[int]:
        """Collectable invoices that are in no campaign, by id, from the one after `after` on."""
        ...

    def look(self) -> Look:
        """How far the invoices have been looked at."""
        ...

    def move(self, before: Look, after: Look, moves: Sequence[Move], now: datetime) -> bool:
        """Do what came of a look, and note how far it went; nothing, and False, where somebody else has looked meanwhile.

        Of the moves each is done that still fits: an invoice that has changed meanwhile will be looked at again.
        """
        ...

    def open(self, uid: int) -> None:
        """Let invoices come into a campaign, unless it was closed before."""
        ...

    def close(self, uid: int) -> None:
        """Let none come in any more and nothing be said: once this returns nothing begins (AMB-I7)."""
        ...

    def release(self, uid: int, now: datetime) -> int:
        """Let all invoices of a campaign go at once, and none in any more; how many those were (AMB-I7)."""
        ...

    def due(self, uid: int, on: date, limit: int) -> Sequence[Enrolment]:
        """Enrolments of a campaign whose next step is due on or before a day and in no lane, the longest due ones first."""
        ...

    def post(self, uid: int, steps: Sequence[Placed]) -> int:
        """Put steps into the standing job of their campaign, each once; how many that were."""
        ...

    def leave(self, uid: int, ids: Sequence[int], why: Exit, now: datetime) -> int:
        """These enrolments are over; how many were not before."""
        ...

    def begin(self, communication: Communication, turn: Turn, change: int, *, harmless: bool) -> Granted:
        """Note that a step is being said, unless something has changed since its invoice was looked at (`change`).

        Where it was being said by somebody who was lost it is said again only where that is `harmless`.
        """
        ...

    def settle(self, communication: Communication, onward: Onward) -> bool:
        """What became of a step that was begun, and where its enrolment goes on; False where that was settled before."""
        ...

    def put_off(self, turn: Turn) -> bool:
        """Nothing was said after all; it will be tried again under the same key."""
        ...

    def divert(self, turn: Turn, lane: int, now: datetime) -> bool:
        """Nothing was said, and will be by the other way that the step names, in another lane."""
        ...

    def pass_over(self, communication: Communication, turn: Turn, change: int, onward: Onward) -> Granted:
        """Note that a step is not to be said, unless something has changed since its invoice was looked at."""
        ...
