"""What a daemon keeps in memory is what a look at everything gives, whatever happened to files, store and clock meanwhile."""

import random
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.controller.passing import Passes, Tools
from reconciler.controller.survey import Survey
from reconciler.model.instant import to_text
from reconciler.model.plan import Plan
from reconciler.source.directory import DirectorySource, Place
from tests.daemons import campaign
from tests.world import World

PROGRAM = """
apiVersion: muster/v1
kind: ReferralProgram
metadata: {name: friends}
spec: {timezone: Europe/Berlin}
"""

REFERRAL = """
apiVersion: muster/v1
kind: ReferralCampaign
metadata: {{name: r-{n}}}
state: {state}
schedule: {{timezone: UTC, entries: [{{at: 2027-01-0{day}T12:00, state: live}}, {{at: 2027-02-0{day}T12:00, state: paused}}]}}
spec:
  program: friends
  goLiveAs: {how}
  weight: 10
  title: Offer {title}
  offer: {{friend: $5 off, advocate: $5 gift card}}
  journey: [account_created]
  rewards: [{{to: friend, on: account_created, value: "5.00", currency: USD, wait: 0d}}]
"""


def change(world: World, dice: random.Random, number: int) -> None:
    """Something happens."""
    n = dice.randrange(6)
    match dice.randrange(11):
        case 0 | 1:
            world.write(f"c-{n}.yaml", campaign(f"c-{n}", dice.choice(["draft", "test", "published"]), f"No {number}"))
        case 2:
            how = "test" if n else "burst"
            text = REFERRAL.format(n=n, state="not_launched", day=5 + n % 4, how=how, title=number)
            world.write(f"r-{n}.yaml", text)
        case 3:
            (world.manifests / f"c-{n}.yaml").unlink(missing_ok=True)
        case 4:
            world.write(f"c-{n}.yaml", "kind: [broken")
        case 5:
            world.clock.advance(hours=dice.randrange(1, 40))
        case 6:
            world.clock.advance(minutes=-dice.randrange(1, 50))
        case 7:
            world.apply() if not _is_broken(world) else None
        case 8:
            world.write("both.yaml", campaign(f"c-{n}") + "---\n" + campaign("other", "test"))
        case 9:
            if world.resource(f"LeadCampaign/c-{n}"):
                world.hold(f"LeadCampaign/c-{n}", to_text(world.clock.now() + timedelta(hours=dice.randrange(1, 30))))
        case 10:
            if world.state(f"LeadCampaign/c-{n}") == "test":
                world.brake(f"LeadCampaign/c-{n}", "publish", to_text(world.clock.now() + timedelta(hours=3)))


def mend(world: World) -> None:
    """Every file sound again."""
    (world.manifests / "both.yaml").unlink(missing_ok=True)
    for file in world.manifests.glob("c-*.yaml"):
        if "broken" in file.read_text():
            file.write_text(campaign(file.stem))


def _is_broken(world: World) -> bool:
    return world.cli("validate").code != 0


def outline(plan: Plan, seen: Survey) -> tuple[object, ...]:
    return (
        plan.digest, plan.resources, plan.blocked, plan.waiting, plan.unmanaged, plan.unchanged, plan.due, plan.timeline,
        plan.holds, plan.drift, plan.stands_until, dict(seen.heads), seen.triage, seen.ticking, sorted(seen.scheduled),
        seen.serial,
    )  # fmt: skip


@pytest.mark.parametrize("seed", range(12))
def test_what_is_kept_is_what_is_there(tmp_path: Path, seed: int) -> None:
    world, dice = World(tmp_path), random.Random(seed)
    world.write("program.yaml", PROGRAM)
    for n in range(6):
        world.write(f"c-{n}.yaml", campaign(f"c-{n}"))
    source = DirectorySource(Place(world.root))
    passes = Passes(source, Tools(world.clock, lambda *_: {}, "test", dry=True))
    kept = 0
    with world.store() as store:
        for number in range(30):
            change(world, dice, number)
            if dice.random() < 0.6:
                mend(world)
            one = passes.once(store, fresh=False)
            kept += not one.seen.whole
            fresh = Passes(DirectorySource(Place(world.root)), Tools(world.clock, lambda *_: {}, "test", dry=True))
            other = fresh.once(store, fresh=True)
            assert outline(one.plan, one.seen) == outline(other.plan, other.seen), number
            assert set(one.withheld) >= set(other.withheld)
    assert kept, "nothing was ever kept: the test tests nothing"
