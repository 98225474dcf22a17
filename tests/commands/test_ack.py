"""Acknowledgements: named, for one plan, and in the log; never a way around a digest."""

import json

import pytest

from tests.commands.test_apply import SHARED, digest, on_a_terminal, ref, referral, remembered
from tests.world import World

ENTRY = "schedule: {timezone: UTC, entries: [%s]}\n"
NAMES = [f"offer-{number:02}" for number in range(10)]


@pytest.fixture
def world(world: World) -> World:
    """Ten campaigns are live, and four manifests ask for their end: the brake goes off."""
    world.write("shared.yaml", SHARED)
    for name in NAMES:
        referral(world, name, "live")
    assert world.cli("apply", "--yes").code == 0
    for name in NAMES[:4]:
        referral(world, name, "stopped")
    return world


def scheduled(world: World, name: str, *entries: str) -> None:
    """Give a manifest a schedule: `2027-01-05T00:00 paused`."""
    file = world.manifests / f"{name}.yaml"
    pairs = [entry.split() for entry in entries]
    written = ", ".join(f"{{at: '{at}', state: {state}}}" for at, state in pairs)
    file.write_text(file.read_text(encoding="utf-8") + ENTRY % written, encoding="utf-8")


@pytest.mark.parametrize("more", [(), ("--yes",), ("--all-or-nothing", "--yes"), ("--format", "json")])
@pytest.mark.parametrize("name", ["too-many-changes", "past-entry"])
def test_an_acknowledgement_without_a_plan_is_refused(world: World, name: str, more: tuple[str, ...]) -> None:
    before = remembered(world)
    code, out, err = world.cli("apply", "--ack", name, *more)
    assert (code, out, remembered(world)) == (64, "", before)
    assert f"--ack {name} is for one plan" in err and f"muster apply --ack {name} --expect DIGEST" in err


def test_nothing_but_the_known_names(world: World) -> None:
    assert world.cli("plan", "--ack", "everything").code == 64
    assert world.cli("apply", "--force").code == 64


def test_an_acknowledgement_holds_for_a_saved_plan(world: World) -> None:
    assert world.cli("plan", "--ack", "too-many-changes", "--out", "end.plan").code == 0
    before = remembered(world)
    assert world.cli("apply", "end.plan").code in (5, 6), "it must be said again when it is done"
    assert remembered(world) == before
    assert world.cli("apply", "end.plan", "--ack", "too-many-changes").code == 0
    assert [world.state(ref(name)) for name in NAMES[:5]] == ["stopped"] * 4 + ["live"]


def test_the_log_names_what_was_acknowledged(world: World) -> None:
    reviewed = digest(world, "--ack", "too-many-changes")
    assert world.cli("apply", "--ack", "too-many-changes", "--expect", reviewed).code == 0
    assert world.events(ref(NAMES[0]))[-1].body["acknowledged"] == ["too-many-changes"]
    assert "acknowledged too-many-changes" in world.cli("history", ref(NAMES[0])).out
    assert all("acknowledged" not in event.body for event in world.events(ref(NAMES[9])))
    assert world.cli("doctor").code == 0


def test_the_comment_names_the_acknowledgement(world: World) -> None:
    page = world.cli("plan", "--ack", "too-many-changes", "--format", "markdown").out
    assert f"muster apply --ack too-many-changes --expect {digest(world, '--ack', 'too-many-changes')}" in page


def test_a_person_at_the_terminal_acknowledges_what_is_shown(world: World) -> None:
    code, shown = on_a_terminal(world, b"y\n", "--ack", "too-many-changes")
    assert (code, world.state(ref(NAMES[0]))) == (0, "stopped")
    assert "Apply this, acknowledging too-many-changes?" in shown and ref(NAMES[0]) in shown


# Entries that are over.


def test_an_entry_that_was_still_ahead_when_it_was_approved(world: World) -> None:
    for name in NAMES[:4]:
        referral(world, name, "live")
    scheduled(world, NAMES[0], "2027-01-05T00:00 live")
    written, reviewed = (world.manifests / f"{NAMES[0]}.yaml").read_text(encoding="utf-8"), digest(world)
    world.clock.advance(days=2)
    for state in ("paused", "live"):  # somebody else's, in between: it was applied after the entry's time
        referral(world, NAMES[0], state)
        assert world.cli("apply", "--yes").code == 0
    world.write(f"{NAMES[0]}.yaml", written)
    assert world.cli("plan").code == 4 and "past-entry" in world.cli("plan").out
    assert world.cli("apply", "--yes").code == 4
    assert world.cli("apply", "--expect", reviewed).code == 0
    assert world.events(ref(NAMES[0]))[-1].body["acknowledged"] == ["past-entry"]


def test_what_was_refused_when_it_was_approved_stays_refused(world: World) -> None:
    """The excuse for entries that have passed since must not let in those that had passed before."""
    for name in NAMES[:4]:
        referral(world, name, "live")
    world.clock.advance(days=2)
    world.write("poke.yaml", SHARED.replace("friends", "others"))
    assert world.cli("apply", "--yes").code == 0
    referral(world, NAMES[8], "live", offer="eleven")
    assert world.cli("apply", "--yes").code == 0
    scheduled(world, NAMES[8], "2027-01-05T00:00 paused")  # over when it was last applied
    referral(world, NAMES[1], "paused")
    reviewed = digest(world)
    plan = json.loads(world.cli("plan", "--format", "json").out)
    assert [one["refusals"][0]["code"] for one in plan["blocked"]] == ["past-entry"]
    assert world.cli("apply", "--expect", reviewed).code == 4
    assert (world.state(ref(NAMES[1])), world.state(ref(NAMES[8]))) == ("paused", "live")


def test_a_past_entry_is_let_in_by_name_for_one_plan(world: World) -> None:
    for name in NAMES[:4]:
        referral(world, name, "live")
    world.clock.advance(days=2)
    referral(world, NAMES[8], "live", offer="eleven")
    assert world.cli("apply", "--yes").code == 0
    scheduled(world, NAMES[8], "2027-01-05T00:00 paused")
    assert world.cli("plan").code == 4
    reviewed = digest(world, "--ack", "past-entry")
    assert world.cli("apply", "--expect", digest(world)).code == 4
    assert world.cli("apply", "--ack", "past-entry", "--expect", reviewed).code == 0
    assert world.state(ref(NAMES[8])) == "paused"
    assert world.events(ref(NAMES[8]))[-1].body["acknowledged"] == ["past-entry"]
