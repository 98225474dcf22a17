"""Charts as pictures that a page draws by itself: bars over time, shares of a whole, a line beside a figure.

A picture has shapes only, and stretches with the page; what is written by it (legend, ends of the axis, the numbers as a table)
is text of the page: see charts.html. Nothing that a picture says is said by colour alone.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from reconciler.dashboard.render import number, safe_lines

TONES: Final = ("one", "two", "three", "four", "five", "six")
"""The colours of series, in their order; `good`, `warn`, `bad`, `calm` and `rest` may be asked for by name."""

STYLE: Final = """
.grid { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
.trace { fill: none; stroke: light-dark(#1d6f8f, #7cc4de); stroke-width: 2; vector-effect: non-scaling-stroke; }
.one { fill: light-dark(#1d6f8f, #7cc4de); background: light-dark(#1d6f8f, #7cc4de); }
.two { fill: light-dark(#3d8b37, #86d17e); background: light-dark(#3d8b37, #86d17e); }
.three { fill: light-dark(#b45f06, #f0ab5a); background: light-dark(#b45f06, #f0ab5a); }
.four { fill: light-dark(#7a4fa3, #c3a1e6); background: light-dark(#7a4fa3, #c3a1e6); }
.five { fill: light-dark(#a33a5e, #ef97b3); background: light-dark(#a33a5e, #ef97b3); }
.six { fill: light-dark(#6b6a2b, #cfce83); background: light-dark(#6b6a2b, #cfce83); }
.good { fill: var(--good); background: var(--good); }
.warn { fill: light-dark(#b07a12, #f2c265); background: light-dark(#b07a12, #f2c265); }
.bad { fill: var(--bad); background: var(--bad); }
.calm { fill: var(--calm); background: var(--calm); }
.rest { fill: light-dark(#7d8984, #8b9994); background: light-dark(#7d8984, #8b9994); }
"""
"""Of everything within `<figure class="picture chart">`; the squares of a legend have the colours of the shapes."""

_WIDE: Final = 1000
"""The width of a picture in its own measure; on the page it is as wide as there is room."""
_TALL: Final = 160
_WIDEST: Final = 120
"""A column is no wider."""
_SHARE: Final = 26
_LEAST: Final = 1.5
"""What is there is seen: no shape is thinner."""


@dataclass(frozen=True, slots=True)
class Point:
    """What stands at one place of the axis, one value for each series."""

    label: str
    values: tuple[float, ...]


_Columns = Callable[[Point, Sequence[str], float, tuple[float, float]], Iterator[str]]
"""How the values of one point are drawn."""


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a whole. `tone` is a name of a colour; empty: the next one."""

    name: str
    value: int
    tone: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a legend."""

    tone: str
    name: str
    note: str = ""
    href: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A picture and what is written by it; `svg` is empty where there is nothing to draw.

    `most` is what the highest line stands for, `ends` the labels below, from left to right; `heads` and `rows` are its numbers.
    """

    title: str
    svg: str
    legend: tuple[Entry, ...] = ()
    most: str = ""
    ends: tuple[str, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def bars(title: str, names: Sequence[str], points: Sequence[Point], axis: str = "Time") -> Chart:
    """The series `names` side by side at each point; `axis` says what the labels of the points are."""
    most = max((value for point in points for value in point.values), default=0)
    return _upright(title, names, points, axis, (most, _beside))


def stacked(title: str, names: Sequence[str], points: Sequence[Point], axis: str = "Time") -> Chart:
    """The same, one upon the other: for parts that add up."""
    most = max((sum(point.values) for point in points), default=0)
    return _upright(title, names, points, axis, (most, _upon))


def shares(title: str, parts: Iterable[Part]) -> Chart:
    """One bar of all parts, each as long as its share; parts without anything are left out."""
    there = [part for part in parts if part.value > 0]
    whole = sum(part.value for part in there)
    if not whole:
        return Chart(title, "")
    toned = [(part, part.tone or TONES[place % len(TONES)]) for place, part in enumerate(there)]
    said = [f"{number(part.value)} ({100 * part.value / whole:.1f} %)" for part in there]
    legend = tuple(Entry(tone, part.name, note, part.href) for (part, tone), note in zip(toned, said, strict=True))
    shapes, begin = [], 0.0
    for (part, tone), note in zip(toned, said, strict=True):
        wide = _WIDE * part.value / whole
        shapes.append(_shape(tone, (begin, 0, max(wide - 2, _LEAST), _SHARE), f"{part.name}: {note}"))
        begin += wide
    told = ", ".join(f"{part.name} {note}" for part, note in zip(there, said, strict=True))
    return Chart(title, _svg("shares", _SHARE, (title, told), shapes), legend)


def sparkline(title: str, points: Sequence[tuple[str, float]]) -> Chart:
    """A line that shows how a figure went; the figure itself is written beside it."""
    if len(points) < 2:
        return Chart(title, "")
    values = [value for _, value in points]
    low, high = min(values), max(values)
    tall = [38 - 36 * ((value - low) / (high - low) if high > low else 0.5) for value in values]
    step = _WIDE / (len(points) - 1)
    line = " ".join(f"{place * step:.1f},{at:.1f}" for place, at in enumerate(tall))
    (begin, first), (end, last) = points[0], points[-1]
    told = f"{_told(first)} at {begin}, {_told(last)} at {end}; lowest {_told(low)}, highest {_told(high)}"
    drawn = _svg("sparkline", 40, (title, told), [f'<polyline class="trace" points="{line}"/>'])
    return Chart(title, drawn, ends=(begin, end))


def _upright(
    title: str, names: Sequence[str], points: Sequence[Point], axis: str, kind: tuple[float, _Columns]
) -> Chart:
    most, columns = kind
    if not points or not most:
        return Chart(title, "")
    shapes = [f'<line class="grid" x1="0" x2="{_WIDE}" y1="{y}" y2="{y}"/>' for y in (0.5, _TALL / 2, _TALL - 0.5)]
    for place, point in enumerate(points):
        shapes += columns(point, names, _WIDE * place / len(points), (_WIDE / len(points), most))
    told = f"{points[0].label} to {points[-1].label}; highest {_told(most)}; the numbers are in the table below"
    return Chart(
        title,
        _svg("upright", _TALL, (title, told), shapes),
        tuple(Entry(TONES[place % len(TONES)], name) for place, name in enumerate(names)),
        _told(most),
        _ends(points),
        (axis, *names),
        tuple((point.label, *map(_told, point.values)) for point in points),
    )


def _beside(point: Point, names: Sequence[str], x: float, scale: tuple[float, float]) -> Iterator[str]:
    """The values of one point side by side, from `x` on; `scale` is the room for all of them, and what the full height is."""
    room, most = scale
    begin, whole = _column(x, room)
    wide = whole / len(names)
    for place, (name, value) in enumerate(zip(names, point.values, strict=True)):
        if value > 0:
            tall = max(_TALL * value / most, _LEAST)
            box = (begin + place * wide, _TALL - tall, max(wide, _LEAST), tall)
            yield _shape(TONES[place % len(TONES)], box, f"{point.label}: {_told(value)} {name}")


def _upon(point: Point, names: Sequence[str], x: float, scale: tuple[float, float]) -> Iterator[str]:
    """The same, one upon the other."""
    room, most = scale
    begin, whole = _column(x, room)
    foot = float(_TALL)
    for place, (name, value) in enumerate(zip(names, point.values, strict=True)):
        if value > 0:
            tall = max(_TALL * value / most, _LEAST)
            foot -= tall
            box = (begin, foot, max(whole, _LEAST), tall)
            yield _shape(TONES[place % len(TONES)], box, f"{point.label}: {_told(value)} {name}")


def _column(x: float, room: float) -> tuple[float, float]:
    """Where a column begins, and how wide it is: in the middle of its room, not as wide as a wall where there are few."""
    wide = min(room * 0.8, _WIDEST)
    return x + (room - wide) / 2, wide


def _ends(points: Sequence[Point]) -> tuple[str, ...]:
    places = sorted({0, len(points) // 2, len(points) - 1}) if len(points) > 4 else sorted({0, len(points) - 1})
    return tuple(points[place].label for place in places)


def _shape(tone: str, box: tuple[float, float, float, float], told: str) -> str:
    x, y, wide, tall = box
    return (
        f'<rect class="{tone}" x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{tall:.1f}">'
        f"<title>{escape(safe_lines(told))}</title></rect>"
    )


def _svg(kind: str, tall: int, said: tuple[str, str], shapes: Sequence[str]) -> str:
    title, told = (escape(safe_lines(text)) for text in said)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" class="drawn {kind}" role="img" height="{tall}"'
    box = f'viewBox="0 0 {_WIDE} {tall}" preserveAspectRatio="none"'
    return "\n".join([f"{head} {box}>", f"<title>{title}</title>", f"<desc>{told}</desc>", *shapes, "</svg>"])


def _told(value: float) -> str:
    return number(int(value)) if value == int(value) else number(round(value, 2))
