"""The present, before anybody looks ahead: the timers that are due, what goes on under a new name, and what is to be done."""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.decide import Decision, decide
from reconciler.plan.due import fire
from reconciler.plan.guards import Interpreter
from reconciler.plan.question import Question
from reconciler.plan.threshold import too_many


@dataclass(frozen=True, slots=True)
class Present:
    """What a plan made now would do: the question once the due timers have run, and the decision about it."""

    question: Question
    decision: Decision
    moves: dict[Ref, Resource]


def present(question: Question) -> Present:
    """What a plan for this question would do now."""
    question, _ = fire(question)
    renamed = moves(question, question.triage.judged)
    decision = decide(Interpreter(question), question.triage.judged, renamed, too_many)
    return Present(question, decision, renamed)


def moves(question: Question, judged: Iterable[Ref]) -> dict[Ref, Resource]:
    """The stored resources that continue under a new name."""
    found: dict[Ref, Resource] = {}
    for ref in judged:
        old = former(question, ref)
        if old is not None and old not in question.manifests and old in question.resources:
            found[ref] = question.resources[old]
    return found


def former(question: Question, ref: Ref) -> Ref | None:
    """The name that a manifest says it had, as long as its new name is not known to the store."""
    name = question.manifests[ref].moved_from
    return Ref(ref.kind, name, ref.version) if name and ref not in question.heads else None
