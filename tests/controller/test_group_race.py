"""Two processes with different catalogs, each judged by itself: of those who exclude each other in a group, one comes in."""

import multiprocessing
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import pytest

from reconciler.app import App
from reconciler.controller import execute
from reconciler.controller.doctor import examine
from reconciler.model.errors import Permanent, Transient
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Blocked, Code
from reconciler.model.ports import Beat
from reconciler.model.ref import Ref
from tests.controller.test_beside import FIRST, SECOND, burst
from tests.crash.log_checker import complaints
from tests.world import FakeRuntime, World, built_in_kinds

PROGRAM = "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: friends}\nspec: {timezone: UTC}\n"
LATER = "2027-01-05T09:00:00Z"
KIND = "ReferralCampaign"
ALWAYS = Ref(KIND, "always")


@pytest.fixture
def worlds(world: World, any_store: str, tmp_path: Path) -> tuple[World, World]:
    """Two checkouts over one store, which knows the program."""
    other = World(tmp_path / "other", world.server, world.database)
    if any_store == "sqlite":
        other.write("../muster.yaml", f"store: sqlite://{world.root}/.muster/state.db\n")
    for one in (world, other):
        one.write("program.yaml", PROGRAM)
    world.apply()
    return world, other


def both(one: World, two: World) -> tuple[Outcome, Outcome]:
    """Both plan, and then both apply."""
    with one.opened() as mine, two.opened() as theirs:
        plans = mine.plan()[0], theirs.plan()[0]
        assert not any(plan.blocked for plan in plans), "each is legal by itself"
        return mine.apply(plans[0]), theirs.apply(plans[1])


def live(world: World) -> list[str]:
    with world.store() as store:
        assert not examine(store).complaints
        assert not list(complaints(list(store.events()), built_in_kinds().table))
        return sorted(ref.name for ref, head in store.heads().items() if head.state == "live")


def is_refused(world: World, ref: Ref) -> bool:
    """Whether it is judged again, and refused for whoever came first."""
    (one,) = world.plan().blocked
    return one.ref == ref and [refusal.code for refusal in one.refusals] == [Code.CONSTRAINT]


def resting(one: World, two: World) -> None:
    """Both campaigns are stored, paused, each known to one catalog."""
    for world, name in ((one, "first"), (two, "second")):
        for state in ("live", "paused"):
            burst(world, name, state)
            world.apply()


@pytest.mark.parametrize("effects", [False, True], ids=["alone", "with effects"])
@pytest.mark.parametrize("before", [lambda _one, _two: None, resting], ids=["made", "stored"])
def test_of_two_bursts_one_goes_live(worlds: tuple[World, World], before: Any, effects: bool) -> None:
    one, two = worlds
    before(one, two)
    for world, name in ((one, "first"), (two, "second")):
        burst(world, name, "live")
        if effects:
            world.runtime(KIND)
    first, second = both(one, two)
    assert (first.done, first.stale, second.done, second.stale) == ([FIRST], [], [], [SECOND])
    assert live(one) == ["first"]
    if effects:
        assert (len(one.runtimes[KIND].done), len(two.runtimes[KIND].done)) == (1, 0), "what loses performs nothing"
    assert is_refused(two, SECOND)


def test_a_burst_and_one_who_would_rest_for_it(worlds: tuple[World, World]) -> None:
    one, two = worlds
    burst(one, "always", "live", "weight: 1")
    burst(two, "second", "live")
    _, second = both(one, two)
    assert (second.stale, live(one)) == ([SECOND], ["always"])


def test_who_is_made_a_burst_where_it_is(worlds: tuple[World, World]) -> None:
    """An edit lets a campaign into the bursts that is live already."""
    one, two = worlds
    burst(one, "always", "live", "weight: 1")
    one.apply()
    burst(one, "always", "live")
    burst(two, "second", "live")
    first, second = both(two, one)
    assert (first.done, second.stale, second.done) == ([SECOND], [ALWAYS], [])
    assert one.resource(str(ALWAYS)).document["spec"] == {"program": "friends", "weight": 1}  # type: ignore[union-attr]


def test_who_is_moved_into_another_program(worlds: tuple[World, World]) -> None:
    one, two = worlds
    for world in worlds:
        world.write("more.yaml", PROGRAM.replace("friends", "others"))
    one.apply()
    burst(one, "first", "live")
    one.apply()
    text = (one.manifests / "first.yaml").read_text()
    one.write("first.yaml", text.replace("program: friends", "program: others"))
    two.write("second.yaml", text.replace("program: friends", "program: others").replace("first", "second"))
    first, second = both(one, two)
    assert (first.done, second.stale, live(one)) == ([FIRST], [SECOND], ["first"])


