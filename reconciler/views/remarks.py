"""What a plan has to say to other tools, one remark at a time: what annotations, SARIF and JUnit are made of."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import chain

from reconciler.model.diagnostic import Diagnostic, Place, Severity
from reconciler.model.instant import to_text
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Blocked, Code, GuardVerdict, Plan, ResourcePlan, Waiting
from reconciler.model.ref import Ref
from reconciler.model.risk import Risk
from reconciler.model.timeline import Occurrence
from reconciler.views.occurrence_text import ids_text, moment, sides, told, way
from reconciler.views.plan_text import alternative_text
from reconciler.views.report import Report


class Level(StrEnum):
    """How urgent a remark is; an error refuses."""

    ERROR = "error"
    WARNING = "warning"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing to say about one place. Texts are as they are: each view takes out what its format does not bear."""

    level: Level
    code: str
    """A code of `views.words`, or the verb of what will be done."""
    title: str
    message: str
    place: Place = Place()
    ref: str = ""
    path: str = ""
    """The pointer in the resource, where it is about one."""
    since: str = ""
    """What tells it from another remark of the same code about the same resource and pointer, and does not drift."""
    owed: bool = False
    """Whether the base says so already."""

    @property
    def identity(self) -> tuple[str, ...]:
        """What stays the same while the remark is the same, wherever in its file it moves."""
        return self.code, self.ref or self.place.file, self.path, self.since


def remarks_of(report: Report) -> tuple[Remark, ...]:
    """Everything worth saying, most urgent first; what the base owes already comes after its like."""
    plan, owed = report.plan, report.comparison.owed if report.comparison else None
    found = [*_problems(plan), *_news(plan)]
    if owed is not None:
        found += [_as_owed(one) for one in _problems(owed)]
    if report.outcome is not None:
        found += _ended(report.whole, report.outcome)
    return in_order(found)


def in_order(found: Iterable[Remark]) -> tuple[Remark, ...]:
    """The most urgent first, each once."""
    levels = list(Level)
    return tuple(sorted(dict.fromkeys(found), key=lambda one: (levels.index(one.level), one.owed)))


def of_diagnostics(found: Iterable[Diagnostic]) -> tuple[Remark, ...]:
    """What is wrong with files, or worth knowing about them."""
    return tuple(_of_diagnostic(one) for one in found)


def _of_diagnostic(one: Diagnostic) -> Remark:
    level = Level.ERROR if one.severity is Severity.ERROR else Level.WARNING
    text = "\n".join(part for part in (one.detail, f"help: {one.help}" if one.help else "") if part)
    # Beside the resource, the file: a document that is not read has no ref, and one that is there twice has two files.
    since = f"{one.place.file} {one.detail}"
    return Remark(level, one.code, one.summary, text or one.summary, one.place, one.ref, since=since)


def _problems(plan: Plan) -> Iterator[Remark]:
    """What refuses, and the warnings about the files."""
    later = {ref for one in plan.blocked for ref in _refused_later(one)}
    yield from (_conflict(one) for one in plan.conflicts if later.isdisjoint(one.parties))
    yield from chain.from_iterable(_refusals(one) for one in plan.blocked)
    yield from of_diagnostics(plan.diagnostics)


def _refused_later(one: Blocked) -> Iterator[Ref]:
    """The resources whose conflict to come is told as a refusal now, and need not be told twice."""
    if any(refusal.code in (Code.LATER, Code.DENIED_LATER) for refusal in one.refusals):
        yield one.ref


def _conflict(one: Occurrence) -> Remark:
    code = Code.DENIED_LATER if one.denied else Code.LATER
    place = next((where for where in (one.place, *(other.place for other in one.against)) if where.file), Place())
    text = "\n".join((f"{told(one)}{ids_text(one.requirement)}", *sides(one)))
    title = f"{one.ref}: {one.verdict} at {moment(one.at)}, {way(one.origin, one.target)}"
    since = f"{to_text(one.at)} {one.source} {one.event} {one.target}"
    return Remark(Level.ERROR, code, title, text, place, str(one.ref), since=since)


