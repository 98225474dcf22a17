"""What is said of a person is masked, unless an operator asks to see it. (ADR 47)

A page of the dashboard stands open on a screen for hours; to run campaigns nobody needs names and addresses. Whoever mends a lead
or looks into a bounce asks for them with one click, page by page; that is not kept for the next page, but it is in the audit.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.dashboard.onward import onward
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role
from reconciler.kinds.email.failure import masked as masked_address

_ASKED: Final = "personal"
_PLAIN: Final = frozenset({"number", "boolean", "enum"})
"""Types of fields whose values say nothing of who somebody is."""


@dataclass(frozen=True, slots=True)
class Curtain:
    """Whether it is drawn, and the address of the same page with it the other way: empty for whoever may not open it."""

    is_drawn: bool
    other: str


def curtain(visit: Visit) -> Curtain:
    """Drawn, unless an operator asks for what is behind it: then the audit has it."""
    may = visit.visitor.role.may(Role.OPERATOR)
    seen = _seen(visit, may and visit.asked(_ASKED) == "shown")
    return Curtain(seen.is_drawn, onward(visit, personal="shown" if seen.is_drawn else "") if may else "")


def curtain_of_form(visit: Visit) -> Curtain:
    """The same, where a form asks for it: what it was answered with has no address, and no way to the same page."""
    return _seen(visit, visit.visitor.role.may(Role.OPERATOR) and visit.sent(_ASKED) == "shown")


def _seen(visit: Visit, is_open: bool) -> Curtain:
    note = f"names and addresses were shown: {visit.ask.path}"
    if is_open and note not in visit.notes:
        visit.note(note)
    return Curtain(not is_open, "")


def address(text: str, seen: Curtain) -> str:
    """An e-mail address, as it may be shown."""
    return masked_address(text) if seen.is_drawn else text


def fields(values: Mapping[str, Any], types: Mapping[str, str], seen: Curtain) -> Iterator[tuple[str, str]]:
    """The fields of a lead, as they may be shown; `types` are those of its campaign's fields. What is not one is masked."""
    for name, value in values.items():
        kind = types.get(name, "")
        is_told = not seen.is_drawn or kind in _PLAIN
        yield name, str(value) if is_told else _masked(kind, str(value))


def _masked(kind: str, text: str) -> str:
    match kind:
        case "email":
            return masked_address(text)
        case "phone":
            return f"…{text[-2:]}"
        case "date":
            return f"{text[:4]}-…"
    return f"{text[:1]}…"
