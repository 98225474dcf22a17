"""The formats of `plan`, `apply` and `validate`: views over one report, and over what is invalid."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.commands.options import Common
from reconciler.model import canonical
from reconciler.model.diagnostic import Diagnostic
from reconciler.views.report import Report, Roots, acting

if TYPE_CHECKING:
    from reconciler.commands.planning import Made
    from reconciler.model.outcome import Outcome


def roots_of(common: Common) -> Roots:
    """Where this project lies in its repository."""
    from reconciler.source.git_tree import repository_of

    project = Path(common.directory).resolve()
    repository = repository_of(project)
    return Roots(str(repository.top) if repository else "", str(project))


def report_of(common: Common, made: "Made", form: str, outcome: "Outcome | None" = None) -> Report:
    """What there is to show of a plan that was made, and of what became of it."""
    tells_files = form in ("github", "sarif", "junit")
    return Report(
        made.plan,
        made.comparison,
        outcome,
        acting(made.plan, made.reconciler.gatherer.kinds.table),
        roots_of(common) if tells_files else Roots(),
        made.acknowledged,
    )


def rendered(common: Common, report: Report, form: str) -> str:
    """The report in this format."""
    shown: Mapping[str, Callable[[Common, Report], str]] = {
        "text": _text, "json": _json, "markdown": _markdown, "github": _github, "sarif": _sarif, "junit": _junit,
    }  # fmt: skip
    return shown[form](common, report)


def _text(common: Common, report: Report) -> str:
    if report.comparison:
        from reconciler.views.compared_text import render_comparison

        return render_comparison(report.comparison, common.color)
    from reconciler.views.plan_text import render_plan

    return render_plan(report.plan, common.color)


def _json(_common: Common, report: Report) -> str:
    return canonical.encode_pretty(as_json(report))


def as_json(report: Report) -> dict[str, Any]:
    """Plan JSON, with what became of it where it was applied."""
    from reconciler.plan.codec import comparison_to_json, plan_to_json
    from reconciler.views.outcome import outcome_to_json

    data = comparison_to_json(report.comparison) if report.comparison else plan_to_json(report.plan)
    return {**data, "applied": outcome_to_json(report.outcome)} if report.outcome is not None else data


def _markdown(_common: Common, report: Report) -> str:
    from reconciler.views.plan_markdown import render_markdown

    return render_markdown(report)


def _github(_common: Common, report: Report) -> str:
    from reconciler.views.github import remarks_to_github
    from reconciler.views.remarks import remarks_of

    return remarks_to_github(remarks_of(report), report.roots)


def _sarif(_common: Common, report: Report) -> str:
    from reconciler.views.remarks import remarks_of
    from reconciler.views.sarif import remarks_to_sarif

    return remarks_to_sarif(remarks_of(report), report.roots, report.comparison is not None)


def _junit(_common: Common, report: Report) -> str:
    from reconciler.views.plan_junit import plan_to_junit

    return plan_to_junit(report)


def diagnosed(common: Common, found: tuple[Diagnostic, ...], form: str, passed: Mapping[str, int] | None = None) -> str:
    """Diagnostics alone in this format; `passed` are files without any, with how many manifests each holds."""
    from reconciler.views.remarks import of_diagnostics

    if form == "json":
        from reconciler.plan.codec import invalid_to_json

        return canonical.encode_pretty(invalid_to_json(found))
    if form == "markdown":
        from reconciler.views.plan_markdown import diagnostics_to_markdown

        return diagnostics_to_markdown(found)
    remarks, roots = of_diagnostics(found), roots_of(common)
    if form == "github":
        from reconciler.views.github import remarks_to_github

        return remarks_to_github(remarks, roots)
    if form == "sarif":
        from reconciler.views.sarif import remarks_to_sarif

        return remarks_to_sarif(remarks, roots)
    from reconciler.views.plan_junit import remarks_to_junit

    return remarks_to_junit(remarks, roots, passed)
