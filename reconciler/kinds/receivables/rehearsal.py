"""The rehearsal of a campaign: its workflow for the sample invoice, each step on its day, as if that entered now. (I-15, AMB-I4)

Every text is filled in, also the one of the other way, whatever a condition says: whoever comes after the sample may need it.
Nothing is sent here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.kinds.hours import next_open
from reconciler.kinds.messaging.channels import Channel, unreachable
from reconciler.kinds.messaging.outreach import Message, Outcome, Outreach
from reconciler.kinds.messaging.texts import Text
from reconciler.kinds.receivables.clock import in_order
from reconciler.kinds.receivables.matching import Day, step_holds
from reconciler.kinds.receivables.sampling import Sample
from reconciler.kinds.receivables.seen import contact_of
from reconciler.kinds.receivables.values import step_values
from reconciler.kinds.receivables.workflow.spec import WorkflowSpec, WorkflowStep
from reconciler.model.errors import Permanent
from reconciler.model.instant import first_instant


class Course(StrEnum):
    """What a step comes to for the sample invoice."""

    SAYS = "says"
    """Its message goes out."""
    PASSES = "passed over"
    EXITS = "exit"
    NEVER = "never"
    """The invoice has left before."""


@dataclass(frozen=True, slots=True)
class Way:
    """One way to say a step: by its own channel, or by the `otherwise`. `fault`: why the text cannot be written."""

    channel: Channel
    template: str
    message: Message | None = None
    subject: str = ""
    said: str = ""
    unreachable: str = ""
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """A step on its day. `way` is the one that is taken, of `ways`; `why` says what keeps it from being said."""

    number: int
    day: int
    at: datetime
    course: Course
    why: str = ""
    way: Way | None = None
    ways: tuple[Way, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Piece:
    """What a campaign is rehearsed with. `key` makes the key of the message of a step, by its number and channel."""

    name: str
    title: str
    workflow: WorkflowSpec
    channels: Mapping[str, Channel]
    texts: Mapping[str, Text]
    sample: Sample
    key: Callable[[int, str], str]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What came of it, in the order of the steps; `whole` are the faults of no one step."""

    acts: tuple[Act, ...]
    whole: tuple[str, ...] = ()

    @property
    def faults(self) -> tuple[str, ...]:
        """Why the test does not pass; none where it does."""
        return (*self.whole, *(fault for act in self.acts for fault in act.faults))


@dataclass(slots=True)
class Stage:
    """Rehearses one piece, as of a day. `outreach` writes the messages."""

    piece: Piece
    outreach: Outreach
    day: Day

    def rehearse(self) -> Rehearsal:
        """Every step. Nothing that would be said to the sample's customer is a fault of the whole."""
        acts = tuple(self._acts())
        silent = all(act.course is not Course.SAYS and not act.faults for act in acts)
        return Rehearsal(acts, ("nothing would be said to the customer of this invoice",) if silent else ())

    def _acts(self) -> Iterator[Act]:
        steps = self.piece.workflow.steps
        days = in_order([step.day for step in steps])
        said: tuple[date, int] | None = None
        left = ""
        for place, (step, day) in enumerate(zip(steps, days, strict=True)):
            at = self._at(day, said)
            if left or step.action is not None:
                course = Course.NEVER if left else Course.EXITS
                yield Act(place + 1, step.day, at, course, left)
                left = left or f"the invoice has left on day {day}"
                continue
            act = self._act(place + 1, step, at)
            said = (Day(at, self.day.zone).date, day) if act.course is Course.SAYS else said
            yield act

    def _at(self, day: int, said: tuple[date, int] | None) -> datetime:
        """When a step goes out: on its day within the hours, and on a later one than what was said of an earlier day."""
        today, zone = self.day.date, self.day.zone
        due = today + timedelta(day)
        if said and day > said[1]:
            due = max(due, said[0] + timedelta(1))
        begins = first_instant(datetime.combine(due, time()), ZoneInfo(zone))
        return next_open(self.piece.workflow.hours, zone, self.day.now if due == today else begins)

    def _act(self, number: int, step: WorkflowStep, at: datetime) -> Act:
        day = Day(at, self.day.zone)
        holds = step_holds(step.when, self.piece.sample.seen(day), day) if step.when is not None else True
        written = [(step.channel, step.template)]
        written += [(step.otherwise.channel, step.otherwise.template)] if step.otherwise else []
        ways = tuple(self._way(channel or "", template or "", (number, step.day), day) for channel, template in written)
        taken = next((way for way in ways if not way.unreachable), None)
        act = Act(number, step.day, at, Course.SAYS, "", taken, ways, tuple(self._faults(number, step, ways, holds)))
        if holds is not True:
            why = "its condition is false" if holds is False else f"its condition cannot be told: {holds}"
            return replace(act, course=Course.PASSES, why=why, way=None)
        return act if taken else replace(act, course=Course.PASSES, why=ways[0].unreachable)

    def _faults(self, number: int, step: WorkflowStep, ways: Sequence[Way], holds: bool | str) -> Iterator[str]:
        """What is wrong with a step. What a false condition keeps from this customer may lack what that asks for."""
        where = f"step {number} (day {step.day})"
        if isinstance(holds, str):
            yield f"{where}: its condition cannot be told of this invoice: {holds}"
        for way in ways if holds is not False else ():
            if way.fault:
                yield f"{where}: {way.fault}"

    def _way(self, channel: str, template: str, step: tuple[int, int], day: Day) -> Way:
        found = self.piece.channels[channel]
        message = Message(
            self.piece.key(step[0], channel),
            found,
            self.piece.texts[template],
            contact_of(self.piece.sample.row),
            step_values(self._told(day), (self.piece.name, self.piece.title), step),
        )
        way = Way(found, template, message, unreachable=unreachable(found, message.contact))
        try:
            said = self.outreach.said(message)
        except Permanent as error:
            return replace(way, fault=str(error))
        if isinstance(said, Outcome):
            return replace(way, fault=f"Template/{template} cannot be written for this invoice: {said.text}")
        text = "".join(said.text) or "".join(said.html or [])
        return replace(way, subject=said.subject if message.text.subject else "", said=text)

    def _told(self, day: Day) -> Mapping[str, Any]:
        """The invoice as templates see it on that day."""
        return {**self.piece.sample.seen(day), "amountDue": format(self.piece.sample.row.amount_due, "f")}
