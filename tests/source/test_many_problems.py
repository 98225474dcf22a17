"""A file may have a million problems: the first hundred are shown, in no time, and the rest are counted."""

import time
from pathlib import Path

import pytest

from reconciler.model.diagnostic import Severity, has_errors
from reconciler.source.definitions import load_kinds
from reconciler.source.reader import ManifestReader
from reconciler.source.schema import MAX_PROBLEMS

READER = ManifestReader(load_kinds((), Path("/"))[0], "Europe/Amsterdam")
PROGRAM = "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: a}\nspec: {timezone: Europe/Amsterdam}\n"
CAMPAIGN = "apiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {name: a}\nstate: live\nspec: {program: p}\n"


def test_a_hundred_are_shown_and_the_rest_is_counted() -> None:
    text = PROGRAM + "".join(f"extra{number}: 1\n" for number in range(250))
    found = READER.read(text.encode(), "a.yaml").diagnostics
    assert [one.place.line for one in found] == list(range(5, 105))
    assert found[-1].help.endswith("… and 150 more problems in this file")
    assert "more problems" not in found[-2].help


def test_a_hundred_exactly_leave_no_rest() -> None:
    text = PROGRAM + "".join(f"extra{number}: 1\n" for number in range(MAX_PROBLEMS))
    found = READER.read(text.encode(), "a.yaml").diagnostics
    assert len(found) == MAX_PROBLEMS
    assert not any("more problems" in one.help for one in found)


def test_warnings_do_not_crowd_out_an_error() -> None:
    skipped = ", ".join(["{at: 2027-03-28T02:30, state: live}"] * 300)
    schedule = f"schedule: {{timezone: Europe/Amsterdam, entries: [{skipped}, {{at: never, state: live}}]}}\n"
    reading = READER.read((CAMPAIGN + schedule).encode(), "a.yaml")
    assert reading.manifests == []
    assert has_errors(reading.diagnostics)
    assert reading.diagnostics[0].severity is Severity.ERROR
    assert len(reading.diagnostics) == MAX_PROBLEMS


@pytest.mark.parametrize(
    "text",
    [
        PROGRAM + "".join(f"extra{number}: 1\n" for number in range(100_000)),
        "---\n".join(PROGRAM.replace("timezone", "timezon") for _ in range(2_000)),
        "---\n".join("x\n" for _ in range(20_000)),
    ],
    ids=["keys", "documents", "no manifests"],
)
def test_the_time_does_not_explode(text: str) -> None:
    """Not a measurement, an explosion detector: composing the file once for each problem took minutes."""
    start = time.process_time()
    assert len(READER.read(text.encode(), "a.yaml").diagnostics) == MAX_PROBLEMS
    assert time.process_time() - start < 20
