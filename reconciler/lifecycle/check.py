"""Whether a kind definition holds together, before anything trusts it.

Each fault names the pointer in `kind.yaml` that it is about, so that it is shown with file, line and column.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from reconciler.lifecycle.fault import Fault
from reconciler.lifecycle.rule import Rule, RuleError
from reconciler.lifecycle.shape import Shape
from reconciler.model.change import escape
from reconciler.model.lifecycle import DELETED, Actor, Lifecycle, Reference, Transition


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a definition may refer to: kinds, requirement ids (None: any), its document's shape, and each kind's states."""

    kinds: frozenset[str]
    requirements: frozenset[str] | None
    shape: Shape
    states: Mapping[str, frozenset[str]] = field(default_factory=dict)


def check(lifecycle: Lifecycle, around: Surroundings) -> tuple[Fault, ...]:
    """Every fault of the definition; none means that it may be used."""
    return (
        *_states(lifecycle),
        *_names(lifecycle),
        *_timers(lifecycle),
        *_pointers(lifecycle, around.shape),
        *_references(lifecycle, around.kinds),
        *_rules(lifecycle),
        *_requirements(lifecycle, around.requirements),
    )


def _states(law: Lifecycle) -> Iterator[Fault]:
    initial = [name for name, state in law.states.items() if state.initial]
    if len(initial) != 1:
        yield Fault(
            "initial-state",
            "/states",
            f"{len(initial)} states are marked initial; exactly one must be",
            "add `initial: true` to the state in which a resource is created",
        )
    unknown = {name for edge in law.transitions for name in (edge.origin, edge.target)} - set(law.states)
    for name in sorted(unknown):
        yield Fault("unknown-state", "/transitions", f"a transition names the state {name!r}, which is not declared")
    entered = _entered(law, initial)
    for name, state in law.states.items():
        here = f"/states/{escape(name)}"
        leaving = [edge for edge in law.leaving(name) if not _is_end(law, edge)]
        if name not in entered:
            yield Fault("unreachable-state", here, f"no transition leads from the initial state to {name!r}")
        if state.final and leaving:
            yield Fault("final-state-left", here, f"{name!r} is final, but {leaving[0].event!r} leaves it")
        if not state.final and not leaving:
            yield Fault(
                "trap",
                here,
                f"nothing leaves {name!r} (except delete), and it is not marked final",
                "mark it `final: true`, or add the transition that is missing",
            )


def _is_end(law: Lifecycle, edge: Transition) -> bool:
    """Whether a transition only deletes: it leads out of the lifecycle, not on in it."""
    return edge.target == DELETED and edge.target in law.states and law.states[DELETED].final


def _entered(law: Lifecycle, initial: list[str]) -> set[str]:
    found, queue = set(initial), list(initial)
    while queue:
        for edge in law.leaving(queue.pop()):
            if edge.target not in found:
                found.add(edge.target)
                queue.append(edge.target)
    return found


def _names(law: Lifecycle) -> Iterator[Fault]:
    for where, guards, effects in _uses(law):
        for name in guards:
            if name not in law.guards:
                yield Fault("unknown-guard", where, f"the guard {name!r} is not declared under guards")
        for name in effects:
            if name not in law.effects:
                yield Fault("unknown-effect", where, f"the effect {name!r} is not declared under effects")
    for name, flag in law.flags.items():
        for state in flag.states:
            if state not in law.states:
                yield Fault("unknown-state", f"/flags/{name}", f"the flag {name!r} names the state {state!r}")
    for index, pair in enumerate(law.refusals):
        for state in (*pair.origin, *pair.target):
            if state not in law.states:
                yield Fault("unknown-state", f"/refusals/{index}", f"a refusal names the state {state!r}")


def _uses(law: Lifecycle) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    for name, state in law.states.items():
        yield f"/states/{escape(name)}", state.rules, tuple(e for one in state.on_edit for e in one.effects)
    for edge in law.transitions:
        yield "/transitions", edge.guards, edge.effects


def _timers(law: Lifecycle) -> Iterator[Fault]:
    for name in law.states:
        timers = [edge for edge in law.leaving(name) if edge.by is Actor.TIMER]
        for number, edge in enumerate(timers):
            yield from _trigger(law, edge)
            for other in timers[:number]:
                if _race(edge, other):
                    yield Fault(
                        "timer-race",
                        f"/states/{escape(name)}",
                        f"the timers {other.event!r} and {edge.event!r} leave {name!r} at the same moment",
                        "make one the outcome of the other with `insteadOf`, or give them different moments",
                    )


