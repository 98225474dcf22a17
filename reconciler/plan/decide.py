"""One decision: some resources judged at one instant, and held against what they share and whom they refer to.

What a plan does now and what it foresees are decided here alike.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from reconciler.model.plan import Blocked, Code, Reason, Refusal, ResourcePlan, Waiting
from reconciler.model.record import replace
from reconciler.model.ref import Ref, first_few
from reconciler.model.resource import Resource
from reconciler.plan.advance import after_plan
from reconciler.plan.guards import Interpreter
from reconciler.plan.judge import judge
from reconciler.plan.neighbours import Neighbours
from reconciler.plan.order import by_reference
from reconciler.plan.question import Question
from reconciler.plan.review import reviewed
from reconciler.plan.timers import Timers, step_of


@dataclass(slots=True)
class Decision:
    """What is to be done about each judged resource; what is both planned and blocked is left alone."""

    planned: dict[Ref, ResourcePlan] = field(default_factory=dict)
    blocked: dict[Ref, Blocked] = field(default_factory=dict)
    waiting: dict[Ref, Waiting] = field(default_factory=dict)

    @property
    def open(self) -> dict[Ref, ResourcePlan]:
        """What may be carried out."""
        return {ref: one for ref, one in self.planned.items() if ref not in self.blocked}


Brake = Callable[[Question, Mapping[Ref, ResourcePlan]], Mapping[Ref, Blocked]]


def decide(
    interpreter: Interpreter,
    judged: Iterable[Ref],
    moves: Mapping[Ref, Resource] | None = None,
    brake: Brake | None = None,
    known: Mapping[Ref, Blocked] | None = None,
) -> Decision:
    """The decision about `judged`, at the instant of the interpreter's question.

    `moves` are the stored resources that go on under a new name, `known` others that are blocked as things stand. The brake
    comes before the neighbours: a campaign that it keeps running goes on pinning what it uses.
    """
    question, decision, asked = interpreter.question, Decision(), frozenset(judged)
    for ref in by_reference(asked, question):
        _judge(ref, interpreter, decision, (moves or {}).get(ref))
    if brake is not None:
        decision.blocked |= brake(question, decision.open)
    decision.blocked |= _among(question, decision)
    others = {ref: one for ref, one in (known or {}).items() if ref not in asked}
    decision.blocked |= Neighbours(question, decision.planned, others | decision.blocked).block()
    return decision


def _judge(ref: Ref, interpreter: Interpreter, decision: Decision, moved: Resource | None) -> None:
    resource = moved or interpreter.question.resources.get(ref)
    answer = reviewed(judge(ref, interpreter, resource, moved is not None), interpreter)
    state = resource.state if resource else ""
    match answer:
        case ResourcePlan():
            answer = _with_timer(answer, interpreter, resource)
            decision.planned[ref] = answer
            state = answer.target
        case Blocked():
            decision.blocked[ref] = answer
        case Waiting():
            decision.waiting[ref] = answer
    interpreter.outcome[ref] = state


def _with_timer(one: ResourcePlan, interpreter: Interpreter, resource: Resource | None) -> ResourcePlan:
    """The plan and, where it leads into a state whose timer is due already, what that timer does then."""
    question = interpreter.question
    if one.target not in question.kinds[one.ref.kind].ticking or one.conditional:
        return one
    there = after_plan(resource, one, question.documents[one.ref], question.now)
    firing = Timers(interpreter).firing(there, question.manifests[one.ref])
    if firing is None or firing.conditional:
        return one
    step = step_of(firing, there)
    return replace(one, steps=(*one.steps, step), target=step.target)


def _among(question: Question, decision: Decision) -> dict[Ref, Blocked]:
    """The plans by which a constraint among several resources would no longer hold.

    What somebody has changed is refused first: an entry that was applied in its time is not held up by what was written since.
    """
    if question.groups.is_empty:
        return {}
    plans = decision.open
    changed = {ref: one for ref, one in plans.items() if one.reason is not Reason.SCHEDULE}
    found = _breaking(question, plans, changed) if changed else {}
    left = {ref: one for ref, one in plans.items() if ref not in found}
    return found | _breaking(question, left, left)


def _breaking(
    question: Question, plans: Mapping[Ref, ResourcePlan], blamed: Mapping[Ref, ResourcePlan]
) -> dict[Ref, Blocked]:
    """Who of `blamed` enters, or is edited, so that a constraint breaks, were all of `plans` carried out."""
    found: dict[Ref, Blocked] = {}

    def state_of(ref: Ref) -> str:
        if ref in plans:
            return plans[ref].target
        return question.heads[ref].state if ref in question.heads else ""

    for constraint, members in question.groups.broken(plans, state_of, question.now):
        for ref in members:
            one = blamed.get(ref)
            if one is None or (one.origin in constraint.states and not _edits(one)):
                continue
            others = tuple(mate for mate in members if mate != ref)
            message = f"{constraint.message} (with {first_few(others)})"
            refusal = Refusal(Code.CONSTRAINT, message, constraint.requirement, constraint.per[0], others=others)
            found[ref] = Blocked(ref, one.origin, one.target, (refusal,))
    return found


def _edits(one: ResourcePlan) -> bool:
    return any(step.changes for step in one.steps)
