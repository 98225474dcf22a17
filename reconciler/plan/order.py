"""The order of things: references first, deletions last and in reverse, a pinned edit after the release of its pin."""

from collections.abc import Iterable, Mapping
from heapq import heapify, heappop, heappush

from reconciler.model.plan import ResourcePlan, Verb
from reconciler.model.ref import Ref
from reconciler.plan.question import Question
from reconciler.plan.references import Links


def by_reference(refs: Iterable[Ref], links: Links) -> list[Ref]:
    """`refs` with targets before their users, else by name."""
    some = set(refs)
    return _sorted(some, {ref: {link.target for link in links.of.get(ref, ())} & some for ref in some if ref in links.of})


def in_sequence(plans: Mapping[Ref, ResourcePlan], question: Question) -> tuple[ResourcePlan, ...]:
    """The plans in the order in which they are carried out."""
    deletions = {ref for ref, one in plans.items() if one.action is Verb.DELETE}
    rest = set(plans) - deletions
    before = {ref: _before(ref, plans, question) & rest for ref in rest if ref in question.links.of}
    _release_first(plans, question, rest, before)
    ordered = _sorted(rest, before) + by_reference(deletions, question.links)[::-1]
    return tuple(plans[ref] for ref in ordered)


def _before(ref: Ref, plans: Mapping[Ref, ResourcePlan], question: Question) -> set[Ref]:
    return {link.target for link in question.links.of[ref] if link.target in plans}


def _release_first(
    plans: Mapping[Ref, ResourcePlan], question: Question, rest: set[Ref], before: dict[Ref, set[Ref]]
) -> None:
    """Where a user leaves a state that pins an edited target, the user goes first."""
    for ref in rest:
        one = plans[ref]
        if one.action is Verb.CREATE or ref not in question.links.of:
            continue
        references = question.kinds[ref.kind].lifecycle.references
        for link in question.links.of[ref]:
            freezes = references[link.reference].freezes
            if link.target in rest and one.origin in freezes and one.target not in freezes:
                before[ref].discard(link.target)
                before.setdefault(link.target, set()).add(ref)


def _sorted(refs: set[Ref], before: Mapping[Ref, set[Ref]]) -> list[Ref]:
    """A topological order, smallest ref first among those that are free; a circle is cut at its smallest."""
    waiting = {ref: len(before.get(ref, ())) for ref in refs}
    after: dict[Ref, list[Ref]] = {}
    for ref, targets in before.items():
        for target in targets:
            after.setdefault(target, []).append(ref)
    free = [ref for ref, count in waiting.items() if not count]
    heapify(free)
    result: list[Ref] = []
    done: set[Ref] = set()
    while len(result) < len(refs):
        ref = heappop(free) if free else min(refs - done)
        if ref in done:
            continue
        done.add(ref)
        result.append(ref)
        for user in after.get(ref, ()):
            waiting[user] -= 1
            if not waiting[user]:
                heappush(free, user)
    return result
