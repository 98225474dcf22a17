"""One thing wrong with a definition: a value, shown later with file, line and column."""

from dataclasses import dataclass
from typing import Final

from reconciler.model.lifecycle import Transition

DECLARE_STATE: Final = "declare it under states, or correct the name"
"""The way out where a state is named that there is not."""


@dataclass(frozen=True, slots=True)
class Fault:
    """`code` says what sort it is, `pointer` what it is about, in `kind.yaml` or in `schema.json`; `help` the way out."""

    code: str
    pointer: str
    message: str
    help: str = ""


def at_transition(edge: Transition) -> str:
    """The pointer of a transition in `kind.yaml`."""
    return f"/transitions/{edge.index}"
