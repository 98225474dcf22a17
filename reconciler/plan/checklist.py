"""What is still missing before a resource may be in a state: every step of the way, every guard on it, and who can act. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.lifecycle.kind import Kind
from reconciler.model.actor import Actor
from reconciler.model.diagnostic import Place
from reconciler.model.hold import holding
from reconciler.model.lifecycle import Transition
from reconciler.model.manifest import Entry
from reconciler.model.plan import Alternative, Code, GuardVerdict, Op, Refusal, Step, Verdict
from reconciler.model.record import Record
from reconciler.model.ref import Ref
from reconciler.model.requirement import Requirement
from reconciler.model.resource import Resource
from reconciler.plan.closers import Closer, Closers, Who
from reconciler.plan.groups import Groups
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.judge import way
from reconciler.plan.present import present
from reconciler.plan.question import Question
from reconciler.plan.suppose import Reply, Supposition
from reconciler.plan.timers import Timers

REFERENCE: Final = "reference"
"""The name of the items that say of each reference whether its target is there."""

_TOLD_BY_STEPS = (Code.GUARD, Code.RULE, Code.DEPENDENCY)
"""Refusals that the steps' guards and the references say in full."""

_FINAL: Final = (Code.ILLEGAL, Code.MISSED, Code.REUSED)
"""Refusals that nobody can do anything about."""


