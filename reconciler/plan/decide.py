"""One decision: some resources judged at one instant, and held against what they share and whom they refer to.

What a plan does now and what it foresees are decided here alike.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from dataclasses import replace as replace_member

from reconciler.model.hold import keeping
from reconciler.model.plan import Blocked, Code, Reason, Refusal, ResourcePlan, Waiting
from reconciler.model.record import replace
from reconciler.model.ref import Ref, first_few
from reconciler.model.resource import Resource
from reconciler.plan.advance import after_plan
from reconciler.plan.guards import Interpreter
from reconciler.plan.holding import held_up, kept_back
from reconciler.plan.judge import Judgement, judge
from reconciler.plan.neighbours import Neighbours
from reconciler.plan.order import by_reference
from reconciler.plan.prospect import Prospect
from reconciler.plan.question import Question
from reconciler.plan.review import reviewed
from reconciler.plan.timers import Timers, step_of


@dataclass(slots=True)
class Decision:
    """What is to be done about each judged resource; what is both planned and blocked is left alone."""

    planned: dict[Ref, ResourcePlan] = field(default_factory=dict)
    blocked: dict[Ref, Blocked] = field(default_factory=dict)
    waiting: dict[Ref, Waiting] = field(default_factory=dict)
    kept: dict[Ref, None] = field(default_factory=dict)
    """Those that a hold keeps as they are, though something is asked of them."""

    @property
    def open(self) -> dict[Ref, ResourcePlan]:
        """What may be carried out."""
        if not self.blocked:
            return dict(self.planned)
        return {ref: one for ref, one in self.planned.items() if ref not in self.blocked}


Brake = Callable[[Question, Mapping[Ref, ResourcePlan]], Mapping[Ref, Blocked]]


def decide(
    interpreter: Interpreter,
    judged: Iterable[Ref],
    moves: Mapping[Ref, Resource] | None = None,
    known: Mapping[Ref, Blocked] | None = None,
) -> Decision:
    """The decision about `judged`, at the instant of the interpreter's question."""
    return Deciding(interpreter, moves or {}, known=known or {}).about(judged)


