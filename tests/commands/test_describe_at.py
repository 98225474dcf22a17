"""`muster describe --at`: what was is what the log recorded, and what will be is what happens."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciler.controller.glimpse import glimpse
from reconciler.controller.steps import forget_write
from reconciler.model import record
from reconciler.model.instant import to_text
from reconciler.model.resource import Resource
from tests.plan.test_future import apply_blindly, catalogs, live_until
from tests.world import START, World

SHARED = """
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {name: friends}
    spec: {timezone: America/New_York}
"""


def campaign(world: World, state: str = "live", *, name: str = "a", offer: str = "ten", more: str = "") -> None:
    world.write("shared.yaml", SHARED)
    world.write(
        "a.yaml",
        f"""
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {{name: {name}{more}}}
        state: {state}
        schedule:
          entries:
            - {{at: 2027-03-01T00:00:00Z, state: live}}
            - {{at: 2027-04-01T00:00:00Z, state: paused}}
        spec: {{program: friends, offer: {{friend: "{offer}"}}}}
        """,
    )


def then(world: World, ref: str, at: str) -> dict[str, Any]:
    code, out, err = world.cli("describe", ref, "--at", at, "--format", "json")
    assert code == 0, err
    found: dict[str, Any] = json.loads(out)
    return found


# The past.


def test_before_it_was_made(world: World) -> None:
    campaign(world)
    world.clock.advance(days=1)
    world.apply()
    assert then(world, "ReferralCampaign/a", "2027-01-04T09:00:00Z")["exists"] is False
    assert then(world, "ReferralCampaign/a", "2027-01-05T08:59:59Z")["created"] == "2027-01-05T09:00:00Z"
    out = world.cli("describe", "ReferralCampaign/a", "--at", "2027-01-05T08:59:59Z").out
    assert "it does not exist then: user:tester made it at 2027-01-05T09:00:00Z" in out
    assert then(world, "ReferralCampaign/a", "2027-01-05T09:00:00Z")["state"] == "live"


def test_what_it_was(world: World) -> None:
    campaign(world)
    world.apply()
    world.clock.advance(days=1)
    campaign(world, "paused", offer="twenty")
    world.apply()
    world.clock.advance(days=1)
    before, after = (then(world, "ReferralCampaign/a", at) for at in ("2027-01-05T08:00Z", "2027-01-05T09:00Z"))
    assert (before["state"], before["asked"], before["document"]["spec"]["offer"]) == (
        "live",
        "live",
        {"friend": "ten"},
    )
    assert (before["enteredAt"], before["touched"]["event"]) == ("2027-01-04T09:00:00Z", "launch")
    assert (after["state"], after["asked"], after["document"]["spec"]["offer"]) == (
        "paused", "paused", {"friend": "twenty"},
    )  # fmt: skip
    out = world.cli("describe", "ReferralCampaign/a", "--at", "2027-01-05T09:00Z", "--events", "1").out
    assert "Touched:   2027-01-05T09:00:00Z  user:tester  pause  manifest:campaigns.d/a.yaml:5:8" in out
    assert "launch" not in out, "one event was asked for"


def test_what_was_forgotten_is_still_told(world: World) -> None:
    campaign(world, "not_launched")
    world.write("b.yaml", "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: b}\nspec: {timezone: UTC}\n")
    world.apply()
    world.clock.advance(days=1)
    (world.manifests / "a.yaml").unlink()
    assert world.cli("forget", "ReferralCampaign/a", "--yes").code == 0
    assert then(world, "ReferralCampaign/a", "2027-01-05T08:00Z")["state"] == "not_launched"
    assert then(world, "ReferralCampaign/a", "2027-01-05T09:00Z")["exists"] is False
    out = world.cli("describe", "ReferralCampaign/a", "--at", "2027-01-05T09:00Z").out
    assert "user:tester had it forgotten at 2027-01-05T09:00:00Z" in out


def test_by_its_new_name_and_by_its_old_one(world: World) -> None:
    campaign(world)
    world.apply()
    world.clock.advance(days=1)
    campaign(world, name="b", more=", movedFrom: a")
    world.apply()
    world.clock.advance(days=1)
    for ref in ("ReferralCampaign/a", "ReferralCampaign/b"):
        assert then(world, ref, "2027-01-05T08:00Z")["name"] == "ReferralCampaign/a@1"
        assert then(world, ref, "2027-01-05T09:00Z")["name"] == "ReferralCampaign/b@1"
    assert (
        "Called:    ReferralCampaign/a@1"
        in world.cli("describe", "ReferralCampaign/b", "--at", "2027-01-05T08:00Z").out
    )


def test_under_a_name_that_another_has_now(world: World) -> None:
    program = "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: %s}\nspec: {timezone: %s}\n"
    world.write("../muster.yaml", "timezone: UTC\n")
    world.write("old.yaml", program % ("old", "UTC"))
    world.apply()
    world.clock.advance(days=1)
    world.write("old.yaml", program % ("new, movedFrom: old", "UTC"))
    world.apply()
    world.clock.advance(days=1)
    world.write("other.yaml", program % ("old", "Europe/Berlin"))
    world.apply()
    assert then(world, "ReferralProgram/old", "2027-01-06T09:00Z")["document"]["spec"]["timezone"] == "Europe/Berlin"
    assert then(world, "ReferralProgram/old", "2027-01-04T12:00Z")["document"]["spec"]["timezone"] == "UTC"
    assert then(world, "ReferralProgram/old", "2027-01-05T12:00Z")["exists"] is False, "its name was given up then"


def test_a_clock_that_was_set_back_undoes_nothing(world: World) -> None:
    campaign(world)
    world.apply()
    world.clock.advance(minutes=-5)
    campaign(world, "paused")
    world.apply()
    world.clock.advance(days=1)
    assert then(world, "ReferralCampaign/a", "2027-01-04T09:00Z")["state"] == "paused"
    assert then(world, "ReferralCampaign/a", "2027-01-04T08:54Z")["exists"] is False


STATES = ["not_launched", "live", "paused", "ended", "stopped"]
OFFERS = ["ten", "twenty"]


@st.composite
def histories(draw: st.DrawFn) -> list[tuple[str, str, float]]:
    """What somebody does, and how many hours pass before the next thing."""
    one = st.tuples(
        st.sampled_from(["state", "offer", "rename", "nothing", "remove", "restore"]),
        st.sampled_from([*STATES, *OFFERS]),
        st.sampled_from([0.0, 0.5, 24.0, 720.0, 2400.0]),
    )
    return draw(st.lists(one, min_size=1, max_size=12))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories(), st.floats(0, 1))
def test_the_past_is_what_was_recorded(
    tmp_path_factory: pytest.TempPathFactory, history: list[tuple[str, str, float]], part: float
) -> None:
    world = World(tmp_path_factory.mktemp("world"))
    recorded: dict[datetime, Resource | None] = {START - timedelta(days=1): None}
    state, offer, name, former = "not_launched", "ten", 0, ""
    for what, value, hours in history:
        if what == "state" and value in STATES:
            state = value
        elif what == "offer":
            offer = value
        elif what == "rename" and world.resource(f"ReferralCampaign/a{name}"):
            former, name = f", movedFrom: a{name}", name + 1
        campaign(world, state, offer=offer, name=f"a{name}", more=former)
        if what == "remove":
            (world.manifests / "a.yaml").unlink()
            world.apply()
            forget(world, f"ReferralCampaign/a{name}")
        else:
            world.apply()
        if name and world.resource(f"ReferralCampaign/a{name - 1}"):
            former, name = "", name - 1  # it was refused under its new name
        recorded[world.clock.now()] = world.resource(f"ReferralCampaign/a{name}")
        world.clock.advance(hours=hours)
    campaign(world, state, name=f"a{name}")
    assert_recorded(world, f"ReferralCampaign/a{name}", recorded, part)


def forget(world: World, ref: str) -> None:
    """As `muster forget` does, which would ask the machine's clock here."""
    resource = world.resource(ref)
    if resource is not None and resource.state == "not_launched":
        with world.store() as store:
            assert not store.commit([forget_write(resource, "tester", world.clock.now())])


