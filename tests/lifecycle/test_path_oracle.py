"""The path search against brute force: it finds a way where one exists, the best there is, and only legal ones.

The oracle knows nothing of queues or prices that grow: it walks every simple walk over (state, new document applied or
not) and keeps those that the rules allow. A walk that visits a node twice is never better than without the circle.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.lifecycle.path import FORBIDDEN, Edit, Question, find_path
from reconciler.lifecycle.path import Path as FoundPath
from reconciler.model.actor import Actor
from reconciler.model.change import Change
from reconciler.model.lifecycle import Lifecycle, Role, State, Transition
from reconciler.plan.frozen import frozen_by
from reconciler.source.definitions import load_kinds

KINDS = load_kinds((), Path("/"))[0].table
Node = tuple[str, bool]
Walk = tuple[tuple[str, Node], ...]
"""The names of the edges taken, each with the node that it leads to."""

EDIT = "edit"


class Prices:
    """What each edge costs: a table, so that search and oracle ask the same and neither computes it."""

    def __init__(self, edits: dict[str, int], edges: dict[tuple[str, str, str, bool], int]) -> None:
        self.edits = edits
        self.edges = edges

    def edit(self, state: str) -> int:
        return self.edits.get(state, 0)

    def edge(self, edge: Transition, applied: bool) -> int:
        return self.edges.get((edge.event, edge.origin, edge.target, applied), 0)


def walks(law: Lifecycle, origin: str, target: str, changed: bool, prices: Prices) -> Iterator[tuple[int, Walk]]:
    """Every legal simple walk, with the number of violations on it."""
    start, goal = (origin, not changed), (target, True)

    def onwards(node: Node, seen: frozenset[Node], walk: Walk, violations: int) -> Iterator[tuple[int, Walk]]:
        if node == goal:
            yield violations, walk
            return
        # strictly between start and goal no outward state, unless it is that of the start or of the goal.
        if law.states[node[0]].outward and node[0] not in (origin, target):
            return
        for name, price, following in _steps(law, node, prices):
            if following not in seen and price != FORBIDDEN:
                yield from onwards(following, seen | {following}, (*walk, (name, following)), violations + price)

    yield from onwards(start, frozenset([start]), (), 0)


def _steps(law: Lifecycle, node: Node, prices: Prices) -> Iterator[tuple[str, int, Node]]:
    state, applied = node
    if not applied:
        yield EDIT, prices.edit(state), (state, True)
    for edge in law.transitions:
        if edge.origin == state and edge.by is Actor.USER:
            yield edge.event, prices.edge(edge, applied), (edge.target, applied)


def agree(law: Lifecycle, origin: str, target: str, changed: bool, prices: Prices) -> FoundPath | None:
    """Search and oracle agree on existence, on the fewest violations, and then on the shortest length."""
    found = find_path(law, Question(origin, target, changed, prices.edit, prices.edge))
    legal = list(walks(law, origin, target, changed, prices))
    if found is None:
        assert not legal, f"{origin} to {target}: {legal[0]} is legal"
        return None
    assert legal, f"{origin} to {target}: {found} is not legal"
    best = min((violations, len(walk)) for violations, walk in legal)
    assert (found.violations, len(found.edges)) == best
    taken = tuple(EDIT if isinstance(edge, Edit) else edge.event for edge in found.edges)
    nodes = tuple(_nodes(origin, changed, found))
    assert (taken, nodes) in [(tuple(name for name, _ in walk), tuple(node for _, node in walk)) for _, walk in legal]
    return found


def _nodes(origin: str, changed: bool, found: FoundPath) -> Iterator[Node]:
    state, applied = origin, not changed
    for edge in found.edges:
        if isinstance(edge, Edit):
            assert edge.state == state
            applied = True
        else:
            assert edge.origin == state
            state = edge.target
        yield state, applied


# Random lifecycles.


@st.composite
def lifecycles(draw: st.DrawFn) -> tuple[Lifecycle, Prices]:
    names = [f"s{number}" for number in range(draw(st.integers(3, 7)))]
    pairs = [(a, b) for a in names for b in names if a != b]
    chosen = draw(st.lists(st.sampled_from(pairs), min_size=1, max_size=12))
    actors = st.sampled_from([Actor.USER, Actor.USER, Actor.USER, Actor.TIMER, Actor.SYSTEM])
    edges = tuple(Transition(f"e{i}", a, b, draw(actors)) for i, (a, b) in enumerate(chosen))
    outward = draw(st.sets(st.sampled_from(names), max_size=4))
    states = {name: State(name, initial=name == names[0], outward=name in outward) for name in names}
    price = st.sampled_from([0, 0, 0, 1, 2, FORBIDDEN])
    edits = {name: draw(price) for name in names}
    costs = {(e.event, e.origin, e.target, applied): draw(price) for e in edges for applied in (False, True)}
    return Lifecycle("Random", Role.CAMPAIGN, states, edges, names[0]), Prices(edits, costs)


@settings(max_examples=400, deadline=None)
@given(lifecycles(), st.booleans(), st.data())
def test_random_lifecycles(made: tuple[Lifecycle, Prices], changed: bool, data: st.DataObject) -> None:
    law, prices = made
    origin = data.draw(st.sampled_from(sorted(law.states)))
    for target in law.states:
        agree(law, origin, target, changed, prices)


@settings(max_examples=200, deadline=None)
@given(lifecycles(), st.booleans(), st.data())
def test_a_search_is_repeatable(made: tuple[Lifecycle, Prices], changed: bool, data: st.DataObject) -> None:
    """Ties go to the order of declaration, not to chance: an equal question has an equal answer."""
    law, prices = made
    origin, target = (data.draw(st.sampled_from(sorted(law.states))) for _ in range(2))
    question = Question(origin, target, changed, prices.edit, prices.edge)
    assert find_path(law, question) == find_path(law, question)


def test_ties_go_to_the_edge_that_is_declared_first() -> None:
    states = {name: State(name, initial=name == "a") for name in "abcd"}
    ways = [("a", "c"), ("c", "d"), ("a", "b"), ("b", "d")]
    for order in (ways, ways[2:] + ways[:2]):
        law = Lifecycle("Tied", Role.CAMPAIGN, states, tuple(Transition(f"{a}{b}", a, b) for a, b in order), "a")
        found = find_path(law, Question("a", "d", False, lambda _: 0, lambda *_: 0))
        assert found is not None
        assert [edge.target for edge in found.edges if isinstance(edge, Transition)] == [order[0][1], "d"]


# The definitions that there are.


def _edits(law: Lifecycle) -> list[Change | None]:
    """No change, a label, something that no state mentions, and changes at, in and above each frozen pointer."""
    frozen = [line for state in law.states.values() for line in (*state.frozen, *state.frozen_keys)]
    lines = [line.path.replace("*", "x") for line in frozen]
    paths = {"/metadata/labels/team", "/spec/zzz", *lines, *(f"{line}/x" for line in lines), "/spec"}
    return [None, *(change for path in sorted(paths) for change in (Change(path, 1, 2), Change(path, after=1)))]


def _allowed(state: State, change: Change) -> bool:
    """Whether `state` lets this change pass: said anew, from docs/reference/kind-definition.md."""
    parts = change.path.split("/")
    for line in state.frozen:
        want = line.path.split("/")
        common = all(a in ("*", b) for a, b in zip(want, parts, strict=False))
        if common:
            return False
    for line in state.frozen_keys:
        want = line.path.split("/")
        common = all(a in ("*", b) for a, b in zip(want, parts, strict=False))
        if common and change.adds_or_removes and len(parts) <= len(want) + 1:
            return False
    return True


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_real_definitions(kind: str) -> None:
    law = KINDS[kind].lifecycle
    tried = 0
    for change in _edits(law):
        frozen = {name for name, state in law.states.items() if change and frozen_by(state, change) is not None}
        assert frozen == {name for name, state in law.states.items() if change and not _allowed(state, change)}, change
        prices = Prices(dict.fromkeys(frozen, FORBIDDEN), {})
        for origin in law.states:
            for target in law.states:
                found = agree(law, origin, target, change is not None, prices)
                tried += 1
                if found is not None:
                    _assert_passes_nothing_outward(law, origin, target, found)
    assert tried == len(law.states) ** 2 * len(_edits(law))


def _assert_passes_nothing_outward(law: Lifecycle, origin: str, target: str, found: FoundPath) -> None:
    edges = [edge for edge in found.edges if isinstance(edge, Transition)]
    assert all(a.target == b.origin for a, b in pairwise(edges))
    for edge in edges[:-1]:
        assert not law.states[edge.target].outward or edge.target in (origin, target)
