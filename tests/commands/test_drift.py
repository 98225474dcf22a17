"""`muster drift`: what was changed past the manifests, and how it is settled."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.model.instant import to_text
from reconciler.model.plan import Op, Plan, Reason
from reconciler.plan.drift import Policy
from tests.world import World, events_of, planned

GENTLE = "CollectionCampaign/gentle"
CAMPAIGN = """\
# Whoever changes this tells Ana.
apiVersion: muster/v1
kind: CollectionCampaign
metadata: {name: gentle}
state: active  # since the new year
spec:
  title: Gentle  # as on the letterhead
  strategy: soft
  startDate: 2027-01-01
  endDate: 2027-12-31
---
# The tone of it.
apiVersion: muster/v1
kind: Strategy
metadata: {name: soft}
spec:
  type: early
  steps:
    # first a letter
    - {channel: letters, template: words}
"""
SHARED = """
    apiVersion: muster/v1
    kind: Channel
    metadata: {name: letters}
    spec: {type: webhook, url: "http://127.0.0.1:9002/calls"}
    ---
    apiVersion: muster/v1
    kind: Template
    metadata: {name: words}
    spec: {text: {inline: A payment is past due.}}
"""


@pytest.fixture
def world(world: World) -> World:
    world.write("shared.yaml", SHARED)
    world.write("gentle.yaml", CAMPAIGN)
    world.apply()
    return world


def stop(world: World, until: str = "2027-01-04T11:00:00Z") -> None:
    world.brake(GENTLE, "pause", until, "court order")
    world.cli("release", GENTLE)


def text(world: World) -> str:
    return (world.manifests / "gentle.yaml").read_text(encoding="utf-8")


# The state.


def test_without_drift_there_is_none(world: World) -> None:
    assert world.cli("drift").code == 0
    assert json.loads(world.cli("drift", "--format", "json").out) == []
    assert world.cli("drift", "revert", GENTLE, "--yes").code == 64
    world.write("gentle.yaml", CAMPAIGN.replace("state: active", "state: paused"))
    assert world.cli("drift").code == 0, "what a manifest has come to ask is no drift"


def test_drift_says_who_why_and_since_when(world: World) -> None:
    world.clock.advance(hours=1)
    world.brake(GENTLE, "pause", "2027-01-04T11:00:00Z", "court order")
    log = len(world.events())
    answer = world.cli("drift", GENTLE)
    assert answer.code == 9
    assert '/state  "paused" → "active"  campaigns.d/gentle.yaml:5:8' in answer.out
    assert "since 2027-01-04 10:00Z  user:dana  operator:court order" in answer.out
    (found,) = json.loads(world.cli("drift", "--format", "json").out)
    assert (found["path"], found["stored"], found["manifest"], found["hold"]["owner"]) == (
        "/state", "paused", "active", "dana"
    )  # fmt: skip
    assert len(world.events()) == log, "it only looks"


def test_revert_corrects_but_not_in_a_hold(world: World) -> None:
    world.brake(GENTLE, "pause", "2027-01-04T11:00:00Z", "court order")
    answer = world.cli("drift", "revert", GENTLE, "--yes")
    assert (answer.code, world.state(GENTLE), "muster release" in answer.err) == (10, "paused", True)
    world.cli("release", GENTLE)
    assert world.cli("drift", "revert", GENTLE).code == 64, "nobody can be asked"
    assert world.cli("drift", "revert", GENTLE, "/spec", "--yes").code == 64
    assert world.cli("drift", "revert", GENTLE, "/state", "--yes").code == 0
    assert (world.state(GENTLE), world.cli("drift").code) == ("active", 0)
    assert world.events(GENTLE)[-1].body["drift"] is True


def test_revert_touches_nothing_else(world: World) -> None:
    stop(world)
    world.write("gentle.yaml", CAMPAIGN.replace("title: Gentle", "title: Kind"))
    assert world.cli("drift", "revert", GENTLE, "/state", "--yes").code == 0
    found = world.resource(GENTLE)
    assert found is not None and (found.state, found.document["spec"]["title"]) == ("active", "Gentle")
    assert events_of(world.plan(), GENTLE) == ["edit"]


def test_adopting_a_state_writes_one_line_and_the_next_plan_is_empty(world: World) -> None:
    stop(world)
    assert world.cli("drift", "adopt", GENTLE).code == 0
    assert text(world) == CAMPAIGN.replace("state: active", "state: paused")
    assert not world.plan().has_changes and world.cli("drift").code == 0
    world.write("gentle.yaml", CAMPAIGN)
    assert events_of(world.plan(), GENTLE) == ["resume"]


def test_adopting_against_a_schedule_adds_an_entry(world: World) -> None:
    first = "    # from noon on\n    - {at: 2027-01-04T10:30, state: active}  # sharp\n"
    entries = f"schedule:\n  timezone: Europe/Berlin\n  entries:\n{first}"
    world.write("gentle.yaml", CAMPAIGN.replace("spec:\n  title", f"{entries}spec:\n  title"))
    world.apply()
    world.clock.advance(hours=1)
    world.apply()
    stop(world)
    before = text(world)
    assert world.cli("drift").code == 9
    assert world.cli("drift", "adopt", GENTLE).code == 0
    added = '    - {at: "2027-01-04T10:00:00Z", state: paused}\n'
    assert text(world) == before.replace("  # sharp\n", "  # sharp\n" + added)
    plan = world.plan()
    assert (events_of(plan, GENTLE), world.cli("plan").code) == (["edit"], 0)
    world.apply()
    assert (world.state(GENTLE), world.plan().has_changes) == ("paused", False)


def test_acknowledged_drift_is_shown_left_and_comes_back(world: World) -> None:
    stop(world)
    more = ["--reason", "agreed with Ana", "--until", "2027-01-05T09:00:00Z"]
    assert world.cli("drift", "acknowledge", GENTLE, *more).code == 0
    answer = world.cli("drift")
    assert (answer.code, "acknowledged by tester until 2027-01-05 09:00Z: agreed with Ana" in answer.out) == (0, True)
    plan = world.plan()
    assert planned(plan, GENTLE) is None and [one.changes[0].path for one in plan.drift] == ["/state"]
    assert [one.hold.paths for one in plan.holds] == [("/state",)]
    assert [(one.event, one.source.value) for one in plan.timeline if one.event] == [
        ("release", "hold"), ("resume", "hold"),
    ]  # fmt: skip
    shown = world.cli("plan")
    assert shown.code == 0 and "/state acknowledged by tester" in shown.out
    world.clock.set("2027-01-05T09:00:00Z")
    world.apply()
    assert world.state(GENTLE) == "active"


def test_with_warn_drift_is_shown_and_left_and_git_is_followed(world: World) -> None:
    world.write("../muster.yaml", "drift: warn\n")
    stop(world)
    answer = world.cli("plan")
    assert (answer.code, "drift, left: the project only warns of drift" in answer.out) == (0, True)
    assert not world.plan().has_changes
    assert world.cli("drift").code == 9
    world.write("gentle.yaml", CAMPAIGN.replace("title: Gentle", "title: Kind"))
    assert events_of(world.plan(), GENTLE) == ["edit"], "a change in git is applied where it is"
    world.apply()
    assert world.state(GENTLE) == "paused"
    assert world.cli("drift", "revert", GENTLE, "--yes").code == 0
    assert world.state(GENTLE) == "active"


def test_the_policy_is_by_kind(world: World) -> None:
    world.write("../muster.yaml", "drift: {default: warn, kinds: {CollectionCampaign: correct}}\n")
    stop(world)
    assert events_of(world.plan(), GENTLE) == ["resume"]
    world.write("../muster.yaml", "drift: {default: correct, kinds: {CollectionCampaign: warn}}\n")
    assert events_of(world.plan(), GENTLE) == []
    world.write("../muster.yaml", "drift: ignore\n")
    assert world.cli("plan").code == 3


def test_what_comes_due_after_the_operator_is_no_drift(world: World) -> None:
    entries = "schedule:\n  entries:\n    - {at: 2027-01-04T12:00:00Z, state: completed}\n"
    world.write("gentle.yaml", CAMPAIGN.replace("spec:\n  title", f"{entries}spec:\n  title"))
    world.apply()
    stop(world)
    world.clock.set("2027-01-04T12:00:00Z")
    (one,) = world.plan().resources
    assert (one.reason, one.target) == (Reason.SCHEDULE, "completed")
    assert world.cli("drift").code == 0


def test_what_git_asks_for_after_the_operator_is_no_drift(world: World) -> None:
    world.write("../muster.yaml", "drift: warn\n")
    stop(world)
    world.write("gentle.yaml", CAMPAIGN.replace("state: active", "state: completed"))
    one = planned(world.plan(), GENTLE)
    assert one is not None and (one.reason, one.target) == (Reason.STATE, "completed")
    assert world.cli("drift").code == 0


# A fight.


def test_a_state_that_is_changed_back_and_forth_opens_a_hold(world: World) -> None:
    for minutes in range(3):
        world.clock.advance(minutes=10 + minutes)
        stop(world)
        assert events_of(world.plan(), GENTLE) == ["resume"]
        world.apply()
    world.clock.advance(minutes=10)
    stop(world)
    plan = world.plan()
    one = planned(plan, GENTLE)
    assert one is not None and [step.op for step in one.steps] == [Op.HOLD]
    assert "opens a hold" in world.cli("plan").out
    world.apply()
    assert world.state(GENTLE) == "paused"
    held = world.resource(GENTLE)
    assert (
        held is not None and held.holds[0].owner == "muster" and "/state was corrected 3 times" in held.holds[0].reason
    )
    assert held.holds[0].ends == world.clock.now() + timedelta(hours=24)
    assert world.cli("plan").code == 10
    world.clock.advance(hours=24)
    world.apply()
    assert world.state(GENTLE) == "active", "an hour without corrections is peace"


def test_a_fight_to_come_is_foreseen_and_so_is_its_end(world: World) -> None:
    for _ in range(3):
        world.clock.advance(minutes=10)
        stop(world)
        world.apply()
    world.clock.advance(minutes=10)
    world.brake(GENTLE, "pause", "2027-01-04T09:45:00Z", "once more")
    told = [(to_text(one.at), one.event) for one in world.plan().timeline]
    assert told[:4] == [
        ("2027-01-04T09:45:00Z", "release"), ("2027-01-04T09:45:00Z", "hold"),
        ("2027-01-05T09:45:00Z", "release"), ("2027-01-05T09:45:00Z", "resume"),
    ]  # fmt: skip
    world.clock.set("2027-01-04T09:45:00Z")
    world.apply()
    assert world.state(GENTLE) == "paused"
    world.clock.set("2027-01-05T09:45:00Z")
    world.apply()
    assert world.state(GENTLE) == "active"


def test_corrections_that_are_far_apart_are_no_fight(world: World) -> None:
    for _ in range(5):
        world.clock.advance(minutes=31)
        stop(world)
        assert events_of(world.plan(), GENTLE) == ["resume"]
        world.apply()


# Fields: with git, which says whose the manifest is.


def git(root: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(root), "-c", "user.name=Ana", "-c", "user.email=ana@shop.example", *arguments],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.strip()


def known(world: World, policy: Policy = Policy.CORRECT) -> Plan:
    """The plan of this checkout, of which git knows which commit last changed the manifest."""
    world.write("../muster.yaml", f"drift: {policy}\n")
    return world.plan()


def apply_here(world: World, title: str) -> str:
    """Commit this title, and apply it; the commit."""
    world.write("gentle.yaml", CAMPAIGN.replace("title: Gentle", f"title: {title}"))
    git(world.root, "commit", "-qam", title)
    world.apply()
    return git(world.root, "rev-parse", "HEAD")


def test_a_field_that_another_checkout_changed_is_drift(world: World) -> None:
    git(world.root, "init", "-q")
    git(world.root, "add", "campaigns.d")
    git(world.root, "commit", "-qm", "zero")
    apply_here(world, "Softly")
    world.write("gentle.yaml", CAMPAIGN.replace("title: Gentle", "title: Loudly"))
    world.clock.advance(hours=1)
    world.apply()
    git(world.root, "checkout", "-q", ".")
    plan = known(world)
    one = planned(plan, GENTLE)
    assert one is not None and one.reason is Reason.DRIFT
    assert [(change.path, change.before, change.after) for step in one.steps for change in step.changes] == [
        ("/spec/title", "Loudly", "Softly")
    ]
    plan = known(world, Policy.WARN)
    assert planned(plan, GENTLE) is None
    assert [change.path for one in plan.drift for change in one.changes] == ["/spec/title"]
    world.hold(GENTLE, "2027-01-05T09:00:00Z", paths=("/spec/title",))
    plan = known(world)
    assert planned(plan, GENTLE) is None and plan.drift[0].left.startswith("acknowledged")


def test_a_change_of_git_is_none_nor_is_a_revert_of_it(world: World) -> None:
    git(world.root, "init", "-q")
    git(world.root, "add", "campaigns.d")
    git(world.root, "commit", "-qm", "zero")
    apply_here(world, "Softly")
    apply_here(world, "Loudly")
    world.write("gentle.yaml", CAMPAIGN.replace("title: Gentle", "title: Softly"))
    git(world.root, "commit", "-qam", "Revert")
    plan = known(world)
    one = planned(plan, GENTLE)
    assert one is not None and one.reason is Reason.SPEC


def test_without_commits_a_difference_of_fields_is_a_change(world: World) -> None:
    world.write("gentle.yaml", CAMPAIGN.replace("title: Gentle", "title: Loudly"))
    world.apply()
    world.write("gentle.yaml", CAMPAIGN)
    one = planned(world.plan(), GENTLE)
    assert one is not None and one.reason is Reason.SPEC


def test_what_an_environment_says_is_not_adopted_into_the_manifest(world: World) -> None:
    patch = "patches: [{ref: CollectionCampaign/gentle, patch: {state: active}}]"
    world.write("../environments/live.yaml", f"apiVersion: muster/v1\nkind: Environment\n{patch}\n")
    assert world.cli("--env", "live", "apply", "--yes").code == 0
    terms = ("--reason", "complaints", "--for", "2h", "--yes")
    assert world.cli("--env", "live", "transition", GENTLE, "pause", *terms).code == 0
    before = {file: file.read_bytes() for file in world.root.rglob("*.yaml")}
    answer = world.cli("--env", "live", "drift", "adopt", GENTLE)
    assert answer.code == 64, answer
    assert "environments/live.yaml:3:" in answer.err
    assert {file: file.read_bytes() for file in world.root.rglob("*.yaml")} == before


@pytest.mark.parametrize(
    "entries", ["", "schedule: {timezone: UTC, entries: [{at: 2027-01-03T09:00, state: active}]}\n"]
)
def test_a_schedule_that_an_environment_owns_is_not_adopted_into_the_manifest(world: World, entries: str) -> None:
    """Whether the manifest has one of its own or not: the environment's stands in its place."""
    world.write("gentle.yaml", CAMPAIGN.replace("spec:\n  title", f"{entries}spec:\n  title"))
    before = text(world)
    world.write(
        "../environments/live.yaml",
        """\
        apiVersion: muster/v1
        kind: Environment
        patches:
          - ref: CollectionCampaign/gentle
            patch:
              schedule:
                timezone: UTC
                entries: [{at: 2027-01-04T10:00, state: active}]
        """,
    )
    assert world.cli("--env", "live", "apply", "--yes").code == 0
    world.clock.advance(hours=2)
    terms = ("--reason", "court order", "--for", "2h", "--yes")
    assert world.cli("--env", "live", "transition", GENTLE, "pause", *terms).code == 0
    answer = world.cli("--env", "live", "drift", "adopt", GENTLE)
    assert (answer.code, text(world)) == (64, before)
    assert "/state comes from environments/live.yaml:8:" in answer.err