def test_different_programs_do_not_concern_each_other(worlds: tuple[World, World]) -> None:
    one, two = worlds
    two.write("more.yaml", PROGRAM.replace("friends", "others"))
    two.apply()
    burst(one, "first", "live")
    burst(two, "second", "live", "goLiveAs: burst")
    text = (two.manifests / "second.yaml").read_text()
    two.write("second.yaml", text.replace("program: friends", "program: others"))
    first, second = both(one, two)
    assert (first.done, second.done, live(one)) == ([FIRST], [SECOND], ["first", "second"])


def test_who_leaves_is_in_nobodys_way(worlds: tuple[World, World]) -> None:
    one, two = worlds
    burst(one, "first", "live")
    one.apply()
    burst(one, "first", "paused")
    burst(two, "always", "not_launched", "weight: 1")
    first, second = both(one, two)
    assert (first.done, second.done) == ([FIRST], [ALWAYS])


@pytest.mark.parametrize("effects", [False, True], ids=["alone", "with effects"])
@pytest.mark.parametrize("batch", [1, 2, 100])
def test_who_comes_in_by_one_plan_does_not_hinder_each_other(
    worlds: tuple[World, World], monkeypatch: pytest.MonkeyPatch, effects: bool, batch: int
) -> None:
    one, _ = worlds
    monkeypatch.setattr(execute, "BATCH", batch)
    if effects:
        one.runtime(KIND)
    names = [f"campaign-{number}" for number in range(5)]
    for name in names:
        burst(one, name, "live", "weight: 1")
    outcome = one.apply()
    assert (outcome.stale, live(one)) == ([], names)
    burst(one, "first", "live")
    outcome = one.apply()
    assert (outcome.stale, live(one)) == ([], ["first"])


def test_an_operator_loses_to_a_plan(worlds: tuple[World, World]) -> None:
    one, two = worlds
    resting(one, two)
    burst(one, "first", "live")
    outcome = two.brake(str(SECOND), "resume", LATER, meanwhile=one.apply)
    assert isinstance(outcome, Outcome)
    assert (outcome.stale, live(one)) == ([SECOND], ["first"])
    assert isinstance(two.brake(str(SECOND), "resume", LATER), Blocked)


def test_a_plan_loses_to_an_operator(worlds: tuple[World, World]) -> None:
    one, two = worlds
    resting(one, two)
    burst(one, "first", "live")
    with one.opened() as reconciler:
        plan = reconciler.plan()[0]
        two.brake(str(SECOND), "resume", LATER)
        outcome = reconciler.apply(plan)
    assert (outcome.stale, live(one)) == ([FIRST], ["second"])


class Picky(FakeRuntime):
    """Performs nothing for one campaign."""

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        if ref.name == "campaign-0":
            raise Permanent("this one has no picture")
        FakeRuntime.perform(self, effect, ref, key, beat)


def test_who_fails_on_the_way_in_keeps_nobody_out_who_was_judged_with_it(worlds: tuple[World, World]) -> None:
    """Else one broken campaign would keep the whole program from going live, in every pass again."""
    one, _ = worlds
    one.runtimes[KIND] = Picky()
    for number in range(3):
        burst(one, f"campaign-{number}", "live", "weight: 1")
    for _ in range(2):
        outcome = one.apply()
        assert ([ref.name for ref in outcome.failed], outcome.stale) == (["campaign-0"], [])
    assert live(one) == ["campaign-1", "campaign-2"]


class Interrupted(FakeRuntime):
    """Lets something happen while it performs."""

    def __init__(self, meanwhile: Callable[[], object], fails: bool = False, late: bool = False) -> None:
        super().__init__()
        self.meanwhile, self.fails, self.late = meanwhile, fails, late

    def observe(self, *_anything: Any) -> dict[str, Any]:
        return {}

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        if self.late:
            FakeRuntime.perform(self, effect, ref, key, beat)
        self.meanwhile()
        if self.fails:
            raise Transient("it does not answer", timedelta())
        FakeRuntime.perform(self, effect, ref, key, beat)


def test_who_is_about_to_come_in_is_in_the_way_before_it_has(worlds: tuple[World, World]) -> None:
    """The effects of the first are being performed: nothing of the second is."""
    one, two = worlds
    burst(one, "first", "live")
    burst(two, "second", "live")
    two.runtime(KIND)
    found: list[Outcome] = []
    one.runtimes[KIND] = Interrupted(lambda: found.append(two.apply()))
    assert one.apply().done == [FIRST]
    assert ([outcome.stale for outcome in found], two.runtimes[KIND].done) == ([[SECOND]], {})
    assert live(one) == ["first"]


@pytest.mark.parametrize("performed", [False, True])
def test_who_was_left_on_the_way_in_is_settled_first(worlds: tuple[World, World], performed: bool) -> None:
    """What nobody finishes does not block for ever: it is undone, or done, and the next one is judged by that."""
    one, two = worlds
    burst(one, "first", "live")
    burst(two, "second", "live")
    one.runtimes[KIND] = Interrupted(lambda: None, fails=True, late=performed)
    assert list(one.apply().failed) == [FIRST]
    assert two.apply().stale == [SECOND], "it has no runtime to ask, and leaves it open"
    two.runtimes[KIND] = FakeRuntime(done=dict(one.runtimes[KIND].done))
    outcome = two.apply()
    assert (outcome.done, live(one)) == (([], ["first"]) if performed else ([SECOND], ["second"]))


