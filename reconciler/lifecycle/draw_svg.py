"""A lifecycle as an SVG picture that stands by itself: no script, no library, light and dark, readable aloud."""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from textwrap import wrap
from typing import Final

from reconciler.lifecycle.draw import Arrow, label
from reconciler.lifecycle.draw_geometry import Box, Curve
from reconciler.lifecycle.draw_layout import PILL_GAP, PILL_HEIGHT, Layout, Route, lay_out, pill_width
from reconciler.lifecycle.draw_present import PRESENT_STYLE, Mark, Present
from reconciler.model.actor import Actor
from reconciler.model.lifecycle import Lifecycle, State, Transition

_MARGIN: Final = 28.0
_LINE: Final = 14.0
"""Pixels from one line of small text to the next."""
_SMALL: Final = 26
"""Letters of small text in one line of a box; more than three lines are cut."""

_STYLE: Final = """
text{font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;fill:#1f2328}
.page{fill:#ffffff}
.kind{font-size:20px;font-weight:600}
.name{font-size:14px;font-weight:600;text-anchor:middle}
.small{font-size:11px;fill:#59636e;text-anchor:middle}
.about{font-size:12px;fill:#59636e}
.state rect{fill:#f6f8fa;stroke:#8c959f;stroke-width:1.25}
.outward rect{fill:#ddf4ff;stroke:#0969da;stroke-width:2}
.state .inner{fill:none;stroke-width:1}
.dot,.head{fill:#59636e;stroke:none}
.line{fill:none;stroke:#59636e;stroke-width:1.5}
.timer .line,.timer rect{stroke-dasharray:6 4}
.system .line,.system rect{stroke-dasharray:1.5 3.5;stroke-linecap:round}
.event rect{fill:#ffffff;stroke:#afb8c1;stroke-width:1}
.event text{font:11px ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",monospace;text-anchor:middle}
.timer.event rect{stroke:#8250df}
.system.event rect{stroke:#1a7f37}
.danger.event rect{stroke:#cf222e}
.danger.event text{fill:#cf222e}
"""
_DARK: Final = """
text{fill:#e6edf3}
.page{fill:#0d1117}
.small,.about{fill:#9198a1}
.state rect{fill:#161b22;stroke:#6e7681}
.outward rect{fill:#0c2440;stroke:#58a6ff}
.state .inner{fill:none}
.dot,.head{fill:#9198a1}
.line{stroke:#9198a1}
.event rect{fill:#0d1117;stroke:#484f58}
.timer.event rect{stroke:#a371f7}
.system.event rect{stroke:#3fb950}
.danger.event rect{stroke:#ff7b72}
.danger.event text{fill:#ff7b72}
"""
STYLE: Final = f"{_STYLE}@media (prefers-color-scheme: dark){{{_DARK}}}\n"
"""What the picture's classes look like."""


@dataclass(frozen=True, slots=True)
class _Frame:
    """The page around a layout: where it begins and how large it is."""

    left: float
    top: float
    width: float
    height: float
    legend: float
    """The line on which the legend stands."""


def layout_of(law: Lifecycle) -> Layout:
    """Where everything goes. Finding that takes a tenth of a second or two: who draws a lifecycle again may keep it."""
    return lay_out(law, 40 + _LINE * max(len(_summary(state)) for state in law.states.values()))


def svg(law: Lifecycle, present: Present | None = None, layout: Layout | None = None) -> str:
    """The lifecycle as an SVG document, with a legend of the marks that it uses.

    With a `present` it is one to stand in a page, which has its own heading: what is so now is marked in it.
    """
    lines = {name: _summary(state) for name, state in law.states.items()}
    layout = layout or layout_of(law)
    drawn = _standing(law, layout, lines) if present is None else _in_page(law, layout, lines, present)
    return "\n".join(drawn) + "\n"


def _standing(law: Lifecycle, layout: Layout, lines: dict[str, list[str]]) -> Iterator[str]:
    """The picture that stands by itself."""
    legend = tuple(_legend(law))
    heading = wrap(_clean(law.summary), 90)
    frame = _frame(layout, legend, 50 + 16 * len(heading))
    yield from _begun(law, frame, STYLE, _spoken(law))
    left, top = frame.left + _MARGIN, frame.top + _MARGIN
    yield f'<text class="kind" x="{_n(left)}" y="{_n(top + 12)}">{_x(law.kind)}</text>'
    for number, line in enumerate(heading):
        yield f'<text class="about" x="{_n(left)}" y="{_n(top + 34 + number * 16)}">{_x(line)}</text>'
    yield from _lines(law, layout)
    for name, state in law.states.items():
        yield from _state(state, layout.boxes[name], lines[name])
    for route in layout.routes:
        yield from _events(route)
    yield from _legend_row(legend, frame)
    yield "</svg>"


