"""Every diagnostic has a bad project that shows it: tests/manifests/invalid/CODE/CASE, the exact diagnostics beside it.

`expected.yaml` says `command` (validate unless only a plan can know), `exit` (3 unless said otherwise), `now`, and the
`diagnostics`, where `at` is file:line:column. A `before/` folder is applied first. Where `help` is left out, any will
do, but there must be one. tests/manifests/valid holds what must be accepted, with the documents that are read.
"""

import json
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from reconciler.model.canonical import encode
from reconciler.model.codes import SUMMARIES
from tests.world import World

INVALID = Path(__file__).parent.parent / "manifests" / "invalid"
VALID = sorted(file.parent for file in (INVALID.parent / "valid").glob("*/expected.yaml"))
CASES = sorted(file.parent for file in INVALID.glob("*/*/expected.yaml"))


def name_of(case: Path) -> str:
    return f"{case.parent.name}/{case.name}"


def load(case: Path) -> dict[str, Any]:
    expected: dict[str, Any] = yaml.load((case / "expected.yaml").read_text(encoding="utf-8"), yaml.CSafeLoader)
    return expected


def grow(file: Path, to: int) -> None:
    """Comment lines until the file has so many bytes."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as out:
        missing = to - out.tell()
        out.write((b"# row, row, row your boat\n" * (missing // 26 + 1))[: missing - 1] + b"\n")


def lay_out(case: Path, expected: Mapping[str, Any], world: World) -> None:
    """The bad project in `world`, after what stood there before was applied."""
    if expected.get("now"):
        world.clock.set(str(expected["now"]))
    if (case / "before").is_dir():
        shutil.copytree(case / "before", world.root, symlinks=True, dirs_exist_ok=True)
        assert world.cli("apply", "--yes").code == 0
        shutil.rmtree(world.manifests)
    ignore = shutil.ignore_patterns("expected.yaml", "before")
    shutil.copytree(case, world.root, symlinks=True, dirs_exist_ok=True, ignore=ignore)
    for step in expected.get("setup", ()):
        grow(world.root / step["grow"], step["to"])


def run(case: Path, world: World, *options: str) -> tuple[int, str, str]:
    return world.cli(*load(case).get("command", ["validate"]), *options)


def shown(found: Mapping[str, Any], root: Path) -> dict[str, Any]:
    """A diagnostic of the plan JSON as `expected.yaml` writes it."""
    at = found.get("file", "") + (f":{found['line']}:{found['column']}" if "line" in found else "")
    detail = str(found.get("detail", "")).replace(str(root), "ROOT")
    return {"code": found["code"], "at": at, "detail": detail} | {name: found.get(name, "") for name in ("help", "ref")}


def expectation(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """What is wanted, with the parts that the case leaves open taken from what was found."""
    filled = {"ref": found.get("ref", ""), "help": found.get("help") or "a way out", "detail": "", **wanted}
    if "detail_starts" in filled:
        start = filled.pop("detail_starts")
        filled["detail"] = found["detail"] if str(found["detail"]).startswith(start) else start + "…"
    elif "detail" not in wanted:
        filled["detail"] = found.get("detail") or "words"
    return filled


def in_order(found: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    return sorted(found, key=lambda one: (one["code"], one["at"]))


def test_every_code_has_a_bad_example() -> None:
    shown_somewhere = {one["code"] for case in CASES for one in load(case)["diagnostics"]}
    assert shown_somewhere == set(SUMMARIES)


def test_every_folder_is_named_after_the_code_that_it_shows() -> None:
    for case in CASES:
        assert case.parent.name in {one["code"] for one in load(case)["diagnostics"]}, name_of(case)


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_exact_diagnostics(case: Path, world: World) -> None:
    expected = load(case)
    lay_out(case, expected, world)
    code, out, err = run(case, world, "--format", "json")
    found = in_order(shown(one, world.root) for one in json.loads(out)["diagnostics"])
    wanted = in_order(expected["diagnostics"])
    filled = [expectation(one, other) for one, other in zip(wanted, found, strict=False)] + wanted[len(found) :]
    assert (code, found) == (expected.get("exit", 3), filled), err


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_second_run_says_the_same(case: Path, world: World) -> None:
    lay_out(case, load(case), world)
    first = run(case, world, "--format", "json")
    second = run(case, world, "--format", "json")
    assert (second[0], json.loads(second[1])["diagnostics"]) == (first[0], json.loads(first[1])["diagnostics"])


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_the_text_shows_the_line_and_a_caret_under_the_column(case: Path, world: World) -> None:
    lay_out(case, load(case), world)
    found = json.loads(run(case, world, "--format", "json")[1])["diagnostics"]
    text = run(case, world)[2]
    placed = [one for one in found if "line" in one and one["code"] != "literal-secret"]  # whose line is not shown
    for one in placed:
        lines = (world.root / one["file"]).read_bytes().decode("utf-8", "replace").removeprefix("\ufeff").splitlines()
        place = f"{one['file']}:{one['line']}:{one['column']}"
        assert place in text
        _, excerpt, caret = text[text.index(place) :].split("\n")[:3]
        line = lines[one["line"] - 1]
        wanted = line[one["column"] - 1 : one["column"]]
        pointed = excerpt[caret.index("^") :][:1]
        assert pointed in (wanted, "·"), (place, excerpt, caret)
    assert all(one["summary"] in text for one in found)


@pytest.mark.parametrize("case", VALID, ids=lambda case: case.name)
def test_what_must_be_accepted(case: Path, world: World) -> None:
    expected = load(case)
    world.manifests.rmdir()
    lay_out(case, expected, world)
    code, out, err = world.cli("validate", "--format", "json")
    assert (code, json.loads(out or "{}").get("diagnostics"), err) == (0, [], "")
    with world.opened() as reconciler:
        library = reconciler.gatherer.library
        found = {str(ref): document for ref, document in library.documents(library.catalog.manifests).items()}
    assert encode(found) == encode(expected["documents"])
    assert world.cli("plan").code == 0
