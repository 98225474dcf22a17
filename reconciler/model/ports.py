"""Where the pure rooms meet the world: a clock, a store, and the runtime behind a kind."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Protocol, runtime_checkable

from reconciler.model.accounts import Accounts
from reconciler.model.audit import Audit
from reconciler.model.bulletin import Bulletin
from reconciler.model.campaign_tests import CampaignTests
from reconciler.model.canonical import Document
from reconciler.model.collection_books import CollectionBooks
from reconciler.model.contact_cycles import ContactCycles
from reconciler.model.contact_history import ContactHistory
from reconciler.model.contact_queue import ContactQueue
from reconciler.model.enrolments import Enrolments
from reconciler.model.event import Event
from reconciler.model.hold import Holds
from reconciler.model.in_campaign import InCampaign
from reconciler.model.invoices import Invoices
from reconciler.model.lead_bills import LeadBills
from reconciler.model.lead_books import LeadBooks
from reconciler.model.lead_intake import LeadIntake
from reconciler.model.lead_sales import LeadSales
from reconciler.model.ledger import Ledger
from reconciler.model.listing import Listing
from reconciler.model.log_seal import LogSeal
from reconciler.model.record import Record
from reconciler.model.ref import Ref
from reconciler.model.referral import Referral
from reconciler.model.resource import Head, Resource
from reconciler.model.returns import Returns
from reconciler.model.reward import Rewards
from reconciler.model.sums import Sums
from reconciler.model.work import Lane

Lookup = Callable[[Ref], Document | None]
"""A resource's document; None where there is none. A runtime finds settings, of which there are one, by a ref without a name."""
Beat = Callable[[], None]
"""Says that long work goes on; raises Transient where it may not."""


LAST: Final = 1 << 62
"""A sequence that no event comes to."""


