"""In which column and row each state of a lifecycle stands.

Columns go by the distance from the initial state. Rows keep the order of declaration, except where another order
crosses fewer arrows.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations, permutations
from typing import Final

from reconciler.lifecycle.draw import Arrow, arrows
from reconciler.model.lifecycle import Lifecycle

Columns = tuple[tuple[str, ...], ...]

_MOST: Final = 5
"""States of one column whose orders are all tried: 120 of them. Longer columns keep the order of declaration."""


def columns(law: Lifecycle) -> Columns:
    """The states column by column, each from top to bottom."""
    distances = _distances(law)
    found = [[name for name, at in distances.items() if at == column] for column in range(max(distances.values()) + 1)]
    declared = tuple(tuple(names) for names in found if names)
    edges = arrows(law)
    best = declared
    for _ in range(2):
        for index, names in enumerate(declared):
            if 1 < len(names) <= _MOST:
                tries = ((*best[:index], order, *best[index + 1 :]) for order in permutations(names))
                best = min(tries, key=lambda one: _tangle(one, edges, declared))
    return best


def _distances(law: Lifecycle) -> dict[str, int]:
    """Each state's distance from the initial one, in order of declaration; what cannot be reached stands at the end."""
    found = {law.initial: 0}
    queue = [law.initial]
    for state in queue:
        for edge in law.leaving(state):
            if edge.target not in found:
                found[edge.target] = found[state] + 1
                queue.append(edge.target)
    end = max(found.values()) + 1
    return {name: found.get(name, end) for name in law.states}


def _tangle(order: Columns, edges: Sequence[Arrow], declared: Columns) -> float:
    """How confused the picture would be: arrows that cross, states passed by, long ways, not as declared."""
    places = positions(order)
    lines = [(places[edge.origin], places[edge.target]) for edge in edges]
    crossings = sum(_cross(*one, *other) for one, other in combinations(lines, 2))
    passed = sum(abs(a[1] - b[1]) - 1 for a, b in lines if a[0] == b[0] and a != b)
    ways = sum(abs(a[1] - b[1]) for a, b in lines)
    moved = sum(_inversions(now, then) for now, then in zip(order, declared, strict=True))
    return 3 * crossings + 2 * passed + 0.2 * ways + 0.3 * moved


def positions(order: Columns) -> Mapping[str, tuple[float, float]]:
    """Column and row of each state; rows are counted from the middle of the column."""
    return {
        name: (float(column), row - (len(names) - 1) / 2)
        for column, names in enumerate(order)
        for row, name in enumerate(names)
    }


def _inversions(now: Sequence[str], then: Iterable[str]) -> int:
    place = {name: index for index, name in enumerate(then)}
    return sum(place[one] > place[other] for one, other in combinations(now, 2))


def _cross(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float], d: tuple[float, float]) -> bool:
    """Whether the straight lines a-b and c-d cross between their ends."""
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: tuple[float, float], b: tuple[float, float], c: tuple[float, float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])
