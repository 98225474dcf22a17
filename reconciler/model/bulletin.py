"""What is told of resources and of what has happened: beside actual state and log, and never a part of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from reconciler.model.condition import Status
from reconciler.model.notice import Fate, Notice
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Passed:
    """A pass of a daemon over a store: when it began, and whose daemon that is."""

    at: datetime
    actor: str


class Bulletin(Protocol):
    """Statuses and notices, and that a daemon is at work. Every method that writes is one transaction."""

    def put_statuses(self, statuses: Sequence[Status], gone: Sequence[Ref] = ()) -> None:
        """Store these in the place of what there was, and remove those of `gone`."""
        ...

    def statuses(self, refs: Iterable[Ref] | None = None) -> Mapping[Ref, Status]:
        """The stored statuses, of these resources or of all."""
        ...

    def cursor(self, target: str) -> int | None:
        """Up to which event notices were written for a receiver; None for one that is new."""
        ...

    def post(self, notices: Sequence[Notice], cursors: Mapping[str, int]) -> None:
        """Write notices down, those left out that are there already, and move the cursors forward."""
        ...

    def claim(self, owner: str, now: str, until: str, limit: int) -> tuple[Notice, ...]:
        """Notices that are due, each in the hands of `owner` until the time is over; oldest first."""
        ...

    def settle(self, notice: Notice, fate: Fate, due_at: str, error: str = "") -> bool:
        """What became of a notice that `notice.owner` has in hand; False where it is in other hands."""
        ...

    def tally(self) -> Mapping[tuple[str, Fate], int]:
        """How many notices there are, by receiver and fate."""
        ...

    def enter(self, one: Passed) -> None:
        """A daemon has passed; of all that have, the latest stays."""
        ...

    def last_pass(self) -> Passed | None:
        """The last pass of any daemon, to half a minute; None where none was ever seen here."""
        ...

    def dead(self, limit: int) -> tuple[Notice, ...]:
        """Notices that were given up, newest first."""
        ...
