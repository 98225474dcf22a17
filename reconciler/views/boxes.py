"""The boxes of a checklist: done, open, not known."""

from collections.abc import Iterable, Iterator
from typing import Final

from reconciler.model.plan import GuardVerdict, Verdict
from reconciler.views.occurrence_text import ids_text
from reconciler.views.style import Style

BOXES: Final = {Verdict.TRUE: "[x]", Verdict.FALSE: "[ ]", Verdict.UNKNOWN: "[?]"}


def boxed(verdict: Verdict, style: Style) -> str:
    """The box of a verdict, in its colour."""
    return {Verdict.TRUE: style.good, Verdict.FALSE: style.bad}.get(verdict, style.warn)(BOXES[verdict])


def box_lines(guards: Iterable[GuardVerdict], style: Style) -> Iterator[str]:
    """A line for each guard: what is open is said in full elsewhere."""
    yield from (f"{boxed(one.verdict, style)} {one.name}{ids_text(one.requirement)}" for one in guards)