def _refusals(one: Blocked) -> Iterator[Remark]:
    ways = [f"instead: {alternative_text(other)}" for other in one.alternatives]
    for refusal in one.refusals:
        text = "\n".join((f"{refusal.message}{ids_text(refusal.requirement)}", *ways))
        title = f"{one.ref}: {refusal.code} ({way(one.origin, one.target)})"
        # Some rules are broken once for each of several others, or at several times.
        since = " ".join(map(str, refusal.others)) if refusal.code is not Code.THRESHOLD else ""
        yield Remark(Level.ERROR, refusal.code, title, text, refusal.place, str(one.ref), refusal.path, since)


def _news(plan: Plan) -> Iterator[Remark]:
    """What will be done, and what waits."""
    yield from _losses(plan)
    for one in plan.resources:
        yield _step_by_step(one)
        for step in one.steps:
            if step.danger:
                title = f"{one.ref}: {step.name} is dangerous"
                yield Remark(Level.WARNING, "dangerous", title, step.danger, one.place, str(one.ref), since=step.name)
    yield from (_waiting(one) for one in plan.waiting)


def _losses(plan: Plan) -> Iterator[Remark]:
    """What would be lost: by what is done now, and by what the clock does."""
    for one in (*plan.due, *plan.resources):
        for step in one.steps:
            title = f"{one.ref}: {step.name} loses something"
            for risk in step.risks:
                yield Remark(Level.WARNING, "at-risk", title, _lost(risk), one.place, str(one.ref), since=risk.effect)
    for later in plan.timeline:
        title = f"{later.ref}: {later.event or later.target} at {moment(later.at)} loses something"
        for risk in later.risks:
            since = f"{to_text(later.at)} {risk.effect}"
            yield Remark(Level.WARNING, "at-risk", title, _lost(risk), later.place, str(later.ref), since=since)


def _lost(one: Risk) -> str:
    return f"{one.message}{ids_text(one.requirement)}"


def _step_by_step(one: ResourcePlan) -> Remark:
    names = ", ".join(step.name for step in one.steps)
    effects = [f"{step.name} makes the runtime {', '.join(step.effects)}" for step in one.steps if step.effects]
    changes = [change.path for step in one.steps for change in step.changes]
    text = "\n".join((f"steps: {names}", *effects, *([f"changes: {', '.join(changes[:20])}"] if changes else [])))
    return Remark(Level.NOTICE, one.action, f"{one.ref}: {way(one.origin, one.target)}", text, one.place, str(one.ref))


def _waiting(one: Waiting) -> Remark:
    title = f"{one.ref}: {way(one.origin, one.target)} waits"
    return Remark(Level.NOTICE, "waiting", title, one.message, ref=str(one.ref))


def _as_owed(one: Remark) -> Remark:
    """A remark that is not this branch's: it refuses nothing here."""
    title = f"owed already: {one.title}"
    return Remark(
        Level.WARNING, one.code, title, one.message, one.place, one.ref, one.path, one.since, owed=True
    )  # fmt: skip


def _ended(plan: Plan, outcome: Outcome) -> Iterator[Remark]:
    """What was not done although it was planned."""
    places = {one.ref: one.place for one in (*plan.due, *plan.resources)}

    def remark(level: Level, code: str, ref: Ref, text: str) -> Remark:
        return Remark(level, code, f"{ref}: {code}", text, places.get(ref, Place()), str(ref))

    for ref, guards in sorted(outcome.denied.items()):
        yield remark(Level.ERROR, "denied", ref, _said(guards))
    for ref, message in sorted(outcome.failed.items()):
        yield remark(Level.ERROR, "failed", ref, message)
    for ref in sorted(outcome.stale):
        yield remark(Level.ERROR, "stale", ref, "it is not as the plan saw it, or a step of it is unfinished")
    for ref, guards in sorted(outcome.waiting.items()):
        yield remark(Level.NOTICE, "waiting", ref, _said(guards))


def _said(guards: Iterable[GuardVerdict]) -> str:
    return "; ".join(f"{one.name}: {one.message}" if one.message else one.name for one in guards)
