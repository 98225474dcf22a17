"""How `apply` goes: settle, plan, check the approval, ask, do, report."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.commands.options import Common, write
from reconciler.commands.planning import Made, confirm, make
from reconciler.commands.showing import rendered
from reconciler.controller.execute import Outcome
from reconciler.controller.reconcile import Approval, approved
from reconciler.controller.saved import load
from reconciler.controller.verdict import STALE, most_urgent, of_outcome, of_plan
from reconciler.model import canonical
from reconciler.model.errors import Usage
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
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


def carry_out(common: Common, paths: tuple[str, ...], consent: Consent, form: str) -> int:
    """Apply what this command line asks for. The exit code."""
    if consent.ack and not consent.expect:
        raise Usage("--ack is for one plan: name it with --expect DIGEST (see `muster plan --ack …`)")
    saved, paths = _saved(paths)
    approval = saved or Approval(consent.expect)
    made = make(common, paths, only=consent.only, ack=consent.ack, settle=True)
    plan, stale = approved(made.plan, approval)
    if consent.all_or_nothing and made.plan.blocked:
        write(rendered(common, made.plan, form))
        return of_plan(made.plan, False)
    if form == "text":
        write(rendered(common, plan, form))
    if plan.has_changes:
        confirm(consent.yes or bool(consent.expect) or saved is not None)
    with progress_bar(sum(len(one.steps) for one in plan.resources)) as progress:
        outcome = made.reconciler.apply(plan, progress)
    return _report(common, made, plan, outcome, stale=stale, form=form)


def _saved(paths: tuple[str, ...]) -> tuple[Approval | None, tuple[str, ...]]:
    """A saved plan among the arguments, and the paths that remain."""
    files = [path for path in paths if Path(path).is_file() and not path.endswith((".yaml", ".yml"))]
    if not files:
        return None, paths
    if len(files) > 1:
        raise Usage("apply takes one saved plan at a time")
    return load(Path(files[0])), tuple(path for path in paths if path != files[0])


def _report(
    common: Common, made: Made, plan: Plan, outcome: Outcome, *, stale: tuple[Ref, ...], form: str
) -> int:
    outcome.stale += stale
    if form == "json":
        data = {**plan_to_json(plan), "applied": outcome_to_json(outcome)}
        write(canonical.encode_pretty(data))
    else:
        if form == "markdown":
            write(rendered(common, plan, form))
        write(render_outcome(plan, outcome, common.color))
    sys.stdout.flush()
    return most_urgent({of_outcome(replace(plan, blocked=made.plan.blocked), outcome), STALE if stale else 0})
