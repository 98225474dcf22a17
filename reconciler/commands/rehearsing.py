"""How `test` goes: find the files, read every case, run them, show what came of it."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import Final

from reconciler.app import App, passing_store
from reconciler.commands.options import Common, write
from reconciler.controller.rehearse import Stage, rehearse
from reconciler.model.case import Case, Result
from reconciler.model.diagnostic import Diagnostic, in_order
from reconciler.model.errors import Invalid, Usage
from reconciler.source.case_file import ENDING, CaseReader
from reconciler.source.regular import read_regular
from reconciler.source.strict_yaml import MAX_BYTES
from reconciler.views.rehearsal import render_results, results_to_json
from reconciler.views.rehearsal_junit import results_to_junit

DIRECTORY: Final = "tests"
"""Where a project keeps its cases, beside its manifests."""


def run(common: Common, paths: tuple[str, ...], words: str, form: str) -> int:
    """Run the cases of these files, in order. The exit code. Invalid where a file has mistakes; then none is run."""
    app = common.app()
    cases = [case for case in _cases(app, paths) if _is_about(case, words)]
    if not cases:
        raise Usage(f"no case has {words!r} in its name, file or requirements" if words else "there are no cases")
    stage = Stage(app.project, app.kinds(), passing_store)
    results = tuple(_timed(case, stage) for case in cases)
    if form == "json":
        write(results_to_json(results))
    elif form == "junit":
        write(results_to_junit(results))
    else:
        write(render_results(results, common.color))
    return 0 if all(one.passed for one in results) else 1


def _timed(case: Case, stage: Stage) -> Result:
    start = perf_counter()
    return replace(rehearse(case, stage), seconds=perf_counter() - start)


def _is_about(case: Case, words: str) -> bool:
    return any(words.casefold() in text.casefold() for text in (case.name, case.file, *case.requirements))


def _cases(app: App, paths: tuple[str, ...]) -> Iterator[Case]:
    reader, root = CaseReader(app.project.timezone or "UTC"), app.project.root
    cases: list[Case] = []
    found: list[Diagnostic] = []
    for file in dict.fromkeys(_files(root, paths)):
        shown = str(file.relative_to(root)) if file.is_relative_to(root) else str(file)
        try:
            read, problems = reader.read(read_regular(file, MAX_BYTES + 1), shown)
        except OSError as error:
            raise Usage(f"{shown} cannot be read: {error.strerror or error}") from None
        cases += read
        found += problems
    if found:
        raise Invalid(in_order(found))
    yield from cases


def _files(root: Path, paths: Iterable[str]) -> Iterator[Path]:
    """The test files that are meant. Usage where there is none."""
    for path in paths or (DIRECTORY,):
        place = (root / path).resolve()
        if place.is_file():
            yield place
            continue
        files = sorted(file for file in place.rglob(f"*{ENDING}") if file.is_file())
        if not files:
            raise Usage(
                f"no file in {path} ends in {ENDING}; docs/how-to/test-your-schedules.md shows how to write one"
            )
        yield from files
