"""Past, now and future as an SVG picture that stands by itself: a lane for each resource, light and dark, no script."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.model.axis import Axis, Band, Lane, Tone
from reconciler.model.event import Event
from reconciler.model.instant import from_text
from reconciler.model.plan import Op
from reconciler.model.timeline import Foresight, Occurrence
from reconciler.views.occurrence_text import cause, clock, local, moment, sides, told, way
from reconciler.views.style import safe
from reconciler.views.timeline_ticks import ticks

MOST_LANES: Final = 200
"""Lanes that are drawn where nobody asks for more."""

_UTC: Final = "UTC"
_WIDTH: Final = 1280.0
_MARGIN: Final = 28.0
_LANE: Final = 26.0
_BAND: Final = 16.0
_TOP: Final = 132.0
"""Where the first lane begins: below heading, legend and the labels of the ticks."""
_HEADING: Final = 40.0
"""Where the picture begins that stands under a heading of its page."""
_LETTER: Final = 6.6
"""Pixels that a letter of small text takes, on average."""
_LABEL: Final = 52
"""Letters of a resource's name at most; a longer one is cut, and whole in its tooltip."""

_STYLE: Final = """
text{font-family:system-ui,-apple-system,"Segoe UI","DejaVu Sans",sans-serif;font-size:11px;fill:#1f2328}
.page{fill:#ffffff}
.title{font-size:20px;font-weight:600}
.about,.date{fill:#59636e}
.about{font-size:12px}
.tick{stroke:#d1d9e0;stroke-width:1}
.date{paint-order:stroke;stroke:#ffffff;stroke-width:4}
.row{fill:#f6f8fa}
.band rect{stroke-width:1}
.band text{font-size:10px}
.initial rect{fill:#e6eaef;stroke:#8c959f}
.resting rect{fill:#fff1c2;stroke:#bf8700}
.outward rect{fill:#b6e3ff;stroke:#0969da}
.final rect{fill:#c8ccd2;stroke:#59636e}
.ahead rect{fill-opacity:.45}
.ahead .hatch{fill:url(#hatch);fill-opacity:1;stroke:none}
.doubtful rect{stroke-dasharray:3 3}
.hatching{stroke:#ffffff;stroke-width:2.5}
.event{fill:#59636e;stroke:#ffffff;stroke-width:1}
.missed{fill:#bf8700;stroke:#ffffff;stroke-width:1}
.mark circle,.mark path.shape{stroke:#ffffff;stroke-width:1.5}
.mark .sign{fill:none;stroke:#ffffff;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
.legal .shape{fill:#1a7f37}
.conditional .shape{fill:#9a6700}
.illegal .shape,.race .shape{fill:#cf222e}
.shadowed .shape,.never-fires .shape{fill:#818b98}
.now line{stroke:#cf222e;stroke-width:1.5}
.now text{fill:#cf222e;font-weight:600}
"""
_DARK: Final = """
text{fill:#e6edf3}
.page{fill:#0d1117}
.about,.date{fill:#9198a1}
.tick{stroke:#2a313c}
.date{stroke:#0d1117}
.row{fill:#12171f}
.initial rect{fill:#2a313c;stroke:#6e7681}
.resting rect{fill:#4d3800;stroke:#d4a72c}
.outward rect{fill:#0c3d6b;stroke:#58a6ff}
.final rect{fill:#3d444d;stroke:#9198a1}
.hatching{stroke:#0d1117}
.event{fill:#9198a1;stroke:#0d1117}
.missed{fill:#d4a72c;stroke:#0d1117}
.mark circle,.mark path.shape{stroke:#0d1117}
.mark .sign{stroke:#ffffff}
.legal .shape{fill:#238636}
.conditional .shape{fill:#9e6a03}
.illegal .shape,.race .shape{fill:#da3633}
.now line{stroke:#ff7b72}
.now text{fill:#ff7b72}
"""
STYLE: Final = f"{_STYLE}@media (prefers-color-scheme: dark){{{_DARK}}}\n"
"""What the picture's classes look like."""

_ORDER: Final = (
    Foresight.SHADOWED, Foresight.NEVER, Foresight.LEGAL, Foresight.CONDITIONAL, Foresight.RACE, Foresight.ILLEGAL,
)  # fmt: skip
"""Of marks that meet, the graver ones lie on top."""

