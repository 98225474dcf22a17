"""When the timers of a resource come due, and what they then do. Pure: the clock is in the question.

    at     the schedule entry that asks for a state; late by more than its deadline it is missed
    after  so long after the resource entered its state; months are those of the calendar
    daily  at a time of day, once per local date, judged as of that time

A timer runs from what the store has: the resource as it was last written, not as its manifest would have it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice, takewhile
from typing import Any, Final

from reconciler.lifecycle.kind import when
from reconciler.lifecycle.rule import EVERYTHING, Reads, Rule
from reconciler.model.actor import Actor
from reconciler.model.calendar import after, daily
from reconciler.model.hold import holding
from reconciler.model.instant import from_text, parse_duration, to_text
from reconciler.model.lifecycle import Lifecycle, Transition, Trigger
from reconciler.model.manifest import Entry, Manifest
from reconciler.model.plan import GuardVerdict, Op, Step, Verdict
from reconciler.model.record import Record
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.advance import fulfilled
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.policy import Move, Reviewer
from reconciler.plan.readable import is_readable, period, span, time_of_day

INVALID_THEN: Final = "LaunchValidationFailed"
MISSED_THEN: Final = "MissedSchedule"
"""Why a timer took the way out that stands `insteadOf` its own (AMB-E3, AMB-E10)."""

_JUST: Final = timedelta(seconds=1)
_TWO_DAYS: Final = timedelta(days=2)

_ELAPSES: Final = re.compile(r"\bget[A-Z]|\bduration\s*\(|(?:now|today)\s*[-+]|[-+]\s*(?:now|today)\b")
"""What makes a condition turn at other days than the dates that it names."""
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class Firing(Record, frozen=True):
    """A timer that is due: what it does, when it should have, and what its guards say."""

    edge: Transition
    instant: datetime
    guards: tuple[GuardVerdict, ...] = ()
    reason: str = ""
    entry: int = -1
    """The index of the schedule entry that it belongs to."""

    @property
    def conditional(self) -> bool:
        """Whether a guard is unknown, so that it does not fire yet."""
        return any(guard.verdict is Verdict.UNKNOWN for guard in self.guards)


@dataclass(frozen=True, slots=True)
class _Awaited:
    """The schedule entry that a timer waits for; `superseded` where a later one has come due."""

    entry: Entry
    superseded: bool


@dataclass(slots=True)
class Timers:
    """Knows the timers of any stored resource, as of the interpreter's question."""

    interpreter: Interpreter

    def firing(self, resource: Resource, manifest: Manifest | None) -> Firing | None:
        """The timer of this resource that is due now, the earliest instant first."""
        now = self.interpreter.question.now
        due = [
            (instant, edge, entry)
            for edge, instant, entry in self._instants(resource, manifest, now)
            if instant <= now and self._holds(edge, resource, instant if _is_daily(edge) else now)
        ]
        if not due:
            return None
        instant, edge, entry = min(due, key=lambda one: (one[0], one[1].index))
        return self._fired(edge, instant, resource, entry)

    def next(self, resource: Resource, manifest: Manifest | None) -> datetime | None:
        """The first instant after now at which a timer of this resource may be due."""
        now = self.interpreter.question.now
        found = [instant for _, instant, _ in self._instants(resource, manifest, now) if instant > now]
        found += self._deadlines(resource, manifest, now)
        return min(found, default=None)

    def _instants(
        self, resource: Resource, manifest: Manifest | None, now: datetime
    ) -> Iterator[tuple[Transition, datetime, _Awaited | None]]:
        """Each timer with the instant that it is, or will be, due at; of a daily one the last due and the next."""
        law, is_held = self._law(resource), self._is_held(resource, now)
        if manifest is not None and _steps_back(law, resource.state, manifest.state_at(now)):
            return
        for edge in law.timers(resource.state):
            trigger = edge.trigger
            if trigger is None or trigger.instead_of or (trigger.at and is_held):
                continue
            try:
                if trigger.at:
                    found = _awaited(trigger, resource, manifest, now)
                    if found:
                        yield edge, found.entry.instant, found
                elif trigger.after:
                    period = self._text(trigger.after, resource)
                    if period:
                        yield edge, after(resource.entered_at, period, self._zone(trigger, resource)), None
                else:
                    yield from ((edge, instant, None) for instant in self._daily(edge, trigger, resource, now))
            except (ValueError, OverflowError):
                # A period or time that cannot be read makes no instant; the planner warns of it.
                continue

    def unreadable(self, resource: Resource) -> Iterator[tuple[Transition, str, str]]:
        """The timers of a resource, of any state, that never fire because of a text: each with where it is said, and the text."""
        for edge in self._law(resource).transitions:
            if edge.by is not Actor.TIMER or edge.trigger is None:
                continue
            trigger = edge.trigger
            for source, read in ((trigger.after, period), (trigger.daily, time_of_day), (trigger.deadline, span)):
                text = self._text(source, resource) if source and _is_said(source, resource) else ""
                if text and not is_readable(read, text, resource.entered_at):
                    yield edge, source, text

    def _deadlines(self, resource: Resource, manifest: Manifest | None, now: datetime) -> Iterator[datetime]:
        """The instants at which a timer that waits for a fact will be late."""
        for edge in () if self._is_held(resource, now) else self._law(resource).timers(resource.state):
            if edge.trigger and edge.trigger.at:
                found = _awaited(edge.trigger, resource, manifest, now)
                limit = self._deadline(edge.trigger, resource)
                if found and limit is not None and (late := found.entry.instant + limit + _JUST) > now:
                    yield late

    # What a timer does.

    def instead(self, step: Step, resource: Resource, why: str) -> Firing | None:
        """The other way of a timer whose effects turned out to be impossible (AMB-E3); None where it has none."""
        leaving = self._law(resource).timers(step.origin)
        edge = next((one for one in leaving if one.trigger and one.trigger.instead_of == step.event), None)
        return Firing(edge, from_text(step.due), (), f"{INVALID_THEN}: {why}") if edge else None

    def _fired(self, edge: Transition, instant: datetime, resource: Resource, found: _Awaited | None) -> Firing | None:
        entry = found.entry.index if found else -1
        leaving = self._law(resource).timers(edge.origin)
        otherwise = next((one for one in leaving if one.trigger and one.trigger.instead_of == edge.event), None)
        if self._is_late(edge, instant, resource):
            return Firing(otherwise, instant, (), MISSED_THEN, entry) if otherwise else None
        if found and found.superseded:
            return None
        against = self._forbidden(edge, resource)
        if any(guard.verdict is Verdict.FALSE for guard in against):
            return None  # it waits, and its deadline with it
        guards = self.guards(edge, resource) + against
        if any(guard.verdict is Verdict.FALSE for guard in guards):
            # Without another way out it waits until its guards hold, or its deadline has passed.
            return Firing(otherwise, instant, guards, INVALID_THEN, entry) if otherwise else None
        return Firing(edge, instant, guards, "", entry)

    def again(self, step: Step, resource: Resource) -> Firing | None:
        """What a timer does that was to take `step`, where it can no longer take it as it was planned."""
        edge = next(one for one in self._law(resource).timers(step.origin) if one.event == step.event)
        instant = from_text(step.due)
        now = self._fired(edge, instant, resource, None)
        if now is None:  # it has no other way
            late = GuardVerdict("in-time", Verdict.FALSE, "it is late by more than its deadline")
            is_late = self._is_late(edge, instant, resource)
            guards = self.guards(edge, resource) + self._forbidden(edge, resource)
            now = Firing(edge, instant, (late,) if is_late else guards)
        return None if now.edge is edge and now.guards == step.guards else now

    def guards(self, edge: Transition, resource: Resource) -> tuple[GuardVerdict, ...]:
        """What the guards of a timer say, and whether what the resource builds on is there."""
        kind = self.interpreter.question.kinds[resource.ref.kind]
        asker = Asker(self.interpreter, resource.ref, kind, None, resource.document)
        asked = asker.verdicts(edge.guards, resource.state, True)
        gone = self._gone(resource) if kind.lifecycle.states[edge.target].outward else ()
        return asked + tuple(
            GuardVerdict("references-exist", Verdict.FALSE, f"{ref} is deleted, and this builds on it") for ref in gone
        )

    def _forbidden(self, edge: Transition, resource: Resource) -> tuple[GuardVerdict, ...]:
        """The policies against a timer that a schedule entry starts: people ask for it, as for any entry."""
        if not edge.trigger or not edge.trigger.at or self.interpreter.question.policies.is_empty:
            return ()
        found = Reviewer(self.interpreter).objections(Move.of_timer(resource.ref, edge))
        return tuple(objection.guard for objection in found)

    def _gone(self, resource: Resource) -> list[Ref]:
        question = self.interpreter.question
        links = question.links.of.get(resource.ref, ())
        targets = dict.fromkeys(link.target for link in links)
        kinds, state_of = question.kinds, self.interpreter.state_of
        return [ref for ref in targets if kinds[ref.kind].lifecycle.is_gone(state_of(ref))]

    def _is_late(self, edge: Transition, instant: datetime, resource: Resource) -> bool:
        limit = self._deadline(edge.trigger, resource) if edge.trigger else None
        return limit is not None and self.interpreter.question.now - instant > limit

    def _deadline(self, trigger: Trigger, resource: Resource) -> timedelta | None:
        text = self._text(trigger.deadline, resource)
        try:
            return parse_duration(text) if text else None
        except ValueError:
            return None

    def _holds(self, edge: Transition, resource: Resource, at: datetime) -> bool:
        """Whether the condition of a timer is true, as of an instant."""
        if edge.trigger is None or not edge.trigger.when:
            return True
        question = self.interpreter.question
        kind = question.kinds[resource.ref.kind]
        asker = Asker(self.interpreter, resource.ref, kind, None, resource.document, at)
        return asker.verdict(when(edge), resource.state) is Verdict.TRUE

    # Daily timers.

    def _daily(self, edge: Transition, trigger: Trigger, resource: Resource, now: datetime) -> Iterator[datetime]:
        """The last time that has come since the resource was written, and the next at which its condition holds."""
        text, zone = self._text(trigger.daily, resource), self._zone(trigger, resource)
        since = max(resource.entered_at, resource.applied_at)
        come = list(takewhile(lambda instant: instant <= now, daily(max(since, now - _TWO_DAYS), text, zone)))
        yield from come[-1:]
        start, rule = max(since, now), self._condition(edge, resource)
        for instant in self._candidates(rule, resource, start, lambda then: daily(then, text, zone)):
            if self._holds(edge, resource, instant):
                yield instant
                return
        if rule is not None and _ELAPSES.search(rule.text):
            yield start + self._sight()  # nobody has looked farther: look again then

    def _sight(self) -> timedelta:
        return max(self.interpreter.question.horizon, _TWO_DAYS)

    def _condition(self, edge: Transition, resource: Resource) -> Rule | None:
        kind = self.interpreter.question.kinds[resource.ref.kind]
        return self.interpreter.rule(kind, when(edge)) if edge.trigger and edge.trigger.when else None

    def _candidates(
        self, rule: Rule | None, resource: Resource, since: datetime, times: Callable[[datetime], Iterator[datetime]]
    ) -> Iterator[datetime]:
        """Of the daily `times` after `since`, those at which the condition may have turned true."""
        first = next(times(since))
        yield first
        if rule is None:
            return
        if _ELAPSES.search(rule.text):
            yield from takewhile(lambda instant: instant - since <= self._sight(), times(first))
            return
        for day in sorted(set(_dates(rule, resource.document))):
            # The date itself and its neighbours, whatever the zone: between dates a comparison does not turn.
            start = datetime.fromisoformat(day).replace(tzinfo=since.tzinfo) - _TWO_DAYS
            if start + 3 * _TWO_DAYS > first:
                yield from islice(times(max(first, start)), 6)

    # Values that a trigger names.

    def _is_held(self, resource: Resource, now: datetime) -> bool:
        """Whether a hold stops the timers of its schedule; the others go on (DESIGN §6)."""
        return not self.interpreter.free and holding(resource.holds, now) is not None

    def _law(self, resource: Resource) -> Lifecycle:
        return self.interpreter.question.kinds[resource.ref.kind].lifecycle

    def _zone(self, trigger: Trigger, resource: Resource) -> str:
        kind = self.interpreter.question.kinds[resource.ref.kind]
        return self._text(trigger.zone, resource) or self.interpreter.today_zone(kind)

    def _text(self, text: str, resource: Resource) -> str:
        """A literal as it stands; what a path such as `settings.nightlyJob` leads to, nothing where it leads nowhere."""
        root, _, path = text.partition(".")
        kind = self.interpreter.question.kinds[resource.ref.kind]
        if not path or root not in ("self", "settings", "refs"):
            return text
        if root == "self" and path.startswith("spec."):
            # What is said holds; defaults, which take much longer to write out, are for what is not.
            said = _led_to(resource.document, path)
            if isinstance(said, str):
                return said
        if root == "self":
            member = frozenset(path.split(".")[1:2])
            reads = Reads(frozenset({"spec"}), member) if path.startswith("spec.") else EVERYTHING
            found: Any = self.interpreter.seen(resource.ref, resource.state, resource.document, reads)
        elif root == "settings":
            found = self.interpreter.settings(kind)
        else:
            found = self.interpreter.referred(resource.ref, kind)
        found = _led_to(found, path)
        return found if isinstance(found, str) else ""


