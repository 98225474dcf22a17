"""What keeps the rows of outside work. See `model.work` for the words. (DESIGN 8)"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from reconciler.model.canonical import Document
from reconciler.model.ref import Ref
from reconciler.model.work import (
    Claim,
    Demand,
    Doubt,
    JobHead,
    JobView,
    Offer,
    Phase,
    Posted,
    Rate,
    Resting,
    Settling,
    Stage,
    Trouble,
    Window,
)


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

    def add(self, uid: int, rows: Sequence[tuple[str, Document]], lanes: int = 0) -> int:
        """Units to a staged job, by key and payload; how many were new.

        With `lanes` they are given so many lanes in turn at once, for a job in which it does not matter which has which.
        """
        ...

    def drop(self, uid: int, keys: Sequence[str]) -> int:
        """Take units out of a staged job; how many were in it."""
        ...

    def assign(
        self, uid: int, vias: Sequence[str], lane_of: Callable[[int], int] | None, beat: Callable[[], None]
    ) -> int:
        """Cut a staged job into lanes, one for each of `vias`; how many units there are. In several transactions.

        `lane_of` gives the lane of the unit at each position, from 0, in the order in which units were added; None where
        units were given lanes then. Of lanes that are not there any more, the others take the units.
        """
        ...

    def stand(self, uid: int, vias: Sequence[str], now: datetime) -> None:
        """A job that stands open, with a lane for each of `vias`: units come to it while it runs, in whatever state its
        resource is. One that is there stays in its phase, and a lane of it goes through what it went through where `vias`
        says nothing.
        """
        ...

    def widen(self, uid: int, lanes: Mapping[str, int], now: datetime) -> tuple[str, ...]:
        """A job that stands open, with at least so many lanes through each of these; what its lanes go through, by number.

        Lanes are only added: what waits in one finds it there, whoever asks for what at the same time.
        """
        ...

    def post(self, uid: int, units: Sequence[Posted]) -> int:
        """Units to a standing job, pending at once; how many were new by their keys."""
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

    def clear(self, uid: int, beat: Callable[[], None]) -> None:
        """Take every unit out of a standing job, done or not, and what was counted of them. In several transactions."""
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

    def mend(self, uid: int, payloads: Mapping[str, Document], stage: Stage = Stage.FAILED) -> int:
        """Begin units of a job that are in this final stage anew, by their keys, with these payloads and no attempts; how many
        that were.
        """
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

    def resting(self, uids: Sequence[int]) -> Sequence[Resting]:
        """The lanes of these jobs that rest because something went wrong, and have something left to do; by job and number."""
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