def _in_page(law: Lifecycle, layout: Layout, lines: dict[str, list[str]], present: Present) -> Iterator[str]:
    """The picture of what is so now."""
    legend = (*_legend(law), *present.legend(law))
    frame = _frame(layout, legend, 0)
    spoken = f"{present.spoken(law)} {_spoken(law)}"
    yield from _begun(law, frame, STYLE + PRESENT_STYLE, spoken, "lifecycle-")
    yield from _lines(law, layout, present)
    for name, state in law.states.items():
        yield from _state(state, layout.boxes[name], lines[name], present.marks(law, name))
        yield present.trace(name, layout.boxes[name])
    yield present.flag(layout.boxes[present.state])
    for route in layout.routes:
        yield from _events(route, present)
    yield from _legend_row(legend, frame)
    yield "</svg>"


def _begun(law: Lifecycle, frame: "_Frame", style: str, spoken: str, names: str = "") -> Iterator[str]:
    """What comes before what is drawn; its ids begin with `names`, so that several pictures may stand in one page."""
    box = " ".join(_n(value) for value in (frame.left, frame.top, frame.width, frame.height))
    size = f'width="{_n(frame.width)}" height="{_n(frame.height)}"'
    told = f'aria-labelledby="{names}title {names}desc"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" {size} role="img" {told}>'
    yield f'<title id="{names}title">Lifecycle of {_x(law.kind)}</title>'
    yield f'<desc id="{names}desc">{_x(spoken)}</desc>'
    yield f"<style>{style}</style>"
    yield (
        '<defs><marker id="head" viewBox="0 0 10 10" refX="8.5" refY="5" markerWidth="7.5" markerHeight="7.5" '
        'orient="auto" markerUnits="userSpaceOnUse"><path class="head" d="M0 0.8 L10 5 L0 9.2 z"/></marker></defs>'
    )
    yield f'<rect class="page" x="{_n(frame.left)}" y="{_n(frame.top)}" {size}/>'


def _frame(layout: Layout, legend: tuple[Mark, ...], heading: int) -> _Frame:
    """Room for everything, and `heading` pixels above it."""
    boxes = [*layout.boxes.values(), *(route.label for route in layout.routes)]
    points = [layout.start, *(point for route in layout.routes for point in route.points)]
    left = min(*(box.left for box in boxes), *(x - 8 for x, _ in points)) - _MARGIN
    top = min(*(box.top for box in boxes), *(y for _, y in points)) - _MARGIN - heading
    right = max(*(box.right for box in boxes), *(x for x, _ in points), left + _MARGIN + 480) + _MARGIN
    bottom = max(*(box.bottom for box in boxes), *(y for _, y in points))
    rows = len({y for _, _, y in _flow(legend, 0, right - left - 2 * _MARGIN)})
    first = bottom + 44
    return _Frame(left, top, right - left, first + (rows - 1) * 26 + _MARGIN - top, first)


def _lines(law: Lifecycle, layout: Layout, present: Present | None = None) -> Iterator[str]:
    x, y = layout.start
    first = layout.boxes[law.initial]
    yield '<g class="start"><title>a new campaign or resource begins here</title>'
    yield f'<circle class="dot" cx="{_n(x)}" cy="{_n(y)}" r="6"/>'
    yield f'<path class="line" marker-end="url(#head)" d="M{_n(x + 6)} {_n(y)} L{_n(first.left - 2)} {_n(y)}"/></g>'
    for route in layout.routes:
        line = f'<path class="line" marker-end="url(#head)" d="{_path(route.curve)}"/>'
        quiet = "" if present is None or present.leaves_by(route.arrow.edges) else " quiet"
        yield f'<g class="{route.arrow.actor}{quiet}">{line}</g>'


def _path(curve: Curve) -> str:
    (x0, y0), (x1, y1), (x2, y2) = curve.start, curve.control, curve.end
    return f"M{_n(x0)} {_n(y0)} Q{_n(x1)} {_n(y1)} {_n(x2)} {_n(y2)}"


def _state(state: State, box: Box, lines: list[str], marks: str = "") -> Iterator[str]:
    yield f'<g class="state{" outward" if state.outward else ""}{marks}">'
    yield f"<title>{_x(': '.join(filter(None, (state.name, state.summary))))}</title>"
    yield _rect(box, 10)
    if state.final:
        yield _rect(Box(box.left + 4, box.top + 4, box.width - 8, box.height - 8), 7, "inner")
    x, middle = box.centre
    y = middle - len(lines) * _LINE / 2 + 5
    yield f'<text class="name" x="{_n(x)}" y="{_n(y)}">{_x(state.name)}</text>'
    for number, line in enumerate(lines):
        yield f'<text class="small" x="{_n(x)}" y="{_n(y + 4 + (number + 1) * _LINE)}">{_x(line)}</text>'
    yield "</g>"


