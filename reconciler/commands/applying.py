"""How `apply` goes: settle, plan, check the approval, ask, do, report."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.commands.forms import rendered, report_of
from reconciler.commands.options import Common, show_diagnostics, write
from reconciler.commands.planning import Made, confirm, make
from reconciler.controller.reconcile import Approval, approved
from reconciler.controller.saved import load
from reconciler.controller.verdict import of_outcome
from reconciler.model.diagnostic import has_errors
from reconciler.model.errors import Invalid, Stale, Usage
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Code, Plan
from reconciler.model.ref import Ref
from reconciler.views.outcome import render_outcome
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
    base: str | None = None


def carry_out(common: Common, paths: tuple[str, ...], consent: Consent, form: str) -> int:
    """Apply what this command line asks for. The exit code."""
    saved, paths = _saved(common, paths)
    _bound(consent, saved, form)
    made, stale = _as_approved(common, paths, consent, _approval(saved, consent.expect))
    nothing = consent.all_or_nothing and bool(made.judged.blocked or stale or made.judged.conflicts)
    if form == "text":
        write(rendered(common, report_of(common, made, form), form))
    # Timers that are due are no part of what a branch changes, and run all the same: its steps build on them.
    plan = replace(made.judged, due=made.plan.due)
    if plan.has_changes and not nothing:
        confirm(consent.yes or bool(consent.expect) or saved is not None, _question(consent))
    outcome = Outcome() if nothing else _applied(made, plan)
    return _report(common, made, plan, replace(outcome, stale=(*outcome.stale, *stale)), form)


def _bound(consent: Consent, saved: Approval | None, form: str) -> None:
    """An acknowledgement is for one plan: named by its digest, saved, or shown to a person who is asked. Usage else."""
    if not consent.ack or consent.expect or saved is not None:
        return
    named = " ".join(f"--ack {name}" for name in consent.ack)
    sees_it = form == "text" and sys.stdin.isatty() and sys.stdout.isatty()
    if consent.yes or not sees_it:
        raise Usage(
            f"{named} is for one plan: look at `muster plan {named}`, then say"
            f" `muster apply {named} --expect DIGEST` with the digest that it shows, or apply a plan saved with --out"
        )


def _question(consent: Consent) -> str:
    return f"Apply this, acknowledging {', '.join(consent.ack)}?" if consent.ack else "Apply this?"


def _as_approved(
    common: Common, paths: tuple[str, ...], consent: Consent, approval: Approval
) -> tuple[Made, tuple[Ref, ...]]:
    """The plan as things stand, as far as it was approved, and the resources for which it is no longer what was reviewed.

    An entry that lay ahead in the plan that was approved may be over by now. If nothing but that makes the difference, the
    digest says that it was that plan; what was refused when it was approved stays refused, so it is asked without this first.
    """
    made = _made(common, paths, consent, ())
    over = bool(approval.digest) and _has_past(made.judged)
    try:
        plan, stale = approved(made.judged, approval)
        over = over and bool(stale)
    except Stale:
        if not over:
            raise
    if over:
        made = _made(common, paths, consent, (Code.PAST.value,))
        plan, stale = approved(made.judged, approval)
    if made.comparison:
        return replace(made, comparison=replace(made.comparison, branch=plan)), stale
    return replace(made, plan=plan), stale


def _has_past(plan: Plan) -> bool:
    return any(refusal.code is Code.PAST for one in plan.blocked for refusal in one.refusals)


def _made(common: Common, paths: tuple[str, ...], consent: Consent, more: tuple[str, ...]) -> Made:
    made = make(
        common,
        paths,
        horizon=consent.horizon,
        only=consent.only,
        ack=(*consent.ack, *more),
        settle=not more,
        base=consent.base,
    )
    if has_errors(made.plan.diagnostics):
        raise Invalid(made.plan.diagnostics)
    return made


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


def _report(common: Common, made: Made, plan: Plan, outcome: Outcome, form: str) -> int:
    if form == "text":
        write(render_outcome(plan, outcome, common.color))
        show_diagnostics(common, tuple(one for one in plan.diagnostics if one.code == "unknown-facts"))
    else:
        write(rendered(common, report_of(common, made, form, outcome), form))
    return of_outcome(plan, outcome)
