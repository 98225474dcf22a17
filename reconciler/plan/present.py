"""The present, before anybody looks ahead: the timers that are due, what goes on under a new name, and what is to be done."""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.model.plan import ResourcePlan
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.plan.decide import Deciding, Decision
from reconciler.plan.due import fire
from reconciler.plan.guards import Interpreter
from reconciler.plan.question import Question
from reconciler.plan.threshold import too_many


@dataclass(frozen=True, slots=True)
class Present:
    """What a plan made now would do: the question once the due timers have run, and the decision about it."""

    question: Question
    due: tuple[ResourcePlan, ...]
    """The timers that run first."""
    judged: tuple[Ref, ...]
    moves: dict[Ref, Resource]
    decision: Decision
    deciding: Deciding
    """How the decision came about, to hear what it would be if more were refused."""


def present(question: Question) -> Present:
    """What a plan for this question would do now."""
    question, due = fire(question)
    judged = tuple(ref for ref in question.triage.judged if not question.only or ref in question.only)
    moves = renamed(question, judged)
    deciding = Deciding(Interpreter(question), moves, too_many)
    return Present(question, due, judged, moves, deciding.about(judged), deciding)


def renamed(question: Question, judged: Iterable[Ref]) -> dict[Ref, Resource]:
    """The stored resources that continue under a new name."""
    found: dict[Ref, Resource] = {}
    for ref in judged:
        old = former(question, ref)
        if old is not None and old not in question.manifests and old in question.resources:
            found[ref] = question.resources[old]
    return found


def former(question: Question, ref: Ref) -> Ref | None:
    """The name that a manifest says it had, as long as its new name is not known to the store."""
    return question.manifests[ref].former if ref not in question.heads else None
