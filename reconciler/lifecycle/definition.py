"""From the data of a `kind.yaml` (already valid by its schema) to a `Lifecycle`."""

from collections.abc import Mapping
from typing import Any

from reconciler.model.actor import Actor
from reconciler.model.lifecycle import (
    Action,
    Constraint,
    Effect,
    Fact,
    Flag,
    Frozen,
    Guard,
    Lifecycle,
    OnEdit,
    Preemption,
    Reference,
    RefusedPair,
    Role,
    State,
    Transition,
    Trigger,
)
from reconciler.model.requirement import Requirement

Data = Mapping[str, Any]
_TRIGGER_KEYS = ("at", "after", "daily", "insteadOf", "when", "deadline", "zone")


def read_lifecycle(data: Data) -> Lifecycle:
    """The lifecycle that a kind definition spells."""
    states = {name: _state(name, state or {}) for name, state in data["states"].items()}
    transitions = tuple(edge for at, one in enumerate(data.get("transitions", ())) for edge in _transitions(at, one))
    entered = {edge.target for edge in transitions if edge.by is Actor.USER}
    return Lifecycle(
        kind=data["kind"],
        role=Role(data["role"]),
        summary=data.get("summary", ""),
        versioned=data.get("versioned", False),
        settings=data.get("settings", ""),
        states=states,
        initial=next((name for name, state in states.items() if state.initial), ""),
        desirable=tuple(name for name, state in states.items() if state.initial or name in entered),
        transitions=transitions,
        guards={name: _guard(name, guard) for name, guard in data.get("guards", {}).items()},
        facts={
            name: Fact(name, fact["type"], fact.get("summary", ""), _ids(fact), fact.get("momentary", False))
            for name, fact in data.get("facts", {}).items()
        },
        effects={
            name: Effect(name, effect.get("summary", ""), _ids(effect), tuple(effect.get("risks", ())))
            for name, effect in data.get("effects", {}).items()
        },
        references=tuple(_reference(one) for one in data.get("references", ())),
        refusals=tuple(
            RefusedPair(_states(one["from"]), _states(one["to"]), one["message"], _ids(one))
            for one in data.get("refusals", ())
        ),
        flags={
            name: Flag(name, tuple(flag["states"]), flag.get("message", ""), _ids(flag))
            for name, flag in data.get("flags", {}).items()
        },
        alternatives=tuple(data.get("alternatives", ())),
        constraints=tuple(_constraint(one) for one in data.get("constraints", ())),
        preempts=tuple(_preemption(one) for one in data.get("preempts", ())),
        advice=tuple(data.get("advice", ())),
    )


def _ids(data: Data) -> Requirement:
    found = data.get("requirement", ())
    return (found,) if isinstance(found, str) else tuple(found)


def _many(value: str | list[str]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _states(value: str | list[str]) -> tuple[str, ...]:
    return () if value == "*" else _many(value)


def _state(name: str, data: Data) -> State:
    return State(
        name=name,
        summary=data.get("summary", ""),
        initial=data.get("initial", False),
        final=data.get("final", False),
        outward=data.get("outward", False),
        rules=tuple(data.get("rules", ())),
        on_create=tuple(data.get("onCreate", ())),
        frozen=tuple(_frozen(one) for one in data.get("frozen", ())),
        frozen_keys=tuple(_frozen(one) for one in data.get("frozenKeys", ())),
        on_edit=tuple(OnEdit(one["path"], tuple(one["effects"]), _ids(one)) for one in data.get("onEdit", ())),
        allows=tuple(_action(one) for one in data.get("allows", ())),
        forbids=tuple(_action(one) for one in data.get("forbids", ())),
        requirement=_ids(data),
    )


def _frozen(data: str | Data) -> Frozen:
    if isinstance(data, str):
        return Frozen(data)
    return Frozen(data["path"], _ids(data), data.get("message", ""))


def _action(data: str | Data) -> Action:
    if isinstance(data, str):
        return Action(data)
    return Action(data["action"], _ids(data), data.get("message", ""))


def _transitions(index: int, data: Data) -> tuple[Transition, ...]:
    return tuple(
        Transition(
            event=data["event"],
            origin=origin,
            target=data["to"],
            by=Actor(data.get("by", "user")),
            guards=tuple(data.get("guards", ())),
            effects=tuple(data.get("effects", ())),
            trigger=_trigger(data),
            fulfils=data.get("fulfils", False),
            confirm=data.get("confirm", False),
            danger=data.get("danger", ""),
            stops=data.get("stops", False),
            checklist=data.get("checklist", False),
            summary=data.get("summary", ""),
            requirement=_ids(data),
            index=index,
        )
        for origin in _many(data["from"])
    )


def _trigger(data: Data) -> Trigger | None:
    if data.get("by") != Actor.TIMER and not any(key in data for key in _TRIGGER_KEYS):
        return None
    at, after, daily, instead_of, when, deadline, zone = (data.get(key, "") for key in _TRIGGER_KEYS)
    return Trigger(at, after, daily, instead_of, when, deadline, zone)


def _guard(name: str, data: Data) -> Guard:
    more = {key: data.get(key, "") for key in ("path", "help", "because", "found")}
    return Guard(name, data["rule"], data["message"], requirement=_ids(data), **more)


def _constraint(data: Data) -> Constraint:
    return Constraint(
        name=data["name"],
        per=tuple(data["per"]),
        states=tuple(data["states"]),
        rule=data["rule"],
        message=data["message"],
        where=tuple(data.get("where", ())),
        requirement=_ids(data),
    )


def _preemption(data: Data) -> Preemption:
    return Preemption(tuple(data["per"]), data["state"], data["instead"], tuple(data["where"]), _ids(data))


def _reference(data: Data) -> Reference:
    freezes = data.get("freezes", ())
    return Reference(
        path=data["path"],
        kind=data["kind"],
        alias=data.get("as", ""),
        version=data.get("version", ""),
        lowest_in=tuple(data.get("lowestIn", ())),
        freezes=() if freezes == "inherited" else tuple(freezes),
        inherits_freeze=freezes == "inherited",
        requirement=_ids(data),
        message=data.get("message", ""),
    )
