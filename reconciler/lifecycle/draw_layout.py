"""Where the boxes, arrows and labels of a lifecycle's picture go.

An arrow may bend by a number of amounts, and its label may stand at a number of places along it; the arrows choose in
turns, a few rounds, whatever disturbs boxes, labels and other arrows least. The same lifecycle always gives the same
picture.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import hypot
from typing import Final

from reconciler.lifecycle.draw import Arrow, arrows, label
from reconciler.lifecycle.draw_columns import columns, positions
from reconciler.lifecycle.draw_geometry import Box, Curve, Point
from reconciler.model.lifecycle import Lifecycle

BOX_WIDTH: Final = 196.0
PILL_HEIGHT: Final = 20.0
PILL_GAP: Final = 3.0
_LETTER: Final = 6.7
"""The width of one letter of a label, 11 px monospace."""
_ROW_GAP: Final = 96.0
_ROUNDS: Final = 3
_BENDS: Final = (12.0, 20.0, 30.0, 44.0, 60.0, 80.0, 105.0, 130.0, 160.0, 200.0, 250.0)
_PLACES: Final = (0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74)
_SAMPLES: Final = 16


@dataclass(frozen=True, slots=True)
class _Way:
    """One shape that an arrow may take, with the places that its label may have on it."""

    curve: Curve
    points: tuple[Point, ...]
    bounds: Box
    labels: tuple[tuple[Box, float], ...]
    """Each with what it costs by itself."""
    cost: float


@dataclass(frozen=True, slots=True)
class Route:
    """An arrow in its place, with the box around its labels."""

    arrow: Arrow
    curve: Curve
    label: Box
    points: tuple[Point, ...]
    bounds: Box


@dataclass(frozen=True, slots=True)
class Layout:
    """Everything in its place."""

    boxes: Mapping[str, Box]
    start: Point
    """The mark from which the arrow into the initial state comes."""
    routes: tuple[Route, ...]


def pill_width(text: str) -> float:
    """The width of a label with its border."""
    return len(text) * _LETTER + 18


def lay_out(law: Lifecycle, height: float) -> Layout:
    """The places of a lifecycle's states, in boxes of `height`, and of its arrows."""
    boxes = _boxes(law, height)
    first = boxes[law.initial]
    start = (first.left - 44, first.centre[1])
    walls = {**boxes, "": Box(start[0] - 8, start[1] - 8, 52, 16)}
    lines = arrows(law)
    ways = [tuple(_ways(arrow, walls, lines)) for arrow in lines]
    routes: list[Route] = []
    for arrow, shapes in zip(lines, ways, strict=True):
        routes.append(_best(arrow, shapes, routes))
    for _ in range(_ROUNDS):
        for index, route in enumerate(routes):
            routes[index] = _best(route.arrow, ways[index], routes[:index] + routes[index + 1 :])
    return Layout(boxes, start, tuple(routes))


def _boxes(law: Lifecycle, height: float) -> dict[str, Box]:
    order = columns(law)
    places = positions(order)
    lefts = [0.0]
    for column in range(len(order) - 1):
        lefts.append(lefts[-1] + BOX_WIDTH + _gap(law, places, column))
    boxes = {
        name: Box(lefts[int(column)], row * (height + _ROW_GAP) - height / 2, BOX_WIDTH, height)
        for name, (column, row) in places.items()
    }
    return {name: boxes[name] for name in law.states}


def _gap(law: Lifecycle, places: Mapping[str, Point], column: int) -> float:
    """The room between a column and the next: for the labels between them, and for arrows that pass by a state."""
    across, right, left = 0.0, 0.0, 0.0
    for edge in law.transitions:
        (from_column, from_row), (to_column, to_row) = places[edge.origin], places[edge.target]
        width = pill_width(label(edge))
        if {from_column, to_column} == {column, column + 1}:
            across = max(across, width)
        elif from_column == to_column == column and to_row - from_row > 1:
            right = 70.0
        elif from_column == to_column == column + 1 and from_row - to_row > 1:
            left = 70.0
    return max(150.0, across + 76) + right + left


