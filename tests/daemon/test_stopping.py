"""SIGTERM in the middle of many steps: it stops between two of them, and the next run goes on."""

import signal
from pathlib import Path

from reconciler.controller.doctor import examine
from tests.daemons import campaign, daemon
from tests.world import World

MANY = 1_000


def test_it_stops_between_two_steps_of_a_plan(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(20):
        world.write(f"c-{number}.yaml", campaign(f"c-{number}", "test"))
    with world.opened() as reconciler:
        asked = iter(range(1_000))
        outcome = reconciler.apply(reconciler.plan()[0], stopping=lambda: next(asked) >= 7)
    assert outcome.steps == 7
    assert len(outcome.done) + len(outcome.left) == 20
    assert len(outcome.done) == 3
    rest = world.apply()
    assert (rest.steps, rest.left) == (33, [])
    assert all(world.state(f"LeadCampaign/c-{number}") == "test" for number in range(20))


def test_a_signal_amid_a_thousand_steps_leaves_the_rest_to_the_next_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    for number in range(MANY):
        world.write(f"{number // 100}/c-{number}.yaml", campaign(f"c-{number}", "test"))
    with daemon(world.root) as running:
        running.says("watching")
        running.send(signal.SIGTERM)
        code = running.ended()
    done = len(world.events())
    assert code in ((0, 8) if done in (0, 2 * MANY) else (8,)), (code, done)
    with daemon(world.root, "--once") as running:
        assert running.ended() == 0
    with world.store() as store:
        health = examine(store)
        assert {one.state for one in store.heads().values()} == {"test"}
    assert not health.complaints
    assert len(world.events()) == 2 * MANY
