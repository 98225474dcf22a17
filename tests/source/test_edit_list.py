"""Lists of small mappings, item by item: what stays keeps its line and its comment."""

import pytest

from reconciler.source.edit_list import relisted
from reconciler.source.strict_yaml import read_documents

PATH = ("schedule", "entries")
TEXT = """\
state: draft
schedule:
  timezone: Europe/Berlin  # ours
  # when it begins
  entries:
    - {at: 2027-03-01T09:00, state: running}  # the first Monday
    # and then
    - {at: 2027-04-01T09:00, state: paused}   # Easter
spec: {title: x}
"""
FIRST, SECOND = {"at": "2027-03-01T09:00", "state": "running"}, {"at": "2027-04-01T09:00", "state": "paused"}
THIRD = {"at": "2027-05-01T09:00", "state": "running"}


def test_what_stays_is_not_touched() -> None:
    assert relisted(TEXT, PATH, [SECOND, FIRST]) == TEXT


def test_one_that_comes_takes_the_place_of_one_that_goes() -> None:
    assert relisted(TEXT, PATH, [THIRD, SECOND]) == TEXT.replace(
        "{at: 2027-03-01T09:00, state: running}", '{at: "2027-05-01T09:00", state: running}'
    )


def test_one_goes_with_its_line() -> None:
    assert relisted(TEXT, PATH, [SECOND]) == TEXT.replace(
        "    - {at: 2027-03-01T09:00, state: running}  # the first Monday\n", ""
    )


def test_one_more_stands_behind_them() -> None:
    assert '# Easter\n    - {at: "2027-05-01T09:00", state: running}\nspec' in relisted(
        TEXT, PATH, [FIRST, SECOND, THIRD]
    )


@pytest.mark.parametrize(
    "text",
    [
        "schedule:\n  entries: [{at: 2027-03-01T09:00, state: running}]\n",
        "state: draft\nschedule:\n  entries:\n  - at: 2027-03-01T09:00\n    state: running\nspec: {}\n",
        "schedule: {entries: [{at: 2027-03-01T09:00, state: running}]}\n",
        "schedule:\n  timezone: UTC\n",
        "state: draft\n",
    ],
)
@pytest.mark.parametrize("wanted", [[FIRST], [SECOND], [THIRD, FIRST], [THIRD, SECOND]])
def test_other_layouts_say_what_is_wanted_too(text: str, wanted: list[dict[str, str]]) -> None:
    said = read_documents(relisted(text, PATH, wanted).encode())[0].value["schedule"]["entries"]
    assert sorted(map(str, said)) == sorted(map(str, wanted))


def test_without_any_the_list_goes() -> None:
    assert "entries" not in read_documents(relisted(TEXT, PATH, []).encode())[0].value["schedule"]
