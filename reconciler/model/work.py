"""Outside work: units in a ledger, cut into lanes that workers run in windows. (DESIGN 8)

job      the work of one campaign, in a phase; raised by one, its `generation` tells all who are at work to look again
lane     a part of a job that one worker runs at a time, through one connection or none
unit     one piece of outside work, once each by its key: a recipient, a delivery, a reward
window   the few units that a lane takes on in one commit: at most these are in doubt after a crash
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final, Protocol

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


ALWAYS: Final = 1 << 30
"""Attempts that are never reached."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A unit on its way into a standing job, to be worked on in this lane from `due_at` on.

    Where nobody knows what became of it, it is pending again as long as fewer than `repeats` attempts were made: for what is
    known by its key, or done in one transaction, so that doing it twice is harmless.
    """

    key: str
    payload: Document
    due_at: datetime
    lane: int = 0
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a unit of a standing job is worked on, and how often it may be begun anew: see `Posted`."""

    lane: int
    repeats: int = 0


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a unit. One that is `pending` again is due at `due_at`; where that `counts`, as one attempt more.

    Where a `place` is named it goes on there, in another lane of its standing job, and nothing is counted.
    """

    stage: Stage
    answer: Mapping[str, Any] = field(default_factory=dict)
    due_at: datetime | None = None
    place: Place | None = None
    counts: bool = True


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
class Resting:
    """A lane of a job that rests with something left to do, because of its trouble; `until` is when that is tried again."""

    uid: int
    number: int
    via: str
    trouble: Trouble
    until: datetime | None


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
    stands: bool = False
    """Whether units come to it while it runs: it is never done, only up to date."""

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
