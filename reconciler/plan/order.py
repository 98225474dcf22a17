"""The order of things: references first, deletions last and in reverse, a pinned edit after the release of its pin."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from heapq import heapify, heappop, heappush

from reconciler.lifecycle.kind import Kind
from reconciler.model.plan import ResourcePlan, Verb
from reconciler.model.ref import Ref
from reconciler.plan.question import Question

Turn = Callable[[Ref], int]
"""Whose turn it is among those that nothing else puts in order: the lower number first, then by name."""


def by_reference(refs: Iterable[Ref], question: Question, turn: Turn | None = None) -> list[Ref]:
    """`refs` with targets before their users; among fellows, those first before whom others step back."""
    refs = list(refs)
    if len(refs) < 2:
        return refs
    groups = question.groups
    if turn is None:
        turn = (lambda _ref: 0) if groups.is_empty else (lambda ref: 0 if groups.leads(ref) else 1)
    ranks = kind_ranks(question.kinds)
    if ranks is not None:
        return sorted(refs, key=lambda ref: (ranks[ref.kind], turn(ref), ref))
    some, links = set(refs), question.links.of
    return _sorted(some, {ref: {link.target for link in links[ref]} & some for ref in some if ref in links}, turn)


def kind_ranks(kinds: Mapping[str, Kind]) -> dict[str, int] | None:
    """How far each kind is from referring to nothing; None where kinds refer to each other in a circle.

    Where there is no circle among kinds, sorting by rank is a topological order of all resources.
    """
    ranks: dict[str, int] = {}
    targets = {name: {one.kind for one in kind.lifecycle.references} for name, kind in kinds.items()}
    while len(ranks) < len(targets):
        free = [name for name in targets if name not in ranks and targets[name] <= ranks.keys()]
        if not free:
            return None
        ranks |= {name: 1 + max((ranks[target] for target in targets[name]), default=-1) for name in free}
    return ranks


def in_sequence(plans: Mapping[Ref, ResourcePlan], question: Question) -> tuple[ResourcePlan, ...]:
    """The plans in the order in which they are carried out.

    Where several share something, whoever leaves it goes before whoever takes it: a crash between leaves it to nobody.
    """

    def turn(ref: Ref) -> int:
        return 0 if _makes_room(plans[ref], question) else 1

    deletions = [ref for ref, one in plans.items() if one.action is Verb.DELETE]
    gone = set(deletions)
    rest = [ref for ref in plans if ref not in gone]
    released = _released_first(plans, question, set(rest))
    if released:
        before = {ref: _before(ref, plans, question) & set(rest) for ref in rest if ref in question.links.of}
        for user, target in released:
            before[user].discard(target)
            before.setdefault(target, set()).add(user)
        ordered = _sorted(set(rest), before, turn)
    else:
        ordered = by_reference(rest, question, turn)
    return tuple(plans[ref] for ref in (*ordered, *reversed(by_reference(deletions, question))))


def _makes_room(one: ResourcePlan, question: Question) -> bool:
    """Whether it leaves a state in which it counts among others."""
    if question.groups.is_empty:
        return False
    counting = question.kinds[one.ref.kind].grouping
    return one.origin in counting and one.target not in counting


def _before(ref: Ref, plans: Mapping[Ref, ResourcePlan], question: Question) -> set[Ref]:
    return {link.target for link in question.links.of[ref] if link.target in plans}


def _released_first(plans: Mapping[Ref, ResourcePlan], question: Question, rest: set[Ref]) -> list[tuple[Ref, Ref]]:
    """Pairs of a user and an edited target that the user stops pinning in this very plan: the user goes first."""
    found: list[tuple[Ref, Ref]] = []
    for ref in rest:
        one = plans[ref]
        if one.action is Verb.CREATE or ref not in question.links.of:
            continue
        references = question.kinds[ref.kind].lifecycle.references
        for link in question.links.of[ref]:
            freezes = references[link.reference].freezes
            if one.origin in freezes and one.target not in freezes:
                found += [
                    (ref, target) for target in _pinned_with(link.target, question, frozenset()) if target in rest
                ]
    return found


def _pinned_with(target: Ref, question: Question, seen: frozenset[Ref]) -> Iterator[Ref]:
    """A pinned target, and what is pinned along with it."""
    yield target
    references = question.kinds[target.kind].lifecycle.references
    for link in question.links.of.get(target, ()):
        if references[link.reference].inherits_freeze and link.target not in seen:
            yield from _pinned_with(link.target, question, seen | {target})


def _sorted(refs: set[Ref], before: Mapping[Ref, set[Ref]], turn: Turn) -> list[Ref]:
    """A topological order; whose turn it is first among those that are free; a circle is cut there too."""
    waiting = {ref: len(before.get(ref, ())) for ref in refs}
    after: dict[Ref, list[Ref]] = {}
    for ref, targets in before.items():
        for target in targets:
            after.setdefault(target, []).append(ref)
    free = [(turn(ref), ref) for ref, count in waiting.items() if not count]
    heapify(free)
    result: list[Ref] = []
    done: set[Ref] = set()
    while len(result) < len(refs):
        ref = heappop(free)[1] if free else min(refs - done, key=lambda one: (turn(one), one))
        if ref in done:
            continue
        done.add(ref)
        result.append(ref)
        for user in after.get(ref, ()):
            waiting[user] -= 1
            if not waiting[user]:
                heappush(free, (turn(user), user))
    return result
