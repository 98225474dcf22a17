"""A thousand due timers, two processes: each timer runs once."""

import multiprocessing
from collections import Counter
from multiprocessing.synchronize import Barrier

from reconciler.controller.doctor import examine
from tests.world import World

TIMERS = 1_000


def test_two_processes_and_a_thousand_due_timers(world: World, any_store: str) -> None:
    """R-11: one transition, one event each; nobody is told that the other was faster."""
    head = "apiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {name: ref-%d}\nstate: ended\nspec: {program: friends}\n"
    program = (
        "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: friends}\nspec: {timezone: America/New_York}\n"
    )
    world.write("all.yaml", "---\n".join([program, *(head % number for number in range(TIMERS))]))
    world.stored_all({f"ReferralCampaign/ref-{number}": "ended" for number in range(TIMERS)})
    world.clock.advance(days=95)
    fork = multiprocessing.get_context("fork")
    start, answers = fork.Barrier(2), fork.SimpleQueue()
    runs = [fork.Process(target=_apply, args=(world, start, answers)) for _ in range(2)]
    for run in runs:
        run.start()
    said = [answers.get() for _ in runs]
    for run in runs:
        run.join()
    fired = Counter(str(event.ref) for event in world.events() if event.body.get("event") == "expire")
    assert len(fired) == TIMERS
    assert set(fired.values()) == {1}
    assert sum(steps for steps, _ in said) == TIMERS
    assert [stale for _, stale in said] == [0, 0]
    with world.store() as store:
        assert not examine(store).complaints
    assert not world.plan().has_changes


def _apply(world: World, start: Barrier, answers: object) -> None:
    with world.opened() as reconciler:
        plan, _ = reconciler.plan()
        start.wait()
        outcome = reconciler.apply(plan)
    answers.put((outcome.steps, len(outcome.stale)))  # type: ignore[attr-defined]
