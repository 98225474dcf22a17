"""What a branch was compared with, and what that owes already, as text above and below the branch's own plan."""

from collections.abc import Iterator

from reconciler.model.comparison import Comparison
from reconciler.model.plan import Plan
from reconciler.views.occurrence_text import conflict_lines, way
from reconciler.views.plan_text import MOST_LISTED, SYMBOLS, render_plan, summary_line
from reconciler.views.style import Style, safe


def render_comparison(one: Comparison, color: bool) -> str:
    """The branch's part in full, and in short what the base owes and what the branch mends."""
    style = Style(color)
    head = style.bold(f"What this branch changes, compared with {safe(one.ref)} (from {one.commit[:12]}):")
    note = [style.warn(safe(one.note))] if one.note else []
    return "\n".join((head, *note, render_plan(one.branch, color), *_owed(one.owed, style), *_mended(one, style)))


def _owed(plan: Plan, style: Style) -> Iterator[str]:
    lines = list(_lines(plan, style))
    if not lines:
        return
    yield style.bold("Owed already by the base, not by this branch:")
    yield from lines[:MOST_LISTED]
    if len(lines) > MOST_LISTED:
        yield style.dim(f"  … and {len(lines) - MOST_LISTED:,} more (--format json lists all)")
    yield "  " + summary_line(plan, style)
    yield ""


def _lines(plan: Plan, style: Style) -> Iterator[str]:
    for one in (*plan.due, *plan.resources):
        steps = ", ".join(step.name for step in one.steps)
        yield f"  {SYMBOLS[one.action]} {one.ref}  {way(one.origin, one.target)}  {style.dim(f'steps: {steps}')}"
    for blocked in plan.blocked:
        codes = ", ".join(dict.fromkeys(refusal.code.value for refusal in blocked.refusals))
        yield f"  {style.warn('!')} {blocked.ref}  {way(blocked.origin, blocked.target)}  blocked: {codes}"
    for conflict in plan.conflicts:
        yield from (f"  {line}" for line in conflict_lines(conflict, style))


def _mended(one: Comparison, style: Style) -> Iterator[str]:
    if one.mended:
        yield f"{style.good('Mended by this branch')}: {', '.join(map(str, one.mended[:MOST_LISTED]))}"
