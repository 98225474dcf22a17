"""`when` tells the truth: what it says of an instant is what a plan says once that instant has come."""

import re
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.controller.asking import Wanted, ask_when
from reconciler.controller.gather import Wishes
from reconciler.model.instant import to_text
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from reconciler.plan.ask import Answer, When
from tests.plan.test_future import HORIZON, apply_blindly, catalogs, live_until
from tests.world import START, World

ASKED = {
    "a.yaml": ("ReferralCampaign/a", ["not_launched", "live", "paused", "ended", "stopped"]),
    "d.yaml": ("CollectionCampaign/d", ["draft", "active", "paused", "completed", "deleted"]),
    "f.yaml": ("EmailCampaign/f", ["draft", "running", "paused", "cancelled", "completed", "deleted"]),
}
UNTIL = START + HORIZON


@st.composite
def questions(draw: st.DrawFn) -> tuple[dict[str, str], str, str, float]:
    """A catalog, the file that asks, the state that it asks for, and how far on the way to the answer to doubt it."""
    file = draw(st.sampled_from(sorted(ASKED)))
    return draw(catalogs()), file, draw(st.sampled_from(ASKED[file][1])), draw(st.floats(0, 1))


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(questions())
def test_what_it_says_is_so(
    tmp_path_factory: pytest.TempPathFactory, question: tuple[dict[str, str], str, str, float]
) -> None:
    files, file, state, part = question
    world = World(tmp_path_factory.mktemp("world"))
    world.runtime("EmailCampaign", {"estimatedRecipients": 3})
    for name, text in files.items():
        world.write(name, text)
    for _ in range(8):
        apply_blindly(world)
    with world.opened() as reconciler:
        found = ask_when(reconciler.gatherer, START, Wanted(Ref.parse(ASKED[file][0]), state), HORIZON)
    last = (found.at or UNTIL) - timedelta(seconds=1)
    if last >= START:
        doubted = START + (last - START) * part
        later(world, doubted)
        assert not is_legal(world, file, files[file], state), doubted
        assert_told(found, doubted)
        world.write(file, files[file])
    if found.at is not None:
        later(world, found.at)
        assert is_legal(world, file, files[file], state), found.at


def later(world: World, at: datetime) -> None:
    """The world at an instant, everything that is due done."""
    live_until(world, at)
    world.clock.moment = at


def is_legal(world: World, file: str, text: str, state: str) -> bool:
    """Whether the manifest may ask for the state now, and is not made to step back, nor runs into a conflict."""
    ref = Ref.parse(ASKED[file][0])
    without = re.sub(r"schedule:\n  entries:(\n    - .*)+\n", "", text)
    world.write(file, re.sub(r"^state: .*$", f"state: {state}", without, flags=re.MULTILINE))
    if state == "completed" and ref.kind == "EmailCampaign":
        return "completed" in world.state(ASKED[file][0])  # no manifest may say so, the reader refuses it
    with world.opened() as reconciler:
        plan, _ = reconciler.plan(Wishes(horizon=UNTIL - world.clock.moment))
    return leads_to(plan, ref, state, world)


def leads_to(plan: Plan, ref: Ref, state: str, world: World) -> bool:
    resource, one = world.resource(str(ref)), next((one for one in plan.resources if one.ref == ref), None)
    if resource is not None and state in resource.satisfied:
        return True  # it is there, whatever a plan may think of taking its schedule away
    if resource is None and state == "deleted":
        return True  # what never was is as good as deleted
    return one is not None and one.target == state


def assert_told(found: When, at: datetime) -> None:
    """Whatever the instant before the answer, something stands in the way then."""
    ends = [replace(one, until=one.until or UNTIL + timedelta(days=1)) for one in found.obstacles]
    assert any(one.since <= at and one.until is not None and at < one.until for one in ends), to_text(at)
    assert found.answer is not Answer.NOW
