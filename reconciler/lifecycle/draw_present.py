"""What is so now, marked in the picture of a lifecycle: where a resource is, where it may go, and what it cannot reach."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from reconciler.lifecycle.draw_geometry import Box, Point
from reconciler.model.lifecycle import Lifecycle, Transition
from reconciler.model.plan import Verdict

_FLAG: Final = "is here"
_STYLE: Final = """
.here>rect{stroke:#9a3412;stroke-width:3.5}
.here-flag rect{fill:#9a3412;stroke:none}
.here-flag text{fill:#ffffff;font-size:11px;font-weight:600;text-anchor:middle}
.quiet>rect{fill:none;stroke:#afb8c1;stroke-width:1}
.quiet>text{fill:#59636e;font-weight:400}
.quiet.event>rect{fill:#ffffff}
.quiet>.line{stroke:#afb8c1}
.true .disc{fill:#1a7f37}
.false .disc{fill:#cf222e}
.unknown .disc{fill:#9a6700}
.disc{stroke:#ffffff;stroke-width:1.5}
.sign{fill:none;stroke:#ffffff;stroke-width:1.6;stroke-linecap:round;stroke-linejoin:round}
.open>rect{stroke-width:2}
.open text{font-weight:700}
.trace{fill:#9a3412}
"""
_DARK: Final = """
.here>rect{stroke:#fdba74}
.here-flag rect{fill:#fdba74}
.here-flag text{fill:#0d1117}
.quiet>rect{fill:none;stroke:#484f58}
.quiet>text{fill:#9198a1}
.quiet.event>rect{fill:#0d1117}
.quiet>.line{stroke:#484f58}
.true .disc{fill:#238636}
.false .disc{fill:#da3633}
.unknown .disc{fill:#9e6a03}
.disc{stroke:#0d1117}
.trace{fill:#fdba74}
"""
PRESENT_STYLE: Final = f"{_STYLE}@media (prefers-color-scheme: dark){{{_DARK}}}\n"
"""What these marks look like, after the picture's own style."""

_SIGNS: Final = {
    Verdict.TRUE: "M-2.6 0.2 L-0.8 2.2 L2.8 -2",
    Verdict.FALSE: "M-2.2 -2.2 L2.2 2.2 M-2.2 2.2 L2.2 -2.2",
    Verdict.UNKNOWN: "M-1.7 -1.4 Q-1.6 -3 0 -3 Q1.8 -3 1.8 -1.5 Q1.8 -0.4 0.7 0 Q0 0.3 0 1 M0 3 L0 3",
}
_MEANINGS: Final = {
    Verdict.TRUE: "may be taken",
    Verdict.FALSE: "its guards forbid it",
    Verdict.UNKNOWN: "hangs on what is not known",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One entry of a legend: how it is drawn, 30 pixels wide, and what it means."""

    drawing: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Present:
    """Where a resource is; what the guards of each transition from there say, by its index; and the states it has been in.

    Transitions from several states may have one index: they stand in one line of the definition.
    """

    state: str
    verdicts: Mapping[int, Verdict]
    been: frozenset[str] = frozenset()

    def leaves_by(self, edges: Sequence[Transition]) -> bool:
        """Whether any of these leads away from where it is."""
        return any(edge.origin == self.state for edge in edges)

    def marks(self, law: Lifecycle, state: str) -> str:
        """The classes of a state, each after a space."""
        if state == self.state:
            return " here"
        been = " been" if state in self.been else ""
        return been if state in self._within_reach(law) else f"{been} quiet"

    def trace(self, state: str, box: Box) -> str:
        """The mark of a state that it was in; nothing for others."""
        if state == self.state or state not in self.been:
            return ""
        return f'<circle class="trace" cx="{box.left + 13:g}" cy="{box.top + 13:g}" r="4.5"/>'

    def edge_marks(self, edge: Transition) -> str:
        """The classes of a transition: those from here say so."""
        verdict = self._verdict(edge)
        return f" open {verdict}" if verdict else " quiet"

    def edge_told(self, edge: Transition) -> str:
        """What is to be said of it besides what it is."""
        verdict = self._verdict(edge)
        return f"; now: {_MEANINGS[verdict]}" if verdict else ""

    def sign(self, edge: Transition, at: Point) -> str:
        """The sign of its verdict; nothing where it does not begin here."""
        verdict = self._verdict(edge)
        return _sign(verdict, at) if verdict else ""

    def flag(self, box: Box) -> str:
        """A flag on the box of the present state: colour alone says nothing."""
        x, y, width = box.left + 12, box.top - 11, 54
        rect = f'<rect x="{x:g}" y="{y:g}" width="{width}" height="19" rx="9.5"/>'
        return f'<g class="here-flag">{rect}<text x="{x + width / 2:g}" y="{y + 13.5:g}">{_FLAG}</text></g>'

    def legend(self, law: Lifecycle) -> Iterator[Mark]:
        """The marks that are used."""
        if any(state != self.state for state in self.been):
            yield Mark('<circle class="trace" cx="16" cy="0" r="4.5"/>', "was here")
        for verdict in dict.fromkeys(sorted(self.verdicts.values(), key=list(Verdict).index)):
            yield Mark(_sign(verdict, (16, 0)), _MEANINGS[verdict])
        if self._within_reach(law) | {self.state} != set(law.states):
            rect = '<rect x="2" y="-8" width="28" height="16" rx="4"/>'
            yield Mark(f'<g class="state quiet">{rect}</g>', "out of reach from here")

    def spoken(self, law: Lifecycle) -> str:
        """The marks in a sentence or two."""
        edges = ((edge, self._verdict(edge)) for edge in law.transitions)
        told = [f"{edge.event} to {edge.target} ({_MEANINGS[verdict]})" for edge, verdict in edges if verdict]
        ways = f"From here: {'; '.join(told)}." if told else "Nothing leads away from here."
        return f"Now in state {self.state}. {ways}"

    def _verdict(self, edge: Transition) -> Verdict | None:
        """What the guards of a transition say; None where it does not begin here."""
        return self.verdicts.get(edge.index) if edge.origin == self.state else None

    def _within_reach(self, law: Lifecycle) -> set[str]:
        """Every state that some way leads to from here."""
        found: set[str] = set()
        queue = [self.state]
        while queue:
            for edge in law.leaving(queue.pop()):
                if edge.target not in found:
                    found.add(edge.target)
                    queue.append(edge.target)
        return found


def _sign(verdict: Verdict, at: Point) -> str:
    place = f'transform="translate({at[0]:g} {at[1]:g})"'
    return f'<g class="{verdict}" {place}><circle class="disc" r="7.5"/><path class="sign" d="{_SIGNS[verdict]}"/></g>'
