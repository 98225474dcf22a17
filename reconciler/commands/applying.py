"""How `apply` goes: settle, plan, check the approval, ask, do, report."""

from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.commands.options import Common, write
from reconciler.commands.planning import Made, confirm, make
from reconciler.commands.showing import rendered
from reconciler.controller.reconcile import Approval, approved
from reconciler.controller.saved import load
from reconciler.controller.verdict import of_outcome
from reconciler.model import canonical
from reconciler.model.diagnostic import has_errors
from reconciler.model.errors import Invalid, Stale, Usage
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Code, Plan
from reconciler.plan.codec import plan_to_json
from reconciler.views.outcome import outcome_to_json, render_outcome
from reconciler.views.progress import progress_bar


@dataclass(frozen=True, slots=True)
class Consent:
    """What the person said to the plan, beforehand."""

    yes: bool
    expect: str
    all_or_nothing: bool
    only: tuple[str, ...]
    ack: tuple[str, ...]
    horizon: str


def carry_out(common: Common, paths: tuple[str, ...], consent: Consent, form: str) -> int:
    """Apply what this command line asks for. The exit code."""
    if consent.ack and not consent.expect:
        raise Usage("--ack is for one plan: name it with --expect DIGEST (see `muster plan --ack …`)")
    saved, paths = _saved(common, paths)
    approval = _approval(saved, consent.expect)
    # An entry that lay ahead in the plan that was approved may be over by now; the digest says that it was that plan.
    ack = (*consent.ack, Code.PAST) if approval.digest else consent.ack
    made = make(common, paths, horizon=consent.horizon, only=consent.only, ack=ack, settle=True)
    if has_errors(made.plan.diagnostics):
        raise Invalid(made.plan.diagnostics)
    plan, stale = approved(made.plan, approval)
    nothing = consent.all_or_nothing and bool(plan.blocked or stale or plan.conflicts)
    if form == "text":
        write(rendered(common, plan, form))
    if plan.has_changes and not nothing:
        confirm(consent.yes or bool(consent.expect) or saved is not None)
    outcome = Outcome() if nothing else _applied(made, plan)
    return _report(common, plan, replace(outcome, stale=(*outcome.stale, *stale)), form)


def _saved(common: Common, paths: tuple[str, ...]) -> tuple[Approval | None, tuple[str, ...]]:
    """A saved plan among the arguments, and the paths that remain."""
    root = Path(common.directory)
    files = [path for path in paths if (root / path).is_file() and not path.endswith((".yaml", ".yml"))]
    if not files:
        return None, paths
    if len(files) > 1:
        raise Usage("apply takes one saved plan at a time")
    return load(root / files[0]), tuple(path for path in paths if path != files[0])


def _approval(saved: Approval | None, expect: str) -> Approval:
    """What was approved: the saved plan, which must be the one that is expected, or that one alone."""
    if saved is None:
        return Approval(expect)
    if expect and expect != saved.digest:
        raise Stale(f"the saved plan is {saved.digest}, not {expect}")
    return saved


def _applied(made: Made, plan: Plan) -> Outcome:
    with progress_bar(sum(len(one.steps) for one in plan.resources)) as progress:
        return made.reconciler.apply(plan, progress)


def _report(common: Common, plan: Plan, outcome: Outcome, form: str) -> int:
    if form == "json":
        data = {**plan_to_json(plan), "applied": outcome_to_json(outcome)}
        write(canonical.encode_pretty(data))
    else:
        if form == "markdown":
            write(rendered(common, plan, form))
        write(render_outcome(plan, outcome, common.color))
    return of_outcome(plan, outcome)
