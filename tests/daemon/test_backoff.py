"""A runtime that fails: its resource rests, longer each time, and nobody waits for it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.controller.passing import Pass, Passes, Tools
from reconciler.model.errors import Permanent, Transient
from reconciler.model.ports import Beat
from reconciler.model.ref import Ref
from reconciler.source.directory import DirectorySource, Place
from tests.commands.test_hold import CAMPAIGN, FIRM, GENTLE, SHARED
from tests.world import FakeRuntime, World


@dataclass(slots=True)
class Failing(FakeRuntime):
    """Fails for one campaign as long as there is an error, and counts how often it was asked."""

    error: Exception | None = None
    at: str = ""
    """The one effect that fails; empty: each."""
    asked: list[str] = field(default_factory=list)

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        if ref == Ref.parse(GENTLE):
            self.asked.append(effect)
            if self.error is not None and self.at in ("", effect):
                raise self.error
        FakeRuntime.perform(self, effect, ref, key, beat)


@pytest.fixture
def runtime() -> Failing:
    return Failing()


@pytest.fixture
def world(tmp_path: Path, runtime: Failing) -> World:
    world = World(tmp_path / "repository")
    world.runtimes["CollectionCampaign"] = runtime
    world.write("shared.yaml", SHARED)
    for name in ("gentle", "firm"):
        world.write(f"{name}.yaml", CAMPAIGN % (name, "growth"))
    world.apply()
    for name in ("gentle", "firm"):
        file = world.manifests / f"{name}.yaml"
        file.write_text(file.read_text().replace("state: active", "state: paused"))
    runtime.asked.clear()
    return world


@pytest.fixture
def look(world: World) -> Callable[..., Pass]:
    """Let so many seconds pass, and make a pass."""
    passes = Passes(DirectorySource(Place(world.root)), Tools(world.clock, lambda *_: world.runtimes, "daemon:test"))

    def look(after: float = 0) -> Pass:
        world.clock.advance(seconds=after)
        with world.store() as store:
            one = passes.once(store, fresh=True)
        due = passes.backoff.next(world.clock.now())
        assert bool(due) is bool(one.resting), "the loop wakes for whoever rests"
        return one

    return look


def busy(delay: timedelta = timedelta()) -> Transient:
    return Transient("the channel is busy", delay)


def test_it_rests_longer_each_time_and_nobody_waits_for_it(
    world: World, runtime: Failing, look: Callable[..., Pass]
) -> None:
    runtime.error = busy()
    first = look()
    assert first.outcome.failed == {Ref.parse(GENTLE): "the channel is busy"}
    assert first.outcome.done == [Ref.parse(FIRM)]
    tried = []
    for second in range(1, 64):
        before = len(runtime.asked)
        one = look(after=1)
        assert one.resting == {Ref.parse(GENTLE): "the channel is busy"}
        tried += [second] if len(runtime.asked) > before else []
    assert tried == [5, 15, 35], "after 5, 10, 20 seconds, and 40"
    runtime.error = None
    assert look(after=12).outcome.done == [Ref.parse(GENTLE)]
    assert not look().resting
    assert (world.state(GENTLE), world.state(FIRM)) == ("paused", "paused")


def test_a_runtime_says_for_how_long(runtime: Failing, look: Callable[..., Pass]) -> None:
    runtime.error = busy(timedelta(hours=1))
    look()
    for _ in range(59):
        look(after=60)
    assert len(runtime.asked) == 1
    look(after=60)
    assert len(runtime.asked) == 2


def test_it_is_never_longer_than_a_quarter_of_an_hour(runtime: Failing, look: Callable[..., Pass]) -> None:
    runtime.error = Permanent("the channel refuses us")
    for number in range(12):
        look(after=15 * 60)
        assert len(runtime.asked) == number + 1


def test_what_becomes_another_wish_is_tried_at_once(world: World, runtime: Failing, look: Callable[..., Pass]) -> None:
    runtime.error = busy()
    look()
    world.write("gentle.yaml", (CAMPAIGN % ("gentle", "growth")).replace("state: active", "state: completed"))
    look()
    assert len(runtime.asked) == 2
    runtime.error = None
    world.write("gentle.yaml", CAMPAIGN % ("gentle", "growth"))
    assert not look(after=60).outcome.failed
    assert world.state(GENTLE) == "active"


def test_what_is_half_done_rests_too(world: World, runtime: Failing, look: Callable[..., Pass]) -> None:
    """One effect was performed, so the step is finished and not begun anew; but no sooner than anything else."""
    runtime.error, runtime.at = busy(), "unassign-accounts"
    world.write("gentle.yaml", (CAMPAIGN % ("gentle", "growth")).replace("state: active", "state: deleted"))
    assert look().resting == {Ref.parse(GENTLE): "the channel is busy"}
    tried = []
    for second in range(1, 40):
        before = len(runtime.asked)
        one = look(after=1)
        assert one.resting == {Ref.parse(GENTLE): "the channel is busy"}
        assert not one.outcome.stale
        tried += [second] if len(runtime.asked) > before else []
    assert tried == [5, 15, 35]
    runtime.error = None
    look(after=60)
    assert world.state(GENTLE) == "deleted"
    done = [effect for effect, ref in runtime.done.values() if ref == Ref.parse(GENTLE)]
    assert sorted(done)[-3:] == ["cancel-pending-items", "open-queue", "unassign-accounts"], "each once, by its key"
    assert not look().resting
