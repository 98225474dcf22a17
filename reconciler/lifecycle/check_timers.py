"""Whether the timers of a definition can ever be read, and never two of them at once."""

import re
from collections.abc import Callable, Iterator
from typing import Final

from reconciler.lifecycle.fault import DECLARE_STATE, Fault, at_transition
from reconciler.lifecycle.shape import Shape
from reconciler.model.actor import Actor
from reconciler.model.calendar import is_period, is_time_of_day
from reconciler.model.change import escape
from reconciler.model.instant import is_zone, parse_duration
from reconciler.model.lifecycle import Lifecycle, Transition, Trigger

_PATH: Final = re.compile(r"(self|settings|refs)((?:\.[A-Za-z_][A-Za-z0-9_]*)+)")


def check_timers(law: Lifecycle, shape: Shape) -> Iterator[Fault]:
    """Every fault of a trigger; `shape` is that of the kind's documents."""
    told: set[Fault] = set()
    for edge in law.transitions:
        for fault in _trigger(law, edge, shape):
            if fault not in told:  # once, however many states the transition leaves
                told.add(fault)
                yield fault
    yield from _races(law)


def _trigger(law: Lifecycle, edge: Transition, shape: Shape) -> Iterator[Fault]:
    trigger, where, event = edge.trigger, at_transition(edge), edge.event
    if trigger is None:
        return
    if edge.by is not Actor.TIMER:
        yield _fault(where, f"{event!r} has a trigger, but is no timer", "add `by: timer`, or remove the trigger")
        return
    if len([part for part in (*trigger.moment, trigger.instead_of) if part]) != 1:
        message = f"the timer {event!r} needs exactly one of at, after, daily, insteadOf"
        yield _fault(where, message, "keep or add one of them")
    if trigger.instead_of and trigger.instead_of not in {other.event for other in law.leaving(edge.origin)}:
        message = f"{event!r} stands in for {trigger.instead_of!r}, which does not leave {edge.origin!r}"
        yield _fault(where, message, f"name another timer that leaves {edge.origin!r}")
    state = trigger.at.removeprefix("schedule.")
    if state and state not in law.states:
        yield _fault(where, f"{event!r} waits for a schedule entry of {state!r}, which is no state", DECLARE_STATE)
    yield from _values(law, trigger, where, shape)


def _values(law: Lifecycle, trigger: Trigger, where: str, shape: Shape) -> Iterator[Fault]:
    values: tuple[tuple[str, str, Callable[[str], bool], str], ...] = (
        ("after", trigger.after, is_period, "30d, 3 months"),
        ("daily", trigger.daily, is_time_of_day, "02:00"),
        ("deadline", trigger.deadline, _is_duration, "1h"),
        ("zone", trigger.zone, is_zone, "Europe/Amsterdam"),
    )
    for name, text, is_literal, example in values:
        if text and not is_literal(text) and not _leads(law, text, shape):
            advice = (
                f"write {example}, or a path such as self.spec.…, settings.… or refs.NAME.spec.… that leads somewhere"
            )
            yield _fault(where, f"{name}: {text!r} can never be read", advice)


def _is_duration(text: str) -> bool:
    try:
        parse_duration(text)
    except ValueError:
        return False
    return True


def _leads(law: Lifecycle, text: str, shape: Shape) -> bool:
    """Whether a path leads to a value, as far as this definition can know: others describe settings and references."""
    found = _PATH.fullmatch(text)
    if not found:
        return False
    root, path = found[1], found[2].replace(".", "/")
    if root == "self":
        return shape.has(path)
    if root == "settings":
        return law.settings != ""
    return path.split("/")[1] in {reference.alias for reference in law.references}


def _races(law: Lifecycle) -> Iterator[Fault]:
    for name in law.states:
        timers = [edge for edge in law.leaving(name) if edge.by is Actor.TIMER]
        for number, edge in enumerate(timers):
            for other in timers[:number]:
                if _race(edge, other):
                    message = f"the timers {other.event!r} and {edge.event!r} leave {name!r} at the same moment"
                    advice = "make one the outcome of the other with `insteadOf`, or give them different moments"
                    yield Fault("timer-race", f"/states/{escape(name)}", message, advice)


def _race(one: Transition, other: Transition) -> bool:
    if one.trigger is None or other.trigger is None or one.trigger.instead_of or other.trigger.instead_of:
        return False
    return any(one.trigger.moment) and one.trigger.moment == other.trigger.moment


def _fault(where: str, message: str, advice: str) -> Fault:
    return Fault("timer-trigger", where, message, advice)
