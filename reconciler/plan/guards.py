"""Guards asked of one resource: the values a rule may see, and what each rule says."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from reconciler.lifecycle.kind import Kind, rules_of
from reconciler.lifecycle.normal import fill, narrow
from reconciler.lifecycle.rule import EVERYTHING, Reads, Rule
from reconciler.lifecycle.said import facts_said, said
from reconciler.lifecycle.shape import Shape
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.instant import midnight
from reconciler.model.lifecycle import Guard
from reconciler.model.plan import GuardVerdict, ResourcePlan, Verdict
from reconciler.model.ref import Ref
from reconciler.plan.groups import Preempted
from reconciler.plan.prospect import Prospect
from reconciler.plan.question import Question
from reconciler.plan.references import Link, stored_links
from reconciler.plan.seen import as_object, filled


@dataclass(slots=True)
class Interpreter:
    """Asks rules against a question. Holds compiled rules and the states that this plan has led to so far."""

    question: Question
    outcome: dict[Ref, str] = field(default_factory=dict)
    """The state that each judged resource will be in; empty where it will not exist."""
    plans: Mapping[Ref, ResourcePlan] = field(default_factory=dict)
    """What was judged so far and may be carried out."""
    free: bool = False
    """Whether it is asked what would be, were there no holds."""
    _rules: dict[str, dict[str, Rule]] = field(default_factory=dict)
    _answers: dict[tuple[str, str, bytes], Verdict] = field(default_factory=dict)
    _shapes: dict[tuple[str, frozenset[str] | None], Shape] = field(default_factory=dict)

    def state_of(self, ref: Ref) -> str:
        """The state of any resource after this plan's steps so far; empty where it does not exist."""
        if ref in self.outcome:
            return self.outcome[ref]
        head = self.question.heads.get(ref)
        return head.state if head else ""

    def preempted(self, ref: Ref, wanted: str) -> Preempted | None:
        """Whom `ref`, which is to be in `wanted`, leaves that to, after this plan's steps so far."""
        groups = self.question.groups
        return None if groups.is_empty else groups.preempted(ref, wanted, Prospect(self.question, self.plans))

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
            rule = self.rule(kind, guard)
            seen = {
                name: filled(value, self._shape(kind, rule.reads[name].spec)) if name in rule.reads else value
                for name, value in values.items()
            }
            self._answers[key] = rule.ask(seen)
        return self._answers[key]

    def _shape(self, kind: Kind, names: frozenset[str] | None) -> Shape:
        """The shape of a kind's spec, of which only these members are looked at."""
        key = (kind.name, names)
        if key not in self._shapes:
            self._shapes[key] = narrow(kind.shape.members["spec"], names)
        return self._shapes[key]

    def settings(self, kind: Kind) -> Mapping[str, Any]:
        """What `settings` means to the rules of this kind, defaults filled in."""
        name = kind.lifecycle.settings
        if not name or name not in self.question.kinds:
            return {}
        shape = self.question.kinds[name].shape.members["spec"]
        found: Mapping[str, Any] = fill(dict(self.question.settings.get(name, {})), shape)
        return found

    def today_zone(self, kind: Kind) -> str:
        """The zone in which `today` is a date: that of the kind's settings, else the project's."""
        return str(self.settings(kind).get("timezone", self.question.timezone))

    def referred(self, ref: Ref, kind: Kind) -> dict[str, Any]:
        """What `refs` means to this resource's rules."""
        found: dict[str, Any] = {}
        references = kind.lifecycle.references
        for link in self._links(ref, kind):
            reference = references[link.reference]
            if not reference.alias:
                continue
            value = self._object(link.target)
            if "*" in reference.path:
                found.setdefault(reference.alias, []).append(value)
            else:
                found[reference.alias] = value
        return found

    def _links(self, ref: Ref, kind: Kind) -> Iterable[Link]:
        """What it refers to: by its manifest; where that has gone, and timers go on, by what is stored."""
        if ref in self.question.manifests:
            return self.question.links.of.get(ref, ())
        return stored_links(kind, self.document_of(ref))

    def seen(self, ref: Ref, state: str, document: Document, reads: Reads = EVERYTHING) -> dict[str, Any]:
        """A resource as rules see it, defaults filled in; only what is read of it."""
        return filled(as_object(ref, state, document, reads), self._shape(self.question.kinds[ref.kind], reads.spec))

    def _object(self, ref: Ref) -> dict[str, Any]:
        return self.seen(ref, self.state_of(ref), self.document_of(ref))

    def document_of(self, ref: Ref) -> Document:
        """What its manifest says, else what is stored of it."""
        stored = self.question.resources.get(ref)
        return self.question.documents.get(ref) or (stored.document if stored else {"spec": {}})


@dataclass(slots=True)
class Asker:
    """Asks the guards of one resource. A rule sees only what it names, and equal inputs are asked once per plan."""

    interpreter: Interpreter
    ref: Ref
    kind: Kind
    old: Document | None
    new: Document
    at: datetime | None = None
    """The instant as of which it asks; the question's own where it is None."""
    _asked: dict[tuple[str, str, bool], Verdict] = field(default_factory=dict)

    def verdicts(self, names: tuple[str, ...], state: str, applied: bool) -> tuple[GuardVerdict, ...]:
        """What each guard says in `state`, with the new document applied or not."""
        return tuple(self._verdict(self.kind.lifecycle.guards[name], state, applied) for name in names)

    def verdict(self, rule: str, state: str) -> Verdict:
        """What any rule of the lifecycle says in `state`, with the new document applied."""
        return self._answer(rule, state, True)

    def looked_at(self, guard: str) -> tuple[Ref, ...]:
        """The resources that a guard may look at besides its own."""
        if "refs" not in self.interpreter.rule(self.kind, guard).variables:
            return ()
        references = self.kind.lifecycle.references
        links = self.interpreter.question.links.of.get(self.ref, ())
        return tuple(dict.fromkeys(link.target for link in links if references[link.reference].alias))

    def violations(self, names: tuple[str, ...], state: str, applied: bool) -> int:
        """How many of the guards are false."""
        return sum(self._answer(name, state, applied) is Verdict.FALSE for name in names)

    def _verdict(self, guard: Guard, state: str, applied: bool) -> GuardVerdict:
        verdict = self._answer(guard.name, state, applied)
        found = self._fact(guard.found) if verdict is Verdict.TRUE else ""
        return GuardVerdict(guard.name, verdict, self.words(guard, verdict), guard.requirement, found)

    def words(self, guard: Guard, verdict: Verdict) -> str:
        """The message; where the guard is false, with the facts that it names in it, and followed by the one that says why."""
        if verdict is not Verdict.FALSE:
            return guard.message
        why = self._fact(guard.because)
        message = said(guard.message, self._facts()) if facts_said(guard.message) else guard.message
        return f"{message}: {why}" if why else message

    def _facts(self) -> Mapping[str, Any]:
        return self.interpreter.question.facts.get(self.ref, {})

    def _fact(self, name: str) -> str:
        """What a fact says; empty where none is named, or it is not known."""
        return str(self._facts().get(name, "")) if name else ""

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
                return midnight(self.at or question.now, self.interpreter.today_zone(self.kind))
            case _:
                return self.at or question.now

    def _object(self, state: str, document: Document, reads: Reads) -> dict[str, Any]:
        return as_object(self.ref, state, document, reads)