def step_of(firing: Firing, resource: Resource) -> Step:
    """The step that a due timer takes."""
    edge = firing.edge
    return Step(
        Op.TRANSITION,
        event=edge.event,
        origin=edge.origin,
        target=edge.target,
        effects=edge.effects,
        guards=firing.guards if not firing.reason else (),
        danger=edge.danger,
        by=Actor.TIMER,
        due=to_text(firing.instant),
        reason=firing.reason,
        satisfied=fulfilled(edge, resource),
    )


def awaits(law: Lifecycle, state: str) -> Transition | None:
    """The timer of `state` that waits for a schedule entry."""
    return next((edge for edge in law.timers(state) if edge.trigger and edge.trigger.at), None)


def awaited_state(edge: Transition) -> str:
    """The state that the schedule entry of such a timer asks for."""
    return edge.trigger.at.removeprefix("schedule.") if edge.trigger else ""


def _awaited(trigger: Trigger, resource: Resource, manifest: Manifest | None, now: datetime) -> _Awaited | None:
    """The entry in force, else the next one to come, else one that was overtaken since the resource began to wait."""
    if manifest is None or manifest.digest != resource.digest:
        # Nobody asks any more, or what is asked is still to be applied: the plan does that, and looks again.
        return None
    state, due = trigger.at.removeprefix("schedule."), manifest.due(now)
    if due is not None and due.state == state:
        return _Awaited(due, False)
    ahead = (entry for entry in manifest.entries if entry.state == state and entry.instant > now)
    found = next(ahead, None)
    if found is not None:
        return _Awaited(found, False)
    past = [entry for entry in manifest.past(now) if entry.state == state and entry.instant > resource.entered_at]
    return _Awaited(past[-1], True) if past else None


def _is_said(source: str, resource: Resource) -> bool:
    """Whether a text that a timer takes from its resource may stand there: a default is the definition's own."""
    root, _, path = source.partition(".")
    section, _, member = path.partition(".")
    return root != "self" or member.partition(".")[0] in resource.document.get(section, {})


def _led_to(value: object, path: str) -> object:
    """What a path of names leads to; None where it leads nowhere."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _steps_back(law: Lifecycle, state: str, wanted: str) -> bool:
    """Whether a resource is in its state only for the time of another one: its own clock does not run there (AMB-R7)."""
    return any(line.instead == state and line.state == wanted for line in law.preempts)


def _is_daily(edge: Transition) -> bool:
    return edge.trigger is not None and bool(edge.trigger.daily)


def _dates(rule: Rule, document: Mapping[str, Any]) -> Iterator[str]:
    """Every date that a condition may compare with: in its text, and among what it reads."""
    yield from _texts(rule.text)
    names = rule.reads["self"].spec
    spec = document.get("spec", {})
    for name, value in spec.items():
        if names is None or name in names:
            yield from _texts(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield from (one for one in _DATE.findall(value) if _is_date(one))
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _is_date(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True
