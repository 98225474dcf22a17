"""One business rule as a YAML case: how it is read, set up and asked. tests/cases/leads.yaml explains the words."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from shutil import rmtree
from typing import Any

import yaml

from reconciler.model.ref import Ref
from tests.world import World

CASES = Path(__file__).parent.parent / "cases"
Changes = dict[str, Any]
"""By file: a table of old text to new text, the whole new text, or `removed`."""


@dataclass(frozen=True, slots=True)
class Case:
    """`given` by ref: a state, `nothing`, or a mapping with state, satisfied, flags, since when, and until when held."""

    name: str
    campaign: str
    requirements: list[str]
    files: dict[str, str]
    given: dict[str, Any]
    desired: str
    before: Changes
    change: Changes
    expect: dict[str, Any]
    facts: dict[str, Any] | None
    now: datetime | None
    is_new: bool = field(default=False)

    @property
    def of(self) -> str:
        """The resource that the expectation is about."""
        return str(Ref.parse(self.expect.get("of", self.campaign)))


def read_cases() -> list[Case]:
    return [case for file in sorted(CASES.glob("*.yaml")) for case in _read(file)]


def _read(file: Path) -> list[Case]:
    data = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return [_case(file.stem, data, one) for one in data["cases"]]


def _case(stem: str, data: dict[str, Any], one: dict[str, Any]) -> Case:
    known = {"case", "requirements", "given", "desired", "before", "change", "expect", "facts", "now"}
    assert one.keys() <= known, f"{one['case']}: {one.keys() - known}"
    given = one["given"]
    return Case(
        name=f"{stem}: {one['case']}",
        campaign=data["campaign"],
        requirements=one["requirements"],
        files=data["files"],
        given=given if isinstance(given, dict) else {data["campaign"]: given},
        desired=one.get("desired", ""),
        before=one.get("before", {}),
        change=one.get("change", {}),
        expect=one["expect"],
        facts=one.get("facts", data.get("facts")),
        now=one.get("now"),
        is_new=given == "nothing",
    )


def set_up(case: Case, world: World) -> None:
    """The world as the case gives it: files, store, facts, time; nothing changed yet."""
    for name, text in case.files.items():
        world.write(name, text)
    alter(world, case.before)
    if case.facts is not None:
        world.runtime(Ref.parse(case.campaign).kind, case.facts)
    if not case.is_new:
        _store(case, world)
    if case.now:
        world.clock.moment = case.now.astimezone(UTC)


def _store(case: Case, world: World) -> None:
    given = {Ref.parse(ref): how for ref, how in case.given.items()}
    with world.opened() as reconciler:
        kinds, refs = reconciler.gatherer.kinds.table, sorted(reconciler.gatherer.library.catalog.manifests)
    for ref in refs:
        how = given.get(ref, kinds[ref.kind].lifecycle.initial)
        if isinstance(how, dict):
            since = how["since"].isoformat() if "since" in how else ""
            world.stored(str(ref), how["state"], how.get("satisfied", ()), how.get("flags", ()), entered=since)
            if "held" in how:
                world.hold(str(ref), how["held"].isoformat())
        elif how != "nothing":
            world.stored(str(ref), how)


def ask(case: Case, world: World) -> None:
    """What the team changes in the files."""
    alter(world, case.change)
    if case.desired:
        want(case, world, case.desired)


def want(case: Case, world: World, state: str, ref: str = "") -> None:
    """Ask for `state` in the file of `ref` (default: the campaign)."""
    file = file_of(world, ref or case.campaign)
    lines = file.read_text(encoding="utf-8").split("\n")
    number = next((i for i, line in enumerate(lines) if line.startswith("state:")), None)
    if number is None:
        number = next(i for i, line in enumerate(lines) if line.startswith("spec:"))
        lines.insert(number, "")
    lines[number] = f"state: {state}"
    file.write_text("\n".join(lines), encoding="utf-8")


def file_of(world: World, ref: str) -> Path:
    """The first file whose first document is `ref`."""
    wanted = Ref.parse(ref)
    for file in sorted(world.manifests.rglob("*.yaml")):
        for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader=yaml.CBaseLoader):
            meta = document["metadata"]
            if Ref(document["kind"], meta["name"], int(meta.get("version", 1))) == wanted:
                return file
    raise AssertionError(f"no file holds {ref}")


def alter(world: World, changes: Changes) -> None:
    """Edit, write or remove files. An edit whose old text does not stand there once is a mistake of the case."""
    for name, change in changes.items():
        path = world.manifests / name
        if change == "removed":
            rmtree(path) if path.is_dir() else path.unlink()
        elif isinstance(change, str):
            world.write(name, change)
        else:
            text = path.read_text(encoding="utf-8")
            for old, new in change.items():
                text = _replaced(text, old, new)
            path.write_text(text, encoding="utf-8")


def _replaced(text: str, old: str, new: str) -> str:
    if old.endswith("*"):
        return text[: text.index(old[:-1])] + new
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in\n{text}"
    return text.replace(old, new)
