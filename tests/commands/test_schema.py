"""The schemas in schemas/ are those of the code, are valid, and judge manifests and plans as the engine does."""

import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from reconciler.model.actor import Actor
from reconciler.model.change import Change
from reconciler.model.codes import diagnose
from reconciler.model.comparison import Comparison
from reconciler.model.diagnostic import Place
from reconciler.model.hold import Hold
from reconciler.model.outcome import Outcome
from reconciler.model.plan import (
    Alternative,
    Blocked,
    Code,
    GuardVerdict,
    Held,
    Op,
    Plan,
    Reason,
    Refusal,
    ResourcePlan,
    Step,
    Strayed,
    Verb,
    Verdict,
    Waiting,
)
from reconciler.model.record import replace
from reconciler.model.ref import Ref
from reconciler.model.risk import Risk
from reconciler.model.timeline import DEFAULT_HORIZON, Against, Foresight, Occurrence, Source
from reconciler.plan.codec import comparison_to_json, invalid_to_json, plan_to_json
from reconciler.source.definitions import BUILT_IN, load_kinds
from reconciler.source.project import read_project
from reconciler.source.strict_yaml import read_documents
from reconciler.views.outcome import outcome_to_json
from reconciler.views.schemas import as_text, project_schemas
from tests.world import World

ROOT = Path(__file__).parent.parent.parent
PUBLISHED = ROOT / "schemas"
PROJECT, _ = read_project(ROOT)
KINDS, _ = load_kinds(PROJECT.kinds, ROOT)
SCHEMAS = project_schemas(KINDS)
FILES = sorted((ROOT / "campaigns.d").rglob("*.yaml"))


def manifests() -> Iterator[tuple[str, Any]]:
    for file in FILES:
        for number, document in enumerate(read_documents(file.read_bytes())):
            if document.value is not None:
                yield f"{file.relative_to(ROOT)}#{number}", document.value


MANIFESTS = dict(manifests())


def schema(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((PUBLISHED / f"{name}.schema.json").read_text("utf-8"))
    return found


def complaints(name: str, value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema(name)).iter_errors(value)]