_SIGNS: Final = {
    Foresight.LEGAL: "M-2.6 0.2 L-0.8 2.2 L2.8 -2",
    Foresight.CONDITIONAL: "M-1.7 -1.4 Q-1.6 -3 0 -3 Q1.8 -3 1.8 -1.5 Q1.8 -0.4 0.7 0 Q0 0.3 0 1 M0 3 L0 3",
    Foresight.ILLEGAL: "M-2.2 -2.2 L2.2 2.2 M-2.2 2.2 L2.2 -2.2",
    Foresight.RACE: "M1 -3.6 L-1.6 0.4 L1.6 0.4 L-0.8 3.6",
    Foresight.SHADOWED: "M-1.8 0 A1.8 1.8 0 1 1 1.8 0 A1.8 1.8 0 1 1 -1.8 0",
    Foresight.NEVER: "M-2.6 0 L2.6 0",
}

_WORDS: Final = {
    Tone.INITIAL: "not begun",
    Tone.RESTING: "at rest",
    Tone.OUTWARD: "acts on the outside world",
    Tone.FINAL: "over",
}


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where the axis lies on the page: pixels of its ends, the instants that they are, and the zone in which they are told."""

    left: float
    right: float
    start: datetime
    end: datetime
    zone: str

    def x(self, at: datetime) -> float:
        """The pixel of an instant; those beyond the ends lie on them."""
        whole = (self.end - self.start).total_seconds() or 1.0
        part = min(1.0, max(0.0, (at - self.start).total_seconds() / whole))
        return self.left + part * (self.right - self.left)

    @property
    def span(self) -> str:
        """From which day to which, and in which zone all times are told."""
        there = ZoneInfo(self.zone)
        return f"{self.start.astimezone(there):%Y-%m-%d} to {self.end.astimezone(there):%Y-%m-%d}, in {self.zone}"

    @property
    def ticks(self) -> list[tuple[datetime, str]]:
        """The ticks, at midnight in its zone."""
        there = ZoneInfo(self.zone)
        return ticks(self.start.astimezone(there), self.end.astimezone(there))

    def told(self, at: datetime) -> str:
        """An instant in its zone, which the picture names; UTC stands by it."""
        if self.zone == _UTC:
            return moment(at)
        there = at.astimezone(ZoneInfo(self.zone))
        return f"{there:%Y-%m-%d} {clock(there)}"

    def there(self, at: datetime, lane: Lane) -> str:
        """The time in the zone of the resource's schedule, in brackets, where that is another one."""
        here = local(at, lane.zone) if lane.zone != self.zone else ""
        return f" ({here})" if here else ""


def render_svg(axis: Axis, most: int = MOST_LANES, *, heading: bool = True, zone: str = _UTC) -> str:
    """The axis as an SVG document; of more lanes than `most` (0: all), those with conflicts first, then with a future.

    Without `heading` it is one to stand in a page, which has its own. Its times are in `zone`, an IANA name.
    """
    lanes = axis.lanes
    if most and len(lanes) > most:
        kept = sorted(lanes, key=lambda lane: lane.weight, reverse=True)[:most]
        lanes = tuple(sorted(kept, key=lambda lane: lane.ref))
    return "\n".join(_document(axis, lanes, 0.0 if heading else _HEADING, zone)) + "\n"


def _document(axis: Axis, lanes: Sequence[Lane], top: float, zone: str) -> Iterator[str]:
    """All of it from this height on: what stands above is left out."""
    letters = min(_LABEL, max((len(str(lane.ref)) for lane in lanes), default=0))
    left = _MARGIN + max(120.0, letters * _LETTER) + 12
    frame = _Frame(left, _WIDTH - _MARGIN, axis.since, axis.until, zone)
    bottom = _TOP + len(lanes) * _LANE
    notes = list(_notes(axis, lanes))
    yield from _page(axis, lanes, frame, top, bottom + 20 + 18 * len(notes) + _MARGIN / 2)
    yield from _legend(lanes)
    for number in range(0, len(lanes), 2):
        yield f'<rect class="row" y="{_n(_TOP + number * _LANE)}" width="{_n(_WIDTH)}" height="{_n(_LANE)}"/>'
    yield from _ticks(frame, bottom)
    for number, lane in enumerate(lanes):
        yield from _lane(lane, frame, _TOP + number * _LANE)
    yield from _now(axis, frame, bottom)
    yield from _dates(frame)
    for number, note in enumerate(notes):
        yield f'<text class="about" x="{_n(_MARGIN)}" y="{_n(bottom + 26 + 18 * number)}">{_x(note)}</text>'
    yield "</svg>"


