"""A kind explained: what each state allows and forbids, what may follow what, by whom, and why."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from enum import Enum

from reconciler.model.lifecycle import Frozen, Lifecycle, Role, State, Transition
from reconciler.model.requirement import Requirement
from reconciler.views.explain_words import (
    actor_words,
    edit_words,
    either,
    frozen_words,
    marks,
    pin_words,
    role_words,
)
from reconciler.views.prose import Column, Entry, Line, Page, Section, Span, Tone, between, code, ids, name

Requirements = Mapping[str, Mapping[str, str]]
"""By id: what it `says`, and what it is `about`."""

_WAYS_OUT = {
    "duplicate": "a new campaign based on this one, which begins anew",
    "new-version": "the next version, which begins as a draft",
}
KIND_COLUMNS = (Column("Kind"), Column("Role"), Column("States", 29), Column("Summary", 35))


def in_order(laws: Iterable[Lifecycle]) -> tuple[Lifecycle, ...]:
    """Campaigns first, then supporting kinds, then settings; by name within each."""
    roles = list(Role)
    return tuple(sorted(laws, key=lambda law: (roles.index(law.role), law.kind)))


def kind_rows(laws: Iterable[Lifecycle]) -> tuple[tuple[Span, ...], ...]:
    """One row a kind, under `KIND_COLUMNS`."""
    return tuple(
        (name(law.kind), Span(law.role, Tone.NOTE), Span(", ".join(law.states)), Span(law.summary))
        for law in in_order(laws)
    )


def kind_page(law: Lifecycle) -> Page:
    """Everything that a kind's definition says."""
    title: Line = (name(law.kind), Span(f"({role_words(law)})", Tone.NOTE))
    intro: list[Line] = [(Span(law.summary),)] if law.summary else []
    if law.versioned:
        intro.append((Span("Versions: each version is a resource of its own, with its own state."),))
    if law.settings:
        intro.append((Span("Settings: rules and timers read those of"), code(law.settings)))
    sections = (
        Section("States", tuple(_state(state) for state in law.states.values())),
        Section("Transitions", tuple(_transition(law, *one) for one in grouped(law.transitions))),
        Section("Guards and rules", tuple(_guards(law))),
        Section("Facts that only a runtime knows", tuple(_facts(law))),
        Section("Effects", tuple(_effects(law))),
        Section("References", tuple(_references(law))),
        Section("Among several", (*_preempts(law), *_constraints(law))),
        Section("Refusals", tuple(_refusals(law))),
        Section("Flags", tuple(_flags(law))),
        Section("Advice", tuple(_advice(law))),
        Section("Ways out", tuple(_way_out(law, one) for one in law.alternatives)),
    )
    return Page(title, tuple(intro), sections)


def _state(state: State) -> Entry:
    notes: list[tuple[str, Line]] = []
    if state.summary or state.requirement:
        notes.append(("means", (Span(state.summary or "-"), *ids(state.requirement))))
    if state.allows:
        notes.append(("allows", between((Span(one.name, Tone.GOOD), *ids(one.requirement)) for one in state.allows)))
    notes += [("forbids", (Span(one.name, Tone.WARN), *_why(one.message, one.requirement))) for one in state.forbids]
    notes += [("frozen", _frozen(one, "")) for one in state.frozen]
    notes += [
        ("frozen", _frozen(one, "gains and loses nothing, what is in it may change")) for one in state.frozen_keys
    ]
    notes += [("on edit", edit_words(one)) for one in state.on_edit]
    if state.rules:
        rules = between((code(one),) for one in state.rules)
        notes.append(("rules", (*rules, Span("— must hold after every edit"))))
    if state.on_create:
        guards = between((code(one),) for one in state.on_create)
        notes.append(("on create", (*guards, Span("— must hold when it is made"))))
    return Entry((name(state.name), *marks(state)), tuple(notes))


def _frozen(one: Frozen, extent: str) -> Line:
    return (*frozen_words(one.path), *((Span(extent),) if extent else ()), *_why(one.message, one.requirement))


def _why(message: str, requirement: Requirement) -> Line:
    return (*((Span(f"— {message}"),) if message else ()), *ids(requirement))


def grouped(edges: Iterable[Transition]) -> tuple[tuple[tuple[str, ...], Transition], ...]:
    """Transitions that differ only in where they begin, as one: their origins, and the first of them."""
    groups: dict[Transition, list[Transition]] = {}
    for edge in edges:
        groups.setdefault(replace(edge, origin=""), []).append(edge)
    return tuple((tuple(edge.origin for edge in group), group[0]) for group in groups.values())


