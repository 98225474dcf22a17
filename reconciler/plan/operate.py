"""What an operator asks for past the manifests: one legal transition of one stored resource, with a hold. Pure."""

from reconciler.model.actor import Actor
from reconciler.model.hold import Hold
from reconciler.model.lifecycle import Lifecycle, Transition
from reconciler.model.plan import Blocked, Code, GuardVerdict, Op, Reason, Refusal, ResourcePlan, Step, Verb, Verdict
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.advance import OPERATOR, plan_of, verb_of
from reconciler.plan.decide import Decision, restrain
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.holding import held_step
from reconciler.plan.question import Question
from reconciler.plan.refusing import behind, false_guards
from reconciler.plan.review import reviewed
from reconciler.plan.risk import Assessor


def legal(law: Lifecycle, state: str) -> tuple[Transition, ...]:
    """The transitions that an operator may take in `state`: those of a user, no timer's and no runtime's."""
    return tuple(edge for edge in law.leaving(state) if edge.by is Actor.USER)


def operated(question: Question, ref: Ref, edge: Transition, hold: Hold) -> ResourcePlan | Blocked:
    """The plan of one transition that sets `hold` in the same step, or what stands in its way.

    It acts on what is stored: `question.documents` holds the stored document of `ref`, whatever its manifest says. It is
    held against constraints, neighbours and whatever else restrains a plan, as every plan is.
    """
    kind, resource = question.kinds[ref.kind], question.resources[ref]
    interpreter = Interpreter(question)
    asker = Asker(interpreter, ref, kind, None, resource.document)
    guards = asker.verdicts(edge.guards, resource.state, True)
    refusals = false_guards(asker, guards, Code.GUARD)
    if refusals:
        return Blocked(ref, resource.state, edge.target, tuple(refusals))
    step = Step(
        Op.TRANSITION,
        event=edge.event,
        origin=edge.origin,
        target=edge.target,
        effects=edge.effects,
        guards=guards,
        danger=edge.danger,
        risks=Assessor(interpreter).of(ref, resource.state, edge.effects),
        confirm=edge.confirm,
        reason=hold.reason,
        holds=held_step(resource, hold).holds,
    )
    plan = reviewed(by_operator(resource, step), interpreter)
    if not isinstance(plan, ResourcePlan):
        assert isinstance(plan, Blocked), "a plan that is reviewed is refused, or goes on"
        return plan
    unknown = [one for step in plan.steps for one in step.guards if one.verdict is Verdict.UNKNOWN]
    if unknown:
        return Blocked(ref, resource.state, edge.target, tuple(_unknown(one) for one in unknown))
    back = interpreter.preempted(ref, edge.target)
    if back is not None:
        return Blocked(ref, resource.state, edge.target, (behind(back),))
    decision = Decision(planned={ref: plan})
    restrain(question, decision)
    return decision.blocked.get(ref) or plan


def _unknown(one: GuardVerdict) -> Refusal:
    """An operator does not wait for what may turn out."""
    return Refusal(Code.GUARD, f"{one.name} is not known, not observed so far", one.requirement)


def by_operator(resource: Resource, step: Step) -> ResourcePlan:
    """The plan of one step that an operator takes; its reason is the cause."""
    moves = step.op is Op.TRANSITION
    action = verb_of(resource, step.target, moves) if moves else Verb.UPDATE
    return plan_of(resource, step, action, Reason.STATE if moves else Reason.HOLD, f"{OPERATOR}{step.reason}")
