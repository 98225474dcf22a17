"""Whether a kind definition holds together, before anything trusts it.

Each fault names the pointer in `kind.yaml` that it is about, so that it is shown with file, line and column.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.lifecycle.check_timers import check_timers
from reconciler.lifecycle.fault import DECLARE_STATE, Fault, at_transition
from reconciler.lifecycle.kind import MANIFEST_KEYS
from reconciler.lifecycle.rule import CONSTRAINT_VARIABLES, GUARD_VARIABLES, Rule, RuleError
from reconciler.lifecycle.said import facts_said
from reconciler.lifecycle.shape import Shape
from reconciler.model.actor import Actor
from reconciler.model.change import escape
from reconciler.model.lifecycle import DELETED, Lifecycle, Transition


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
        *_events(lifecycle),
        *_names(lifecycle),
        *_flags(lifecycle),
        *check_timers(lifecycle, around.shape),
        *_pointers(lifecycle, around.shape),
        *_references(lifecycle, around),
        *_groups(lifecycle),
        *_rules(lifecycle),
        *_requirements(lifecycle, around.requirements),
    )


def _states(law: Lifecycle) -> Iterator[Fault]:
    initial = [name for name, state in law.states.items() if state.initial]
    if len(initial) != 1:
        message = f"{len(initial)} states are marked initial; exactly one must be"
        advice = "add `initial: true` to the state in which a resource is created"
        yield Fault("initial-state", "/states", message, advice)
    entered = _entered(law, initial)
    for name, state in law.states.items():
        here = f"/states/{escape(name)}"
        leaving = [edge for edge in law.leaving(name) if not _is_end(law, edge)]
        if name not in entered:
            message = f"no transition leads from the initial state to {name!r}"
            yield Fault("unreachable-state", here, message, "add the transition that enters it, or remove the state")
        if state.final and leaving:
            message = f"{name!r} is final, but {leaving[0].event!r} leaves it"
            yield Fault("final-state-left", here, message, "remove `final: true`, or the transition")
        if state.on_create and not state.initial:
            message = f"nothing is made in {name!r}, so its onCreate is never asked"
            advice = "move onCreate to the initial state, or name its guards on the transitions"
            yield Fault("on-create", here, message, advice)
        if not state.final and not leaving:
            message = f"nothing leaves {name!r} (except delete), and it is not marked final"
            advice = "mark it `final: true`, or add the transition that is missing"
            yield Fault("trap", here, message, advice)


def _events(law: Lifecycle) -> Iterator[Fault]:
    seen: dict[tuple[str, str], Transition] = {}
    for edge in law.transitions:
        for state in (edge.origin, edge.target):
            if state not in law.states:
                message = f"a transition names the state {state!r}, which is not declared"
                yield Fault("unknown-state", at_transition(edge), message, DECLARE_STATE)
        if seen.setdefault((edge.origin, edge.event), edge) is not edge:
            message = f"{edge.event!r} leaves {edge.origin!r} twice"
            yield Fault("duplicate-event", at_transition(edge), message, "give each of the two an event of its own")


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
                message = f"the guard {name!r} is not declared under guards"
                yield Fault("unknown-guard", where, message, "declare it, or correct the name")
        for name in effects:
            if name not in law.effects:
                message = f"the effect {name!r} is not declared under effects"
                yield Fault("unknown-effect", where, message, "declare it, or correct the name")
    for index, pair in enumerate(law.refusals):
        for state in (*pair.origin, *pair.target):
            if state not in law.states:
                message = f"a refusal names the state {state!r}"
                yield Fault("unknown-state", f"/refusals/{index}", message, DECLARE_STATE)


def _uses(law: Lifecycle) -> Iterator[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    for name, state in law.states.items():
        effects = tuple(effect for one in state.on_edit for effect in one.effects)
        yield f"/states/{escape(name)}", (*state.rules, *state.on_create), effects
    for edge in law.transitions:
        yield at_transition(edge), edge.guards, edge.effects
    for name, effect in law.effects.items():
        yield f"/effects/{escape(name)}", effect.risks, ()
    yield "/advice", law.advice, ()
    for index, constraint in enumerate(law.constraints):
        yield f"/constraints/{index}", constraint.where, ()
    for index, preemption in enumerate(law.preempts):
        yield f"/preempts/{index}", preemption.where, ()


def _flags(law: Lifecycle) -> Iterator[Fault]:
    for name, flag in law.flags.items():
        where = f"/flags/{escape(name)}"
        if name in MANIFEST_KEYS:
            message = f"{name!r} is a part of every manifest, so no flag can be called that"
            yield Fault("bad-flag", where, message, "give the flag another name")
        for state in flag.states:
            if state not in law.states:
                yield Fault("unknown-state", where, f"the flag {name!r} names the state {state!r}", DECLARE_STATE)


def _pointers(law: Lifecycle, shape: Shape) -> Iterator[Fault]:
    for where, pointer in _all_pointers(law):
        if not shape.has(pointer):
            message = f"{pointer!r} leads nowhere in the schema of {law.kind}"
            yield Fault("unknown-pointer", where, message, "correct the pointer, or add the member to schema.json")


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
    yield from ((f"/constraints/{index}", path) for index, one in enumerate(law.constraints) for path in one.per)
    yield from ((f"/preempts/{index}", path) for index, one in enumerate(law.preempts) for path in one.per)


def _groups(law: Lifecycle) -> Iterator[Fault]:
    """Faults of what holds among several resources."""
    named = [(f"/constraints/{index}", state) for index, one in enumerate(law.constraints) for state in one.states]
    named += [
        (f"/preempts/{index}", state) for index, one in enumerate(law.preempts) for state in (one.state, one.instead)
    ]
    for where, state in named:
        if state not in law.states:
            yield Fault("unknown-state", where, f"it names the state {state!r}, which is not declared", DECLARE_STATE)
    for index, one in enumerate(law.preempts):
        users = {(edge.origin, edge.target) for edge in law.transitions if edge.by is Actor.USER}
        for pair in ((one.state, one.instead), (one.instead, one.state)):
            if one.state in law.states and one.instead in law.states and pair not in users:
                message = f"no transition of a user leads from {pair[0]!r} to {pair[1]!r}, so nothing can step back and return"
                yield Fault("bad-preemption", f"/preempts/{index}", message, "add the transition, or name other states")
    picks = [(f"/constraints/{index}", name) for index, one in enumerate(law.constraints) for name in one.where]
    picks += [(f"/preempts/{index}", name) for index, one in enumerate(law.preempts) for name in one.where]
    for where, name in picks:
        if name in law.guards and not _is_of_the_manifest(law.guards[name].rule):
            message = f"the guard {name!r} picks members, and reads more than self.metadata and self.spec"
            yield Fault("bad-constraint", where, message, "name a guard whose answer is the manifest's alone")
    names = [one.name for one in law.constraints]
    for index, name in enumerate(names):
        if name in names[:index]:
            message = f"two constraints are called {name!r}"
            yield Fault("bad-constraint", f"/constraints/{index}", message, "give each a name of its own")


def _is_of_the_manifest(text: str) -> bool:
    """Whether a rule depends on nothing but metadata and spec: who belongs to a group does not change by what happens."""
    try:
        rule = Rule(text)
    except RuleError:
        return True  # which is told where the guard stands
    return set(rule.variables) <= {"self"} and "state" not in (rule.reads["self"].parts or ())


def _references(law: Lifecycle, around: Surroundings) -> Iterator[Fault]:
    for index, reference in enumerate(law.references):
        where = f"/references/{index}"
        if reference.kind not in around.kinds:
            message = f"{reference.path} refers to the kind {reference.kind!r}, which does not exist"
            yield Fault("unknown-kind", where, message, _CORRECT_KIND)
        for state in reference.freezes:
            if state not in law.states:
                yield Fault("unknown-state", where, f"freezes names the state {state!r}", DECLARE_STATE)
        for state in reference.lowest_in:
            if state not in around.states.get(reference.kind, {state}):
                message = f"lowestIn names {state!r}, which is no state of {reference.kind}"
                yield Fault("unknown-state", where, message, "correct the state")
    if law.settings and law.settings not in around.kinds:
        yield Fault("unknown-kind", "/settings", f"the settings kind {law.settings!r} does not exist", _CORRECT_KIND)


_CORRECT_KIND: Final = "correct the name, or define the kind"


def _rules(law: Lifecycle) -> Iterator[Fault]:
    rules = [(f"/guards/{escape(name)}/rule", guard.rule) for name, guard in law.guards.items()]
    timers = [(at_transition(edge), edge.trigger) for edge in law.transitions if edge.trigger]
    rules += [(where, trigger.when) for where, trigger in timers if trigger.when]
    asked: list[tuple[str, str, tuple[str, ...]]] = [(where, text, GUARD_VARIABLES) for where, text in rules]
    asked += [(f"/constraints/{i}/rule", one.rule, CONSTRAINT_VARIABLES) for i, one in enumerate(law.constraints)]
    for where, text, variables in asked:
        try:
            rule = Rule(text, variables)
        except RuleError as error:
            advice = "it may use: " + ", ".join(variables)
            yield Fault("bad-rule", where, f"CEL does not accept {text!r}: {error}", advice)
            continue
        yield from _unknown_facts(law, where, rule.facts)
    for one in law.guards.values():
        yield from _unknown_facts(law, f"/guards/{escape(one.name)}/message", facts_said(one.message))
        for member, fact in (("because", one.because), ("found", one.found)):
            yield from _unknown_facts(law, f"/guards/{escape(one.name)}/{member}", frozenset({fact} if fact else ()))


def _unknown_facts(law: Lifecycle, where: str, names: frozenset[str]) -> Iterator[Fault]:
    for fact in sorted(names - set(law.facts)):
        message = f"the fact {fact!r} is not declared under facts"
        yield Fault("unknown-fact", where, message, "declare it, or correct the name")


def _requirements(law: Lifecycle, known: frozenset[str] | None) -> Iterator[Fault]:
    if known is not None:
        for where, ids in requirement_lines(law):
            for unknown in sorted(set(ids) - known):
                advice = "correct the id; reconciler/kinds/requirements.yaml lists them"
                yield Fault("unknown-requirement", where, f"there is no requirement {unknown!r}", advice)


def requirement_lines(law: Lifecycle) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Every line of the definition that can carry requirement ids: its pointer and the ids."""
    for name, state in law.states.items():
        here = f"/states/{escape(name)}"
        yield here, state.requirement
        yield from ((here, one.requirement) for one in (*state.frozen, *state.frozen_keys))
        yield from ((here, action.requirement) for action in (*state.allows, *state.forbids))
        yield from ((here, edit.requirement) for edit in state.on_edit)
    yield from ((at_transition(edge), edge.requirement) for edge in law.transitions)
    yield from ((f"/guards/{escape(name)}", guard.requirement) for name, guard in law.guards.items())
    yield from ((f"/facts/{escape(name)}", fact.requirement) for name, fact in law.facts.items())
    yield from ((f"/effects/{escape(name)}", effect.requirement) for name, effect in law.effects.items())
    yield from ((f"/flags/{escape(name)}", flag.requirement) for name, flag in law.flags.items())
    yield from ((f"/references/{index}", reference.requirement) for index, reference in enumerate(law.references))
    yield from ((f"/refusals/{index}", pair.requirement) for index, pair in enumerate(law.refusals))
    yield from ((f"/constraints/{index}", one.requirement) for index, one in enumerate(law.constraints))
    yield from ((f"/preempts/{index}", one.requirement) for index, one in enumerate(law.preempts))