class Item(Record, frozen=True):
    """One line of the checklist. TRUE is done, FALSE open, UNKNOWN not known; `path` says where in the manifest to act."""

    name: str
    verdict: Verdict
    message: str
    requirement: Requirement = ()
    path: str = ""
    place: Place = Place()
    closers: tuple[Closer, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the way, and what it needs."""

    event: str
    origin: str
    target: str
    items: tuple[Item, ...] = ()
    at: str = ""
    """When a timer takes it, as UTC text; empty for a step that the next `apply` takes."""


@dataclass(frozen=True, slots=True)
class Checklist:
    """The way of a resource to a state. `origin` is empty where it does not exist yet."""

    ref: Ref
    state: str
    origin: str
    stages: tuple[Stage, ...]
    beside: tuple[Item, ...]
    """What is needed whatever the step: references, and what other resources forbid."""
    is_legal: bool = True
    """Whether there is a way at all."""
    alternatives: tuple[Alternative, ...] = ()

    @property
    def items(self) -> tuple[Item, ...]:
        """Every line."""
        return (*(item for stage in self.stages for item in stage.items), *self.beside)


def checklist(question: Question, ref: Ref, state: str) -> Checklist:
    """What the manifest of `ref` needs in order to ask for `state` now. `question.documents` holds that of `ref`."""
    here = present(question)
    resource = here.moves.get(ref) or here.question.resources.get(ref)
    kind, document = question.kinds[ref.kind], question.documents[ref]
    edge = _awaited(kind, here.question, resource, ref, state)
    supposed = Supposition.of(here.question, ref, edge[0].origin if edge else state)
    reply = supposed.reply(here.question, here.question.triage.judged, here.moves)
    asked = replace(supposed.at(here.question), groups=Groups({}, {}))  # who goes first is said beside the way
    interpreter = Interpreter(asked, dict(supposed.interpreter.outcome))
    steps = way(ref, interpreter, resource, ref in here.moves)
    asker = Asker(interpreter, ref, kind, resource.document if resource else None, document)
    return _Listing(ref, state, kind, resource, Closers(interpreter, asker, kind), reply, edge).listed(steps)


_Timed = tuple[Transition, Entry]


def _awaited(kind: Kind, question: Question, resource: Resource | None, ref: Ref, state: str) -> _Timed | None:
    """The timer that brings it into `state`, and the schedule entry that this waits for: no step stands in for it."""
    law = kind.lifecycle
    origin = resource.state if resource else law.initial
    for edge in law.transitions:
        if edge.by is Actor.TIMER and edge.trigger and edge.trigger.at == f"schedule.{state}":
            ahead = (one for one in question.manifests[ref].entries if one.state == state)
            entry = next((one for one in ahead if one.instant > question.now), None)
            if entry is not None and (law.states[origin].initial or origin == edge.origin):
                return edge, entry
    return None


@dataclass(slots=True)
class _Listing:
    """One checklist in the making."""

    ref: Ref
    state: str
    kind: Kind
    resource: Resource | None
    closers: Closers
    reply: Reply
    timed: _Timed | None
    needs_targets: bool = field(default=False)

    def listed(self, steps: tuple[Step, ...] | None) -> Checklist:
        """The checklist for these steps; without any where the law knows no way."""
        stages = tuple(self._stages(steps)) if steps is not None else ()
        blocked = self.reply.blocked
        reused = any(refusal.code is Code.REUSED for refusal in self.reply.refusals)
        return Checklist(
            ref=self.ref,
            state=self.state,
            origin=self.resource.state if self.resource else "",
            stages=stages,
            beside=(*self._references(), *map(self._refused, self._others(steps is None))),
            is_legal=steps is not None and not reused,
            alternatives=blocked.alternatives if blocked and steps is None else (),
        )

    def _stages(self, steps: tuple[Step, ...]) -> Iterator[Stage]:
        applied = self.resource is None
        for step in steps:
            applied = applied or step.op is Op.EDIT
            self.needs_targets |= step.op is Op.CREATE or (
                step.op is Op.TRANSITION and self.kind.lifecycle.states[step.target].outward
            )
            items = tuple(self._guard(guard, step.origin or step.target, applied) for guard in step.guards)
            yield Stage(step.name, step.origin, step.target, items)
        if self.timed:
            yield self._timer(*self.timed)

    def _timer(self, edge: Transition, entry: Entry) -> Stage:
        """The step that a timer takes when its schedule entry comes due."""
        self.needs_targets |= self.kind.lifecycle.states[edge.target].outward
        interpreter, document = self.closers.interpreter, self.closers.asker.new
        now = interpreter.question.now
        there = Resource(self.ref, edge.origin, "", document, (), (), 0, now, now)
        guards = [
            guard for guard in Timers(interpreter).guards(edge, there) if guard.name in self.kind.lifecycle.guards
        ]
        comes = Item(
            "its-time-comes",
            Verdict.FALSE,
            f"its schedule asks for {entry.state} at {entry.text}",
            edge.requirement,
            f"/schedule/entries/{entry.index}/at",
            closers=(Closer(Who.CLOCK, entry.at),),
        )
        items = (comes, *(self._guard(guard, edge.origin, True) for guard in guards))
        return Stage(edge.event, edge.origin, edge.target, items, entry.at)

    def _guard(self, guard: GuardVerdict, state: str, applied: bool) -> Item:
        closers = self.closers.of(guard.name, guard.verdict, state, applied)
        path = self.kind.lifecycle.guards[guard.name].path
        return Item(guard.name, guard.verdict, guard.message, guard.requirement, path, closers=closers)

    # Beside the steps.

    def _references(self) -> Iterator[Item]:
        """What it builds on: there, or to be made by the same plan."""
        if not self.needs_targets:
            return
        references = self.kind.lifecycle.references
        links = self.closers.interpreter.question.links.of.get(self.ref, ())
        for link in dict.fromkeys(links):
            line = references[link.reference]
            yield self._reference(link.target, line.path, line.requirement)

    def _reference(self, target: Ref, path: str, requirement: Requirement) -> Item:
        question, decision = self.closers.interpreter.question, self.reply.decision
        state = self.closers.interpreter.state_of(target)
        blocked = decision.blocked.get(target)
        lost = question.kinds[target.kind].lifecycle.is_gone(state)
        if blocked is not None and not lost:
            message = f"{target} is blocked: {blocked.refusals[0].message}"
        else:
            new = target not in question.heads and state
            message = f"{target} is {'made first' if new else state or 'not there'}"
        is_open = lost or not state or blocked is not None
        closers = (self.closers.other(target),) if is_open else ()
        verdict = Verdict.FALSE if is_open else Verdict.TRUE
        return Item(REFERENCE, verdict, message, requirement, path, closers=closers)

    def _others(self, is_illegal: bool) -> list[Refusal]:
        """The refusals that no step tells; all of them where there are no steps."""
        return [one for one in self.reply.refusals if is_illegal or one.code not in _TOLD_BY_STEPS]

    def _refused(self, one: Refusal) -> Item:
        closers = tuple(self._closing(one))
        return Item(one.code.value, Verdict.FALSE, one.message, one.requirement, one.path, closers=closers)

    def _closing(self, one: Refusal) -> Iterator[Closer]:
        """Who can do something about a refusal; nobody where no path leads."""
        if one.code is Code.OBSERVED:
            yield from self._bringing()
            return
        hold = holding(self.resource.holds, self.closers.interpreter.question.now) if self.resource else None
        if one.code is Code.HELD and hold is not None:
            yield Closer(Who.CLOCK, hold.until)
            return
        if one.code not in _FINAL and (not one.others or one.code is Code.CONSTRAINT):
            yield Closer(Who.AUTHOR)
        yield from map(self.closers.other, one.others)

    def _bringing(self) -> Iterator[Closer]:
        """What brings it into a state that nobody may ask for."""
        for edge in self.kind.lifecycle.transitions:
            if edge.target == self.state and edge.by is not Actor.USER:
                who = Who.RUNTIME if edge.by is Actor.SYSTEM else Who.CLOCK
                yield Closer(who, f"{edge.event}: {edge.summary}" if edge.summary else edge.event)
