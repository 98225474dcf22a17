"""The legal way from one state to another: a uniform-cost search over (state, edit applied or not).

Edges are the user's transitions and one edit. No path passes through an outward state to get somewhere else (X-11).
What an edge costs is what stands in its way: a path without false guards beats any path with one, then fewer steps
win, then the order of declaration.
"""

from collections.abc import Callable
from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

from reconciler.model.actor import Actor
from reconciler.model.lifecycle import Lifecycle, Transition


@dataclass(frozen=True, slots=True)
class Edit:
    """The edge that applies the new document, in `state`."""

    state: str


Edge = Transition | Edit

FORBIDDEN: Final = -1
"""The price of an edge that may never be taken, whatever the guards say."""


@dataclass(frozen=True, slots=True)
class Question:
    """From where to where, and whether a new document is to be applied on the way.

    `edit_price(state)` and `price(transition, applied)` count the false guards and broken rules on an edge; FORBIDDEN
    takes the edge away.
    """

    origin: str
    target: str
    edit: bool
    edit_price: Callable[[str], int]
    price: Callable[[Transition, bool], int]


@dataclass(frozen=True, slots=True)
class Path:
    """The edges in order; `violations` counts the false guards on them."""

    edges: tuple[Edge, ...]
    violations: int


NOWHERE: Final = Path((), 0)
"""The path to where one already stands."""


def find_path(lifecycle: Lifecycle, question: Question) -> Path | None:
    """The best path, or None where no legal one exists."""
    start, goal = (question.origin, not question.edit), (question.target, True)
    if start == goal:
        return NOWHERE
    order = 0
    queue: list[tuple[int, int, int, tuple[str, bool], tuple[Edge, ...]]] = [(0, 0, order, start, ())]
    done: set[tuple[str, bool]] = set()
    while queue:
        violations, length, _, node, edges = heappop(queue)
        if node == goal:
            return Path(edges, violations)
        if node in done:
            continue
        done.add(node)
        if _is_passage(lifecycle, question, node[0]):
            continue
        for edge, following, price in _edges(lifecycle, question, node):
            order += 1
            heappush(queue, (violations + price, length + 1, order, following, (*edges, edge)))
    return None


def _is_passage(lifecycle: Lifecycle, question: Question, state: str) -> bool:
    """Whether standing in `state` would be passing through an outward state (X-11)."""
    return lifecycle.states[state].outward and state not in (question.origin, question.target)


def _edges(
    lifecycle: Lifecycle, question: Question, node: tuple[str, bool]
) -> list[tuple[Edge, tuple[str, bool], int]]:
    state, applied = node
    found: list[tuple[Edge, tuple[str, bool], int]] = []
    if not applied and (price := question.edit_price(state)) != FORBIDDEN:
        found.append((Edit(state), (state, True), price))
    for transition in lifecycle.leaving(state):
        if transition.by is Actor.USER and (price := question.price(transition, applied)) != FORBIDDEN:
            found.append((transition, (transition.target, applied), price))
    return found


def reachable(lifecycle: Lifecycle, origin: str) -> dict[str, int]:
    """Every state that a user path leads to from `origin`, guards aside, with the number of steps."""
    found: dict[str, int] = {}
    for target in lifecycle.states:
        question = Question(origin, target, False, lambda _: FORBIDDEN, lambda _edge, _applied: 0)
        path = find_path(lifecycle, question)
        if path is not None:
            found[target] = len(path.edges)
    return found
