"""Outside work: units in a ledger, cut into lanes that workers run in windows. (DESIGN 8)

job      the work of one campaign, in a phase; raised by one, its `generation` tells all who are at work to look again
lane     a part of a job that one worker runs at a time, through one connection or none
unit     one piece of outside work, once each by its key: a recipient, a delivery, a reward
window   the few units that a lane takes on in one commit: at most these are in doubt after a crash
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from reconciler.model.canonical import Document
from reconciler.model.ref import Ref


class Stage(StrEnum):
    """How far a unit has come. `sending` is committed before the outside call, what comes after it with the result."""

    STAGED = "staged"
    PENDING = "pending"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self not in (Stage.STAGED, Stage.PENDING, Stage.SENDING)


class Phase(StrEnum):
    """What is meant to happen to a job: it is being filled, worked on, at rest, or over."""

    STAGED = "staged"
    OPEN = "open"
    STOPPED = "stopped"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Unit:
    """One piece of outside work. `attempts` were made before; `payload` is what the runtime wrote down for it."""

    id: int
    key: str
    attempts: int
    payload: Document


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a unit. One that is `pending` again is due at `due_at`, its attempt counted."""

    stage: Stage
    answer: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` units in any span of length `per`, of all that draw on `bucket`, wherever they are worked on."""

    bucket: str
    most: int
    per: timedelta


@dataclass(frozen=True, slots=True)
class Offer:
    """A lane with something to do that nobody is seen to be at work on. `owner` is who had it last."""

    uid: int
    number: int
    ref: Ref
    via: str
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why a lane rests: since when, whether trying again can help, and what was said."""

    since: datetime
    is_permanent: bool
    message: str


@dataclass(frozen=True, slots=True)
class Claim:
    """A lane in the hands of one execution, `owner`, at one generation of its job."""

    uid: int
    number: int
    ref: Ref
    via: str
    owner: str
    generation: int
    trouble: Trouble | None = None
    """What made the lane rest, and was not overcome since."""


@dataclass(frozen=True, slots=True)
class Demand:
    """What a lane wants next: window `number` of its claim, from 1, of at most `size` units, as many as all `rates` allow.

    The lease is renewed until `until`.
    """

    number: int
    size: int
    until: datetime
    rates: tuple[Rate, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """What a lane was given. Without units: `ready_at` is when to ask again, None where nothing is left to do."""

    units: tuple[Unit, ...] = ()
    ready_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Settling:
    """What became of a window: the results of its units by id, when the last outside call was over, and how many were made.

    Units of the window without a result were never begun: they are pending as before.
    """

    number: int
    results: Mapping[int, Result]
    ended_at: datetime
    begun: int


@dataclass(frozen=True, slots=True)
class LaneView:
    """A lane as others see it. `expires_at` is the end of its lease, None where nobody has it."""

    number: int
    via: str
    owner: str
    expires_at: datetime | None
    due_at: datetime | None
    trouble: Trouble | None
    sent: int
    failed: int
    left: int
    """Units that are pending or under way."""


@dataclass(frozen=True, slots=True)
class JobHead:
    """A job in short. It `is_over` when nothing is left to do in it, whatever its phase; one that is staged is not."""

    uid: int
    ref: Ref
    phase: Phase
    is_over: bool


@dataclass(frozen=True, slots=True)
class JobView:
    """A job as others see it: how many units there are in each stage, its lanes, and how many were sent lately."""

    ref: Ref
    phase: Phase
    generation: int
    opened_at: datetime | None
    stages: Mapping[Stage, int]
    lanes: tuple[LaneView, ...]
    pace: Mapping[datetime, int] = field(default_factory=dict)
    """Units sent, by the ten seconds that they fell into; the last ten minutes."""

    @property
    def total(self) -> int:
        """All units."""
        return sum(self.stages.values())


@dataclass(frozen=True, slots=True)
class Doubt:
    """A unit of which nobody knows what became of it, and what is known of the attempt."""

    id: int
    key: str
    via: str
    at: datetime
    attempts: int
    answer: Mapping[str, Any]


class Ledger(Protocol):
    """The rows of outside work. Every method that writes is one transaction, but for those that say so. Times are UTC."""

    def performed(self, key: str) -> bool:
        """Whether the effect with this key was brought about."""
        ...

    def mark(self, key: str, now: datetime) -> None:
        """The effect with this key was brought about."""
        ...

    def uid(self, ref: Ref) -> int:
        """What a resource's rows are kept under, whatever it is called later. Permanent where there is no such resource."""
        ...

    def prepare(self, uid: int, works_in: str, beat: Callable[[], None]) -> None:
        """An empty job, staged; what an attempt before this one has left is taken out, in several transactions.

        Its work goes on while the resource is in the state `works_in`, and only then.
        """
        ...

    def add(self, uid: int, rows: Sequence[tuple[str, Document]]) -> int:
        """Units to a staged job, by key and payload; how many were new."""
        ...

    def drop(self, uid: int, keys: Sequence[str]) -> int:
        """Take units out of a staged job; how many were in it."""
        ...

    def assign(self, uid: int, vias: Sequence[str], lane_of: Callable[[int], int], beat: Callable[[], None]) -> int:
        """Cut a staged job into lanes, one for each of `vias`; how many units there are. In several transactions.

        `lane_of` gives the lane of the unit at each position, from 0, in the order in which units were added.
        """
        ...

    def size(self, uid: int) -> int:
        """How many units a job has."""
        ...

    def pack(self, uid: int, package: Document) -> None:
        """What the runtime needs to know of the job, wherever it is worked on."""
        ...

    def package(self, uid: int) -> Document:
        """See `pack`."""
        ...

    def enter(self, uid: int, phase: Phase, now: datetime) -> None:
        """Put the job into a phase, and raise its generation. One that is opened forgets what its lanes rested for."""
        ...

    def cancel(self, uid: int, now: datetime, beat: Callable[[], None]) -> int:
        """What is not begun never will be; how many units that are. In several transactions."""
        ...

    def doubt(self, uid: int, now: datetime) -> int:
        """What was begun and is not recorded is `unknown`; how many units that are. For when nobody is at work any more.

        Who was at work after all may still record what became of it.
        """
        ...

    def at_work(self, uid: int, now: datetime) -> tuple[str, ...]:
        """The owners of lanes that are being run."""
        ...

    def offers(self, now: datetime, limit: int) -> tuple[Offer, ...]:
        """Lanes with something to do and nobody at work on them, those that waited longest first."""
        ...

    def neglected(self, now: datetime) -> tuple[Offer, ...]:
        """Lanes with a lease that has not run out: who can tell that an owner is gone may claim them."""
        ...

    def is_idle(self) -> bool:
        """Whether no open job has anything left to do, now or later."""
        ...

    def claim(self, offer: Offer, owner: str, now: datetime, until: datetime, cap: int) -> Claim | None:
        """Take a lane, if it still is as offered and fewer than `cap` lanes of its `via` are being run (0: any number).

        What its last owner had begun and not recorded is `unknown` from here on.
        """
        ...

    def window(self, claim: Claim, settled: Settling | None, demand: Demand, now: datetime) -> Window | None:
        """Record a window and take the next one, in one transaction. None where the lane is no longer this claim's.

        What was settled is recorded all the same: it has happened. A second call with the same arguments, after one whose
        answer was lost, gives the same window.
        """
        ...

    def stirred(self) -> bool:
        """Whether anybody else may have written into the store since this was last asked of this ledger."""
        ...

    def goes_on(self, claim: Claim) -> int:
        """Whether work on the lane may go on: its job is open at this generation, and its resource in the right state.

        0 where it may not; else a number that is another one whenever somebody was suppressed.
        """
        ...

    def release(
        self, claim: Claim, settled: Settling | None, due_at: datetime | None, trouble: Trouble | None, now: datetime
    ) -> None:
        """Record what was done and let go of the lane, not to be offered before `due_at`."""
        ...

    def retry_unknown(self, uid: int, number: int, attempts: int) -> int:
        """Make what is unknown of a lane pending again after fewer than so many attempts; how many units that are."""
        ...

    def unknown(self, uid: int) -> Iterator[Doubt]:
        """The units that are unknown, in the order in which they were added."""
        ...

    def resend(self, ids: Sequence[int], state: str) -> int:
        """Make these unknown units pending again, while their resource is in this state; how many that were."""
        ...

    def annotate(self, answers: Mapping[int, Mapping[str, Any]]) -> int:
        """Give unknown units, by their ids, other answers; how many that were."""
        ...

    def spend(self, rates: Sequence[Rate], token: str, now: datetime, until: datetime) -> datetime | None:
        """Draw one unit from all these rates, for something that is in no job: None, or when it is worth asking again.

        It counts as under way until `have_spent`, or `until`. `token` is its own, and its job's none.
        """
        ...

    def have_spent(self, token: str, now: datetime) -> None:
        """What was drawn under this token is over."""
        ...

    def move(self, uid: int, via: str, lanes: Sequence[int]) -> int:
        """Give what is pending through `via`, where nobody is at work on it, to these lanes in equal parts; how many units.

        What is under way stays where it is.
        """
        ...

    def in_trouble(self, uid: int) -> bool:
        """Whether a lane of the job rests because something went wrong."""
        ...

    def first_answer(self, uid: int, stage: Stage) -> Mapping[str, Any]:
        """What was said of the first unit in this stage, one of those with which something went wrong; nothing without one."""
        ...

    def key_of(self, uid: int, unit: int) -> str:
        """The key of a job's unit; empty where there is none."""
        ...

    def sent_to(self, key: str) -> Mapping[int, datetime]:
        """The jobs whose unit with this key was sent, each with when that was noted."""
        ...

    def view(self, uid: int, now: datetime) -> JobView | None:
        """The job with its counts; None where there is none."""
        ...

    def drained(self, kind: str) -> tuple[tuple[int, Ref], ...]:
        """The open jobs of a kind that have nothing left to do, by uid, whose resource is in the state they work in."""
        ...

    def jobs(self) -> tuple[JobHead, ...]:
        """All jobs of resources in the store, by uid."""
        ...

    def open_jobs(self, kind: str) -> tuple[tuple[int, Ref], ...]:
        """The jobs of a kind that are open, whose resource is in the state they work in."""
        ...


class Lane(Protocol):
    """What a runtime works on: one lane for one slice of time."""

    @property
    def ref(self) -> Ref:
        """The campaign."""
        ...

    @property
    def uid(self) -> int:
        """What its rows are kept under."""
        ...

    @property
    def number(self) -> int:
        """Which of the job's lanes it is."""
        ...

    @property
    def trouble(self) -> Trouble | None:
        """What made the lane rest, and was not overcome since."""
        ...

    @property
    def via(self) -> str:
        """What the lane goes through, such as a connection; empty where that does not matter."""
        ...

    @property
    def package(self) -> Document:
        """What the runtime wrote down for the job."""
        ...

    @property
    def ahead(self) -> Sequence[Unit]:
        """The units of this window that come next, if the lane goes on."""
        ...

    @property
    def suppressions(self) -> int:
        """Another number than before whenever somebody was suppressed meanwhile."""
        ...

    def now(self) -> datetime:
        """The present by the clock that all workers share."""
        ...

    def units(self, rates: Iterable[Rate] = ()) -> Iterator[Unit]:
        """One unit after another, until there is none, the slice is over, or the lane is to stop.

        Each is to be recorded before the next is asked for. It is asked between any two whether the work may go on.
        """
        ...

    def record(self, unit: Unit, result: Result) -> None:
        """What became of a unit."""
        ...

    def rest(self, span: timedelta, message: str, *, is_permanent: bool = False) -> None:
        """End the slice; what is not recorded is pending as before, and nothing is tried again before `span` is over."""
        ...