def _transition(law: Lifecycle, origins: tuple[str, ...], edge: Transition) -> Entry:
    notes: list[tuple[str, Line]] = []
    if edge.summary or edge.requirement:
        notes.append(("means", (Span(edge.summary or "-"), *ids(edge.requirement))))
    shown = replace(edge, origin=either(origins))
    notes.append(("by", actor_words(shown)))
    if edge.fulfils:
        notes.append(("fulfils", (Span(f"a manifest that asks for {either(origins)} stays satisfied"),)))
    for one in edge.guards:
        message = law.guards[one].message if one in law.guards else ""
        notes.append(("needs", (code(one), *((Span(f"— else: {message}"),) if message else ()))))
    if edge.effects:
        notes.append(("effects", between((code(one),) for one in edge.effects)))
    if edge.danger:
        notes.append(("danger", (Span(edge.danger, Tone.WARN),)))
    head = (name(f"{edge.event}:"), Span(", ".join(origins)), Span("→", Tone.NOTE), Span(edge.target))
    return Entry(head, tuple(notes))


def _guards(law: Lifecycle) -> Iterator[Entry]:
    for guard in law.guards.values():
        notes: list[tuple[str, Line]] = [("rule", (code(guard.rule),)), ("else", (Span(guard.message),))]
        if guard.help:
            notes.append(("way out", (Span(guard.help),)))
        if guard.path:
            notes.append(("points at", (code(guard.path),)))
        yield Entry((name(guard.name), *ids(guard.requirement)), tuple(notes))


def _facts(law: Lifecycle) -> Iterator[Entry]:
    for fact in law.facts.values():
        yield Entry(
            (name(f"facts.{fact.name}"), Span(f"({fact.type})", Tone.NOTE), *_why(fact.summary, fact.requirement))
        )


def _effects(law: Lifecycle) -> Iterator[Entry]:
    for effect in law.effects.values():
        risks = tuple(("at risk", (Span("where"), code(one), Span("is false"))) for one in effect.risks)
        yield Entry((name(effect.name), *_why(effect.summary, effect.requirement)), risks)


def _advice(law: Lifecycle) -> Iterator[Entry]:
    for one in law.advice:
        guard = law.guards.get(one)
        yield Entry((code(one), *_why(guard.message if guard else "", guard.requirement if guard else ())))


def _references(law: Lifecycle) -> Iterator[Entry]:
    for one in law.references:
        notes: list[tuple[str, Line]] = []
        if one.version:
            notes.append(("version", (code(one.version),)))
        if one.lowest_in:
            notes.append(("without", (Span(f"a version, the lowest that is {either(one.lowest_in)}"),)))
        if one.message:
            notes.append(("else", (Span(one.message),)))
        seen = (Span("seen by rules as"), code(f"refs.{one.alias}")) if one.alias else ()
        head = (name(one.path), Span("→", Tone.NOTE), Span(one.kind), *seen, *pin_words(one), *ids(one.requirement))
        yield Entry(head, tuple(notes))


def _preempts(law: Lifecycle) -> Iterator[Entry]:
    for one in law.preempts:
        rest = Span(f"is to be {one.state}, others go from {one.state} to {one.instead} and come back afterwards")
        head = (Span("while one with"), *between((code(guard),) for guard in one.where), rest, *ids(one.requirement))
        yield Entry(head, (("in a group", _alike(one.per)),))


def _constraints(law: Lifecycle) -> Iterator[Entry]:
    for one in law.constraints:
        members: Line = (Span(f"who is {either(one.states)}"),)
        if one.where:
            members += (Span("and has"), *between((code(guard),) for guard in one.where))
        notes: list[tuple[str, Line]] = [
            ("in a group", _alike(one.per)),
            ("members", members),
            ("rule", (code(one.rule),)),
            ("else", (Span(one.message),)),
        ]
        yield Entry((name(one.name), *ids(one.requirement)), tuple(notes))


def _alike(per: tuple[str, ...]) -> Line:
    return (Span("those with equal"), *between((code(path),) for path in per))


def _refusals(law: Lifecycle) -> Iterator[Entry]:
    for one in law.refusals:
        head = (name(either(one.origin)), Span("→", Tone.NOTE), Span(either(one.target)))
        yield Entry((*head, *_why(one.message, one.requirement)))


def _flags(law: Lifecycle) -> Iterator[Entry]:
    for one in law.flags.values():
        yield Entry((name(one.name), Span(f"in {either(one.states)}"), *_why(one.message, one.requirement)))


def _way_out(law: Lifecycle, command: str) -> Entry:
    return Entry((code(f"muster {command} {law.kind}/NAME"), Span(f"— {_WAYS_OUT[command]}")))


def as_data(value: object) -> object:
    """A lifecycle, or a part of one, as JSON; empty members left out, names as in kind.yaml's camelCase."""
    if is_dataclass(value):
        members = ((one.name, as_data(getattr(value, one.name))) for one in fields(value))
        return {_camel(key): member for key, member in members if member not in ("", (), [], {}, None, False)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: as_data(member) for key, member in value.items()}
    return [as_data(member) for member in value] if isinstance(value, tuple) else value


def _camel(key: str) -> str:
    first, *rest = key.split("_")
    return first + "".join(word.title() for word in rest)
