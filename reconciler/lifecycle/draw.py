"""A lifecycle as a picture: its arrows, and Mermaid's state diagram, which GitHub and most wikis draw by themselves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.model.actor import Actor
from reconciler.model.lifecycle import Lifecycle, Transition

_RESERVED: Final = frozenset(
    ["as", "class", "classDef", "click", "default", "direction", "end", "fork", "join", "note", "state", "style"]
)
"""Words that Mermaid would not take as the id of a state."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """All transitions from one state to another: drawn as one line with several labels."""

    origin: str
    target: str
    edges: tuple[Transition, ...]

    @property
    def actor(self) -> Actor:
        """How the line is drawn: as taken by a user where any of its transitions is."""
        actors = {edge.by for edge in self.edges}
        return Actor.USER if Actor.USER in actors else self.edges[0].by


def arrows(law: Lifecycle) -> tuple[Arrow, ...]:
    """The transitions by their two states, in order of declaration."""
    pairs: dict[tuple[str, str], list[Transition]] = {}
    for edge in law.transitions:
        pairs.setdefault((edge.origin, edge.target), []).append(edge)
    return tuple(Arrow(origin, target, tuple(edges)) for (origin, target), edges in pairs.items())


def label(edge: Transition) -> str:
    """The event; what no user takes says who does: `expire (timer)`."""
    return edge.event if edge.by is Actor.USER else f"{edge.event} ({edge.by})"


def mermaid(law: Lifecycle) -> str:
    """The lifecycle as a Mermaid `stateDiagram-v2`, one line a transition, outward states accented."""
    return "\n".join(_mermaid(law)) + "\n"


def _mermaid(law: Lifecycle) -> Iterator[str]:
    ids = _ids(law)
    yield "stateDiagram-v2"
    yield f"  accTitle: {_text(law.kind)}"
    if law.summary:
        yield f"  accDescr: {_text(law.summary)}"
    yield "  direction LR"
    for name, known in ids.items():
        if name != known:
            yield f'  state "{_text(name)}" as {known}'
    yield f"  [*] --> {ids[law.initial]}"
    for edge in law.transitions:
        yield f"  {ids[edge.origin]} --> {ids[edge.target]} : {_text(label(edge))}"
    for name, state in law.states.items():
        if state.final:
            yield f"  {ids[name]} --> [*]"
    outward = [ids[name] for name, state in law.states.items() if state.outward]
    if outward:
        yield "  classDef outward fill:#ddf4ff,stroke:#0969da,stroke-width:2px,color:#0a3069"
        yield f"  class {','.join(outward)} outward"


def _ids(law: Lifecycle) -> dict[str, str]:
    """An id for each state that Mermaid accepts: the name itself where it can be, else one that no other state has."""
    taken: dict[str, str] = {}
    for name in law.states:
        known = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
        while known in _RESERVED or known in taken.values():
            known += "_"
        taken[name] = known
    return taken


def _text(text: str) -> str:
    """Text that means nothing to Mermaid or to the page around it: other characters as Mermaid's entity codes."""
    return re.sub(r"[^\w \-,.()']", lambda found: f"#{ord(found[0])};", text)
