"""How a plan is printed and saved, and how it stands as an exit code."""

from pathlib import Path

from reconciler.commands.options import Common, show_diagnostics, write
from reconciler.model import canonical
from reconciler.model.plan import Plan


def show(common: Common, plan: Plan, form: str, *, out: str | None = None, detailed: bool = False) -> int:
    """Print the plan, save it where asked, and say how it stands as an exit code."""
    from reconciler.controller.verdict import of_plan

    if out:
        from reconciler.controller.saved import save

        save(plan, Path(common.directory) / out)
    write(rendered(common, plan, form))
    if form != "json":
        show_diagnostics(common, plan.diagnostics)
    return of_plan(plan, detailed)


def rendered(common: Common, plan: Plan, form: str) -> str:
    """The plan in this format."""
    if form == "json":
        from reconciler.plan.codec import plan_to_json

        return canonical.encode_pretty(plan_to_json(plan))
    if form == "markdown":
        from reconciler.views.plan_markdown import render_markdown

        return render_markdown(plan)
    from reconciler.views.plan_text import render_plan

    return render_plan(plan, common.color)
