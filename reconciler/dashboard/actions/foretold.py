"""What a transition will do, in the words of its kind: what a person reads before they say yes (R-16)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from reconciler.dashboard.render import number
from reconciler.lifecycle.kind import Kind
from reconciler.model.lifecycle import DELETED, Effect, Guard, Lifecycle, Transition
from reconciler.model.plan import Blocked, ResourcePlan
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.requirement import Requirement
from reconciler.model.risk import Risk
from reconciler.plan.operate import legal
from reconciler.plan.question import Question


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is known of the campaign and that its guards look at."""

    name: str
    value: str
    summary: str


@dataclass(frozen=True, slots=True)
class Foretold:
    """A transition as it would be taken."""

    edge: Transition
    effects: tuple[Effect, ...]
    guards: tuple[tuple[Guard, str], ...]
    """What must hold and does, each with what was found."""
    risks: tuple[Risk, ...]
    facts: tuple[Fact, ...]
    units: tuple[tuple[str, int], ...]
    """How many units of outside work there are, by stage."""
    way_back: Transition | None
    """The first transition that leads back; None where there is none."""
    is_grave: bool
    """Whether the name is to be typed."""

    @property
    def requirement(self) -> Requirement:
        """The requirements behind it."""
        return self.edge.requirement


def foretold(store: Store, kind: Kind, question: Question, one: ResourcePlan | Blocked, edge: Transition) -> Foretold:
    """What taking `edge` comes to."""
    law, step = kind.lifecycle, one.steps[0] if isinstance(one, ResourcePlan) else None
    return Foretold(
        edge=edge,
        effects=tuple(law.effects[name] if name in law.effects else Effect(name) for name in edge.effects),
        guards=tuple((law.guards[guard.name], guard.found) for guard in step.guards if guard.name in law.guards)
        if step
        else (),
        risks=step.risks if step else (),
        facts=_facts(law, question, one.ref) if edge.guards else (),
        units=_units(store, one.ref, question.now),
        way_back=_way_back(law, edge),
        is_grave=is_grave(law, edge),
    )


def is_grave(law: Lifecycle, edge: Transition) -> bool:
    """Whether it is dangerous, deletes, or cannot be taken back just so."""
    back = _way_back(law, edge)
    return bool(edge.danger) or edge.target == DELETED or back is None or bool(back.danger)


def _facts(law: Lifecycle, question: Question, ref: Ref) -> tuple[Fact, ...]:
    """Plain figures alone: what is long has a page of its own."""
    known: Mapping[str, Any] = question.facts.get(ref, {}) if ref in question.facts else {}
    plain = ((name, known[name]) for name in law.facts if isinstance(known.get(name), int | bool))
    return tuple(Fact(name, _said(value), law.facts[name].summary) for name, value in plain)


def _said(value: int | bool) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else number(value)


def _units(store: Store, ref: Ref, now: datetime) -> tuple[tuple[str, int], ...]:
    job = store.ledger.view(store.ledger.uid(ref), now)
    return tuple((stage.value, count) for stage, count in job.stages.items() if count) if job else ()


def _way_back(law: Lifecycle, edge: Transition) -> Transition | None:
    """The first step of the shortest way that a person may take from its target to where it came from."""
    seen, ahead = {edge.target}, [(one.target, one) for one in legal(law, edge.target)]
    while ahead:
        state, first = ahead.pop(0)
        if state == edge.origin:
            return first
        if state not in seen:
            seen.add(state)
            ahead += [(one.target, first) for one in legal(law, state)]
    return None
