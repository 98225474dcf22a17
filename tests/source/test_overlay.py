"""Environments: RFC 7396 to the letter, each value with the line it comes from, and nothing shared between two of them."""

import json
from typing import Any

import pytest

from reconciler.source.overlay import merged
from tests.world import World

# The table of RFC 7396, appendix A, without the rows whose patch is no object: what is laid over a manifest always is.
RFC = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]

CAMPAIGN = """\
    apiVersion: muster/v1
    kind: ReferralCampaign
    metadata: {name: summer, labels: {team: growth}}
    state: not_launched
    schedule:
      timezone: Europe/Berlin
      entries:
        - {at: 2027-03-01T09:00, state: live}
    spec:
      title: Summer
      program: friends
      journey: [signup, purchase]
"""
PROGRAM = """\
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {name: friends}
    spec: {timezone: Europe/Berlin}
"""
PRODUCTION = """\
    apiVersion: muster/v1
    kind: Environment
    patches:
      - match: {labels: {team: growth}}
        patch:
          spec: {title: All of growth, journey: null}
      - ref: ReferralCampaign/summer
        patch:
          state: live
          schedule: null
          spec:
            title: Summer in production
"""


@pytest.fixture
def two(world: World) -> World:
    world.write("a.yaml", CAMPAIGN)
    world.write("b.yaml", PROGRAM)
    world.write("../environments/production.yaml", PRODUCTION)
    world.write("../environments/staging.yaml", "apiVersion: muster/v1\nkind: Environment\n")
    return world


def said(world: World, *arguments: str) -> Any:
    answer = world.cli(*arguments, "--format", "json")
    assert answer.out, answer.err
    return json.loads(answer.out)


def changes(plan: Any, ref: str) -> dict[str, str]:
    """By path: the place that the plan names, or nothing."""
    steps = next(one["steps"] for one in plan["resources"] if one["ref"] == ref)
    found = [change for step in steps for change in step["changes"]]
    return {one["path"]: f"{one['file']}:{one['line']}:{one['column']}" if "file" in one else "" for one in found}


@pytest.mark.parametrize(("target", "patch", "result"), RFC, ids=[json.dumps(row[1]) for row in RFC])
def test_the_table_of_the_rfc(target: Any, patch: Any, result: Any) -> None:
    before = json.dumps([target, patch])
    assert merged(target, patch) == result
    assert json.dumps([target, patch]) == before, "neither is changed"


def test_a_plan_names_the_line_of_each_value_that_the_environment_says(two: World) -> None:
    plan = said(two, "--env", "production", "plan")
    assert changes(plan, "ReferralCampaign/summer@1") == {
        "/metadata": "",
        "/spec": "",
        "/spec/title": "environments/production.yaml:12:16",
    }
    [summer] = [one for one in plan["resources"] if one["ref"] == "ReferralCampaign/summer@1"]
    assert (summer["to"], summer["file"], summer["line"]) == ("live", "environments/production.yaml", 9)
    text = two.cli("--env", "production", "plan").out
    assert '/spec/title  + "Summer in production"  from environments/production.yaml:12:16' in text


def test_an_edit_names_the_layer_of_what_it_changes_and_of_what_it_deletes(two: World) -> None:
    assert two.cli("apply", "--yes").code == 0
    two.write(
        "../environments/production.yaml", PRODUCTION.replace("schedule: null", "metadata: {labels: {team: sales}}")
    )
    # The base's own store, looked at as production: so everything that production says is a change.
    plan = said(two, "--store", "sqlite:.muster/state.db", "--env", "production", "plan")
    assert changes(plan, "ReferralCampaign/summer@1") == {
        "/metadata/labels/team": "environments/production.yaml:10:33",
        "/spec/journey": "environments/production.yaml:6:45",
        "/spec/title": "environments/production.yaml:12:16",
    }
    [found] = said(two, "--store", "sqlite:.muster/state.db", "--env", "production", "diff")
    assert {one["path"]: one.get("line") for one in found["changes"]} == {
        "/state": 9, "/metadata/labels/team": 10, "/spec/journey": 6, "/spec/title": 12,
    }  # fmt: skip


