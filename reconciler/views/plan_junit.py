"""A plan as JUnit XML: one test case for each resource that was judged, and for each file with something wrong."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Final

from reconciler.model.diagnostic import Place
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from reconciler.views.junit import FAILURE, SKIPPED, Ending, TestCase, as_junit
from reconciler.views.remarks import Level, Remark, remarks_of
from reconciler.views.report import Report, Roots

_PLAN: Final = "muster plan"
_OWED: Final = "owed already"
_FILES: Final = "muster files"


def plan_to_junit(report: Report) -> str:
    """What is refused has failed, what waits is skipped, and so is whatever the base owes already."""
    found = remarks_of(report)
    mine = [one for one in found if not one.owed]
    cases = [
        *_judged(report.plan, _PLAN, mine, report.roots),
        *_files((one for one in mine if not one.ref), report.roots),
    ]
    if report.comparison:
        owed = [one for one in found if one.owed]
        cases += [_skipped(case) for case in _judged(report.comparison.owed, _OWED, owed, report.roots)]
        cases += [_skipped(case) for case in _files((one for one in owed if not one.ref), report.roots, _OWED)]
    return as_junit(cases)


def remarks_to_junit(found: Iterable[Remark], roots: Roots, passed: Mapping[str, int] | None = None) -> str:
    """One case a file: those with remarks, and those that `passed`, with how many manifests each holds."""
    cases = {case.name: case for case in _files(found, roots)}
    for file, count in (passed or {}).items():
        name = roots.file(Place(file))
        said = f"{count} manifest{'s' if count != 1 else ''}"
        cases.setdefault(name, TestCase(_FILES, name, name, said=said))
    return as_junit(cases[name] for name in sorted(cases))


def _judged(plan: Plan, suite: str, found: Iterable[Remark], roots: Roots) -> Iterator[TestCase]:
    """Every resource of the plan, by its ref, with what is said of it."""
    said: dict[str, list[Remark]] = {str(ref): [] for ref in sorted(_refs(plan))}
    for one in found:
        if one.ref:
            said.setdefault(one.ref, []).append(one)
    places = {str(one.ref): one.place for one in (*plan.due, *plan.resources)}
    for ref, remarks in said.items():
        yield _case(suite, ref, remarks, places.get(ref), roots)


def _refs(plan: Plan) -> set[Ref]:
    parts = (plan.due, plan.resources, plan.blocked, plan.waiting)
    return {one.ref for part in parts for one in part}


def _files(found: Iterable[Remark], roots: Roots, suite: str = _FILES) -> Iterator[TestCase]:
    ordered = sorted(found, key=lambda one: roots.file(one.place))
    for file, remarks in groupby(ordered, lambda one: roots.file(one.place)):
        yield _case(suite, file or "muster", list(remarks), None, roots)


def _case(suite: str, name: str, found: list[Remark], place: Place | None, roots: Roots) -> TestCase:
    """One case: failed where a remark refuses, skipped where it only waits, else passed, with what was said."""
    where = next((one.place for one in found if one.place.file), place) or Place()
    errors = [one for one in found if one.level is Level.ERROR]
    waits = [one for one in found if one.code == "waiting"]
    endings = [Ending(FAILURE, one.title, _text(one, roots), one.code) for one in errors]
    if waits and not errors:
        endings = [Ending(SKIPPED, waits[0].title)]
    rest = "\n".join(f"{one.title}\n{one.message}" for one in found if one not in errors)
    file = roots.file(where) if where.file else ""
    return TestCase(suite, name, file, where.line, endings=tuple(endings), said=rest)


def _text(one: Remark, roots: Roots) -> str:
    where = f"{roots.file(one.place)}:{one.place.line}:{one.place.column}\n" if one.place.line else ""
    return f"{where}{one.message}"


def _skipped(case: TestCase) -> TestCase:
    """What is not this branch's doing neither passes nor fails here."""
    why = "; ".join(ending.message for ending in case.endings) or "the base would do this by itself"
    return TestCase(_OWED, case.name, case.file, case.line, endings=(Ending(SKIPPED, why),), said=case.said)