def _race(one: Transition, other: Transition) -> bool:
    if one.trigger is None or other.trigger is None or one.trigger.instead_of or other.trigger.instead_of:
        return False
    return one.trigger.moment == other.trigger.moment


def _trigger(law: Lifecycle, edge: Transition) -> Iterator[Fault]:
    trigger = edge.trigger
    if trigger is None:
        return
    given = [part for part in (*trigger.moment, trigger.instead_of) if part]
    if len(given) != 1:
        yield Fault("timer-trigger", "/transitions", f"the timer {edge.event!r} needs exactly one of at, after, daily, insteadOf")
    if trigger.instead_of and trigger.instead_of not in {other.event for other in law.leaving(edge.origin)}:
        yield Fault("timer-trigger", "/transitions", f"{edge.event!r} stands in for {trigger.instead_of!r}, which does not leave {edge.origin!r}")
    at = trigger.at.removeprefix("schedule.")
    if at and at not in law.states:
        yield Fault("timer-trigger", "/transitions", f"{edge.event!r} waits for a schedule entry of {at!r}, which is no state")


def _pointers(law: Lifecycle, shape: Shape) -> Iterator[Fault]:
    for where, pointer in _all_pointers(law):
        if not shape.has(pointer):
            yield Fault("unknown-pointer", where, f"{pointer!r} leads nowhere in the schema of {law.kind}")


def _all_pointers(law: Lifecycle) -> Iterator[tuple[str, str]]:
    for name, state in law.states.items():
        here = f"/states/{escape(name)}"
        yield from ((here, one.path) for one in (*state.frozen, *state.frozen_keys))
        yield from ((here, edit.path) for edit in state.on_edit)
    for name, guard in law.guards.items():
        if guard.path:
            yield f"/guards/{escape(name)}", guard.path
    for index, reference in enumerate(law.references):
        yield f"/references/{index}", reference.path
        if reference.version:
            yield f"/references/{index}", reference.version


def _references(law: Lifecycle, kinds: frozenset[str]) -> Iterator[Fault]:
    for index, reference in enumerate(law.references):
        if reference.kind not in kinds:
            yield Fault("unknown-kind", f"/references/{index}", f"{reference.path} refers to the kind {reference.kind!r}, which does not exist")
        yield from _freezes(law, index, reference)
    if law.settings and law.settings not in kinds:
        yield Fault("unknown-kind", "/settings", f"the settings kind {law.settings!r} does not exist")


def _freezes(law: Lifecycle, index: int, reference: Reference) -> Iterator[Fault]:
    for state in reference.freezes:
        if state not in law.states:
            yield Fault("unknown-state", f"/references/{index}", f"freezes names the state {state!r}")


def _rules(law: Lifecycle) -> Iterator[Fault]:
    rules = [(f"/guards/{escape(name)}/rule", guard.rule) for name, guard in law.guards.items()]
    rules += [("/transitions", edge.trigger.when) for edge in law.transitions if edge.trigger and edge.trigger.when]
    for where, text in rules:
        try:
            rule = Rule(text)
        except RuleError as error:
            yield Fault("bad-rule", where, f"CEL does not accept {text!r}: {error}")
            continue
        for fact in sorted(rule.facts - set(law.facts)):
            yield Fault("unknown-fact", where, f"the fact {fact!r} is not declared under facts")


def _requirements(law: Lifecycle, known: frozenset[str] | None) -> Iterator[Fault]:
    if known is not None:
        for where, ids in requirement_lines(law):
            for unknown in sorted(set(ids) - known):
                yield Fault("unknown-requirement", where, f"there is no requirement {unknown!r}")


def requirement_lines(law: Lifecycle) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every line of the definition that can carry requirement ids: its pointer and the ids."""
    for name, state in law.states.items():
        here = f"/states/{escape(name)}"
        yield here, state.requirement
        yield from ((here, one.requirement) for one in (*state.frozen, *state.frozen_keys))
        yield from ((here, action.requirement) for action in (*state.allows, *state.forbids))
        yield from ((here, edit.requirement) for edit in state.on_edit)
    yield from (("/transitions", edge.requirement) for edge in law.transitions)
    yield from ((f"/guards/{escape(name)}", guard.requirement) for name, guard in law.guards.items())
    yield from ((f"/facts/{escape(name)}", fact.requirement) for name, fact in law.facts.items())
    yield from ((f"/effects/{escape(name)}", effect.requirement) for name, effect in law.effects.items())
    yield from ((f"/flags/{escape(name)}", flag.requirement) for name, flag in law.flags.items())
    yield from ((f"/references/{index}", reference.requirement) for index, reference in enumerate(law.references))
    yield from ((f"/refusals/{index}", pair.requirement) for index, pair in enumerate(law.refusals))
