"""The contacts that the engine would make, instant by instant, as things are. Pure; it asks what the engine asks.

Nobody answers in it: that makes the most contacts. Each account is gone through twice, once as if no try reached anybody, so that
every retry is made, and once as if every try did, so that the steps follow one another as closely as they can.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.kinds.collections.deciding import ESCALATION, FINISHED, Conduct, decided
from reconciler.kinds.collections.foreseen import Foreseen, PutOff, Way
from reconciler.kinds.collections.steps import Course, after
from reconciler.model.accounts import ESCALATED, Account, Position
from reconciler.model.contact_queue import Decision, Go, ItemStage, Later, Past

TRIED: Final = ItemStage.FAILED
REACHED: Final = ItemStage.COMPLETED
_MOST_LOOKS: Final = 10_000
"""Looks at one account before its way is taken to have no end."""

Deciding = Callable[[Account, tuple[Past, ...], datetime], Decision]
"""What is asked before each contact."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The time that is foreseen: what is due is looked at every `cycle` from `now` on, from `begins` to before `ends`."""

    now: datetime
    begins: datetime
    ends: datetime
    cycle: timedelta

    def look(self, at: datetime) -> datetime:
        """The first look from `at` on."""
        passed = max(at, self.begins) - self.now
        return self.now + -(-passed // self.cycle) * self.cycle


@dataclass(slots=True)
class _Walk:
    """An account on its way."""

    account: Account
    past: tuple[Past, ...]
    contacts: list[Foreseen]
    put_off: list[PutOff]

    def go_on(self, position: Position, status: str) -> None:
        row = replace(self.account.row, status=status) if status else self.account.row
        self.account = replace(self.account, position=position, row=row)

    def ended(self, end: str) -> Way:
        next_step = None if end else self.account.position.step
        return Way(tuple(self.contacts), tuple(self.put_off), end, next_step)


@dataclass(frozen=True, slots=True)
class Foresight:
    """What would happen to accounts within a frame, by a course and by what is asked before each contact."""

    course: Course
    frame: Frame
    decide: Deciding

    def way(self, account: Account, past: tuple[Past, ...], stage: ItemStage) -> Way:
        """How an account goes where every try comes to `stage`."""
        walk = _Walk(account, past, [], [])
        for at in self._looks(walk):
            end = self._look(walk, at, stage)
            if end:
                return walk.ended(end)
        return walk.ended(self._end(walk.account))

    def _looks(self, walk: _Walk) -> Iterator[datetime]:
        """The looks at an account at which it is due, as long as there is time."""
        for _ in range(_MOST_LOOKS):
            due_at = walk.account.position.due_at
            if due_at is None or (at := self.frame.look(due_at)) >= self.frame.ends:
                return
            yield at

    def _look(self, walk: _Walk, at: datetime, stage: ItemStage) -> str:
        """Take the account on by one decision; why that was the last one, empty where it was not."""
        position = walk.account.position
        decision = self.decide(walk.account, walk.past, at)
        if isinstance(decision, Go):
            made = Foreseen(at, position.step, position.tries, decision.channel, decision.medium)
            walk.contacts.append(made)
            walk.past += (made.past,)
            onward = after(self.course, position, stage, walk.account.row.status, at)
            walk.go_on(onward.position, onward.status)
        elif isinstance(decision, Later):
            if decision.at is None:
                return decision.reason
            until = self.frame.look(decision.at)
            walk.put_off.append(PutOff(position.step, decision.reason, at, until))
            walk.go_on(replace(position, due_at=until), "")
        elif decision.position is None or decision.position == position:
            return decision.reason
        else:
            walk.go_on(decision.position, decision.status)
        return ""

    def _end(self, account: Account) -> str:
        """Why an account is not looked at again."""
        if account.row.status == ESCALATED:
            return ESCALATION
        return FINISHED if account.position.step >= len(self.course.steps) else ""


def foresight(conduct: Conduct, frame: Frame) -> Foresight:
    """What the engine would do: it asks the same as this."""

    def decide(account: Account, past: tuple[Past, ...], at: datetime) -> Decision:
        return decided(conduct, account, past, at)

    return Foresight(conduct.course, frame, decide)
