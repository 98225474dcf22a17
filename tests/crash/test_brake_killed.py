"""The emergency brake killed with kill -9 at every call of every port: tried again, the same end, each effect once."""

import signal
from pathlib import Path
from typing import Any

import pytest

from reconciler.controller.doctor import examine
from reconciler.controller.execute import Executor
from reconciler.controller.operate import Surroundings
from reconciler.controller.settle import settle
from reconciler.model.hold import hold_until
from reconciler.model.instant import from_text
from reconciler.model.plan import Blocked, Plan
from reconciler.model.ref import Ref
from reconciler.plan.operate import legal, operated
from tests.crash.survivor import ended, fork
from tests.crash.test_kill import Bomb, Deadly, after, attach, before, copies, runtime
from tests.world import World

FIRST = Ref("CollectionCampaign", "first")


def brake(world: World, at: int = 0) -> bool:
    """Settle, then pause and hold, as `muster transition` does; killed at count `at`, or never. Whether it was legal."""
    bomb, app = Bomb(at), world.app()
    opened = app.store()
    store: Any = Deadly(opened, bomb)
    runtimes: Any = {kind: Deadly(one, bomb) for kind, one in world.runtimes.items()}
    try:
        settle(store, runtimes, world.clock)
        question = Surroundings(store, app.kinds().table, runtimes).question(FIRST, world.clock.now())
        edges = legal(question.kinds[FIRST.kind].lifecycle, question.resources[FIRST].state)
        edge = next((one for one in edges if one.event == "pause"), None)
        if edge is None:
            return False
        hold = hold_until("court order", "dana", world.clock.now(), from_text("2027-01-04T11:00:00Z"))
        one = operated(question, FIRST, edge, hold)
        assert not isinstance(one, Blocked)
        Executor(question, store, world.clock, runtimes, "user:dana").run(
            Plan(question.now, 0, "", (one,), (), (), (), 0, (), "")
        )
        return True
    finally:
        opened.close()


@pytest.fixture
def world(world: World) -> World:
    before(world)
    return attach(world)


def test_killed_anywhere_the_brake_is_pulled_once(world: World, tmp_path: Path) -> None:
    died = settled = 0
    for at, other in enumerate(copies(world, tmp_path), start=1):
        code = ended(fork(lambda other=other, at=at: brake(other, at) and None))
        assert code in (0, -signal.SIGKILL)
        if code == 0:
            break
        died += 1
        settled += not brake(other)  # finished by settling, it needs no second pull
        events = [event.body["event"] for event in other.events(str(FIRST))]
        assert events == ["given", "pause"], at
        resource = other.resource(str(FIRST))
        assert resource is not None and resource.state == "paused"
        assert [(one.owner, one.reason) for one in resource.holds] == [("dana", "court order")]
        assert resource.operated == "operator:court order"
        assert runtime(other, "CollectionCampaign").done() == [(f"{FIRST}", "cancel-pending-items")]
        with other.store() as store:
            assert examine(store).complaints == () and store.intents() == ()
    assert died > 5 and settled >= 1


def test_a_reconciler_that_comes_after_a_killed_brake_leaves_it_held(world: World, tmp_path: Path) -> None:
    after(world)
    for at, other in enumerate(copies(world, tmp_path), start=1):
        if ended(fork(lambda other=other, at=at: brake(other, at) and None)) == 0:
            break
        other.apply()
        resource = other.resource(str(FIRST))
        assert resource is not None
        pulled = resource.state == "paused"
        # Either nothing of it has happened, and the reconciler went on; or all of it, and that holds.
        assert pulled == bool(resource.holds)
        assert [event.body["event"] for event in other.events(str(FIRST))] == (
            ["given", "pause"] if pulled else ["given", "edit"]
        )
