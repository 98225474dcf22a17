"""The brake on plans that would stop much at once: a slip in a manifest tree must not end every campaign."""

from collections.abc import Mapping
from typing import Final

from reconciler.model.plan import Alternative, Blocked, Code, Op, Reason, Refusal, ResourcePlan
from reconciler.model.ref import Ref
from reconciler.plan.question import Question

FLOOR: Final = 10
"""Stored outward resources below which there is no brake."""


def too_many(question: Question, plans: Mapping[Ref, ResourcePlan]) -> dict[Ref, Blocked]:
    """The plans that leave an outward state, blocked, where they are too large a share of all outward resources."""
    if Code.THRESHOLD in question.acknowledged:
        return {}
    leaving = [one for ref, one in plans.items() if _acts(question, ref) and not _stays(question, one)]
    leaving = [one for one in leaving if not _foretold(one)]
    if not leaving:
        return {}  # before anything is counted: most plans stop nothing
    outward = sum(_acts(question, ref) for ref in question.heads)
    if outward < FLOOR or len(leaving) * 100 <= question.max_changes_percent * outward:
        return {}
    message = (
        f"this plan takes {len(leaving)} of {outward} acting resources out of their outward state;"
        f" more than {question.max_changes_percent} % needs an acknowledgement"
    )
    way = Alternative(
        "acknowledge",
        "look at the plan with the acknowledgement, then apply exactly that",
        "muster plan --ack too-many-changes; muster apply --ack too-many-changes --expect DIGEST",
    )
    return {
        one.ref: Blocked(one.ref, one.origin, one.target, (Refusal(Code.THRESHOLD, message),), (way,))
        for one in leaving
    }


def _foretold(one: ResourcePlan) -> bool:
    """Whether only the clock asks for this: an entry that was applied, and so looked at, before it came due."""
    return one.reason is Reason.SCHEDULE and not any(step.op is Op.EDIT for step in one.steps)


def _acts(question: Question, ref: Ref) -> bool:
    """Whether a resource is stored in an outward state."""
    head = question.heads.get(ref)
    return (
        head is not None
        and ref.kind in question.kinds
        and question.kinds[ref.kind].lifecycle.states[head.state].outward
    )


def _stays(question: Question, one: ResourcePlan) -> bool:
    return question.kinds[one.ref.kind].lifecycle.states[one.target].outward
