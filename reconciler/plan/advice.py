"""What a kind advises its manifests: guards that refuse nothing, asked of what somebody writes or changes."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from reconciler.lifecycle.kind import Kind
from reconciler.lifecycle.rule import Reads
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.plan import Verdict
from reconciler.model.ref import Ref
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.references import Finding
from reconciler.plan.seen import as_object


@dataclass(slots=True)
class Adviser:
    """Asks the advice of kinds. Manifests that say the same where it looks are answered once: there may be many of them."""

    interpreter: Interpreter
    _answers: dict[bytes, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    """The guards that are false, and what each says."""
    _reads: dict[str, tuple[Reads, Reads] | None] = field(default_factory=dict)

    def of(self, ref: Ref) -> Iterator[Finding]:
        """The advice that the manifest of `ref` does not follow, as things are asked for now."""
        kind = self.interpreter.question.kinds[ref.kind]
        if kind.lifecycle.advice:
            for name, message in self._unheeded(ref, kind):
                guard = kind.lifecycle.guards[name]
                yield Finding("advice", ref, message, guard.help, pointer=guard.path)

    def _unheeded(self, ref: Ref, kind: Kind) -> tuple[tuple[str, str], ...]:
        question = self.interpreter.question
        stored, document = question.resources.get(ref), question.documents[ref]
        state = question.manifests[ref].state_at(question.now)
        asker = Asker(self.interpreter, ref, kind, stored.document if stored else None, document)
        key = self._key(ref, kind, state, document)
        if key not in self._answers:
            asked = (name for name in kind.lifecycle.advice if asker.verdict(name, state) is Verdict.FALSE)
            guards = kind.lifecycle.guards
            self._answers[key] = tuple((name, asker.words(guards[name], Verdict.FALSE)) for name in asked)
        return self._answers[key]

    def _key(self, ref: Ref, kind: Kind, state: str, document: Document) -> bytes:
        """What the answer hangs on: all that is read of the manifest, and of what is stored; else who is asked."""
        reads = self._read_by(kind)
        if reads is None:
            return canonical.encode(str(ref))
        stored = self.interpreter.question.resources.get(ref)
        before = (stored.state, stored.document) if stored else (state, document)
        seen = (as_object(ref, state, document, reads[0]), as_object(ref, *before, reads[1]))
        return canonical.encode([kind.name, *seen, document.get("schedule", {})])

    def _read_by(self, kind: Kind) -> tuple[Reads, Reads] | None:
        """What the kind's advice reads of `self` and `oldSelf`; None where it reads more than these."""
        if kind.name not in self._reads:
            rules = [self.interpreter.rule(kind, name) for name in kind.lifecycle.advice]
            more = any(not {"self", "oldSelf"}.issuperset(rule.variables) for rule in rules)
            new, old = ([rule.reads[name] for rule in rules] for name in ("self", "oldSelf"))
            self._reads[kind.name] = None if more else (_together(new), _together(old))
        return self._reads[kind.name]


def _together(found: Iterable[Reads]) -> Reads:
    """All that any of them reads."""
    parts: frozenset[str] | None = frozenset()
    spec: frozenset[str] | None = frozenset()
    for one in found:
        parts = None if parts is None or one.parts is None else parts | one.parts
        spec = None if spec is None or one.spec is None else spec | one.spec
    return Reads(parts, spec)