def assert_recorded(world: World, ref: str, recorded: dict[datetime, Resource | None], part: float) -> None:
    """At each instant, and somewhere between it and the next, it is as the store had it."""
    with world.opened() as reconciler:
        for at, until in intervals(recorded, world.clock.now()):
            for instant in (at, at + (until - at) * part * 0.999):
                found = glimpse(reconciler.gatherer, world.clock.now(), ref, instant).resource
                was = recorded[at]
                assert found == (record.replace(was, file="") if was else None), to_text(instant)


def intervals(recorded: dict[datetime, Resource | None], now: datetime) -> Iterator[tuple[datetime, datetime]]:
    times = sorted(recorded)
    return zip(times, [*times[1:], max(now, times[-1])], strict=True)


# The future.


def test_what_it_will_be(world: World) -> None:
    campaign(world, "not_launched")
    world.apply()
    found = then(world, "ReferralCampaign/a", "2027-03-15T00:00Z")
    assert (found["state"], found["desired"], found["verdict"]) == ("live", "live", "legal")
    assert found["enteredAt"] == "2027-03-01T00:00:00Z"
    assert [(one["at"], one["event"]) for one in found["occurrences"]] == [("2027-03-01T00:00:00Z", "launch")]
    assert found["occurrences"][0]["line"] == 8
    late = then(world, "ReferralCampaign/a", "2027-04-01T00:00Z")
    assert (late["state"], len(late["occurrences"])) == ("paused", 2)
    out = world.cli("describe", "ReferralCampaign/a", "--at", "2027-04-01T00:00Z").out
    assert "✓ 2027-03-01 00:00Z  not_launched → live (launch)  schedule  campaigns.d/a.yaml:8:" in out


