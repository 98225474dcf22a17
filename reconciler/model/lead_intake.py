"""What takes leads in: one transaction for each, in which all is looked at once more that may have changed. (L-04, L-43)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from reconciler.model.leads import Lead, Queued, QueueReason, QueueStage


@dataclass(frozen=True, slots=True)
class At:
    """A resource as it was when something was decided by it: 0 where there is none."""

    uid: int = 0
    revision: int = 0


@dataclass(frozen=True, slots=True)
class Request:
    """What makes a request the same as another: its key, of all that this contract has sent, and a digest of what it asks."""

    contract: int
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class CapHeld:
    """At most `most` leads of the contract from `begins_at` on. `period` names the count: another one where the cap changes."""

    period: str
    begins_at: datetime
    most: int


@dataclass(frozen=True, slots=True)
class Trace:
    """By what a lead is known again: a digest, looked for from `since` on. One that `rejects` lets no other in."""

    campaign: str
    workflow: str
    digest: str
    since: datetime
    rejects: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A lead at the door. Its `id` is 0, and `due_at` when it is distributed: None where a person does that.

    `item` is the code of what it was in the queue, empty where it comes from outside, and `noted` what that keeps; `was` is
    what it must have kept until now, None for anything. `answer` is what is told of it.
    """

    campaign: str
    version: At
    contract: At
    lead: Lead
    answer: Mapping[str, Any]
    due_at: datetime | None
    trace: Trace | None = None
    caps: tuple[CapHeld, ...] = ()
    request: Request | None = None
    item: str = ""
    noted: Mapping[str, Any] = field(default_factory=dict)
    was: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Parking:
    """Something for the queue. Its `id` is 0. With an `item` that one gets another reason instead, where it keeps `was` still."""

    queued: Queued
    answer: Mapping[str, Any]
    request: Request | None = None
    item: str = ""
    was: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """It is in, or in the queue: what is told of it, which is what was told before where the request came before."""

    answer: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Conflict:
    """The key was used for another request."""


@dataclass(frozen=True, slots=True)
class Stale:
    """What it was decided by has changed since, or the item has: look again."""


@dataclass(frozen=True, slots=True)
class Barred:
    """A lead that is not taken for what only this transaction sees: a duplicate of `twin`, one too many, or its version is being
    taken out of use. Nothing was written.
    """

    reason: QueueReason
    twin: str = ""
    cap: CapHeld | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which items are listed: all that these say nothing against. `contract` and `uid` are 0 for any."""

    uid: int = 0
    contract: int = 0
    campaign: str = ""
    reason: QueueReason | None = None
    stage: QueueStage | None = None


class LeadIntake(Protocol):
    """The rows that intake writes. Every method that writes is one transaction, and bears to be repeated."""

    def enter(self, entry: Entry) -> Done | Conflict | Stale | Barred:
        """Take a lead: it, what it is known by, what its partner asked, and the unit that distributes it, or nothing."""
        ...

    def park(self, parking: Parking) -> Done | Conflict | Stale:
        """Put something into the queue, or give an item there another reason."""
        ...

    def correct(self, code: str, was: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
        """Give an open item another body; False where it is not open any more, or its body not `was`."""
        ...

    def discard(self, code: str, body: Mapping[str, Any]) -> bool:
        """Put an open item aside, with what is last known of it; False where it is not open any more."""
        ...

    def item(self, code: str) -> Queued | None:
        """What the queue has under this code."""
        ...

    def queue(self, wanted: Wanted, after: int, most: int) -> Sequence[Queued]:
        """The items from the one after `after` on, oldest first."""
        ...

    def counts(self) -> Mapping[tuple[str, QueueReason], int]:
        """How many items are open, by campaign and reason."""
        ...
