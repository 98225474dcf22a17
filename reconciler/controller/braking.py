"""The emergency brake: one transition of one stored resource past its manifest, judged first, then taken with a hold."""

from dataclasses import dataclass
from datetime import datetime

from reconciler.controller.execute import Executor
from reconciler.controller.operate import Surroundings
from reconciler.lifecycle.kind import Kind
from reconciler.model.errors import Usage
from reconciler.model.hold import Hold, own
from reconciler.model.lifecycle import Transition
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Blocked, Code, Plan, Refusal, ResourcePlan
from reconciler.model.ports import Clock
from reconciler.model.record import replace
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.codec import digest_of
from reconciler.plan.operate import legal, operated
from reconciler.plan.question import Question
from reconciler.source.schema import did_you_mean


@dataclass(frozen=True, slots=True)
class Judged:
    """A transition as it was asked for: `answer` is the plan of its one step, or what stands in its way."""

    question: Question
    answer: ResourcePlan | Blocked

    @property
    def plan(self) -> Plan:
        """The same as a plan of its own: what is carried out, and what views show."""
        done = (self.answer,) if isinstance(self.answer, ResourcePlan) else ()
        blocked = (self.answer,) if isinstance(self.answer, Blocked) else ()
        return Plan(self.question.now, 0, "", done, blocked, (), (), 0, (), digest_of(done))


def judged(around: Surroundings, ref: Ref, event: str, hold: Hold, now: datetime) -> Judged:
    """What the transition `event` of a stored resource would do. Usage where its kind has none of this name."""
    if ref.kind not in around.kinds:
        raise Usage(f"the kind of {ref} is no longer defined in this project")
    question = around.question(ref, now)
    resource = question.resources[ref]
    edge = _edge(resource, around.kinds[ref.kind], event)
    if isinstance(edge, Blocked):
        return Judged(question, edge)
    return Judged(question, operated(question, ref, edge, _longest(resource, hold)))


def taken(around: Surroundings, one: Judged, clock: Clock, actor: str) -> Outcome:
    """Take it: compared with the revision that was judged, so that of two who do it one does."""
    return Executor(one.question, around.store, clock, around.runtimes, actor).run(one.plan)


def _edge(resource: Resource, kind: Kind, event: str) -> Transition | Blocked:
    """The transition that is meant; a refusal where it is not legal now."""
    edges = legal(kind.lifecycle, resource.state)
    found = next((edge for edge in edges if edge.event == event), None)
    if found is not None:
        return found
    now = f"in {resource.state!r} there is " + (", ".join(edge.event for edge in edges) or "none")
    if all(edge.event != event for edge in kind.lifecycle.transitions):
        near = did_you_mean(event, sorted(edge.event for edge in edges))
        raise Usage(f"{kind.name} has no transition {event!r}; {' '.join(part for part in (near, now) if part)}")
    message = f"{event!r} is not legal for {resource.ref}, which is {resource.state!r}; {now}"
    target = next(edge.target for edge in kind.lifecycle.transitions if edge.event == event)
    return Blocked(resource.ref, resource.state, target, (Refusal(Code.ILLEGAL, message),))


def _longest(resource: Resource, new: Hold) -> Hold:
    """The new hold, to the end of its owner's last, in whose place it comes, if that is later. Those of others stay beside."""
    before = own(resource.holds, new.ends, new.owner)
    return replace(new, until=before.until) if before is not None else new
