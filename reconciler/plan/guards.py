"""Guards asked of one resource: the values a rule may see, and what each rule says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciler.lifecycle.kind import Kind, rules_of
from reconciler.lifecycle.normal import fill
from reconciler.lifecycle.rule import EVERYTHING, Reads, Rule
from reconciler.lifecycle.shape import Shape
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.instant import midnight
from reconciler.model.lifecycle import Guard
from reconciler.model.plan import GuardVerdict, Verdict
from reconciler.model.ref import Ref
from reconciler.plan.question import Question


@dataclass(slots=True)
class Interpreter:
    """Asks rules against a question. Holds compiled rules and the states that this plan has led to so far."""

    question: Question
    outcome: dict[Ref, str] = field(default_factory=dict)
    """The state that each judged resource will be in; empty where it will not exist."""
    _rules: dict[str, dict[str, Rule]] = field(default_factory=dict)
    _answers: dict[tuple[str, str, bytes], Verdict] = field(default_factory=dict)

    def state_of(self, ref: Ref) -> str:
        """The state of any resource after this plan's steps so far; empty where it does not exist."""
        if ref in self.outcome:
            return self.outcome[ref]
        head = self.question.heads.get(ref)
        return head.state if head else ""

    def rule(self, kind: Kind, guard: str) -> Rule:
        """The compiled rule of a guard."""
        rules = self._rules.get(kind.name)
        if rules is None:
            rules = self._rules[kind.name] = rules_of(kind.lifecycle)
        return rules[guard]

    def ask(self, kind: Kind, guard: str, values: Mapping[str, Any]) -> Verdict:
        """What a guard says of these values, defaults not filled in yet."""
        key = (kind.name, guard, canonical.encode(values))
        if key not in self._answers:
            shape = kind.shape.members["spec"]
            filled = {
                name: _filled(value, shape) if name in ("self", "oldSelf") else value for name, value in values.items()
            }
            self._answers[key] = self.rule(kind, guard).ask(filled)
        return self._answers[key]

    def settings(self, kind: Kind) -> Mapping[str, Any]:
        """What `settings` means to the rules of this kind, defaults filled in."""
        name = kind.lifecycle.settings
        if not name or name not in self.question.kinds:
            return {}
        shape = self.question.kinds[name].shape.members["spec"]
        filled: Mapping[str, Any] = fill(dict(self.question.settings.get(name, {})), shape)
        return filled

    def today_zone(self, kind: Kind) -> str:
        """The zone in which `today` is a date: that of the kind's settings, else the project's."""
        return str(self.settings(kind).get("timezone", self.question.timezone))

    def referred(self, ref: Ref, kind: Kind) -> dict[str, Any]:
        """What `refs` means to this resource's rules."""
        found: dict[str, Any] = {}
        references = kind.lifecycle.references
        for link in self.question.links.of.get(ref, ()):
            reference = references[link.reference]
            if not reference.alias:
                continue
            value = self._object(link.target)
            if "*" in reference.path:
                found.setdefault(reference.alias, []).append(value)
            else:
                found[reference.alias] = value
        return found

    def _object(self, ref: Ref) -> dict[str, Any]:
        document = self.question.documents.get(ref, {"spec": {}})
        kind = self.question.kinds[ref.kind]
        return _filled(as_object(ref, self.state_of(ref), document), kind.shape.members["spec"])


@dataclass(slots=True)
class Asker:
    """Asks the guards of one resource. A rule sees only what it names, and equal inputs are asked once per plan."""

    interpreter: Interpreter
    ref: Ref
    kind: Kind
    old: Document | None
    new: Document
    _asked: dict[tuple[str, str, bool], Verdict] = field(default_factory=dict)

    def verdicts(self, names: tuple[str, ...], state: str, applied: bool) -> tuple[GuardVerdict, ...]:
        """What each guard says in `state`, with the new document applied or not."""
        return tuple(self._verdict(self.kind.lifecycle.guards[name], state, applied) for name in names)

    def violations(self, names: tuple[str, ...], state: str, applied: bool) -> int:
        """How many of the guards are false."""
        return sum(self._answer(name, state, applied) is Verdict.FALSE for name in names)

    def _verdict(self, guard: Guard, state: str, applied: bool) -> GuardVerdict:
        return GuardVerdict(guard.name, self._answer(guard.name, state, applied), guard.message, guard.requirement)

    def _answer(self, name: str, state: str, applied: bool) -> Verdict:
        key = (name, state, applied)
        if key not in self._asked:
            rule = self.interpreter.rule(self.kind, name)
            values = {variable: self._value(variable, rule, state, applied) for variable in rule.variables}
            self._asked[key] = self.interpreter.ask(self.kind, name, values)
        return self._asked[key]

    def _value(self, variable: str, rule: Rule, state: str, applied: bool) -> Any:
        question = self.interpreter.question
        match variable:
            case "self":
                document = self.new if applied or self.old is None else self.old
                return self._object(state, document, rule.reads["self"])
            case "oldSelf":
                head = question.heads.get(self.ref)
                return self._object(head.state if head else state, self.old or self.new, rule.reads["oldSelf"])
            case "facts":
                return dict(question.facts.get(self.ref, {}))
            case "refs":
                return self.interpreter.referred(self.ref, self.kind)
            case "settings":
                return self.interpreter.settings(self.kind)
            case "today":
                return midnight(question.now, self.interpreter.today_zone(self.kind))
            case _:
                return question.now

    def _object(self, state: str, document: Document, reads: Reads) -> dict[str, Any]:
        return as_object(self.ref, state, document, reads)


def as_object(ref: Ref, state: str, document: Document, reads: Reads = EVERYTHING) -> dict[str, Any]:
    """A resource as a rule sees it, defaults aside; only what the rule reads."""
    found: dict[str, Any] = {}
    if reads.parts is None or "metadata" in reads.parts:
        labels = document.get("metadata", {}).get("labels", {})
        found["metadata"] = {"name": ref.name, "version": ref.version, "labels": labels}
    if reads.parts is None or "state" in reads.parts:
        found["state"] = state
    if reads.parts is None or "spec" in reads.parts:
        spec = document.get("spec", {})
        found["spec"] = spec if reads.spec is None else {name: spec[name] for name in reads.spec if name in spec}
    return found


def _filled(value: dict[str, Any], shape: Shape) -> dict[str, Any]:
    """An object with the defaults of its spec written out."""
    return {**value, "spec": fill(value["spec"], shape)} if "spec" in value else value
