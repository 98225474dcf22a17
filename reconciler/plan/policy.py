"""Policies and freezes asked of what is about to be done to one resource; the law of its kind was asked before.

They hold for what people want: manifests, schedule entries, the timer that such an entry starts, and an operator. Timers
of the law and the runtime's own transitions go on. What takes a campaign out of action is let through, so that no
freeze keeps anybody from stopping one, unless a policy says `stops: true`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.rule import POLICY_VARIABLES, Rule, compiled
from reconciler.model.canonical import Document
from reconciler.model.case import as_written
from reconciler.model.diagnostic import Place, Severity
from reconciler.model.instant import midnight
from reconciler.model.lifecycle import Transition
from reconciler.model.match import Match
from reconciler.model.plan import (
    ASK,
    Code,
    GuardVerdict,
    Op,
    Reason,
    Refusal,
    ResourcePlan,
    Step,
    Verb,
    Verdict,
)
from reconciler.model.policy import Freeze, Policy, reopens
from reconciler.model.ref import Ref
from reconciler.plan.advance import stops
from reconciler.plan.guards import Interpreter
from reconciler.plan.question import Question

PREFIX: Final = "policy "
FREEZE: Final = "freeze "
"""What the name of a verdict, and the words of a refusal, begin with."""

PLAN_MEMBERS: Final = (
    "ref", "kind", "action", "reason", "by", "from", "to", "events", "changes", "effects",
    "entersOutward", "leavesOutward", "stops", "dangerous",
)  # fmt: skip
"""What a rule may ask of `plan`."""


_ACTS: Final = frozenset({Op.CREATE, Op.EDIT, Op.TRANSITION, Op.FLAG, Op.MOVE})
"""The rest is written down only."""


class By(StrEnum):
    """Who wants it."""

    USER = "user"
    SCHEDULE = "schedule"
    OPERATOR = "operator"


@dataclass(frozen=True, slots=True)
class Move:
    """What is about to be done to one resource. `stored` is the ref that the store knows it by."""

    ref: Ref
    action: Verb
    reason: Reason
    by: By
    origin: str
    target: str
    steps: tuple[Step, ...]
    stored: Ref

    @classmethod
    def of(cls, one: ResourcePlan) -> "Move":
        """What a plan does to its resource; what it only writes down aside."""
        steps = tuple(step for step in one.steps if step.op in _ACTS and step.event != ASK)
        by = By.SCHEDULE if one.reason in (Reason.SCHEDULE, Reason.TIMER) else By.USER
        if one.cause.partition(":")[0] == By.OPERATOR:
            by = By.OPERATOR
        return cls(one.ref, one.action, one.reason, by, one.origin, one.target, steps, one.moved_from or one.ref)

    @classmethod
    def of_timer(cls, ref: Ref, edge: Transition) -> "Move":
        """What the timer does that a schedule entry starts."""
        step = Step(Op.TRANSITION, edge.event, edge.origin, edge.target, effects=edge.effects, danger=edge.danger)
        return cls(ref, Verb.TRANSITION, Reason.SCHEDULE, By.SCHEDULE, edge.origin, edge.target, (step,), ref)


@dataclass(frozen=True, slots=True)
class Objection:
    """A policy that is not met, or not known to be; for a freeze until when."""

    name: str
    verdict: Verdict
    message: str
    place: Place
    until: datetime | None = None

    @property
    def guard(self) -> GuardVerdict:
        """As a guard of a step says it."""
        return GuardVerdict(self.name, self.verdict, self.message)

    @property
    def refusal(self) -> Refusal:
        """As a plan says it."""
        words = f"{self.name}: {self.message}"
        return Refusal(Code.POLICY, words, policy=self.name.partition(" ")[2], source=self.place, until=self.until)


@dataclass(slots=True)
class Reviewer:
    """Holds moves against the policies of the interpreter's question, at its instant."""

    interpreter: Interpreter
    _moves: dict[Ref, dict[str, Any]] = field(default_factory=dict)

    @property
    def question(self) -> Question:
        """What is asked, as of now."""
        return self.interpreter.question

    def objections(self, move: Move, severity: Severity = Severity.ERROR) -> tuple[Objection, ...]:
        """Every freeze and every policy of this severity that the move does not meet."""
        policies = self.question.policies
        if policies.is_empty or not move.steps:
            return ()
        stops = self._stops(move)
        found: list[Objection] = []
        if severity is Severity.ERROR and not stops:
            found += self._frozen(move)
        for policy in policies.rules:
            if policy.severity is severity and (policy.stops or not stops) and self._is_about(policy.match, move):
                verdict = self._ask(policy, move, stops)
                if verdict is not Verdict.TRUE:
                    found.append(Objection(PREFIX + policy.id, verdict, policy.message, policy.place))
        return tuple(found)

    def asks_facts(self, ref: Ref) -> bool:
        """Whether a policy may look at what the runtime observes of this resource."""
        rules = self.question.policies.rules
        return any(rule_of(one).facts for one in rules if not one.match.kinds or ref.kind in one.match.kinds)

    # Freezes.

    def _frozen(self, move: Move) -> Iterator[Objection]:
        now = self.question.now
        for freeze in self.question.policies.freezes:
            if freeze.is_open(now) or not self._is_about(freeze.match, move) or _goes_on(freeze, move):
                continue
            until = reopens(freeze, now)
            end = f"until {as_written(until, freeze.zone)}" if until else "and no end of that is in sight"
            message = f"{freeze.message or 'nothing changes'}, {end}"
            yield Objection(FREEZE + freeze.id, Verdict.FALSE, message, freeze.place, until)

    # Rules.

    def _ask(self, policy: Policy, move: Move, stops: bool) -> Verdict:
        rule = rule_of(policy)
        return rule.ask({name: self._value(name, rule, move, stops) for name in rule.variables})

    def _value(self, variable: str, rule: Rule, move: Move, stops: bool) -> Any:
        question, kind = self.question, self._kind(move)
        match variable:
            case "self":
                document = self.interpreter.document_of(move.ref)
                return self.interpreter.seen(move.ref, move.target, document, rule.reads["self"])
            case "oldSelf":
                state = move.origin or kind.lifecycle.initial
                return self.interpreter.seen(move.ref, state, self._old(move), rule.reads["oldSelf"])
            case "plan":
                return self._plan(move, stops)
            case "facts":
                return dict(question.facts.get(move.ref, {}))
            case "settings":
                return self.interpreter.settings(kind)
            case "today":
                return midnight(question.now, self.interpreter.today_zone(kind))
            case _:
                return question.now

    def _plan(self, move: Move, stops: bool) -> dict[str, Any]:
        states = self._kind(move).lifecycle.states
        before = bool(move.origin) and states[move.origin].outward
        after = states[move.target].outward
        return {
            "ref": str(move.ref),
            "kind": move.ref.kind,
            "action": move.action.value,
            "reason": move.reason.value,
            "by": move.by.value,
            "from": move.origin,
            "to": move.target,
            "events": [step.name for step in move.steps],
            "changes": [change.path for step in move.steps for change in step.changes],
            "effects": [effect for step in move.steps for effect in step.effects],
            "entersOutward": after and not before,
            "leavesOutward": before and not after,
            "stops": stops,
            "dangerous": any(step.danger for step in move.steps),
        }

    def _kind(self, move: Move) -> Kind:
        return self.question.kinds[move.ref.kind]

    def _old(self, move: Move) -> Document:
        stored = self.question.resources.get(move.stored)
        return stored.document if stored else self.interpreter.document_of(move.ref)

    def _is_about(self, match: Match, move: Move) -> bool:
        """By its labels as they are to be, or as they were: taking a label off evades nothing."""
        if not match.kinds and not match.labels:
            return True
        documents = (self.interpreter.document_of(move.ref), self._old(move))
        return any(match.picks(move.ref.kind, one.get("metadata", {}).get("labels", {})) for one in documents)

    def _stops(self, move: Move) -> bool:
        """Whether it takes the resource out of action."""
        return stops(self._kind(move).lifecycle, move.action, move.steps)


def _goes_on(freeze: Freeze, move: Move) -> bool:
    return bool(freeze.exempt) and all(step.name in freeze.exempt for step in move.steps)


def rule_of(policy: Policy) -> Rule:
    """Its rule, compiled."""
    return compiled(policy.rule, POLICY_VARIABLES)
