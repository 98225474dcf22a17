"""Holds among several processes: one release each, and no reconciler moves what an operator holds."""

import multiprocessing
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

from reconciler.app import App
from reconciler.controller.doctor import examine
from reconciler.controller.operate import Hand, Whose
from reconciler.controller.steps import fold
from reconciler.model.errors import Conflict, Usage
from reconciler.model.event import Event
from reconciler.model.hold import hold_until, holding
from reconciler.model.instant import from_text
from reconciler.model.ref import Ref
from reconciler.plan.advance import OPERATOR
from tests.controller.test_race import kinds_of, lawful
from tests.world import START, World

MANY = 300
PROGRAM = "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: friends}\nspec: {timezone: UTC}\n"
ONE = "apiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {name: ref-%d}\nstate: %s\nspec: {program: friends, weight: 1}\n"


def write(world: World, states: Iterable[str]) -> None:
    world.write("all.yaml", "---\n".join([PROGRAM, *(ONE % (number, state) for number, state in enumerate(states))]))


def test_two_processes_and_many_holds_that_end(world: World) -> None:
    write(world, ["live"] * MANY)
    world.apply()
    refs = [Ref("ReferralCampaign", f"ref-{number}") for number in range(MANY)]
    with world.store() as store:
        hold = hold_until("moving", "dana", START, from_text("2027-01-04T11:00:00Z"))
        Hand(store, world.clock, "user:dana").hold(refs, hold, extend=False)
    write(world, ["paused"] * MANY)
    world.clock.advance(hours=2)
    said = _race(world, [(_apply, 1), (_apply, 2)])
    released = Counter(str(event.ref) for event in world.events() if event.body["op"] == "release")
    assert len(released) == MANY and set(released.values()) == {1}
    paused = Counter(str(event.ref) for event in world.events() if event.body.get("event") == "pause")
    assert len(paused) == MANY and set(paused.values()) == {1}
    assert sum(said) == 2 * MANY
    with world.store() as store:
        assert not examine(store).complaints
    assert not world.plan().has_changes


def test_operators_and_reconcilers_race_and_a_hold_is_a_hold(world: World) -> None:
    write(world, ["live"] * 6)
    world.apply()
    said = _race(world, [(_reconcile, 1), (_reconcile, 2), (_operate, 3), (_operate, 4)])
    assert sum(done > 0 for done in said) > 2, "on a busy machine one of them may come too late, and no more"
    kinds = kinds_of(world)
    told: dict[Ref, list[Mapping[str, Any]]] = {}
    broken = 0
    for event in world.events():
        before = told.setdefault(event.ref, [])
        _check(event, before, kinds)
        broken += event.body["op"] == "hold"
        before.append(event.body)
    assert broken > 20
    with world.store() as store:
        assert not examine(store).complaints


def _check(event: Event, before: list[Mapping[str, Any]], kinds: Mapping[str, Any]) -> None:
    """Every step is legal where the log says that the resource is, and none of a manifest's is taken in a hold."""
    body, state = event.body, fold(before) if before else {"holds": (), "state": ""}
    if body["op"] in ("create", "transition", "edit") and body.get("event") != "ask":
        assert lawful(kinds[event.ref.kind], state["state"], body), body
        if not str(body["cause"]).startswith(OPERATOR):
            assert holding(state["holds"], from_text(body["at"])) is None, body


def _race(world: World, runners: list[tuple[Any, int]]) -> list[int]:
    fork = multiprocessing.get_context("fork")
    start, answers = fork.Barrier(len(runners)), fork.SimpleQueue()
    runs = [
        fork.Process(target=run, args=(world.root, world.clock.moment, seed, start, answers)) for run, seed in runners
    ]
    for one in runs:
        one.start()
    said = [answers.get() for _ in runs]
    for one in runs:
        one.join()
    return said


def _apply(root: Path, now: Any, _seed: int, start: Barrier, answers: Any) -> None:
    world = World(root)
    world.clock.moment = now
    with world.opened() as reconciler:
        plan, _ = reconciler.plan()
        start.wait()
        answers.put(reconciler.apply(plan).steps)


def _reconcile(root: Path, now: Any, seed: int, start: Barrier, answers: Any) -> None:
    """Applies again and again what a repository says that changes its mind."""
    world, dice, steps = World(root), random.Random(seed), 0
    world.clock.moment = now
    world.root = root
    start.wait()
    for _ in range(40):
        write_own(world, seed, [dice.choice(["live", "paused", "ended"]) for _ in range(6)])
        steps += world.apply().steps
    answers.put(steps)


def write_own(world: World, seed: int, states: list[str]) -> None:
    """Each reconciler has a checkout of its own."""
    world.manifests = world.root / f"campaigns-{seed}"
    world.manifests.mkdir(exist_ok=True)
    write(world, states)
    store = world.root / ".muster" / "state.db"
    world.app = lambda: App.open(world.root, (world.manifests.name,), f"sqlite://{store}", world.clock)  # type: ignore[method-assign]


def _operate(root: Path, now: Any, seed: int, start: Barrier, answers: Any) -> None:
    """Holds, releases, and takes transitions past the manifests."""
    world, dice, done = World(root), random.Random(seed), 0
    world.clock.moment = now
    start.wait()
    for _ in range(60):
        name = f"ReferralCampaign/ref-{dice.randrange(6)}"
        try:
            match dice.randrange(3):
                case 0:
                    world.hold(name, "2027-01-04T11:00:00Z")
                case 1:
                    with world.store() as store:
                        Hand(store, world.clock, "user:dana").release([Ref.parse(name)], "enough", Whose(every=True))
                case _:
                    world.brake(name, dice.choice(["pause", "end", "resume", "relaunch"]), "2027-01-04T11:00:00Z")
            done += 1
        except (Conflict, Usage):
            continue
    answers.put(done)