STALL = """\
kind: Stall
role: campaign
states:
  draft: {initial: true}
  waiting: {}
  open: {outward: true, final: true}
transitions:
  - {event: wait, from: draft, to: waiting}
  - {event: start, from: waiting, to: open, by: timer, at: schedule.open}
  - {event: force, from: draft, to: open}
constraints:
  - {name: one-stall, per: [/spec/place], states: [open], rule: size(members) <= 1, message: one at a time}
"""
SCHEMA = '{"type": "object", "properties": {"place": {"type": "string"}}}'


def test_a_timer_that_lets_somebody_in_loses_and_is_not_told_as_done(worlds: tuple[World, World]) -> None:
    for world, name in zip(worlds, ("north", "south"), strict=True):
        settings = world.root / "muster.yaml"
        world.write("../muster.yaml", (settings.read_text() if settings.exists() else "") + "kinds: [kinds]\n")
        world.write("../kinds/stall/kind.yaml", STALL)
        world.write("../kinds/stall/schema.json", SCHEMA)
        world.write(f"{name}.yaml", f"""
            apiVersion: muster/v1
            kind: Stall
            metadata: {{name: {name}}}
            state: waiting
            schedule: {{entries: [{{at: 2027-01-04T10:00:00Z, state: open}}]}}
            spec: {{place: market}}
            """)  # fmt: skip
    one, two = worlds
    one.apply()
    two.stored("Stall/south", "waiting")
    for world in worlds:
        world.clock.set("2027-01-04T10:00:00Z")
    with one.opened() as mine, two.opened() as theirs:
        plans = mine.plan()[0], theirs.plan()[0]
        assert [len(plan.due) for plan in plans] == [1, 1]
        first, second = mine.apply(plans[0]), theirs.apply(plans[1])
    assert ([ref.name for ref in first.done], second.done) == (["north"], [])
    assert [ref.name for ref in second.stale] == ["south"]
    assert (one.state("Stall/north"), one.state("Stall/south")) == ("open", "waiting")


def test_processes_that_launch_bursts_at_the_same_moment(worlds: tuple[World, World]) -> None:
    one, two = worlds
    fork = multiprocessing.get_context("fork")
    barrier, answers = fork.Barrier(2), fork.SimpleQueue()
    runs = [
        fork.Process(target=_launch, args=(world, number, barrier, answers)) for number, world in enumerate((one, two))
    ]
    for run in runs:
        run.start()
    said = [answers.get() for _ in runs]
    for run in runs:
        run.join()
    assert [sum(won) for won in zip(*said, strict=True)] == [1] * ROUNDS, "one in each round, never none or both"
    assert len(live(one)) == ROUNDS


ROUNDS = 25


def _launch(world: World, number: int, barrier: Barrier, answers: Any) -> None:
    """Each round another program, and a burst of it that only this checkout has. Says in which it went live."""
    won = []
    for turn in range(ROUNDS):
        program = f"program-{turn}"
        world.write("program.yaml", PROGRAM.replace("friends", program))
        world.write("burst.yaml", f"""
            apiVersion: muster/v1
            kind: ReferralCampaign
            metadata: {{name: burst-{turn}-{number}}}
            state: live
            spec: {{program: {program}, goLiveAs: burst}}
            """)  # fmt: skip
        if number == 0:
            world.apply(only=[f"ReferralProgram/{program}"])
        barrier.wait(60)
        if turn % 2:
            world.runtime(KIND)
        with world.opened() as reconciler:
            plan = reconciler.plan()[0]
            barrier.wait(60)
            won.append(bool(reconciler.apply(plan).done))
        barrier.wait(60)
    answers.put(won)


def test_doctor_and_a_copy_know_nothing_of_it(worlds: tuple[World, World], tmp_path: Path) -> None:
    """A store that was moved goes on, and lets nobody in beside those who are."""
    one, two = worlds
    burst(one, "first", "live")
    one.apply()
    copy = f"sqlite://{tmp_path}/copy.db"
    url = one.url or f"sqlite://{one.root}/.muster/state.db"
    code, out, err = one.cli("store", "copy", url, copy)
    assert code == 0, out + err
    app = App.open(two.root, store=copy, clock=two.clock)
    burst(two, "second", "live")
    reconciler = app.reconciler()
    assert [blocked.ref for blocked in reconciler.plan()[0].blocked] == [SECOND]
    (two.manifests / "second.yaml").unlink()
    burst(two, "first", "paused")
    burst(two, "second", "live")
    reconciler.store.close()
    reconciler = app.reconciler()
    assert reconciler.apply(reconciler.plan()[0]).stale == []
    reconciler.store.close()
