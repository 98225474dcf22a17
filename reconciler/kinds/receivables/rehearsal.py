"""The rehearsal of a campaign: its workflow for the sample invoice, each step on its day, as if that entered now. (I-15, AMB-I4)

Every text is filled in, also the one of the other way, whatever a condition says: whoever comes after the sample may need it.
Nothing is sent here.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.kinds.hours import next_open
from reconciler.kinds.messaging.channels import Channel, unreachable
from reconciler.kinds.messaging.outcome import Outcome
from reconciler.kinds.messaging.outreach import Message, Outreach
from reconciler.kinds.messaging.texts import Text
from reconciler.kinds.receivables.clock import in_order
from reconciler.kinds.receivables.matching import Day, step_holds
from reconciler.kinds.receivables.rehearsed import Act, Course, Rehearsal, Way
from reconciler.kinds.receivables.sampling import Sample
from reconciler.kinds.receivables.seen import contact_of
from reconciler.kinds.receivables.values import step_values
from reconciler.kinds.receivables.workflow.spec import WorkflowSpec, WorkflowStep
from reconciler.model.errors import Permanent
from reconciler.model.instant import first_instant


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


@dataclass(slots=True)
class Stage:
    """Rehearses one piece, as of a day. `outreach` writes the messages; those that would be said stand in `messages`, by step."""

    piece: Piece
    outreach: Outreach
    day: Day
    messages: dict[int, Message] = field(default_factory=dict)

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
        written = [(step.channel or "", step.template or "")]
        written += [(step.otherwise.channel, step.otherwise.template)] if step.otherwise else []
        meant = [self._message(*way, (number, step.day), day) for way in written]
        ways = tuple(self._way(message) for message in meant)
        taken = next((place for place, way in enumerate(ways) if not way.unreachable), None)
        faults = tuple(self._faults(number, step, ways, holds))
        if holds is not True:
            why = "its condition is false" if holds is False else f"its condition cannot be told: {holds}"
            return Act(number, step.day, at, Course.PASSES, why, None, ways, faults)
        if taken is None:
            return Act(number, step.day, at, Course.PASSES, ways[0].unreachable, None, ways, faults)
        self.messages[number] = meant[taken]
        return Act(number, step.day, at, Course.SAYS, "", ways[taken], ways, faults)

    def _faults(self, number: int, step: WorkflowStep, ways: Sequence[Way], holds: bool | str) -> Iterator[str]:
        """What is wrong with a step. What a false condition keeps from this customer may lack what that asks for."""
        where = f"step {number} (day {step.day})"
        if isinstance(holds, str):
            yield f"{where}: its condition cannot be told of this invoice: {holds}"
        for way in ways if holds is not False else ():
            if way.fault:
                yield f"{where}: {way.fault}"

    def _message(self, channel: str, template: str, step: tuple[int, int], day: Day) -> Message:
        return Message(
            self.piece.key(step[0], channel),
            self.piece.channels[channel],
            self.piece.texts[template],
            contact_of(self.piece.sample.row),
            step_values(self._told(day), (self.piece.name, self.piece.title), step),
        )

    def _way(self, message: Message) -> Way:
        channel, template = message.channel, message.text.name
        why = unreachable(channel, message.contact)
        way = Way(channel.name, channel.medium, bool(channel.via), template, unreachable=why)
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