def test_a_refusal_and_what_is_ahead_point_into_the_environment(two: World) -> None:
    entries = "schedule: {timezone: Europe/Berlin, entries: [{at: 2027-02-02T10:00, state: live}]}"
    two.write(
        "../environments/production.yaml",
        PRODUCTION.replace("schedule: null", entries).replace("state: live\n", "state: not_launched\n"),
    )
    plan = said(two, "--env", "production", "plan")
    assert [(one["file"], one["line"]) for one in plan["timeline"]] == [("environments/production.yaml", 10)]
    two.write("../muster.yaml", "freeze: [{id: f, deny: {from: 2027-02-02T00:00, to: 2027-02-03T00:00}}]")
    plan = said(two, "--env", "production", "plan")
    [refusal] = [one for block in plan["blocked"] for one in block["refusals"]]
    assert (refusal["code"], refusal["file"], refusal["line"]) == ("denied-later", "environments/production.yaml", 10)


def test_what_is_stored_names_the_manifest_and_not_the_environment(two: World) -> None:
    assert two.cli("--env", "production", "apply", "--yes").code == 0
    found = said(two, "--env", "production", "get")
    assert {one["ref"]: one["file"] for one in found} == {
        "ReferralCampaign/summer@1": "campaigns.d/a.yaml", "ReferralProgram/friends@1": "campaigns.d/b.yaml",
    }  # fmt: skip


def test_environments_share_neither_store_nor_cache_nor_what_was_remembered(two: World) -> None:
    assert two.cli("--env", "production", "apply", "--yes").code == 0
    assert two.cli("--env", "staging", "apply", "--yes").code == 0
    states = {}
    for name in ("production", "staging"):
        for _ in range(3):  # read, remembered, recalled
            states[name] = two.cli("--env", name, "plan", "--detailed-exitcode").code
        assert (two.root / ".muster" / "environments" / name / "state.db").is_file()
    assert states == {"production": 0, "staging": 0}
    assert two.cli("plan", "--detailed-exitcode").code == 2, "without an environment nothing was applied"
    assert said(two, "--env", "production", "get", "ReferralCampaign")[0]["state"] == "live"
    assert said(two, "--env", "staging", "get", "ReferralCampaign")[0]["state"] == "not_launched"


def test_a_change_of_the_environment_alone_is_seen_at_once(two: World) -> None:
    assert two.cli("--env", "production", "apply", "--yes").code == 0
    assert [two.cli("--env", "production", "plan", "--detailed-exitcode").code for _ in range(2)] == [0, 0]
    two.write(
        "../environments/production.yaml",
        PRODUCTION.replace("All of growth", "All of us").replace("in production", "at last"),
    )
    plan = said(two, "--env", "production", "plan")
    assert changes(plan, "ReferralCampaign/summer@1") == {"/spec/title": "environments/production.yaml:12:16"}


def test_lists_are_replaced_whole_and_defaults_come_after(two: World) -> None:
    two.write("../environments/production.yaml", PRODUCTION.replace("journey: null", "journey: [visit]"))
    plan = said(two, "--env", "production", "plan")
    spec = next(
        change["after"]
        for one in plan["resources"] if one["ref"] == "ReferralCampaign/summer@1"
        for change in one["steps"][0]["changes"] if change["path"] == "/spec"
    )  # fmt: skip
    assert spec["journey"] == ["visit"]


def test_a_part_of_the_catalog_is_no_reason_to_warn_of_patches(two: World) -> None:
    assert said(two, "--env", "production", "validate", "campaigns.d/b.yaml")["diagnostics"] == []


@pytest.mark.parametrize("name", ["../staging", "Staging", "", "stagin", "-x"])
def test_only_names_of_environments_are_taken(two: World, name: str) -> None:
    answer = two.cli(f"--env={name}", "validate")
    assert answer.code == (64 if name else 0)
    assert "environment" in answer.err or not name


def test_an_environment_adds_policies(two: World) -> None:
    two.write("../muster.yaml", "policies: [{id: one, message: first, rule: 'true'}]")
    two.write(
        "../environments/staging.yaml",
        "apiVersion: muster/v1\nkind: Environment\npolicies: [{id: two, message: second, rule: 'false'}]\n",
    )
    plan = said(two, "--env", "staging", "plan")
    assert {(one["policy"], one["source"]["file"]) for b in plan["blocked"] for one in b["refusals"]} == {
        ("two", "environments/staging.yaml")
    }
    assert not said(two, "plan")["blocked"]


def test_a_hostile_environment_is_refused_like_a_hostile_manifest(two: World) -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
        f"{new}: &{new} [*{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}, *{old}]\n"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    )
    two.write("../environments/staging.yaml", bomb)
    assert two.cli("--env", "staging", "validate").code == 3
    (two.root / "environments" / "staging.yaml").unlink()
    (two.root / "environments" / "staging.yaml").symlink_to("/dev/zero")
    assert two.cli("--env", "staging", "validate").code == 3
