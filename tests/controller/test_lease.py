"""Who is at work on an intent keeps it: until the lease runs out, the process is gone, or it lets go."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from reconciler.controller.lease import LEASE, in_hand
from reconciler.controller.settle import settle
from reconciler.engine.owner import new_owner
from reconciler.model.health import Settlement
from reconciler.model.ports import Beat, Intent, Lease, Store, Write
from reconciler.model.record import replace as altered
from reconciler.model.ref import Ref
from tests.crash.survivor import ended, fork
from tests.world import START, FakeRuntime, FixedClock, World

SPRING = Ref("ReferralCampaign", "spring")
BODY = {"ref": str(SPRING), "op": "transition", "event": "launch", "to": "live", "satisfied": ["live"]}
LAUNCH = Write(SPRING, 1, "live", ("live",), (), START, BODY, entered=True)
EFFECTS = ("offer-to-everyone", "tell-everyone")


def begun(owner: str | None, **until: float) -> Intent:
    lease = Lease(owner, START + timedelta(**until)) if owner else None
    return Intent("key", SPRING, 1, EFFECTS, LAUNCH, START, lease)


def campaign(world: World, state: str) -> None:
    world.write(
        "spring.yaml",
        f"""
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {{name: spring}}
        state: {state}
        spec: {{program: friends}}
        """,
    )


@pytest.fixture
def world(world: World) -> World:
    world.write(
        "program.yaml",
        """
        apiVersion: muster/v1
        kind: ReferralProgram
        metadata: {name: friends}
        spec: {timezone: UTC}
        """,
    )
    campaign(world, "not_launched")
    world.stored_all()
    return world


def of_a_dead_process() -> str:
    """The owner token of a process that is gone."""
    reader, writer = os.pipe()
    pid = fork(lambda: os.write(writer, new_owner().encode()) and None)
    assert ended(pid) == 0
    owner = os.read(reader, 1000).decode()
    os.close(reader)
    os.close(writer)
    return owner


def elsewhere(owner: str) -> str:
    """The same, on another machine."""
    return "another-boot" + owner


@pytest.mark.parametrize(
    ("make", "until", "held"),
    [
        (new_owner, 1, True),
        (new_owner, 0, False),
        (new_owner, -1, False),
        (of_a_dead_process, 1, False),
        (lambda: elsewhere(of_a_dead_process()), 1, True),
        (lambda: elsewhere(new_owner()), 0, False),
        (lambda: "who/knows", 1, True),
        (lambda: None, 1, False),
    ],
    ids=[
        "alive", "just run out", "long run out", "its process is dead", "dead, but on another machine",
        "another machine, run out", "a token of another make", "nobody",
    ],
)  # fmt: skip
def test_whether_an_intent_is_in_hand(make: Callable[[], str | None], until: float, held: bool) -> None:
    intent = begun(make(), seconds=until)
    assert in_hand(intent, START) == (intent.lease if held else None)


def test_every_execution_is_an_owner_of_its_own() -> None:
    assert len({new_owner() for _ in range(100)}) == 100


def found(store: Store, runtime: FakeRuntime, clock: FixedClock) -> tuple[Settlement, str]:
    (one,) = settle(store, {"ReferralCampaign": runtime}, clock)
    return one.settlement, one.message


def test_what_is_in_hand_is_left_until_its_lease_has_run_out(world: World) -> None:
    runtime = FakeRuntime(done={f"key/{EFFECTS[0]}": (EFFECTS[0], SPRING)})
    with world.store() as store:
        assert store.begin(begun(elsewhere(new_owner()), seconds=60))
        answer = found(store, runtime, world.clock)
        assert answer == (Settlement.OPEN, "another run is at work on it, until 2027-01-04T09:01:00Z at the latest")
        assert len(runtime.done) == 1
        world.clock.advance(seconds=60)
        assert found(store, runtime, world.clock) == (Settlement.FINISHED, "")
        assert (len(runtime.done), store.intents(), store.heads()[SPRING].state) == (2, (), "live")


def test_what_the_dead_have_begun_is_settled_at_once(world: World) -> None:
    with world.store() as store:
        store.begin(begun(of_a_dead_process(), seconds=60))
        assert found(store, FakeRuntime(), world.clock) == (Settlement.UNDONE, "")
        assert store.intents() == ()


@dataclass(slots=True)
class Meddling(FakeRuntime):
    """Something else happens while it performs."""

    meddle: Callable[[], object] = lambda: None

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        FakeRuntime.perform(self, effect, ref, key, beat)
        self.meddle()


def test_who_overruns_the_lease_stops_and_lets_go(world: World) -> None:
    """Another run may take it for dead by then: no further effect is begun."""
    campaign(world, "live")
    runtime = world.runtimes["ReferralCampaign"] = Meddling(meddle=lambda: world.clock.advance(seconds=61))
    with world.opened() as reconciler:
        plan = reconciler.plan()[0]
        (one,) = plan.resources
        steps = tuple(altered(step, effects=EFFECTS) for step in one.steps)
        outcome = reconciler.apply(replace(plan, resources=(altered(one, steps=steps),)))
        assert outcome.failed == {SPRING: f"its lease ran out before {EFFECTS[1]}"}
        assert [effect for effect, _ in runtime.done.values()] == [EFFECTS[0]]
        assert [intent.lease for intent in reconciler.store.intents()] == [None]
        runtime.meddle = lambda: None
        assert [one.settlement for one in reconciler.settle()] == [Settlement.FINISHED]
    assert (world.state(str(SPRING)), len(runtime.done)) == ("live", 2)


def test_who_was_taken_for_dead_cannot_advance(world: World) -> None:
    """Between its effects another run settles the intent: the step is logged once, by that run."""

    def take_over() -> None:
        runtime.meddle = lambda: None
        with world.store() as store:
            (intent,) = store.intents()
            mine = replace(intent, lease=Lease(new_owner(), START + LEASE))
            assert store.hand_over(intent, mine.lease)
            assert store.advance(mine)

    campaign(world, "live")
    runtime = world.runtimes["ReferralCampaign"] = Meddling(meddle=take_over)
    outcome = world.apply()
    assert (outcome.stale, outcome.done, outcome.steps) == ([SPRING], [], 0)
    assert [event.body["event"] for event in world.events(str(SPRING))] == ["given", "launch"]


def test_of_two_that_settle_one_does(world: World) -> None:
    def settled_by_another() -> None:
        runtime.meddle = lambda: None
        with world.store() as other:
            seen.extend(settle(other, {"ReferralCampaign": FakeRuntime()}, world.clock))

    runtime = Meddling(done={f"key/{EFFECTS[0]}": (EFFECTS[0], SPRING)}, meddle=settled_by_another)
    seen: list[object] = []
    with world.store() as store:
        store.begin(begun(None))
        assert found(store, runtime, world.clock) == (Settlement.FINISHED, "")
    assert [getattr(one, "settlement", None) for one in seen] == [Settlement.OPEN]
    assert [event.body["event"] for event in world.events(str(SPRING))] == ["given", "launch"]