def _page(axis: Axis, lanes: Sequence[Lane], frame: _Frame, top: float, height: float) -> Iterator[str]:
    """All that stands before the lanes but the legend."""
    size = f'width="{_n(_WIDTH)}" height="{_n(height - top)}"'
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 {_n(top)} {_n(_WIDTH)} {_n(height - top)}" {size} role="img" '
        'aria-labelledby="title desc">'
    )
    yield '<title id="title">Timeline</title>'
    yield f'<desc id="desc">{_x(_spoken(axis, lanes, frame))}</desc>'
    yield f"<style>{STYLE}</style>"
    yield (
        '<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        '<path class="hatching" d="M0 0 L0 6"/></pattern></defs>'
    )
    begins = f' y="{_n(top)}"' if top else ""
    yield f'<rect class="page"{begins} {size}/>'
    if not top:
        yield f'<text class="title" x="{_n(_MARGIN)}" y="40">Timeline</text>'
    yield f'<text class="about" x="{_n(_MARGIN)}" y="60">{_x(frame.span)}</text>'


def _spoken(axis: Axis, lanes: Sequence[Lane], frame: _Frame) -> str:
    """The picture for readers who do not see it."""
    conflicts = f"{axis.conflicts} of it illegal or a race" if axis.conflicts else "none of it in conflict"
    return (
        f"From {frame.span}: {len(lanes)} resources, {len(axis.past)} things that happened and {len(axis.future)} that "
        f"are to come, {conflicts}. `muster timeline` says the same as text."
    )


def _notes(axis: Axis, lanes: Sequence[Lane]) -> Iterator[str]:
    """What the picture leaves out, and what it takes for granted."""
    if axis.pending:
        yield f"{axis.pending:,} to change now (see `muster plan`): the future takes it that this plan is applied."
    hidden = len(axis.lanes) - len(lanes)
    if hidden:
        yield f"… and {hidden:,} more resource{'s' if hidden > 1 else ''} (muster timeline --limit 0 draws all)."
    if axis.still:
        what = "resources to which nothing happens are" if axis.still > 1 else "resource to which nothing happens is"
        yield f"{axis.still:,} {what} not drawn."
    if not axis.lanes:
        yield "Nothing happened, and nothing is to come."


def _ticks(frame: _Frame, bottom: float) -> Iterator[str]:
    for at, _ in frame.ticks:
        x = _n(frame.x(at))
        yield f'<line class="tick" x1="{x}" y1="{_n(_TOP - 6)}" x2="{x}" y2="{_n(bottom)}"/>'


def _dates(frame: _Frame) -> Iterator[str]:
    """The labels of the ticks, over the line of now."""
    for at, label in frame.ticks:
        anchor = ' text-anchor="end"' if frame.x(at) > frame.right - len(label) * _LETTER else ""
        yield f'<text class="date" x="{_n(frame.x(at))}" y="{_n(_TOP - 10)}"{anchor}>{label}</text>'


def _now(axis: Axis, frame: _Frame, bottom: float) -> Iterator[str]:
    x = frame.x(axis.now)
    line = f'<line x1="{_n(x)}" y1="{_n(_TOP - 28)}" x2="{_n(x)}" y2="{_n(bottom + 6)}"/>'
    anchor, beside = ("end", x - 5) if x > (frame.left + frame.right) / 2 else ("start", x + 5)
    words = f'<text x="{_n(beside)}" y="{_n(_TOP - 24)}" text-anchor="{anchor}">now {frame.told(axis.now)}</text>'
    yield f'<g class="now">{line}{words}</g>'


# A lane.


def _lane(lane: Lane, frame: _Frame, top: float) -> Iterator[str]:
    name = str(lane.ref)
    shown = name if len(name) <= _LABEL else name[: _LABEL - 1] + "…"
    middle = top + _LANE / 2
    yield f'<g class="lane"><title>{_x(name)}</title><text x="{_n(_MARGIN)}" y="{_n(middle + 4)}">{_x(shown)}</text>'
    for band in lane.bands:
        yield from _band(band, lane, frame, middle)
    for event in lane.events:
        yield _event(event, lane, frame, middle)
    together = Counter(one.at for one in lane.occurrences)
    for one in sorted(lane.occurrences, key=lambda one: _ORDER.index(one.verdict)):
        # What comes at one instant lies side by side, the gravest at its place.
        together[one.at] -= 1
        yield _mark(one, lane, frame, (frame.x(one.at) - 13 * together[one.at], middle))
    yield "</g>"


