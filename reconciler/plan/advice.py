"""What a kind advises its manifests: guards that refuse nothing, asked of what somebody writes or changes."""

from collections.abc import Iterator

from reconciler.model.plan import Verdict
from reconciler.model.ref import Ref
from reconciler.plan.guards import Asker, Interpreter
from reconciler.plan.references import Finding


def advice(interpreter: Interpreter, ref: Ref) -> Iterator[Finding]:
    """The advice that the manifest of `ref` does not follow, as things are asked for now."""
    question = interpreter.question
    kind, manifest = question.kinds[ref.kind], question.manifests[ref]
    if not kind.lifecycle.advice:
        return
    stored = question.resources.get(ref)
    asker = Asker(interpreter, ref, kind, stored.document if stored else None, question.documents[ref])
    state = manifest.state_at(question.now)
    for name in kind.lifecycle.advice:
        if asker.verdict(name, state) is Verdict.FALSE:
            guard = kind.lifecycle.guards[name]
            yield Finding("advice", ref, guard.message, guard.help, pointer=guard.path)