def _events(route: Route, present: Present | None = None) -> Iterator[str]:
    top = route.label.top
    for edge in route.arrow.edges:
        width = pill_width(label(edge))
        pill = Box(route.label.centre[0] - width / 2, top, width, PILL_HEIGHT)
        danger = " danger" if edge.danger else ""
        marks = present.edge_marks(edge) if present else ""
        told = _told(route.arrow, edge) + (present.edge_told(edge) if present else "")
        yield f'<g class="{edge.by} event{danger}{marks}"><title>{_x(told)}</title>'
        yield _rect(pill, 10)
        sign = present.sign(edge, (pill.left, pill.centre[1])) if present else ""
        yield f'<text x="{_n(pill.centre[0])}" y="{_n(pill.centre[1] + 3.8)}">{_x(label(edge))}</text>{sign}</g>'
        top += PILL_HEIGHT + PILL_GAP


def _told(arrow: Arrow, edge: Transition) -> str:
    """What one transition does, in a sentence: for a pointer resting on it and for readers who do not see it."""
    told = f"{edge.event} ({edge.by}): {arrow.origin} to {arrow.target}"
    return "; ".join(part for part in (told, edge.summary, f"danger: {edge.danger}" if edge.danger else "") if part)


def _spoken(law: Lifecycle) -> str:
    states = ", ".join(name + _marks(state) for name, state in law.states.items())
    edges = "; ".join(f"{edge.origin} to {edge.target} by {label(edge)}" for edge in law.transitions)
    return f"States: {states}. Transitions: {edges}."


def _marks(state: State) -> str:
    told = (("initial", state.initial), ("outward", state.outward), ("final", state.final))
    marks = [word for word, on in told if on]
    return f" ({', '.join(marks)})" if marks else ""


def _legend(law: Lifecycle) -> Iterator[Mark]:
    yield Mark('<circle class="dot" cx="16" cy="0" r="6"/>', "begins here")
    if any(state.outward for state in law.states.values()):
        yield Mark(f'<g class="state outward">{_rect(Box(2, -8, 28, 16), 4)}</g>', "acts on the outside world")
    if any(state.final for state in law.states.values()):
        inner = _rect(Box(5, -5, 22, 10), 2.5, "inner")
        yield Mark(f'<g class="state">{_rect(Box(2, -8, 28, 16), 4)}{inner}</g>', "final")
    actors = {edge.by for edge in law.transitions}
    words = {Actor.USER: "by a person or manifest", Actor.TIMER: "by a timer", Actor.SYSTEM: "reported by the runtime"}
    for actor, meaning in words.items():
        if actor in actors:
            yield Mark(f'<g class="{actor}"><path class="line" marker-end="url(#head)" d="M0 0 L30 0"/></g>', meaning)
    if any(edge.danger for edge in law.transitions):
        yield Mark(f'<g class="danger event">{_rect(Box(2, -8, 28, 16), 8)}</g>', "dangerous")


def _flow(marks: tuple[Mark, ...], left: float, width: float) -> Iterator[tuple[Mark, float, float]]:
    """Each entry with its place, in rows no wider than `width`."""
    x, y = left, 0.0
    for mark in marks:
        size = 38 + len(mark.meaning) * 6.9
        if x > left and x + size > left + width:
            x, y = left, y + 26
        yield mark, x, y
        x += size + 24


def _legend_row(marks: tuple[Mark, ...], frame: _Frame) -> Iterator[str]:
    yield '<g class="legend">'
    for mark, x, y in _flow(marks, frame.left + _MARGIN, frame.width - 2 * _MARGIN):
        words = f'<text class="about" x="38" y="4">{mark.meaning}</text>'
        yield f'<g transform="translate({_n(x)} {_n(frame.legend + y)})">{mark.drawing}{words}</g>'
    yield "</g>"


def _rect(box: Box, radius: float, name: str = "") -> str:
    mark = f' class="{name}"' if name else ""
    sizes = f'x="{_n(box.left)}" y="{_n(box.top)}" width="{_n(box.width)}" height="{_n(box.height)}"'
    return f'<rect{mark} {sizes} rx="{_n(radius)}"/>'


def _summary(state: State) -> list[str]:
    lines = wrap(_clean(state.summary), _SMALL)
    return lines if len(lines) <= 3 else [*lines[:2], lines[2][: _SMALL - 2] + " …"]


def _clean(text: str) -> str:
    """Text without the control characters that XML forbids."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _x(text: str) -> str:
    return escape(_clean(text))


def _n(value: float) -> str:
    """A number as SVG wants it: at most one decimal, none where it is whole, no negative zero."""
    return f"{round(value, 1) + 0.0:g}"
