"""Where features meet: brakes, holds, freezes and drift, each among the members of a group or the users of a resource."""

from collections.abc import Callable

import pytest

from reconciler.model.plan import Blocked, Code
from reconciler.model.ref import Ref
from tests.controller.test_beside import FIRST, SECOND, burst
from tests.controller.test_execute import SHARED, after_planning
from tests.repository import under_git
from tests.world import World

PROGRAM = "ReferralProgram/friends"
LATER = "2027-01-05T09:00:00Z"


@pytest.fixture
def world(world: World) -> World:
    """A program with a burst that is live, another that is paused, and a campaign that rests for the first."""
    world.write("shared.yaml", SHARED)
    world.write("customers.csv", "email\n")
    burst(world, "first", "live")
    burst(world, "second", "paused")
    burst(world, "always", "live", "weight: 1")
    world.stored_all()
    for name, state in (("first", "live"), ("second", "paused"), ("always", "paused")):
        world.stored(f"ReferralCampaign/{name}", state)
    return world


@pytest.mark.parametrize("name", ["second", "always"])
def test_an_operator_lets_nobody_in_beside_a_burst(world: World, name: str) -> None:
    blocked = world.brake(f"ReferralCampaign/{name}", "resume", LATER)
    assert isinstance(blocked, Blocked)
    assert [one.code for one in blocked.refusals] == [Code.CONSTRAINT]
    assert world.state(f"ReferralCampaign/{name}") == "paused"


def test_an_operator_deletes_nothing_that_is_in_use(world: World) -> None:
    blocked = world.brake(PROGRAM, "delete", LATER)
    assert isinstance(blocked, Blocked)
    assert [one.code for one in blocked.refusals] == [Code.IN_USE]
    assert world.state(PROGRAM) == "present"


def test_an_operator_stops_what_he_likes(world: World) -> None:
    assert not isinstance(world.brake(str(FIRST), "pause", LATER), Blocked)
    assert world.state(str(FIRST)) == "paused"


@pytest.mark.parametrize("keep", [
    lambda world: world.hold(PROGRAM, LATER),
    lambda world: world.write("../muster.yaml", "freeze: [{id: audit, deny: {from: 2026-01-01T00:00, to: 2027-02-01T00:00}}]\n"),
], ids=["a hold", "a freeze"])  # fmt: skip
def test_a_stop_does_not_wait_for_what_it_builds_on(world: World, keep: Callable[[World], object]) -> None:
    """Somebody else's edit of the program is kept back: that keeps no campaign live."""
    keep(world)
    world.write(
        "shared.yaml", SHARED.replace("metadata: {name: friends}", "metadata: {name: friends, labels: {team: x}}")
    )
    burst(world, "first", "paused")
    plan = world.plan()
    assert Ref.parse(PROGRAM) in {one.ref for one in plan.blocked}
    assert [step.event for one in plan.resources if one.ref == FIRST for step in one.steps] == ["pause"]


def test_nobody_comes_back_beside_a_burst_that_is_held_meanwhile(world: World) -> None:
    burst(world, "first", "paused")
    always = Ref("ReferralCampaign", "always")
    plan, outcome = after_planning(world, lambda: world.hold(str(FIRST), LATER))
    assert {one.ref for one in plan.resources} == {FIRST, always}
    assert (outcome.stale, list(outcome.denied)) == ([FIRST], [always])
    assert (world.state(str(FIRST)), world.state(str(always))) == ("live", "paused")


def test_drift_that_is_left_counts_as_what_it_is(world: World) -> None:
    """A live campaign was made a burst past its manifest, and that is only warned of: it is one, until it is corrected."""

    world.write("../muster.yaml", "drift: warn\n")
    (world.manifests / "always.yaml").unlink()
    burst(world, "first", "live", "weight: 1")
    git = under_git(world)
    world.apply()
    burst(world, "first", "live")
    world.clock.advance(hours=1)
    world.apply()
    git("checkout", "-q", ".")
    burst(world, "second", "live")
    git.commit("second")
    plan = world.plan()
    assert [one.ref for one in plan.drift] == [FIRST]
    assert [(one.ref, one.refusals[0].code) for one in plan.blocked] == [(SECOND, Code.CONSTRAINT)]


def test_what_is_held_under_its_former_name_is_foreseen_as_what_it_is(world: World) -> None:
    """A rename that waits for the end of a hold makes nothing new of a campaign that is live."""
    schedule = "schedule: {entries: [{at: 2027-01-04T10:00:00Z, state: paused}]}"
    text = (world.manifests / "first.yaml").read_text() + schedule + "\n"
    world.write("first.yaml", text)
    world.stored(str(FIRST), "live")
    world.hold(str(FIRST), "2027-01-04T11:00:00Z")
    (world.manifests / "first.yaml").unlink()
    world.write("new.yaml", text.replace("name: first", "name: new, movedFrom: first"))
    code, out, err = world.cli("plan", "--format", "text")
    assert (code, "illegal" in out) == (10, False), out + err
    assert f"muster release {FIRST}" in out
