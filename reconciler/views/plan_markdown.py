"""A plan as Markdown, for a comment on a pull request: what is most severe first, at most 60,000 characters."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final

from reconciler.model import canonical
from reconciler.model.change import ABSENT, Change
from reconciler.model.diagnostic import Diagnostic, Severity, has_errors
from reconciler.model.plan import (
    Alternative,
    Blocked,
    GuardVerdict,
    Held,
    Op,
    Plan,
    Refusal,
    ResourcePlan,
    Step,
    Strayed,
    Verb,
    Verdict,
)
from reconciler.model.ref import Ref
from reconciler.model.timeline import Occurrence
from reconciler.views.markdown import Omission, Section, code, first, fold, page, summary_line, words
from reconciler.views.occurrence_text import MARKS, cause, ids_text, moment, place, sides, told, way
from reconciler.views.outcome import outcome_lines
from reconciler.views.plan_text import MOST_AHEAD, SYMBOLS, due_text, hold_text, kept_text, more_ahead, upcoming
from reconciler.views.report import Report

_MOST_LINES: Final = 20
"""Lines of one kind in one element; of more it says how many there are."""


def render_markdown(report: Report) -> str:
    """The whole report."""
    return page(_head(report), _sections(report), lambda omitted: _foot(report, omitted))


def diagnostics_to_markdown(found: Sequence[Diagnostic]) -> str:
    """What is wrong with the files, or worth knowing about them; with an error no plan can be made."""
    head = "### Muster: the manifests are valid\n\n"
    if has_errors(found):
        head = "### Muster: the manifests are invalid\n\nNothing can be planned until this is mended.\n\n"
    errors = [one for one in found if one.severity is Severity.ERROR]
    warnings = [one for one in found if one.severity is not Severity.ERROR]
    sections = [
        Section.of("Errors", errors, _diagnostic),
        Section.of("Warnings", warnings, _diagnostic, folded=True),
    ]
    return page(head, _filled(sections), lambda omitted: _left_out(omitted, "muster validate"))


# The frame.


def _head(report: Report) -> str:
    plan = report.plan
    counts = [f"{count:,} {name}" for name, count in plan.summary().items() if count]
    ahead = len(plan.conflicts)
    counts += [f"{ahead:,} conflict{'s' if ahead != 1 else ''} ahead"] if ahead else []
    lines = [f"### Muster plan: {', '.join(counts) or 'nothing to do'}", ""]
    if report.comparison:
        one = report.comparison
        lines += [f"What this branch changes, compared with {code(one.ref)} (from {code(one.commit[:12])}).", ""]
        lines += [words(one.note) + ".", ""] if one.note else []
    return "\n".join(lines) + "\n"


def _foot(report: Report, omitted: Sequence[Omission]) -> str:
    plan, lines = report.plan, []
    if omitted:
        lines += [_left_out(omitted, "muster plan"), ""]
    if plan.resources:
        what = ", over what this branch changes" if report.comparison else ""
        lines += [f"Digest `{plan.digest}`{what}. To apply exactly this: `{apply_command(report)}`"]
    return "\n".join(lines) + "\n" if lines else ""


def apply_command(report: Report) -> str:
    """The command that applies what is shown, and nothing else."""
    owes = report.comparison is not None and report.comparison.owed.resources
    # With nothing owed the branch's part is the whole; else the part must be named by what it was merged onto.
    base = ["--base", "HEAD^1"] if owes else []
    acks = [word for name in report.acknowledged for word in ("--ack", name)]
    return " ".join(["muster apply", *base, *acks, "--expect", report.plan.digest])


def _left_out(omitted: Sequence[Omission], command: str) -> str:
    if not omitted:
        return ""
    counts = ", ".join(f"{one.count:,} of {one.title[0].lower()}{one.title[1:]}" for one in omitted)
    return f"**Left out for length:** {counts}. `{command}` shows everything.\n"


# The sections, most severe first.


def _sections(report: Report) -> Iterator[Section]:
    plan = report.plan
    ahead = _ahead(plan)
    yield from _filled(
        [
            Section.of("What became of it", _result(report), _bullet),
            Section.of("Conflicts ahead", plan.conflicts, _conflict),
            Section.of("Blocked", plan.blocked, _blocked),
            *(Section.of(title, found, _resource, folded) for title, folded, found in _kinds_of_change(report)),
            *_owed(report),
            Section.of("Timers that are due, and run first", plan.due, _due, folded=True),
            Section.of("Waiting", plan.waiting, lambda one: f"- {code(str(one.ref))}: {words(one.message)}\n"),
            Section.of("Holds", plan.holds, _held),
            Section.of("Drift, left as it is", plan.drift, _strayed),
            Section.of("Without a manifest, left alone", plan.unmanaged, _unmanaged, folded=True),
            Section.of("Warnings", plan.diagnostics, _diagnostic, folded=True),
            Section(f"Ahead until {plan.made_at + plan.horizon:%Y-%m-%d}", len(ahead), ahead, folded=True),
        ]
    )


def _result(report: Report) -> list[str]:
    """What was applied, the counts first."""
    lines = list(outcome_lines(report.plan, report.outcome)) if report.outcome is not None else []
    return [*lines[-1:], *lines[:-1]]


def _bullet(line: str) -> str:
    return f"- {words(line)}\n"


def _kinds_of_change(report: Report) -> Iterator[tuple[str, bool, list[ResourcePlan]]]:
    """The resources of the plan by severity: what ends or acts on the world, what moves, what is new, what is edited."""

    def rank(one: ResourcePlan) -> int:
        if one.action is Verb.DELETE or (one.ref in report.acting and one.action is Verb.TRANSITION):
            return 0
        return {Verb.TRANSITION: 1, Verb.CREATE: 2, Verb.UPDATE: 3}[one.action]

    titles = ("Deletions, and what begins or ceases to act", "Other transitions", "Creations", "Updates")
    for number, title in enumerate(titles):
        yield title, number > 1, [one for one in report.plan.resources if rank(one) == number]


def _filled(sections: Iterable[Section]) -> Iterator[Section]:
    return (one for one in sections if one.count)


def _owed(report: Report) -> Iterator[Section]:
    """What the base would do and is refused without this branch: told, apart, and in short."""
    if report.comparison is None:
        return
    owed, mended = report.comparison.owed, report.comparison.mended
    count = len(owed.conflicts) + len(owed.blocked) + len(owed.due) + len(owed.resources)
    lines = chain(
        map(_conflict, owed.conflicts),
        (f"- blocked: {code(str(one.ref))}, {words(_codes(one))}\n" for one in owed.blocked),
        (f"- {_line(one)}\n" for one in (*owed.due, *owed.resources)),
    )
    yield Section("Owed already by the base, not by this branch", count, lines, folded=True)
    yield Section.of("Mended by this branch", mended, lambda ref: f"- {code(str(ref))}\n", folded=True)


def _codes(one: Blocked) -> str:
    return ", ".join(dict.fromkeys(refusal.code.value for refusal in one.refusals))


# The elements.


def _conflict(one: Occurrence) -> str:
    what = f"{code(str(one.ref))} {words(way(one.origin, one.target))} at {moment(one.at)}"
    line = f"- **{one.verdict.value}**: {what}{words(ids_text(one.requirement))}"
    lines = [
        text for text in (told(one), *sides(one)) if text.strip()
    ]  # an empty item would underline what is above it
    return "\n".join((line, *_indented(first(lines, 7, lambda text: f"- {words(text)}")), ""))


def _blocked(one: Blocked) -> str:
    line = f"- **{'held' if one.held else 'blocked'}**: {code(str(one.ref))} {words(way(one.origin, one.target))}"
    found = (
        *first(one.refusals, _MOST_LINES, _refusal),
        *_checklist(one.checklist),
        *first(one.alternatives, 5, _alternative),
    )
    return "\n".join((line, *_indented(found), ""))


def _checklist(guards: tuple[GuardVerdict, ...]) -> Iterator[str]:
    """What is done, open and not known of a checklist, in one line each."""
    for verdict, word in ((Verdict.TRUE, "done"), (Verdict.FALSE, "open"), (Verdict.UNKNOWN, "not known")):
        names = ", ".join(one.name for one in guards if one.verdict is verdict)
        if names:
            yield f"- checklist, {word}: {words(names)}"


def _refusal(one: Refusal) -> str:
    where = f" at {code(str(one.place), 200)}" if one.place.file else ""
    source = f" ({code(str(one.source), 200)})" if one.policy else ""
    return f"- `{one.code}`{words(ids_text(one.requirement))}{where}: {words(one.message)}{source}"


def _alternative(one: Alternative) -> str:
    return f"- instead: {words(one.summary)}" + (f" ({code(one.command, 300)})" if one.command else "")


def _held(one: Held) -> str:
    """A hold, and what its end would let through, or meet."""
    then = kept_text(one)
    more = f"; its end lets through {words(then)}" if then else ""
    meets = [f"its end would meet {refusal.code}: {refusal.message}" for refusal in one.refusals]
    line = f"- {code(str(one.ref))} ({words(one.state)}) is {words(hold_text(one))}{more}"
    return "\n".join((line, *_indented(first(meets, 3, lambda text: f"- {words(text)}")), ""))


def _strayed(one: Strayed) -> str:
    fields = ", ".join(change.path for change in one.changes)
    return f"- {code(str(one.ref))}, left ({words(one.left)}): {words(fields)}\n"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" for line in lines)


def _resource(one: ResourcePlan) -> str:
    lines = [line for step in one.steps for line in _step(step)]
    if not lines:
        return f"- {_line(one)}\n"
    return fold(summary_line(SYMBOLS[one.action], str(one.ref), _moves(one)), lines)


def _line(one: ResourcePlan) -> str:
    return f"{SYMBOLS[one.action]} {code(str(one.ref))} {words(_moves(one))}"


def _moves(one: ResourcePlan) -> str:
    return f"{way(one.origin, one.target)}: {', '.join(step.name for step in one.steps)}"


def _step(step: Step) -> Iterator[str]:
    if step.danger:
        yield f"- **dangerous**: {words(step.danger)}"
    yield from (f"- **at risk**: {words(risk.message + ids_text(risk.requirement))}" for risk in step.risks)
    if step.effects:
        yield f"- effects of {words(step.name)}: {words(', '.join(step.effects))}"
    yield from _checklist(step.guards if step.checklist else ())
    for guard in step.guards:
        if guard.verdict is Verdict.UNKNOWN:
            yield f"- waits for {words(guard.name)}: {words(guard.message)}"
        if guard.found:
            yield f"- {words(guard.name)}: {words(guard.found)}"
    if step.op is Op.FLAG:
        yield f"- flags: {words(', '.join(step.flags) or 'none')}"
    # What is new is as its file says; but for what an environment has laid over it.
    told = [one for one in step.changes if step.op is not Op.CREATE or one.layer.file]
    if step.op in (Op.EDIT, Op.MOVE, Op.CREATE):
        yield from first(told, _MOST_LINES, _change)


def _change(one: Change) -> str:
    layer = f" from {code(str(one.layer), 200)}" if one.layer.file else ""
    return f"- {code(one.path, 200)}: {_value(one.before)} → {_value(one.after)}{layer}"


def _value(value: object) -> str:
    return "nothing" if value is ABSENT else code(canonical.encode(value).decode())


def _due(one: ResourcePlan) -> str:
    risks = "".join(f"; **at risk**: {words(risk.message)}" for risk in one.steps[0].risks)
    return f"- {_line(one)}, {words(due_text(one.steps[0]))}{risks}\n"


def _unmanaged(one: tuple[Ref, str]) -> str:
    return f"- {code(str(one[0]))} ({words(one[1])})\n"


def _diagnostic(one: Diagnostic) -> str:
    where = f" at {code(str(one.place), 200)}" if one.place.file else ""
    advice = f"; {words(one.help)}" if one.help else ""
    return f"- `{one.code}`{where}: {words(one.detail or one.summary)}{advice}\n"


def _ahead(plan: Plan) -> list[str]:
    more = more_ahead(plan)
    return [*map(_occurrence, upcoming(plan)[:MOST_AHEAD]), *([f"- … {more}\n"] if more else [])]


def _occurrence(one: Occurrence) -> str:
    why = f" ({words(told(one))})" if told(one) else ""
    where = f", {code(place(one.place), 200)}" if one.place.file else ""
    what = f"{code(str(one.ref))} {words(way(one.origin, one.target))}, {words(cause(one))}"
    return f"- {moment(one.at)} {MARKS[one.verdict]} {what}{where}{why}\n"