def test_what_the_present_plan_makes_of_it_comes_first(world: World) -> None:
    campaign(world)
    found = then(world, "ReferralCampaign/a", "2027-01-05T09:00Z")
    assert [step["event"] for step in found["planned"]] == ["create", "launch"]
    assert (found["state"], found["occurrences"]) == ("live", [])
    assert (
        "now  create, launch, as planned"
        in world.cli("describe", "ReferralCampaign/a", "--at", "2027-01-05T09:00Z").out
    )


def test_what_is_refused_stays_as_it_is(world: World) -> None:
    campaign(world)
    world.apply()
    campaign(world, "not_launched")
    found = then(world, "ReferralCampaign/a", "2027-02-01T00:00Z")
    assert (found["state"], found["desired"], found["verdict"]) == ("live", "not_launched", "illegal")
    assert [(one["code"], one["line"]) for one in found["refusals"]] == [("illegal-transition", 5)]


def test_an_unmanaged_resource_has_timers_only(world: World) -> None:
    campaign(world)
    world.stored("ReferralProgram/friends", "present")
    world.stored("ReferralCampaign/a", "ended", entered="2027-01-04T09:00:00Z")
    (world.manifests / "a.yaml").unlink()
    before, after = (then(world, "ReferralCampaign/a", f"2027-04-04T{time}Z")["state"] for time in ("07:59", "08:00"))
    assert (before, after) == ("ended", "stopped"), "three months, by the clocks of New York"


@pytest.mark.parametrize("at", ["2037-01-05T09:00:00Z", "yesterday", "2027-01-05T09:00"])
def test_times_that_cannot_be_told(world: World, at: str) -> None:
    campaign(world)
    assert world.cli("describe", "ReferralCampaign/a", "--at", at).code == 64


def test_local_times_are_those_of_the_project(world: World) -> None:
    world.write("../muster.yaml", "timezone: America/New_York\n")
    campaign(world)
    assert then(world, "ReferralCampaign/a", "2027-02-01T00:00")["at"] == "2027-02-01T05:00:00Z"


def test_nobody_knows_it(world: World) -> None:
    campaign(world)
    code, _, err = world.cli("describe", "ReferralCampaign/b", "--at", "2027-02-01T00:00Z")
    assert code == 64
    assert "did you mean ReferralCampaign/a@1?" in err


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    catalogs(), st.sampled_from(["ReferralCampaign/a", "CollectionCampaign/d", "EmailCampaign/f"]), st.integers(1, 89)
)
def test_the_future_is_what_happens(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, str], ref: str, days: int
) -> None:
    world = World(tmp_path_factory.mktemp("world"))
    world.runtime("EmailCampaign", {"estimatedRecipients": 3})
    for name, text in files.items():
        world.write(name, text)
    for _ in range(8):
        apply_blindly(world)
    at = START + timedelta(days=days)
    with world.opened() as reconciler:
        foreseen = glimpse(reconciler.gatherer, START, ref, at).resource
    live_until(world, at)
    happened = world.resource(ref)
    assert told(foreseen) == told(happened)


def told(one: Resource | None) -> object:
    return one and (one.state, set(one.satisfied), one.document, one.entered_at)