class Clock(Protocol):
    """The only source of the present."""

    def now(self) -> datetime:
        """The current instant, aware, in UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Report:
    """What a runtime has to say of a campaign: a transition that only the running itself brings about, and why."""

    ref: Ref
    event: str
    reason: str = ""


class Runtime(Protocol):
    """What runs the campaigns of one kind. `perform` is idempotent by key. It knows of no engine, process or machine."""

    def observe(self, ref: Ref, document: Document, beside: Lookup) -> Mapping[str, Any]:
        """The facts known of this campaign now; a fact that is left out is unknown.

        `beside` gives the documents that hold together with this one.
        """
        ...

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        """Bring `effect` about; a second call with the same key changes nothing. Raises Transient or Permanent.

        Long work calls `beat` every second or so: it keeps the lease, and raises Transient where that is lost.
        """
        ...

    def performed(self, key: str) -> bool:
        """Whether the effect with this key was brought about."""
        ...


@runtime_checkable
class Refreshing(Protocol):
    """A runtime that looks outside the manifests again while its campaigns run."""

    def refresh(self) -> None:
        """Take up what has changed there. Permanent where it cannot be read: what was known stays in force."""
        ...


class Worker(Protocol):
    """What works on the lanes of one kind, from whatever machine: it knows the store and its environment, and no files."""

    def cap(self, via: str) -> int:
        """How many lanes may go through `via` at once; 0 where any number may."""
        ...

    def work(self, lane: Lane) -> None:
        """Work on a lane for as long as it gives units. Transient lets the lane rest, Permanent for longer."""
        ...

    def reports(self) -> Iterable[Report]:
        """The campaigns whose running has come to an end of itself."""
        ...


class Seat(Record, frozen=True):
    """A group that a write lets its resource into, and up to where its judge has seen who else is in there.

    The comparison holds if nobody has come into the group since the event `seen`, and no intent is open that is about to;
    but for those that are `known`, each by its `Write.entry`: who came last by a step of the same run, and whom this run
    has left on the way in.
    """

    key: str
    seen: int
    known: tuple[str, ...] = ()


class Write(Record, frozen=True):
    """One step's outcome for the store: compare (`revision`), set (the rest), and the event's body.

    `revision` 0 means that the resource must not exist. `document` None leaves the stored one as it is.
    `renamed_to` moves the row; `forgotten` takes it out of the snapshot, the log stays; `asked` empty leaves what was
    asked for as it is, `holds` None the holds. A write that is `aside` is no application: when that was last stays as it
    is. `operated` counts where a state is `entered`. `seats` are compared too, each with whoever came into its group.
    """

    ref: Ref
    revision: int
    state: str
    satisfied: tuple[str, ...]
    flags: tuple[str, ...]
    at: datetime
    body: Mapping[str, Any]
    digest: str = ""
    document: Document | None = None
    entered: bool = False
    file: str = ""
    commit: str = ""
    renamed_to: Ref | None = None
    forgotten: bool = False
    asked: str = ""
    holds: Holds | None = None
    aside: bool = False
    operated: str = ""
    seats: tuple[Seat, ...] = ()

    @property
    def entry(self) -> str:
        """By what its step is known, of all that there ever were."""
        return f"{self.renamed_to or self.ref}#{self.revision + 1}"


@dataclass(frozen=True, slots=True)
class Lease:
    """Who is at work on an intent, and until when at most, by `Store.time`.

    `owner` is a token of one execution, not of a process.
    """

    owner: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Intent:
    """A step whose effects were begun and perhaps performed: what a crash leaves behind.

    While it is open nobody else changes its resource. Without a lease nobody is at work on it: it is to be settled.
    """

    key: str
    ref: Ref
    revision: int
    effects: tuple[str, ...]
    write: Write
    begun_at: datetime
    lease: Lease | None = None


class Store(Protocol):
    """Actual state and the log. Every method that writes is one transaction."""

    def serial(self) -> int:
        """The number of the last event; grows with every write."""
        ...

    def mark(self) -> str:
        """What names this very state of the log: number and hash of the last event. Equal marks, equal logs."""
        ...

    def pulse(self) -> str:
        """Another text whenever somebody else has written anything at all into it, and seldom otherwise. Cheap to ask."""
        ...

    def closure(self) -> str:
        """Why nothing can be written into it any more, such as "moved to …"; empty while it is in use."""
        ...

    def time(self, machine: datetime) -> datetime:
        """The time by which leases end, where the machine's clock says `machine`.

        For a file it is that; for a server the server's own, by which all machines agree on who is late.
        """
        ...

    def snapshot(self) -> AbstractContextManager[None]:
        """Within it, what is read is one state of the store, whatever others write meanwhile. Nothing is written in it."""
        ...

    def last_write(self) -> datetime | None:
        """The time of the last event; None where there is none."""
        ...

    def heads(self, kind: str = "") -> Mapping[Ref, Head]:
        """Every resource in short; those of one kind take no longer where there are many of others."""
        ...

    def versions(self, ref: Ref) -> Mapping[Ref, Head]:
        """Every version of what has this kind and name, in short."""
        ...

    def load(self, refs: Iterable[Ref]) -> Mapping[Ref, Resource]:
        """These resources in full, those that exist."""
        ...

    def forgotten(self) -> frozenset[Ref]:
        """Refs that existed once: forgotten ones, and names that were given up by renaming."""
        ...

    def commit(self, writes: Sequence[Write]) -> tuple[Ref, ...]:
        """Each write with its own compare-and-set and event, in one transaction; the refs that lost the comparison.

        A resource that lost once is out for the rest, and one with an open intent loses. One that may not come into a group
        loses with all its writes.
        """
        ...

    def begin(self, intent: Intent) -> bool:
        """Record an intent, if its comparisons hold and no other intent is open. It keeps its seats while it is."""
        ...

    def hand_over(self, intent: Intent, lease: Lease | None) -> bool:
        """Put an intent into other hands, or nobody's; False if it is no longer in those that `intent` names."""
        ...

    def advance(self, intent: Intent) -> bool:
        """Commit the step of an intent and close it, in one transaction; False if it is gone or in other hands."""
        ...

    def abandon(self, intent: Intent) -> bool:
        """Close an intent whose effects were never performed; False if it is gone or in other hands."""
        ...

    def intents(self) -> tuple[Intent, ...]:
        """What is open, oldest first."""
        ...

    def events(self, ref: Ref | None = None) -> Iterator[Event]:
        """The log, of one resource (its former names included) or of all, oldest first."""
        ...

    def last_events(self, ref: Ref, most: int, before: int = LAST) -> Sequence[Event]:
        """The last `most` events of one resource, its former names included, of a sequence below `before`; newest first."""
        ...

    def log_seals(self) -> tuple[LogSeal, ...]:
        """The seals of the log that are kept, those over fewer events first."""
        ...

    def add_log_seal(self, seal: LogSeal) -> bool:
        """Keep a seal of the log for good; False where one over as many events is kept already."""
        ...

    def since(self, serial: int) -> Iterator[Event]:
        """The log after the event of this number, of all resources, oldest first."""
        ...

    @property
    def bulletin(self) -> Bulletin:
        """What is told of resources, beside their actual state."""
        ...

    @property
    def ledger(self) -> Ledger:
        """The outside work of campaigns."""
        ...

    @property
    def returns(self) -> Returns:
        """What comes back from it, and who is not to be reached any more."""
        ...

    @property
    def sums(self) -> Sums:
        """What its rows add up to."""
        ...

    @property
    def lead_intake(self) -> LeadIntake:
        """What partners send in."""
        ...

    @property
    def lead_books(self) -> LeadBooks:
        """What is read of leads."""
        ...

    @property
    def lead_bills(self) -> LeadBills:
        """The money of leads."""
        ...

    @property
    def lead_sales(self) -> LeadSales:
        """To whom leads were sold."""
        ...

    @property
    def referral(self) -> Referral:
        """Who takes part in referral programs."""
        ...

    @property
    def rewards(self) -> Rewards:
        """What they are owed."""
        ...

    @property
    def invoices(self) -> Invoices:
        """What is owed to whom, as the sources of invoices say."""
        ...

    @property
    def enrolments(self) -> Enrolments:
        """Which invoice is in which campaign, and what was said to whoever owes it."""
        ...

    @property
    def in_campaign(self) -> InCampaign:
        """Which share of the invoices is in a campaign, and the alerts where it is too small."""
        ...

    @property
    def campaign_tests(self) -> CampaignTests:
        """What was tested of campaigns before their launch."""
        ...

    @property
    def accounts(self) -> Accounts:
        """Who owes, as the sources of accounts say, and whose they are."""
        ...

    @property
    def contact_history(self) -> ContactHistory:
        """What was heard of many at once, as far as limits ask for it."""
        ...

    @property
    def contact_queue(self) -> ContactQueue:
        """Who is to be contacted next, and what was heard of whom."""
        ...

    @property
    def contact_cycles(self) -> ContactCycles:
        """Whose turn it is to look through a collection campaign."""
        ...

    @property
    def collection_books(self) -> CollectionBooks:
        """What is read of it."""
        ...

    @property
    def audit(self) -> Audit:
        """Who did what through the dashboard."""
        ...

    @property
    def listing(self) -> Listing:
        """Its resources, to look through."""
        ...

    def close(self) -> None:
        """Let go of the file or connection."""
        ...


AskedRate = Callable[[Store, int], float | None]
"""How many units a minute a job, by its uid, may send at most; None where nobody says."""
