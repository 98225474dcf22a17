"""What must hold among several resources holds although one of them loses its comparison while the plan is carried out."""

import pytest

from reconciler.model.ref import Ref
from tests.controller.test_execute import SHARED, after_planning
from tests.world import World

FIRST, SECOND = Ref("ReferralCampaign", "first"), Ref("ReferralCampaign", "second")


@pytest.fixture
def world(world: World) -> World:
    """A program with a burst that is live, and another that is to take over."""
    world.write("shared.yaml", SHARED)
    world.write("customers.csv", "email\n")
    burst(world, "first", "live")
    burst(world, "second", "not_launched")
    world.stored_all()
    world.stored(str(FIRST), "live")
    return world


def burst(world: World, name: str, state: str, more: str = "goLiveAs: burst, weight: 1") -> None:
    world.write(
        f"{name}.yaml",
        f"""
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {{name: {name}}}
        state: {state}
        spec: {{program: friends, {more}}}
        """,
    )


def test_nobody_takes_over_from_a_burst_that_does_not_end(world: World) -> None:
    burst(world, "first", "paused")
    burst(world, "second", "live")
    plan, outcome = after_planning(world, lambda: world.stored(str(FIRST), "live"))  # its revision has moved on
    assert [(one.ref, one.steps[-1].event) for one in plan.resources] == [(FIRST, "pause"), (SECOND, "launch")]
    assert (outcome.stale, list(outcome.denied)) == ([FIRST], [SECOND])
    assert [one.name for one in outcome.denied[SECOND]] == ["one-burst"]
    assert (world.state(str(FIRST)), world.state(str(SECOND))) == ("live", "not_launched")


def test_nobody_takes_over_from_a_burst_that_stays_one(world: World) -> None:
    burst(world, "first", "live", "weight: 1")
    burst(world, "second", "live")
    plan, outcome = after_planning(world, lambda: world.stored(str(FIRST), "live"))
    assert [one.ref for one in plan.resources] == [FIRST, SECOND]
    assert (outcome.stale, list(outcome.denied), world.state(str(SECOND))) == ([FIRST], [SECOND], "not_launched")


def test_whoever_ends_makes_room(world: World) -> None:
    burst(world, "first", "paused")
    burst(world, "second", "live")
    _, outcome = after_planning(world, lambda: None)
    assert (list(outcome.done), outcome.denied) == ([FIRST, SECOND], {})
    assert (world.state(str(FIRST)), world.state(str(SECOND))) == ("paused", "live")
