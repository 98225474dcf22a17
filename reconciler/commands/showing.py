"""How a plan is printed and saved, and how it stands as an exit code."""

from pathlib import Path

from reconciler.commands.forms import rendered
from reconciler.commands.options import Common, show_diagnostics, write
from reconciler.model.errors import Usage
from reconciler.views.report import Report


def show(common: Common, report: Report, form: str, *, out: str | None = None, detailed: bool = False) -> int:
    """Print the plan, save it where asked, and say how it stands as an exit code."""
    from reconciler.controller.verdict import of_plan

    if out == "-":
        raise Usage("--out saves a plan to a file, to apply it later; for a plan on stdout say --format json")
    if out:
        from reconciler.controller.saved import save

        save(report.plan, Path(common.directory) / out)
    write(rendered(common, report, form))
    if form in ("text", "markdown"):
        show_diagnostics(common, report.plan.diagnostics)
    return of_plan(report.plan, detailed)
