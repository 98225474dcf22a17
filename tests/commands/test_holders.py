"""Several who hold one resource: no hold is lost to, or shortened by, that of somebody else, on every store (X-09)."""

import json

import pytest

from reconciler.controller.doctor import examine
from tests.commands.test_hold import CAMPAIGN, GENTLE, SHARED
from tests.world import World


@pytest.fixture
def world(world: World, any_store: str) -> World:
    world.write("shared.yaml", SHARED)
    world.write("gentle.yaml", CAMPAIGN % ("gentle", "growth"))
    world.runtime("CollectionCampaign")
    world.apply()
    return world


def wants_paused(world: World) -> None:
    file = world.manifests / "gentle.yaml"
    file.write_text(file.read_text().replace("state: active", "state: paused"))


def holders(world: World) -> list[tuple[str, str]]:
    """Who holds the gentle one, and why."""
    found = world.resource(GENTLE)
    assert found is not None
    return [(one.owner, one.reason) for one in found.holds]


def test_what_others_hold_is_held_beside(world: World) -> None:
    """X-09: each hold keeps its owner, reason and end; what is asked goes on after the last of them."""
    world.hold(GENTLE, "2027-01-04T12:00:00Z", reason="complaints")
    assert world.cli("hold", GENTLE, "--reason", "an audit", "--for", "1h").code == 0
    assert holders(world) == [("dana", "complaints"), ("tester", "an audit")]
    wants_paused(world)
    world.clock.advance(hours=1)
    world.apply()
    assert (holders(world), world.state(GENTLE)) == ([("dana", "complaints")], "active")
    world.clock.advance(hours=2)
    world.apply()
    assert (holders(world), world.state(GENTLE)) == ([], "paused")
    assert [event.body["op"] for event in world.events(GENTLE)][-5:] == [
        "hold",
        "hold",
        "release",
        "release",
        "transition",
    ]
    with world.store() as store:
        assert not examine(store).complaints


def test_the_brake_leaves_the_holds_of_others_as_they_are(world: World) -> None:
    """X-09: whoever stops what somebody else holds holds it too; neither hold is lost to, or shortened by, the other."""
    world.hold(GENTLE, "2027-01-04T10:00:00Z", reason="complaints")
    answer = world.cli("transition", GENTLE, "pause", "--reason", "a fire", "--for", "4h", "--yes")
    assert "held by tester until 2027-01-04 13:00Z: a fire" in answer.err
    assert "held by dana since 2027-01-04 09:00Z, until 2027-01-04 10:00Z: complaints" in answer.err
    assert holders(world) == [("dana", "complaints"), ("tester", "a fire")]
    body = world.events(GENTLE)[-1].body
    assert (body["actor"], [one["owner"] for one in body["holds"]]) == ("user:tester", ["dana", "tester"])
    assert world.cli("release", GENTLE, "--owner", "tester").code == 0
    assert (holders(world), world.cli("apply", "--yes").code) == ([("dana", "complaints")], 10)
    assert world.state(GENTLE) == "paused"


def test_every_hold_is_shown_and_what_goes_on_after_the_last(world: World) -> None:
    world.hold(GENTLE, "2027-01-04T12:00:00Z", reason="complaints")
    world.cli("hold", GENTLE, "--reason", "an audit", "--for", "1h")
    wants_paused(world)
    dana = "held by dana since 2027-01-04 09:00Z, until 2027-01-04 12:00Z: complaints"
    tester = "held by tester since 2027-01-04 09:00Z, until 2027-01-04 10:00Z: an audit"
    plan = world.cli("plan").out
    assert f"{tester}; and {dana}" in plan, "what stands in the way, in the order in which it ends"
    assert "`muster release CollectionCampaign/gentle@1 --all`" in plan
    held = json.loads(world.cli("plan", "--format", "json").out)["holds"]
    assert [(one["owner"], "kept" in one) for one in held] == [("dana", True), ("tester", False)]
    described = world.cli("describe", GENTLE).out
    assert all(f"Held:      {words.removeprefix('held ')}" in described for words in (dana, tester))
    assert "dana until 2027-01-04 12:00Z; tester until 2027-01-04 10:00Z" in world.cli("get", "--held").out
    assert "legal from 2027-01-04T12:00:00Z" in world.cli("when", GENTLE, "paused").out


def test_whoever_releases_says_whose_hold_is_over(world: World) -> None:
    def released(*more: str) -> tuple[int, str]:
        answer = world.cli("release", GENTLE, *more)
        return answer.code, answer.out + answer.err

    def both() -> None:
        world.hold(GENTLE, "2027-01-04T12:00:00Z", reason="complaints")
        world.cli("hold", GENTLE, "--reason", "an audit", "--for", "1h")

    both()
    code, words = released()
    assert (code, "by dana until 2027-01-04 12:00Z and by tester until 2027-01-04 10:00Z" in words) == (64, True)
    assert "--owner NAME, or --all" in words
    code, words = released("--owner", "ana")
    assert (code, "is not held by ana; it is held by dana until" in words) == (64, True)
    assert released("--owner", "dana", "--all")[0] == 64
    assert released("--owner", "")[0] == 64, "an empty variable of a script is no name"
    assert holders(world) == [("dana", "complaints"), ("tester", "an audit")]
    assert "is released; it is still held by tester until 2027-01-04 10:00Z." in released("--owner", "dana")[1]
    assert "`muster plan` shows what goes on" in released()[1], "there is one left: no need to say whose"
    both()
    assert (released("--all")[0], holders(world)) == (0, [])


def test_drift_tells_every_hold(world: World) -> None:
    world.hold(GENTLE, "2027-01-04T12:00:00Z", reason="complaints")
    world.cli("transition", GENTLE, "pause", "--reason", "a fire", "--for", "4h", "--yes")
    text = world.cli("drift").out
    assert "held by dana since" in text and "held by tester since" in text
    (one,) = json.loads(world.cli("drift", "--format", "json").out)
    assert ([each["owner"] for each in one["holds"]], one["hold"]["owner"]) == (["dana", "tester"], "tester")
    revert = world.cli("drift", "revert", GENTLE, "--yes")
    assert revert.code == 10 and "complaints; and held by tester" in revert.err