def _ways(arrow: Arrow, walls: Mapping[str, Box], lines: Sequence[Arrow]) -> Iterator[_Way]:
    returns = any(other.origin == arrow.target and other.target == arrow.origin for other in lines)
    obstacles = [wall for name, wall in walls.items() if name not in (arrow.origin, arrow.target)]
    for curve, effort in _curves(walls[arrow.origin], walls[arrow.target], returns):
        points = tuple(curve.at(step / _SAMPLES) for step in range(_SAMPLES + 1))
        labels = tuple(_labels(arrow, curve, walls))
        hits = sum(wall.holds(point, 10) for point in points for wall in obstacles)
        yield _Way(curve, points, _bounds(points), labels, effort + 500 * hits)


def _curves(origin: Box, target: Box, returns: bool) -> Iterator[tuple[Curve, float]]:
    """The shapes that an arrow may take, each with its effort; one with a counterpart always bends, to its own side."""
    if origin == target:
        yield from _loops(origin)
        return
    (x0, y0), (x1, y1) = origin.centre, target.centre
    length = hypot(x1 - x0, y1 - y0)
    across = ((y1 - y0) / length, (x0 - x1) / length)
    straight = () if returns else (0.0,)
    for bend in (*straight, *_BENDS, *(-bend for bend in _BENDS)):
        control = ((x0 + x1) / 2 + across[0] * 2 * bend, (y0 + y1) / 2 + across[1] * 2 * bend)
        wrong_side = 15.0 if returns and bend < 0 else 0.0
        yield Curve((x0, y0), control, (x1, y1)).clip(origin, target), abs(bend) * 0.25 + wrong_side


def _loops(box: Box) -> Iterator[tuple[Curve, float]]:
    for side, edge in ((-1, box.top), (1, box.bottom)):
        for share in (0.75, 0.25):
            x = box.left + box.width * share
            yield Curve((x - 24, edge), (x, edge + side * 90), (x + 24, edge + side * 3)), 0.0


def _labels(arrow: Arrow, curve: Curve, walls: Mapping[str, Box]) -> Iterator[tuple[Box, float]]:
    width = max(pill_width(label(edge)) for edge in arrow.edges)
    height = len(arrow.edges) * (PILL_HEIGHT + PILL_GAP) - PILL_GAP
    for place in _PLACES:
        x, y = curve.at(place)
        box = Box(x - width / 2, y - height / 2, width, height)
        hidden = box.holds(curve.start, 10) + box.holds(curve.end, 14)
        yield box, abs(place - 0.5) * 60 + 200 * hidden + 3000 * sum(box.meets(wall, 5) for wall in walls.values())


def _bounds(points: Sequence[Point]) -> Box:
    left, top = min(x for x, _ in points), min(y for _, y in points)
    return Box(left, top, max(x for x, _ in points) - left, max(y for _, y in points) - top)


def _best(arrow: Arrow, ways: Sequence[_Way], others: Sequence[Route]) -> Route:
    found: tuple[float, Route] | None = None
    for way in ways:
        shape = way.cost + sum(_crowding(way, other) for other in others)
        for box, effort in way.labels:
            if found is not None and shape + effort >= found[0]:
                continue
            cost = shape + effort + sum(_covering(box, other) for other in others)
            if found is None or cost < found[0]:
                found = cost, Route(arrow, way.curve, box, way.points, way.bounds)
    assert found is not None  # every arrow has ways, every way has labels
    return found[1]


def _crowding(way: _Way, other: Route) -> float:
    """How much a curve disturbs another arrow: points that nearly touch, and points under its label."""
    cost = 0.0
    if way.bounds.meets(other.label, 4):
        cost += 60 * sum(other.label.holds(point, 4) for point in way.points)
    if way.bounds.meets(other.bounds, 13):
        cost += 5 * sum(abs(x - u) < 13 and abs(y - v) < 13 for x, y in way.points for u, v in other.points)
    return cost


def _covering(box: Box, other: Route) -> float:
    """How much a label hides of another arrow."""
    cost = 2000.0 * box.meets(other.label, 5)
    if box.meets(other.bounds, 4):
        cost += 60 * sum(box.holds(point, 4) for point in other.points)
    return cost
