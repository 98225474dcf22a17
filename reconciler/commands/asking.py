"""What `when` and `requires` answer, and how the answers stand as exit codes."""

from reconciler.commands.options import Common, write
from reconciler.commands.planning import span_ahead
from reconciler.controller.asking import ask_requires, ask_when, wanted
from reconciler.controller.verdict import DENIED, DONE, ILLEGAL
from reconciler.model.plan import Verdict
from reconciler.plan.ask import Answer
from reconciler.views.asking_json import checklist_to_json, when_to_json
from reconciler.views.requires_text import render_checklist
from reconciler.views.when_text import render_when


def answer_when(common: Common, ref: str, state: str, horizon: str, form: str) -> int:
    """The first legal instant: 0 where there is one, 5 where only guards deny it to the end, 4 otherwise."""
    app = common.app()
    gatherer, now = app.reconciler().gatherer, app.clock.now()
    found = ask_when(gatherer, now, wanted(gatherer, ref, state), span_ahead(horizon, now))
    write(when_to_json(found) if form == "json" else render_when(found, common.color))
    if found.answer is not Answer.NEVER:
        return DONE
    return DENIED if found.denied else ILLEGAL


def answer_requires(common: Common, ref: str, state: str, form: str) -> int:
    """The checklist: 0 where nothing is open, 5 where something is, 4 where no legal way leads there."""
    app = common.app()
    gatherer = app.reconciler().gatherer
    found = ask_requires(gatherer, app.clock.now(), wanted(gatherer, ref, state))
    write(checklist_to_json(found) if form == "json" else render_checklist(found, common.color))
    if not found.is_legal:
        return ILLEGAL
    return DENIED if any(item.verdict is Verdict.FALSE for item in found.items) else DONE
