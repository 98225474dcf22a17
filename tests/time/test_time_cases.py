"""The project's own time cases: test files as teams write them, run by the engine behind `muster test`."""

from pathlib import Path

import pytest

from reconciler.app import App, passing_store
from reconciler.controller.rehearse import Stage, rehearse
from reconciler.model.case import Case
from reconciler.source.case_file import ENDING, CaseReader
from reconciler.source.definitions import load_kinds, requirement_ids
from reconciler.views.rehearsal import render_results

ROOT = Path(__file__).parent.parent.parent
FILES = sorted((ROOT / "tests").rglob(f"*{ENDING}"))
PROJECT = App.open(ROOT).project


def read_all() -> list[Case]:
    reader = CaseReader(PROJECT.timezone or "UTC")
    cases = []
    for file in FILES:
        found, problems = reader.read(file.read_bytes(), str(file.relative_to(ROOT)))
        assert not problems, problems
        cases += found
    return cases


CASES = read_all()
STAGE = Stage(PROJECT, load_kinds(PROJECT.kinds, ROOT)[0], passing_store)


def test_names_and_requirements_of_the_cases_exist() -> None:
    names = [case.name for case in CASES]
    assert len(set(names)) == len(names)
    for case in CASES:
        assert case.requirements, case.name
        assert set(case.requirements) <= requirement_ids(), case.name


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_time_case(case: Case) -> None:
    result = rehearse(case, STAGE)
    assert result.passed, "\n" + render_results([result], color=False)
