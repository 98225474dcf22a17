"""`muster blame` and `muster history`: who made each field what it is."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.repository import Git, begun
from tests.world import World


def lead(*fields: str, title: str = "Solar", state: str = "draft") -> str:
    listed = "".join(f"    - {{name: {name}, type: string}}\n" for name in fields)
    head = f"apiVersion: muster/v1\nkind: LeadCampaign\nmetadata: {{name: solar}}\nstate: {state}\n"
    return head + f"spec:\n  title: {title}\n" + (f"  fields:\n{listed}" if listed else "")


def blame(world: World, *arguments: str) -> dict[str, dict[str, Any]]:
    """What is said of each field."""
    code, out, err = world.cli("blame", *arguments, "--format", "json")
    assert code == 0, err
    return {one["path"]: one for one in json.loads(out)["fields"]}


@pytest.fixture
def git(world: World) -> Git:
    world.write("../.gitignore", ".muster/\n")
    return begun(world.root)


def told(world: World, git: Git) -> tuple[str, str]:
    """A campaign that Ann made and Bob changed, applied after each."""
    world.write("solar.yaml", lead("phone", "email"))
    first = git.commit("Add", author="Ann")
    world.apply()
    world.clock.advance(days=1)
    world.write("solar.yaml", "# moved up\n" + lead("name", "phone", "email", title="Sun", state="test"))
    second = git.commit("Change", author="Bob")
    world.apply()
    return first, second


def test_each_field_has_its_own_commit(world: World, git: Git) -> None:
    first, second = told(world, git)
    found = blame(world, "LeadCampaign/solar")
    assert {path: one["commit"] for path, one in found.items() if not path.endswith("/type")} == {
        "/metadata/name": first,
        "/state": second,
        "/spec/fields/email/name": first,
        "/spec/fields/name/name": second,
        "/spec/fields/phone/name": first,
        "/spec/title": second,
    }
    title = found["/spec/title"]
    assert title["value"] == "Sun"
    assert (title["author"], title["actor"]) == ("Bob <bob@example.com>", "user:tester")
    assert title["at"].startswith("2027-01-05")
    assert title["cause"] == "manifest:campaigns.d/solar.yaml:5:8"
    assert title["plan"].startswith("sha256:")
    assert title["event"] == "edit"
    assert found["/state"]["event"] == "promote"


@pytest.mark.parametrize("field", ["/spec/fields/phone", "spec.fields.phone", "/spec/fields/phone/name"])
def test_a_field_and_what_lies_in_it(world: World, git: Git, field: str) -> None:
    told(world, git)
    found = blame(world, "LeadCampaign/solar", "--field", field)
    assert {"/spec/fields/phone/name"} <= {*found} <= {"/spec/fields/phone/name", "/spec/fields/phone/type"}


def test_a_field_that_does_not_exist(world: World, git: Git) -> None:
    told(world, git)
    code, _, err = world.cli("blame", "LeadCampaign/solar", "--field", "spec.titel")
    assert code == 64
    assert "has no field spec.titel" in err
    assert "spec.title" in err.split("did you mean")[1]
    assert world.cli("blame", "LeadCampaign/solar", "--field", "/spec/tit").code == 64


def test_a_field_that_was_taken_away(world: World, git: Git) -> None:
    told(world, git)
    world.write("solar.yaml", lead("name", "email", title="Sun", state="test"))
    third = git.commit("Without a phone", author="Cleo")
    world.apply()
    assert "/spec/fields/phone/name" not in blame(world, "LeadCampaign/solar")
    gone = blame(world, "LeadCampaign/solar", "--field", "/spec/fields/phone")["/spec/fields/phone/name"]
    assert gone["removed"] is True
    assert gone["commit"] == third
    assert "(taken away)" in world.cli("blame", "LeadCampaign/solar", "--field", "/spec/fields/phone").out


def test_as_it_was(world: World, git: Git) -> None:
    first, _ = told(world, git)
    found = blame(world, "LeadCampaign/solar", "--at", "2027-01-04T12:00:00Z")
    assert {one["commit"] for one in found.values()} == {first}
    assert found["/spec/title"]["value"] == "Solar"
    assert world.cli("blame", "LeadCampaign/solar", "--at", "2026-01-01T00:00:00Z").code == 64


def test_after_a_rename_and_under_the_former_name(world: World, git: Git) -> None:
    first, _ = told(world, git)
    moved = lead("name", "phone", "email", title="Sun", state="test").replace(
        "name: solar", "name: sun, movedFrom: solar"
    )
    world.write("solar.yaml", moved)
    third = git.commit("Rename", author="Cleo")
    world.apply()
    for ref in ("LeadCampaign/sun", "LeadCampaign/solar"):
        found = blame(world, ref)
        assert found["/metadata/name"]["commit"] == third
        assert found["/spec/fields/email/name"]["commit"] == first


def test_of_what_was_forgotten(world: World, git: Git) -> None:
    _, second = told(world, git)
    world.write("solar.yaml", lead("name", "phone", "email", title="Sun", state="deleted"))
    git.commit("Delete")
    world.apply()
    (world.manifests / "solar.yaml").unlink()
    world.write("other.yaml", lead().replace("solar", "other"))
    assert world.cli("forget", "LeadCampaign/solar", "--yes").code == 0
    assert blame(world, "LeadCampaign/solar")["/spec/title"]["commit"] == second
    assert "forgotten since" in world.cli("blame", "LeadCampaign/solar").out


def test_what_a_schedule_did_names_the_entry_and_the_commit_that_wrote_it(world: World, git: Git) -> None:
    scheduled = "schedule: {timezone: UTC, entries: [{at: 2027-01-06T00:00, state: test}]}\n"
    world.write("solar.yaml", lead("phone") + scheduled)
    first = git.commit("Add")
    world.apply()
    world.write("other.yaml", lead().replace("solar", "other"))
    git.commit("Something else")
    world.clock.advance(days=3)
    world.apply()
    state = blame(world, "LeadCampaign/solar")["/state"]
    assert state["cause"].startswith("schedule:campaigns.d/solar.yaml:")
    assert state["commit"] == first


def test_text_is_a_table_that_no_terminal_obeys(world: World, git: Git, monkeypatch: pytest.MonkeyPatch) -> None:
    world.write("solar.yaml", lead("phone", title="x" * 100))
    git.commit("Add", author="Mal\x1b[2Jlory")
    monkeypatch.setenv("MUSTER_ACTOR", "evil\x1b[1m")
    world.apply()
    _, out, _ = world.cli("blame", "LeadCampaign/solar")
    head, *rows = out.splitlines()[1:]
    assert "\x1b" not in out
    assert "x" * 60 not in out
    at = head.index("COMMIT")
    assert all(row[at - 2 : at] == "  " and row[at] != " " for row in rows)
    assert "\x1b" not in world.cli("history", "LeadCampaign/solar").out


def test_history_names_commit_author_and_plan(world: World, git: Git) -> None:
    first, second = told(world, git)
    lines = world.cli("history", "LeadCampaign/solar").out.splitlines()
    assert f"commit {first[:12]}  Ann <ann@example.com>  plan " in lines[0]
    assert f"commit {second[:12]}  Bob <bob@example.com>  plan " in lines[1]


@pytest.mark.parametrize(
    ("arguments", "events"),
    [
        ((), ["create", "edit", "promote"]),
        (("-n", "2"), ["edit", "promote"]),
        (("--event", "create", "--event", "promote"), ["create", "promote"]),
        (("--event", "transition"), ["promote"]),
        (("--since", "2027-01-05"), ["edit", "promote"]),
        (("--until", "2027-01-04T09:00:00Z"), ["create"]),
        (("--since", "2028-01-01"), []),
    ],
)
def test_history_is_narrowed_down(world: World, git: Git, arguments: tuple[str, ...], events: list[str]) -> None:
    world.write("../muster.yaml", "timezone: UTC\n")
    told(world, git)
    out = world.cli("history", "LeadCampaign/solar", "--format", "json", *arguments).out
    lines = [json.loads(line) for line in out.splitlines()]
    assert [one.get("event", one["op"]) for one in lines] == events


def test_the_changes_that_a_plan_logged_are_those_that_blame_sees(world: World, git: Git, tmp_path: Path) -> None:
    told(world, git)
    for event in world.events("LeadCampaign/solar"):
        for change in event.body.get("changes", ()):
            if "after" in change:
                found = blame(world, "LeadCampaign/solar", "--field", change["path"])
                assert {one["serial"] for one in found.values()} == {event.serial}


def test_what_was_forgotten_and_made_again_is_new(world: World, git: Git) -> None:
    text = "apiVersion: muster/v1\nkind: SuppressionList\nmetadata: {name: legal}\nspec: {description: The same}\n"
    world.write("other.yaml", lead().replace("solar", "other"))
    world.write("legal.yaml", text)
    git.commit("Add", author="Ann")
    world.apply()
    (world.manifests / "legal.yaml").unlink()
    git.commit("Remove", author="Bob")
    assert world.cli("forget", "SuppressionList/legal", "--yes").code == 0
    world.write("legal.yaml", text)
    third = git.commit("Add it again", author="Cleo")
    world.apply()
    assert {one["commit"] for one in blame(world, "SuppressionList/legal").values()} == {third}
