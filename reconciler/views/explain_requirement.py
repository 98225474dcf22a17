"""One requirement explained: what it says, and every line of every definition that carries it."""

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.model.lifecycle import Lifecycle
from reconciler.model.requirement import Requirement
from reconciler.views.explain import Requirements, grouped, in_order
from reconciler.views.explain_words import either
from reconciler.views.prose import Entry, Line, Page, Section, Span, Tone, code, name

Carrier = tuple[str, str, str, Requirement]
"""A line of a definition: which table, what it is there, its words, and the ids it names."""


def carriers(law: Lifecycle) -> Iterator[Carrier]:
    """Every line of a definition that can name requirements, in order of declaration."""
    for state in law.states.values():
        yield "state", state.name, state.summary, state.requirement
        for action in state.allows:
            yield "state", f"{state.name} allows {action.name}", action.message, action.requirement
        for action in state.forbids:
            yield "state", f"{state.name} forbids {action.name}", action.message, action.requirement
        for frozen in (*state.frozen, *state.frozen_keys):
            yield "state", f"{state.name} freezes {frozen.path or 'everything'}", frozen.message, frozen.requirement
        for edit in state.on_edit:
            yield "state", f"{state.name} on edit of {edit.path}", " · ".join(edit.effects), edit.requirement
    for origins, edge in grouped(law.transitions):
        yield "transition", f"{edge.event}: {', '.join(origins)} → {edge.target}", edge.summary, edge.requirement
    for guard in law.guards.values():
        yield "guard", guard.name, guard.message, guard.requirement
    for fact in law.facts.values():
        yield "fact", fact.name, fact.summary, fact.requirement
    for effect in law.effects.values():
        yield "effect", effect.name, effect.summary, effect.requirement
    for reference in law.references:
        yield "reference", f"{reference.path} → {reference.kind}", reference.message, reference.requirement
    yield from _among_several(law)
    for pair in law.refusals:
        yield "refusal", f"{either(pair.origin)} → {either(pair.target)}", pair.message, pair.requirement
    for flag in law.flags.values():
        yield "flag", flag.name, flag.message, flag.requirement


def _among_several(law: Lifecycle) -> Iterator[Carrier]:
    for one in law.preempts:
        yield "preempts", f"{one.state}: others go to {one.instead}", "", one.requirement
    for constraint in law.constraints:
        yield "constraint", constraint.name, constraint.message, constraint.requirement


def known_ids(laws: Iterable[Lifecycle], table: Requirements) -> tuple[str, ...]:
    """Every id there is: the product's own, and those that only a user's kind names."""
    named = {one for law in laws for *_, carried in carriers(law) for one in carried}
    return tuple(sorted(named | set(table)))


def requirement_page(wanted: str, laws: Iterable[Lifecycle], table: Requirements) -> Page:
    """What the requirement `wanted` says, and who carries it."""
    says = table.get(wanted)
    words = says["says"] if says else "Its words are not in Muster's own list; a kind of this project names it."
    about = (Span(f"(about: {says['about']})", Tone.NOTE),) if says else ()
    sections = tuple(
        Section(law.kind, tuple(_entry(*one) for one in carriers(law) if wanted in one[-1])) for law in in_order(laws)
    )
    nobody: Line = (Span("No line of a definition carries it.", Tone.NOTE),)
    carried = any(section.entries for section in sections)
    return Page((name(wanted), *about), ((Span(words),), *(() if carried else (nobody,))), sections)


def _entry(table: str, what: str, words: str, _: Requirement) -> Entry:
    return Entry((Span(table, Tone.NOTE), code(what), *((Span(f"— {words}"),) if words else ())))


def requirement_data(wanted: str, laws: Iterable[Lifecycle], table: Requirements) -> dict[str, Any]:
    """The same as JSON."""
    lines = [
        {"kind": law.kind, "table": where, "line": what, "words": words}
        for law in in_order(laws)
        for where, what, words, carried in carriers(law)
        if wanted in carried
    ]
    return {"id": wanted, **table.get(wanted, {}), "carriedBy": lines}
