"""The judgement of one resource once the policies are asked: refused, conditional, or as it was."""

from collections.abc import Mapping
from dataclasses import replace

from reconciler.model import record
from reconciler.model.diagnostic import Severity
from reconciler.model.instant import to_text
from reconciler.model.plan import Alternative, Blocked, Reason, ResourcePlan, Step, Verdict, Waiting
from reconciler.model.ref import Ref
from reconciler.plan.guards import Interpreter
from reconciler.plan.policy import Move, Objection, Reviewer
from reconciler.plan.question import Question
from reconciler.plan.references import Finding
from reconciler.plan.schedule import missed

Answer = ResourcePlan | Blocked | Waiting | None


def reviewed(answer: Answer, interpreter: Interpreter) -> Answer:
    """What policies make of a judgement. What the law forbids is forbidden already."""
    question = interpreter.question
    if question.policies.is_empty:
        return answer
    match answer:
        case ResourcePlan():
            found = Reviewer(interpreter).objections(Move.of(answer))
            blocked = _blocked(answer, found)
            return replace(blocked, missed=_missed(answer, question)) if blocked else _conditional(answer, found)
        case Waiting():
            edges = question.kinds[answer.ref.kind].lifecycle.leaving(answer.origin)
            edge = next((one for one in edges if one.event == answer.event), None)
            found = Reviewer(interpreter).objections(Move.of_timer(answer.ref, edge)) if edge else ()
            return _blocked(answer, found) or answer
        case _:
            return answer


def warnings(question: Question, plans: Mapping[Ref, ResourcePlan]) -> list[Finding]:
    """What policies that only warn have against these plans; nothing where they do not know."""
    if question.policies.is_empty:
        return []
    reviewer = Reviewer(Interpreter(question))
    asked = ((ref, reviewer.objections(Move.of(one), Severity.WARNING)) for ref, one in plans.items())
    return [
        Finding(
            "policy-warning", ref, f"{one.refusal.message} ({one.place})", "the message says who should act, and how"
        )
        for ref, found in asked
        for one in found
        if one.verdict is Verdict.FALSE
    ]


def _blocked(one: ResourcePlan | Waiting, found: tuple[Objection, ...]) -> Blocked | None:
    false = [objection for objection in found if objection.verdict is Verdict.FALSE]
    if not false:
        return None
    return Blocked(one.ref, one.origin, one.target, tuple(objection.refusal for objection in false), _ways(one, false))


def _ways(one: ResourcePlan | Waiting, false: list[Objection]) -> tuple[Alternative, ...]:
    ends = [objection.until for objection in false if objection.until]
    if len(ends) < len(false):
        return ()
    summary = f"wait: it goes on by itself once the freeze is over, at {to_text(max(ends))}"
    return (Alternative("time", summary, f"muster when {one.ref} {one.target}"),)


def _missed(one: ResourcePlan, question: Question) -> tuple[Step, ...]:
    """The schedule entries that come due in vain."""
    resource = question.resources.get(one.ref)
    if one.reason is not Reason.SCHEDULE or resource is None:
        return ()
    return missed(question.manifests[one.ref], resource, question.now, last=True)


def _conditional(one: ResourcePlan, found: tuple[Objection, ...]) -> ResourcePlan:
    """With what is not known yet as guards of its first step."""
    if not found:
        return one
    guards = (*one.steps[0].guards, *(objection.guard for objection in found))
    return record.replace(one, steps=(record.replace(one.steps[0], guards=guards), *one.steps[1:]))
