"""What `diff` shows: each resource whose manifest and stored document or state differ."""

from reconciler.commands.options import Common
from reconciler.commands.planning import refs_named
from reconciler.controller.gather import Wishes
from reconciler.controller.pinpoint import with_layers
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.change import ABSENT, Change
from reconciler.model.ref import Ref
from reconciler.plan.codec import told_change
from reconciler.plan.diff import diff, with_state
from reconciler.plan.question import Question
from reconciler.views.plan_text import change_text
from reconciler.views.style import Style


def compare(common: Common, paths: tuple[str, ...], only: tuple[str, ...], form: str) -> tuple[int, str]:
    """How many resources differ, and how, as text or JSON."""
    app = common.app(paths)
    reconciler = app.reconciler()
    wishes = Wishes(frozenset(refs_named(reconciler, only)))
    question, _ = reconciler.gatherer.question(app.clock.now(), wishes)
    judged = (ref for ref in question.triage.judged if not wishes.only or ref in wishes.only)
    found = {ref: with_layers(reconciler.gatherer, ref, _changes(question, ref)) for ref in judged}
    if form == "json":
        data = [{"ref": str(ref), "changes": [told_change(one) for one in changes]} for ref, changes in found.items()]
        return len(found), canonical.encode_pretty(data)
    return len(found), _text(found, Style(common.color)) or "No differences."


def _changes(question: Question, ref: Ref) -> tuple[Change, ...]:
    manifest, resource = question.manifests[ref], question.resources.get(ref)
    before: Document = resource.document if resource else {}
    changes = diff(before, question.documents[ref], question.kinds[ref.kind].shape)
    states = resource.state if resource else ABSENT, manifest.state_at(question.now)
    return with_state(changes, states, (resource.flags if resource else (), manifest.flags))


def _text(found: dict[Ref, tuple[Change, ...]], style: Style) -> str:
    lines = []
    for ref, changes in found.items():
        lines.append(style.bold(str(ref)))
        lines += [f"  {change_text(change, style)}" for change in changes]
    return "\n".join(lines)
