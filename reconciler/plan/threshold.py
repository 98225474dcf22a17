"""The brake on plans that would do much at once: a slip in a manifest tree must not end, or start, every campaign."""

from collections.abc import Iterator, Mapping
from typing import Final

from reconciler.model.plan import Alternative, Blocked, Code, Op, Reason, Refusal, ResourcePlan, Verb
from reconciler.model.ref import Ref
from reconciler.plan.question import Question

FLOOR: Final = 10
"""Stored outward resources below which a share says nothing."""

_Excess = tuple[str, list[ResourcePlan]]
"""What is too much, in words, and the plans that make it up."""


def too_many(question: Question, plans: Mapping[Ref, ResourcePlan]) -> dict[Ref, Blocked]:
    """The plans that together go beyond a threshold, blocked: all that count, since nobody could choose among them."""
    if Code.THRESHOLD in question.acknowledged:
        return {}
    found: dict[Ref, list[Refusal]] = {}
    counted = [one for one in plans.values() if not _foretold(one)]
    for words, excess in _excesses(question, counted):
        refusal = Refusal(Code.THRESHOLD, f"this plan {words} needs an acknowledgement")
        for one in excess:
            found.setdefault(one.ref, []).append(refusal)
    return {
        ref: Blocked(ref, plans[ref].origin, plans[ref].target, tuple(refusals), (_WAY,))
        for ref, refusals in found.items()
    }


_WAY: Final = Alternative(
    "acknowledge",
    "look at the plan with the acknowledgement, then apply exactly that",
    "muster plan --ack too-many-changes; muster apply --ack too-many-changes --expect DIGEST",
)


def _excesses(question: Question, plans: list[ResourcePlan]) -> Iterator[_Excess]:
    limits = question.policies.thresholds
    outward = {
        ref
        for ref, head in question.heads.items()
        if ref.kind in question.kinds and question.kinds[ref.kind].lifecycle.states[head.state].outward
    }
    leaving = [one for one in plans if one.ref in outward and not _acts(question, one)]
    if len(outward) >= FLOOR and len(leaving) * 100 > limits.max_changes_percent * len(outward):
        yield (
            f"takes {len(leaving)} of {len(outward)} acting resources out of their outward state;"
            f" more than {limits.max_changes_percent} %",
            leaving,
        )
    deleted = [one for one in plans if one.action is Verb.DELETE]
    if limits.max_deletions is not None and len(deleted) > limits.max_deletions:
        yield f"deletes {len(deleted)} resources; more than {limits.max_deletions}", deleted
    launched = [one for one in plans if one.ref not in outward and _acts(question, one)]
    if limits.max_launches is not None and len(launched) > limits.max_launches:
        yield f"puts {len(launched)} resources into an outward state; more than {limits.max_launches}", launched


def _foretold(one: ResourcePlan) -> bool:
    """Whether only the clock asks for this: an entry that was applied, and so looked at, before it came due."""
    return one.reason is Reason.SCHEDULE and not any(step.op is Op.EDIT for step in one.steps)


def _acts(question: Question, one: ResourcePlan) -> bool:
    """Whether it leads to an outward state."""
    return question.kinds[one.ref.kind].lifecycle.states[one.target].outward
