"""What one look leaves for the next: the time until which a plan stands, notes of what was missed, what was never made."""

from datetime import timedelta
from pathlib import Path

from reconciler.model.plan import Code
from tests.world import World, blocked, events_of

PROGRAM = """\
apiVersion: muster/v1
kind: ReferralProgram
metadata: {name: friends}
spec: {timezone: UTC}
"""


def offer(state: str, *entries: str) -> str:
    lines = "".join(f"    - {{{one}}}\n" for one in entries)
    schedule = f"schedule:\n  timezone: UTC\n  entries:\n{lines}" if entries else ""
    head = f"apiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {{name: offer}}\nstate: {state}\n"
    return f"{head}{schedule}spec: {{program: friends}}\n"


def test_an_entry_of_this_very_second_does_not_hide_the_next_one(tmp_path: Path) -> None:
    """A daemon that waits for an entry looks a fraction of a second after it."""
    world = World(tmp_path)
    world.write("program.yaml", PROGRAM)
    world.write("offer.yaml", offer("live", "at: 2027-01-05T09:00, state: paused", "at: 2027-01-06T09:00, state: live"))
    world.apply()
    world.clock.set("2027-01-05T09:00:00Z")
    world.clock.advance(milliseconds=300)
    assert world.apply().steps == 1
    following = world.clock.set("2027-01-06T09:00:00Z")
    world.clock.moment = following - timedelta(days=1, milliseconds=-300)
    assert world.plan().stands_until == following


def test_an_entry_in_the_last_second_of_the_horizon_is_looked_at_in_full(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write("program.yaml", PROGRAM)
    world.write("offer.yaml", offer("not_launched", "at: 2027-04-04T09:00, state: live"))
    world.clock.advance(milliseconds=500)
    world.apply()
    assert [one.event for one in world.plan().timeline] == ["launch"]


def test_entries_of_a_schedule_that_was_never_applied_are_not_in_a_past_that_was(tmp_path: Path) -> None:
    """A note of what was missed is no run: the edit that brings the schedule is still to come."""
    world = World(tmp_path)
    world.write("program.yaml", PROGRAM)
    world.write("offer.yaml", offer("not_launched"))
    world.apply()
    entries = [
        f"at: 2027-01-{day:02}T09:00, state: {state}" for day, state in ((6, "paused"), (7, "paused"), (8, "live"))
    ]
    world.write("offer.yaml", offer("not_launched", *entries))
    for day in (6, 7):
        world.clock.set(f"2027-01-{day:02}T09:00:00Z")
        assert world.apply().steps == 0
    world.clock.set("2027-01-08T09:00:00Z")
    assert events_of(world.plan(), "ReferralCampaign/offer") == ["missed", "missed", "edit", "launch"]
    world.apply()
    assert world.state("ReferralCampaign/offer") == "live"


def test_what_builds_on_something_that_was_never_made_is_refused_by_the_plan(tmp_path: Path) -> None:
    world = World(tmp_path)
    world.write("program.yaml", PROGRAM.replace("spec:", "state: deleted\nspec:"))
    world.write("offer.yaml", offer("not_launched"))
    refused = blocked(world.plan(), "ReferralCampaign/offer")
    assert refused and [one.code for one in refused.refusals] == [Code.DEPENDENCY]
    world.write("program.yaml", PROGRAM)
    alone = blocked(world.plan(only=["ReferralCampaign/offer"]), "ReferralCampaign/offer")
    assert alone and "is not there" in alone.refusals[0].message
    assert not world.plan().blocked


def test_a_burst_whose_manifest_is_gone_still_counts(tmp_path: Path) -> None:
    """Unmanaged, its offer goes on: another burst beside it would be the second one."""
    world = World(tmp_path)
    world.write("program.yaml", PROGRAM)
    world.write("offer.yaml", offer("live").replace("friends}\n", "friends, goLiveAs: burst}\n"))
    world.apply()
    (world.manifests / "offer.yaml").rename(world.manifests / "other.yaml")
    world.write("other.yaml", (world.manifests / "other.yaml").read_text().replace("name: offer", "name: other"))
    refused = blocked(world.plan(), "ReferralCampaign/other")
    assert refused and [one.code for one in refused.refusals] == [Code.CONSTRAINT]
    later = offer("not_launched", "at: 2027-01-20T00:00, state: live").replace(
        "friends}\n", "friends, goLiveAs: burst}\n"
    )
    world.write("other.yaml", later.replace("name: offer", "name: other"))
    ahead = blocked(world.plan(), "ReferralCampaign/other")
    assert ahead and [one.code for one in ahead.refusals] == [Code.LATER]
