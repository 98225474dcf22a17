"""The lines of a kind definition in words: timers, guards, what is frozen, what a reference pins."""

from reconciler.model.actor import Actor
from reconciler.model.lifecycle import Lifecycle, OnEdit, Reference, State, Transition, Trigger
from reconciler.views.prose import Line, Span, Tone, between, code, ids

_ROLES = {
    "campaign": "campaign: it acts, and its manifest says which state it should be in",
    "supporting": "supporting kind: campaigns refer to it by name",
    "settings": "settings: there is one of it, and rules and timers see it as `settings`",
}


def role_words(law: Lifecycle) -> str:
    """What part resources of this kind play."""
    return _ROLES[law.role]


def marks(state: State) -> Line:
    """What is special about a state, beside its name."""
    told = (("initial", state.initial), ("outward", state.outward), ("final", state.final))
    words = [word for word, on in told if on]
    return (Span(f"({', '.join(words)})", Tone.WARN if state.outward else Tone.NOTE),) if words else ()


def frozen_words(pointer: str) -> Line:
    """What a frozen pointer covers."""
    return (Span("everything"),) if pointer == "" else (code(pointer),)


def actor_words(edge: Transition) -> Line:
    """Who takes a transition, and when."""
    if edge.trigger is not None:
        return timer_words(edge.trigger, edge.origin)
    if edge.by is Actor.SYSTEM:
        return (Span("the runtime reports it; nobody can ask for it"),)
    return (Span("a manifest or a person" + ("; it is confirmed first" if edge.confirm else "")),)


def timer_words(timer: Trigger, origin: str) -> Line:
    """When a timer fires, as a sentence."""
    line: Line = (Span("a timer:"), *_moment(timer, origin))
    if timer.deadline:
        line += (Span("— and no later than"), code(_value(timer.deadline)), Span("after that"))
    if timer.zone:
        line += (Span("— in the time zone of"), code(_value(timer.zone)))
    if timer.when:
        line += (Span("— if"), code(timer.when))
    return line


def _moment(timer: Trigger, origin: str) -> Line:
    if timer.instead_of:
        otherwise = "when its time has come, but a guard says no or it is too late"
        return (Span("in place of"), code(timer.instead_of), Span(otherwise))
    if timer.at:
        return (Span("at the time of the schedule's entry for"), code(timer.at.removeprefix("schedule.")))
    if timer.daily:
        return (Span("once a day, at"), code(_value(timer.daily)))
    after = timer.after
    period = code(_value(after)) if "." in after else Span(after)
    return (period, Span(f"after it became {origin}"))


def _value(expression: str) -> str:
    """A value as its author knows it: what lies in the manifest itself without `self.`."""
    return expression.removeprefix("self.")


def edit_words(edit: OnEdit) -> Line:
    """What changing something in a state sets off."""
    return (code(edit.path), Span("sets off"), *between((code(one),) for one in edit.effects), *ids(edit.requirement))


def pin_words(reference: Reference) -> Line:
    """When the target of a reference may not change."""
    if reference.inherits_freeze:
        return (Span("— which may not change while this one is itself pinned"),)
    if reference.freezes:
        return (Span(f"— which may not change while this one is {either(reference.freezes)}"),)
    return ()


def either(words: tuple[str, ...]) -> str:
    """`a`, `a or b`, `a, b or c`; `any state` for none."""
    if not words:
        return "any state"
    return " or ".join(filter(None, (", ".join(words[:-1]), words[-1])))