@dataclass(slots=True)
class Deciding:
    """A decision in the making."""

    interpreter: Interpreter
    moves: Mapping[Ref, Resource] = field(default_factory=dict)
    """The stored resources that go on under a new name."""
    brake: Brake | None = None
    """Asked before the neighbours: a campaign that it keeps running goes on pinning what it uses."""
    known: Mapping[Ref, Blocked] = field(default_factory=dict)
    """What is blocked as things stand, besides what is judged."""
    answers: Decision = field(default_factory=Decision)
    """What the judge says of each resource by itself."""
    asked: frozenset[Ref] = frozenset()
    barred: dict[Ref, Blocked] = field(default_factory=dict)
    """What must not be carried out, for reasons that nobody here knows of."""

    def about(self, judged: Iterable[Ref]) -> Decision:
        """The decision about these."""
        self.asked = frozenset(judged)
        self.interpreter.plans = self.answers.planned
        self._judge(self.asked)
        return self._together()

    def without(self, barred: Mapping[Ref, Blocked]) -> Decision:
        """The decision if these must not be carried out either."""
        self.barred |= barred
        return self._together()

    def _together(self) -> Decision:
        """The answers held against each other. Nobody steps back for whom in the end does not come: those are judged again."""
        groups = self.interpreter.question.groups
        while True:
            decision = self._held_against()
            vain = {ref for ref in decision.blocked if ref in self.interpreter.plans and groups.leads(ref)}
            if not vain:
                self._tell_who_is_held_up(decision)
                return decision
            self.interpreter.plans = {ref: one for ref, one in self.interpreter.plans.items() if ref not in vain}
            for ref in vain:
                self.interpreter.outcome[ref] = self.answers.planned[ref].origin
            following = self.asked.intersection(groups.followers(vain))
            for said in (self.answers.planned, self.answers.blocked, self.answers.waiting, self.answers.kept):
                for ref in following:
                    said.pop(ref, None)
            self._judge(following)

    def _tell_who_is_held_up(self, decision: Decision) -> None:
        """Those that are blocked by the holds on others alone are so by these."""
        others = [ref for ref in decision.blocked if ref not in decision.kept] if decision.kept else []
        if others:
            free = Deciding(Interpreter(self.interpreter.question, free=True), self.moves, self.brake, self.known)
            free.barred = self.barred
            carried_out = free.about(self.asked).open
            for ref in others:
                if ref in carried_out:
                    decision.blocked[ref] = held_up(decision.blocked[ref], decision.kept)

    def _judge(self, refs: Iterable[Ref]) -> None:
        """What the judge says of these, of whom nothing is said yet."""
        answers, question = self.answers, self.interpreter.question
        for ref in by_reference(refs, question):
            resource = self.moves.get(ref) or question.resources.get(ref)
            answer = reviewed(judge(ref, self.interpreter, resource, ref in self.moves), self.interpreter)
            state = resource.state if resource else ""
            holds = keeping(resource.holds, question.now) if resource and not self.interpreter.free else ()
            if holds and resource is not None:
                _keep(ref, answer, answers, kept_back(resource, holds, ref, "", question.now))
            else:
                state = self._noted(ref, answer, resource) or state
            self.interpreter.outcome[ref] = state

    def _noted(self, ref: Ref, answer: Judgement, resource: Resource | None) -> str:
        """The state that the answer leads to; empty where it leaves that as it is."""
        match answer:
            case ResourcePlan():
                answer = _with_timer(answer, self.interpreter, resource)
                self.answers.planned[ref] = answer
                return answer.target
            case Blocked():
                self.answers.blocked[ref] = answer
            case Waiting():
                self.answers.waiting[ref] = answer
        return ""

    def _held_against(self) -> Decision:
        question, answers = self.interpreter.question, self.answers
        decision = Decision(answers.planned, answers.blocked | self.barred, answers.waiting, answers.kept)
        if self.brake is not None:
            decision.blocked |= self.brake(question, decision.open)
        restrain(question, decision, {ref: one for ref, one in self.known.items() if ref not in self.asked})
        return decision


def restrain(question: Question, decision: Decision, known: Mapping[Ref, Blocked] | None = None) -> None:
    """Block what may not be done beside everything else, whoever asks for it: a manifest, the clock or an operator.

    What is blocked stays as it is stored, and that may be what another one's way is free of only when it goes: so this is
    asked until nothing more is blocked.
    """
    count = -1
    while count < len(decision.blocked):
        count = len(decision.blocked)
        decision.blocked |= _among(question, decision)
        decision.blocked |= Neighbours(question, decision.planned, {**(known or {}), **decision.blocked}).block()
        if question.groups.is_empty:
            break


def _keep(ref: Ref, answer: Judgement, decision: Decision, held: Blocked) -> None:
    """A held resource stays as it is; what is illegal of it is so without the hold, and said."""
    match answer:
        case Blocked():
            decision.blocked[ref] = replace_member(answer, missed=())
        case ResourcePlan() | Waiting():
            decision.kept[ref] = None
            decision.blocked[ref] = replace_member(held, target=answer.target)
    if isinstance(answer, ResourcePlan):
        decision.planned[ref] = answer


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
    groups = question.groups
    for constraint, members in groups.broken(plans, Prospect(question, plans), question.now):
        for ref in members:
            one = blamed.get(ref)
            if one is None or (one.origin in constraint.states and not groups.is_reseated(ref, constraint)):
                continue
            others = tuple(mate for mate in members if mate != ref)
            message = f"{constraint.message} (with {first_few(others)})"
            refusal = Refusal(Code.CONSTRAINT, message, constraint.requirement, constraint.per[0], others=others)
            found[ref] = Blocked(ref, one.origin, one.target, (refusal,))
    return found