def test_the_published_schemas_are_those_of_the_code() -> None:
    """After a change of a kind: `muster schema --write schemas`."""
    assert {path.name for path in PUBLISHED.iterdir()} == {f"{name}.schema.json" for name in SCHEMAS}
    for name, wanted in SCHEMAS.items():
        assert (PUBLISHED / f"{name}.schema.json").read_text("utf-8") == as_text(wanted), name


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_valid_and_leads_nowhere_else(name: str) -> None:
    published = schema(name)
    assert published["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    Draft202012Validator.check_schema(published)
    for target in references(published):
        place: Any = published
        for step in target.removeprefix("#/").split("/"):
            place = place[step]


def references(part: Any) -> Iterator[str]:
    for inner in part.values() if isinstance(part, dict) else part if isinstance(part, list) else ():
        yield from references(inner)
    if isinstance(part, dict) and isinstance(part.get("$ref"), str):
        assert part["$ref"].startswith("#/"), part["$ref"]
        yield part["$ref"]


def test_there_are_real_manifests_of_all_campaign_kinds() -> None:
    named = {manifest["kind"] for manifest in MANIFESTS.values()}
    assert len(MANIFESTS) >= 30
    assert {kind for kind in KINDS.table if KINDS.table[kind].lifecycle.role == "campaign"} - KINDS.own <= named


@pytest.mark.parametrize("place", MANIFESTS)
def test_every_real_manifest_is_accepted(place: str) -> None:
    manifest = MANIFESTS[place]
    assert not complaints("manifest", manifest)
    assert not complaints(manifest["kind"], manifest)


@pytest.mark.parametrize("place", MANIFESTS)
def test_the_schema_of_any_manifest_judges_as_that_of_its_kind(place: str) -> None:
    for spoilt in spoilings(MANIFESTS[place]):
        assert complaints("manifest", spoilt), spoilt
        assert complaints(spoilt["kind"], spoilt), spoilt


def spoilings(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield {**manifest, "extra": 1}
    yield {**manifest, "state": "nowhere"}
    yield {**manifest, "apiVersion": "muster/v0"}
    yield {**manifest, "metadata": {**manifest["metadata"], "name": "Not A Label"}}
    yield {**manifest, "spec": {**manifest.get("spec", {}), "noSuchKey": True}}


def test_an_unknown_kind_is_refused_with_the_known_ones() -> None:
    found = complaints("manifest", {"apiVersion": "muster/v1", "kind": "LeadCampain", "metadata": {"name": "x"}})
    assert len(found) == 1
    assert "LeadCampain" in found[0] and "LeadCampaign" in found[0]


def test_a_wrong_manifest_gets_the_complaints_of_its_own_kind_alone() -> None:
    found = complaints(
        "manifest", {"apiVersion": "muster/v1", "kind": "EmailCampaign", "metadata": {"name": "x"}, "state": "live"}
    )
    assert any("'live' is not one of" in one and "scheduled" in one for one in found)
    assert not any("not_launched" in one for one in found)


@pytest.mark.parametrize("law", sorted(BUILT_IN.rglob("kind.yaml")), ids=lambda path: path.parent.name)
def test_every_built_in_definition_is_accepted(law: Path) -> None:
    (document,) = read_documents(law.read_bytes())
    assert not complaints("kind", document.value)
    assert complaints("kind", {**document.value, "extra": 1})


def test_project_settings() -> None:
    assert not complaints(
        "muster",
        {"manifests": ["campaigns.d"], "timezone": "Europe/Amsterdam", "thresholds": {"maxChangesPercent": 10}},
    )
    assert complaints("muster", {"manifest": ["campaigns.d"]})


# Plans.

PLACE = Place("campaigns.d/a.yaml", 3, 5)
SPRING, OLD = Ref("EmailCampaign", "spring", 2), Ref("EmailCampaign", "old")
REFUSAL = Refusal(Code.FROZEN, "fields are fixed", ("L-25",), "/spec/fields/phone", PLACE, (OLD,))
DENIED = Refusal(
    Code.POLICY, "freeze f: no", policy="f", source=Place("muster.yaml", 2, 3), until=datetime(2027, 1, 5, tzinfo=UTC)
)
WAYS = ("state", "duplicate", "new-version", "acknowledge", "time", "release")
GUARDS = tuple(GuardVerdict(f"guard-{verdict}", verdict, "say so", ("E-42",)) for verdict in Verdict)
CHANGES = (
    Change("/spec/a", 1, None),
    Change("/spec/b", before=1),
    Change("/spec/c", after={}, layer=Place("environments/a.yaml", 3, 5)),
)
RISKS = (Risk("start", "three are lost", ("X-10",), (("lost", 3),)), Risk("start", "and more"))
MISSED = Step(Op.MISS, "missed", "live", "paused", due="2027-01-03T09:00:00Z")
HOLD = Hold("the offer is wrong", "dana", "2027-01-03T09:00:00Z", "2027-01-05T09:00:00Z")
STEPS = (
    Step(Op.MOVE),
    Step(Op.CREATE, "create", "", "draft"),
    Step(Op.EDIT, "edit", "draft", "draft", CHANGES),
    Step(
        Op.TRANSITION,
        "launch",
        "draft",
        "live",
        (),
        ("start",),
        GUARDS,
        danger="people see it",
        confirm=True,
        risks=RISKS,
    ),
    Step(
        Op.TRANSITION,
        "pause",
        "live",
        "paused",
        guards=(GuardVerdict("bare", Verdict.TRUE, found="two of two"),),
        checklist=True,
    ),
    Step(Op.FLAG, "archive", "live", "live", flags=("archived",)),
    Step(Op.FLAG, "unarchive", "live", "live"),
    Step(Op.FORGET),
    MISSED,
    Step(Op.HOLD, "hold", "live", "live", holds=(HOLD, replace(HOLD, paths=("/state",)))),
    Step(Op.RELEASE, "release", "live", "live", holds=()),
    Step(
        Op.TRANSITION, "expire", "ended", "stopped", by=Actor.TIMER, due="2027-01-04T08:00:00Z", reason="MissedSchedule"
    ),
)
NOON = datetime(2027, 1, 5, 12, tzinfo=UTC)
TIMELINE = (
    *(
        Occurrence(
            NOON, SPRING, "unschedule,edit", "draft", "live", source, verdict, 0, "it hangs together", ("E-12",),
            denied=verdict is Foresight.ILLEGAL, effects=("start",), place=PLACE, against=(Against(OLD, 1, PLACE), Against(OLD)),
            risks=RISKS,
        )
        for verdict in Foresight
        for source in Source
    ),
    Occurrence(NOON, OLD, "", "", "draft", Source.SCHEDULE, Foresight.SHADOWED),
)  # fmt: skip
FULL = Plan(
    made_at=datetime(2027, 1, 4, 9, tzinfo=UTC),
    serial=812,
    commit="4f2a",
    unchanged=40,
    digest="sha256:" + "0" * 64,
    resources=tuple(
        ResourcePlan(SPRING, verb, reason, "", "live", PLACE, STEPS, "sha256:1", 3, OLD)
        for verb in Verb
        for reason in Reason
    ),
    blocked=(
        Blocked(
            SPRING,
            "",
            "published",
            (REFUSAL, DENIED, *(Refusal(code, "no") for code in Code)),
            tuple(Alternative(kind, "do this", "muster x", "draft") for kind in WAYS),
            (MISSED,),
            (GuardVerdict("open", Verdict.FALSE, "do that first", ("I-14",)),),
        ),
    ),
    waiting=(Waiting(SPRING, "scheduled", "running", "start", "its time has not come"),),
    unmanaged=((Ref("Segment", "s"), "present"),),
    diagnostics=(
        diagnose("unknown-key", "no such key", PLACE, help="did you mean x?", ref="Segment/s@1"),
        diagnose("empty-file", ""),
    ),
    due=(ResourcePlan(OLD, Verb.TRANSITION, Reason.TIMER, "ended", "stopped", PLACE, STEPS[-1:], "sha256:1", 3),),
    timeline=TIMELINE,
    horizon=DEFAULT_HORIZON,
    stands_until=NOON,
    holds=(
        Held(
            SPRING,
            "live",
            HOLD,
            ResourcePlan(SPRING, Verb.UPDATE, Reason.SPEC, "live", "live", PLACE, STEPS, "sha256:1"),
        ),
        Held(OLD, "paused", replace(HOLD, paths=("/state", "/spec/a")), refusals=(REFUSAL,)),
    ),
    drift=(Strayed(SPRING, CHANGES, PLACE, "the project only warns of drift"),),
)


APPLIED = outcome_to_json(
    Outcome(7, [SPRING], {OLD: GUARDS}, {OLD: GUARDS}, [OLD], {OLD: "the relay refuses us"}, [SPRING])
)


COMPARED = comparison_to_json(
    Comparison("origin/main", "a1" * 20, FULL, FULL, (OLD,), "the base cannot be planned, so everything counts")
)


def test_the_fullest_plan_is_as_published() -> None:
    assert not complaints("plan", plan_to_json(FULL))
    assert not complaints("plan", COMPARED)
    for name in ("ref", "commit", "owed", "mended"):
        lacking = {other: value for other, value in COMPARED["compared"].items() if other != name}
        assert complaints("plan", {**COMPARED, "compared": lacking}), name
    assert not complaints("plan", {**plan_to_json(FULL), "applied": APPLIED})
    assert complaints("plan", {**invalid_to_json(FULL.diagnostics), "applied": APPLIED}), "nothing is applied then"
    for name in APPLIED:
        lacking = {other: value for other, value in APPLIED.items() if other != name}
        assert complaints("plan", {**plan_to_json(FULL), "applied": lacking}), name


def test_an_empty_plan_and_an_invalid_one_are_as_published() -> None:
    empty = Plan(datetime(2027, 1, 4, tzinfo=UTC), 0, "", (), (), (), (), 0, (), "sha256:" + "0" * 64)
    assert not complaints("plan", plan_to_json(empty))
    assert not complaints("plan", invalid_to_json((diagnose("unknown-key", "x", PLACE),)))


def test_the_schema_knows_no_key_that_plans_never_have() -> None:
    """Every property of every object of the schema appears in the fullest plan, and every value of every closed set."""
    published, text = schema("plan"), json.dumps({**COMPARED, "applied": APPLIED})
    for name in (
        *published["properties"],
        *(key for one in published["$defs"].values() for key in one.get("properties", ())),
    ):
        assert f'"{name}":' in text, name
    for value in closed_sets(published):
        assert json.dumps(value) in text, value


def closed_sets(part: Any) -> Iterator[Any]:
    if isinstance(part, dict):
        yield from part.get("enum", ()) if isinstance(part.get("enum"), list) else ()
        for inner in part.values():
            yield from closed_sets(inner)


def objects(part: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(part, dict) and path[-1:] not in (("before",), ("after",), ("facts",)):
        yield path
        for key, inner in part.items():
            yield from objects(inner, (*path, key))
    if isinstance(part, list):
        for index, inner in enumerate(part[:1]):
            yield from objects(inner, (*path, index))


def test_no_object_of_a_plan_takes_an_unknown_key_and_none_lacks_its_required_ones() -> None:
    plan = plan_to_json(FULL)
    for path in objects(plan):
        spoilt = copy.deepcopy(plan)
        place: Any = spoilt
        for step in path:
            place = place[step]
        place["surprise"] = 1
        assert complaints("plan", spoilt), path
    for key in plan:
        assert complaints("plan", {name: value for name, value in plan.items() if name != key}), key


def test_a_real_plan_and_a_real_refusal_are_as_published(world: World) -> None:
    world.write("a.yaml", "apiVersion: muster/v1\nkind: EmailCampaign\nmetadata: {name: a}\nstate: running\nspec: {}\n")
    answer = world.cli("plan", "--format", "json")
    plan = json.loads(answer.out)
    assert (plan["resources"] or plan["blocked"]) and not complaints("plan", plan)
    applied = json.loads(world.cli("apply", "--yes", "--format", "json").out)
    assert "applied" in applied and not complaints("plan", applied)
    world.write("a.yaml", "apiVersion: muster/v1\nkind: EmailCampaign\nmetadata: {name: a}\nstat: running\n")
    invalid = json.loads(world.cli("plan", "--format", "json").out)
    assert invalid["diagnostics"] and not complaints("plan", invalid)


# The command.


def test_schema_prints_what_is_published(world: World) -> None:
    for name in ("LeadCampaign", "manifest", "plan"):
        if not KINDS.own:
            assert world.cli("schema", name).out == (PUBLISHED / f"{name}.schema.json").read_text("utf-8")
    listed = [line.split()[0] for line in world.cli("schema").out.splitlines()]
    assert set(listed) == set(SCHEMAS) - KINDS.own
    unknown = world.cli("schema", "EmailCampagne")
    assert unknown.code == 64 and "did you mean 'EmailCampaign'?" in unknown.err


def test_check_finds_what_is_missing_different_and_left_over(world: World, tmp_path: Path) -> None:
    here = tmp_path / "schemas"
    assert world.cli("schema", "--write", str(here), "--check").code == 1
    assert not here.exists()
    assert world.cli("schema", "--write", str(here)).code == 0
    assert world.cli("schema", "--write", str(here), "--check") == (0, "", "")
    (here / "plan.schema.json").unlink()
    (here / "kind.schema.json").write_bytes(b"\xff")
    (here / "Gone.schema.json").write_text((here / "Segment.schema.json").read_text("utf-8"), encoding="utf-8")
    (here / "own.schema.json").write_text("{}", encoding="utf-8")
    answer = world.cli("schema", "--write", str(here), "--check")
    assert answer.code == 1
    assert [line.split(": ")[0] + " " + Path(line.split(": ")[1]).name for line in answer.out.splitlines()] == [
        "differs kind.schema.json",
        "missing plan.schema.json",
        "left over Gone.schema.json",
    ]
    assert world.cli("schema", "--write", str(here)).code == 0
    assert sorted(path.name for path in here.glob("[Go]*")) == ["own.schema.json"]
    assert world.cli("schema", "--check").code == 64