def _band(band: Band, lane: Lane, frame: _Frame, middle: float) -> Iterator[str]:
    left, right = frame.x(band.start), frame.x(band.end)
    box = f'x="{_n(left)}" y="{_n(middle - _BAND / 2)}" width="{_n(right - left)}" height="{_n(_BAND)}"'
    marks = " ".join(["band", band.tone, *(["ahead"] if band.ahead else []), *(["doubtful"] if band.doubtful else [])])
    sure = " (perhaps)" if band.doubtful else " (foreseen)" if band.ahead else ""
    said = f"{lane.ref}: {band.state}{sure}, {frame.told(band.start)} to {frame.told(band.end)}"
    yield f'<g class="{marks}"><title>{_x(said)}</title><rect {box} rx="3"/>'
    if band.ahead:
        yield f'<rect class="hatch" {box} rx="3"/>'
    if right - left > len(band.state) * _LETTER + 16:
        yield f'<text x="{_n(left + 9)}" y="{_n(middle + 3.6)}">{_x(band.state)}</text>'
    yield "</g>"


def _event(event: Event, lane: Lane, frame: _Frame, middle: float) -> str:
    body, at = event.body, from_text(event.body["at"])
    missed = body["op"] == Op.MISS
    shape = "M-4 4.5 L0 -3.5 L4 4.5 z" if missed else "M-2 -8 L2 -8 L2 8 L-2 8 z"
    name = f"missed {body.get('missed', '')}" if missed else str(body.get("event", body["op"]))
    states = way(str(body.get("from", "")), str(body["to"])) if "to" in body else ""
    parts = (
        f"{frame.told(at)}{frame.there(at, lane)} {lane.ref}",
        states,
        name,
        body.get("actor", ""),
        body.get("reason", ""),
    )
    words = _x(", ".join(str(part) for part in parts if part))
    place = f'transform="translate({_n(frame.x(at))} {_n(middle)})"'
    return f'<g class="past" {place}><title>{words}</title><path class="{"missed" if missed else "event"}" d="{shape}"/></g>'


def _mark(one: Occurrence, lane: Lane, frame: _Frame, at: tuple[float, float]) -> str:
    lines = [f"{frame.told(one.at)}{frame.there(one.at, lane)} {one.ref}: {way(one.origin, one.target)}"]
    lines.append(f"{one.verdict}: {told(one)}" if told(one) else str(one.verdict))
    lines += list(sides(one)) if one.verdict.refuses else [f"{cause(one)} {one.place}".strip()]
    if one.effects:
        lines.append(f"makes the runtime {', '.join(one.effects)}")
    title = "\n".join(map(_x, lines))
    place = f'transform="translate({_n(at[0])} {_n(at[1])})"'
    return f'<g class="mark {one.verdict}" {place}><title>{title}</title>{_shape(one.verdict)}</g>'


def _shape(verdict: Foresight) -> str:
    radius = 7.5 if verdict.refuses else 6
    return f'<circle class="shape" r="{_n(radius)}"/><path class="sign" d="{_SIGNS[verdict]}"/>'


# The legend: the marks that the picture uses.


def _legend(lanes: Sequence[Lane]) -> Iterator[str]:
    x = _MARGIN
    for drawing, words in _legend_marks(lanes):
        text = f'<text class="about" x="34" y="4">{words}</text>'
        yield f'<g transform="translate({_n(x)} 84)">{drawing}{text}</g>'
        x += 34 + len(words) * 6.6 + 18


def _legend_marks(lanes: Sequence[Lane]) -> Iterator[tuple[str, str]]:
    bands = [band for lane in lanes for band in lane.bands]
    tones, box = {band.tone for band in bands}, 'x="2" y="-8" width="26" height="16" rx="3"'
    for tone, words in _WORDS.items():
        if tone in tones:
            yield f'<g class="band {tone}"><rect {box}/></g>', words
    if any(band.ahead for band in bands):
        yield f'<g class="band outward ahead"><rect {box}/><rect class="hatch" {box}/></g>', "foreseen"
    if any(lane.events for lane in lanes):
        yield '<path class="event" transform="translate(15 0)" d="M-2 -8 L2 -8 L2 8 L-2 8 z"/>', "logged"
    found = {one.verdict for lane in lanes for one in lane.occurrences}
    for verdict in Foresight:
        if verdict in found:
            yield f'<g class="mark {verdict}" transform="translate(15 0)">{_shape(verdict)}</g>', str(verdict)


def _x(text: str) -> str:
    """Text without control characters, which XML forbids, and with what has a meaning there escaped."""
    return escape(safe(text))


def _n(value: float) -> str:
    """A number as SVG wants it: at most one decimal, none where it is whole, no negative zero."""
    return f"{round(value, 1) + 0.0:.1f}".removesuffix(".0")
