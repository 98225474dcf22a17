"""In Campaign %: which share of the invoices that could be collected is in a campaign, and the alerts where it is too small.

(I-21 … I-26; AMB-I2, AMB-I3)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from reconciler.model.enrolments import Communication, Exit, Saying
from reconciler.model.invoices import InvoiceStatus
from reconciler.model.work import Posted


@dataclass(frozen=True, slots=True)
class Share:
    """So many invoices of so many. Everything is counted in whole invoices: nothing is rounded before it is compared."""

    part: int
    whole: int

    @property
    def percent(self) -> Decimal | None:
        """In hundredths, never rounded up: 100 means all. None where there is nothing to be a share of."""
        return Decimal(self.part * 10_000 // self.whole) / 100 if self.whole else None

    def is_below(self, expected: int) -> bool:
        """Whether it is strictly less than so many percent; never where there is nothing to be a share of (AMB-I2, AMB-I3)."""
        return self.part * 100 < expected * self.whole


class Cause(StrEnum):
    """Why an invoice that could be collected is in no active campaign (I-25)."""

    WAITING = "waiting"
    """An active campaign takes it with its next pass."""
    DRAFT = "draft"
    """Only a campaign takes it that is not launched yet."""
    TREATED = "treated"
    """It was in a campaign before, and no active one takes such invoices up again."""
    STOPPED = "stopped"
    """Only a campaign meant it that is stopped."""
    CLAIMED = "claimed"
    """It is in a campaign that is not active."""
    UNMATCHED = "unmatched"
    """No campaign's audience means it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """Invoices outside for one cause, with the campaign that it is about, if any, and the numbers of a few of them."""

    cause: Cause
    campaign: str
    invoices: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Alert:
    """That too few were in a campaign, from `opened_at` on; `share` and `guidance` are as they were then."""

    id: int
    opened_at: datetime
    closed_at: datetime | None
    expected: int
    share: Share
    guidance: tuple[Gap, ...]

    @property
    def is_open(self) -> bool:
        """Whether it still is so."""
        return self.closed_at is None


@dataclass(frozen=True, slots=True)
class Processed:
    """An invoice that came into a campaign, and what was said to whoever owes it. `exit` None: it is in.

    `still_since`: the day since which its clock stands still; None while it goes, and `due_on` counts.
    """

    number: str
    entered_at: datetime
    step: int
    due_on: date
    exit: Exit | None
    exited_at: datetime | None
    said: tuple[Communication, ...]
    still_since: date | None = None


@dataclass(frozen=True, slots=True)
class Enrolled:
    """An invoice of a campaign in a list, as it stands by now. `source` is the uid of its InvoiceSource, `id` the enrolment's.

    `step` is the next one, from 0, due on `due_on` while its clock runs; `said` what was said last. `exit` None: it is in.
    """

    id: int
    number: str
    source: int
    status: InvoiceStatus
    amount_due: Decimal
    currency: str
    is_held: bool
    is_listed: bool
    entered_at: datetime
    step: int
    due_on: date
    still_since: date | None
    exit: Exit | None
    exited_at: datetime | None
    said: Communication | None = None


@dataclass(frozen=True, slots=True)
class Within:
    """Which invoices of a campaign; what is left out narrows nothing. `is_in`: those that are in it, or those that have left."""

    uid: int
    is_in: bool | None = None
    exit: Exit | None = None
    step: int | None = None
    number: str = ""
    """How their numbers begin."""


@dataclass(frozen=True, slots=True)
class Flow:
    """How a campaign's invoices have gone through so far."""

    enrolled: int = 0
    """In it now, whatever their status."""
    suspended: int = 0
    """Of these, whose clock stands still: held, not listed, or on a payment arrangement."""
    exits: Mapping[Exit, int] = field(default_factory=dict)
    said: Mapping[tuple[int, Saying], int] = field(default_factory=dict)
    """Communications by step and stage."""
    due: Mapping[int, int] = field(default_factory=dict)
    """Invoices by the step that is due on the day asked for, or was before."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Mails about an alert: units for the standing job of settings (`uid`), none where nobody is written to.

    Their keys are put behind the alert's id, so that they are its own.
    """

    uid: int
    units: tuple[Posted, ...]


class InCampaign(Protocol):
    """What is counted of invoices in campaigns, and alerts. Every method that writes is one transaction. Times are UTC."""

    def mark(self) -> str:
        """Another text than before whenever an invoice has changed, or come into a campaign, or left it. Cheap."""
        ...

    def level(self) -> Share:
        """Of the invoices that could be collected those in an active campaign, exactly (AMB-I2)."""
        ...

    def flow(self, uid: int, today: date) -> Flow:
        """How a campaign's invoices have gone through."""
        ...

    def first(self, uid: int, limit: int) -> Sequence[Processed]:
        """The invoices that came into a campaign first, in order (I-19)."""
        ...

    def lines(self, which: Within, after: int = 0, limit: int = 50, before: int = 0) -> Sequence[Enrolled]:
        """The invoices of a campaign in the order in which they came in, the first ones after enrolment `after`.

        With `before` instead: the last ones before that, in the same order.
        """
        ...

    def open_alert(self) -> Alert | None:
        """The alert that is open."""
        ...

    def alerts(self, limit: int) -> Sequence[Alert]:
        """The last alerts, the newest first."""
        ...

    def raise_alert(self, alert: Alert, notice: Notice) -> bool:
        """Open an alert, whatever its id, with the mails about it; False where one is open already (AMB-I3)."""
        ...

    def close_alert(self, id_: int, now: datetime, notice: Notice) -> bool:
        """Close an alert, with the mails about it; False where it is closed already."""
        ...
