"""Every engine runs campaigns of the smallest kind there is, on every store that it has."""

import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from reconciler.app import SystemClock
from reconciler.model.errors import Transient
from reconciler.model.ports import Store
from reconciler.model.work import Lane, Rate, Result, Stage
from tests.engine.fair import Fair, fair, until
from tests.engine.tally import Broken, Tallying, counted, moments
from tests.postgres import Server


@pytest.fixture(params=["sqlite inline", "postgres inline", "postgres procrastinate"])
def stall(request: pytest.FixtureRequest, tmp_path: Path, postgres: Server) -> Iterator[Fair]:
    store, engine = request.param.split()
    found = fair(tmp_path / "fair", postgres if store == "postgres" else None, engine)
    yield found
    found.world.remove()


def test_everything_is_counted_once_and_the_campaign_is_completed(stall: Fair) -> None:
    stall.ask("running", 200, lanes=3)
    assert stall.stages() == {Stage.PENDING: 200}
    stall.engine().run(until_idle=True)
    assert Counter(counted(stall.file)) == {f"n{n}": 1 for n in range(200)}
    assert stall.stages() == {Stage.SENT: 200}
    assert stall.state() == "completed"
    assert stall.world.plan().has_changes is False, "completed fulfils running"
    last = stall.world.events("Tally/fair")[-1].body
    assert (last["event"], last["actor"], last["cause"]) == ("complete", "system", "runtime:all is counted")


def test_a_draft_does_nothing(stall: Fair) -> None:
    stall.ask("draft")
    stall.engine().run(until_idle=True)
    assert counted(stall.file) == []


def test_nothing_begins_once_a_pause_has_returned_and_a_resume_does_the_exact_rest(stall: Fair) -> None:
    stall.make = lambda store, file: Tallying(store, SystemClock(), file, takes=0.002)
    stall.ask("running", 400, lanes=2)
    with stall.running():
        until(lambda: len(counted(stall.file)) > 40, "the first forty")
        stall.ask("paused", 400, lanes=2)
        before = counted(stall.file)
        assert stall.state() == "paused"
        assert stall.stages() == {Stage.SENT: len(before), Stage.PENDING: 400 - len(before)}
        time.sleep(0.3)  # what must not happen has no end to wait for
        assert counted(stall.file) == before
        stall.ask("running", 400, lanes=2)
        until(lambda: stall.state() == "completed", "the end")
    assert Counter(counted(stall.file)) == {f"n{n}": 1 for n in range(400)}


def test_a_pause_lets_each_lane_finish_the_unit_in_hand(stall: Fair) -> None:
    """One unit a lane may be under way when the pause is said; none begins after."""
    inside, go_on = threading.Semaphore(0), threading.Event()

    def between(_key: str) -> None:
        inside.release()
        go_on.wait(20)

    stall.make = lambda store, file: Tallying(store, SystemClock(), file, between=between)
    stall.ask("running", 50, lanes=2)
    with stall.running():
        for _ in range(2):
            assert inside.acquire(timeout=20)
        pause = threading.Thread(target=lambda: stall.ask("paused", 50, lanes=2))
        pause.start()
        until(lambda: stall.view().phase == "stopped", "the word to stop")
        assert pause.is_alive(), "it waits for what is in hand"
        go_on.set()
        pause.join(20)
    assert len(counted(stall.file)) == 2
    assert stall.stages() == {Stage.SENT: 2, Stage.PENDING: 48}


def test_cancel_stops_for_good(stall: Fair) -> None:
    stall.make = lambda store, file: Tallying(store, SystemClock(), file, takes=0.005)
    stall.ask("running", 300)
    with stall.running():
        until(lambda: len(counted(stall.file)) > 10, "the first ten")
        stall.ask("cancelled", 300)
    done = len(counted(stall.file))
    assert stall.stages() == {Stage.SENT: done, Stage.CANCELLED: 300 - done}
    stall.engine().run(until_idle=True)
    assert len(counted(stall.file)) == done


def test_a_rate_holds_in_every_span_over_all_lanes(stall: Fair) -> None:
    rate = Rate("counter", 20, timedelta(milliseconds=300))
    stall.make = lambda store, file: Tallying(store, SystemClock(), file, rates=(rate,))
    stall.ask("running", 80, lanes=4)
    stall.engine().run(until_idle=True)
    assert Counter(counted(stall.file)) == {f"n{n}": 1 for n in range(80)}
    assert most_within(moments(stall.file), rate.per) <= rate.most


def most_within(times: list[datetime], span: timedelta) -> int:
    """The most that fell into any span of this length."""
    found = sorted(times)
    return max(sum(begin <= one < begin + span for one in found) for begin in found)


def test_what_cannot_be_reached_rests_and_says_why(stall: Fair) -> None:
    stall.make = lambda store, file: Broken(store, SystemClock(), file)
    stall.ask("running", 5)
    with stall.running():
        until(lambda: stall.view().lanes[0].trouble is not None, "trouble")
    lane = stall.view().lanes[0]
    assert lane.trouble is not None and lane.trouble.message == "the shelf cannot be reached"
    assert lane.due_at is not None and not lane.owner
    assert stall.stages() == {Stage.PENDING: 5}, "no attempt is counted"


class Buggy(Tallying):
    """Fails in a way that nobody has foreseen, in the middle of a unit."""

    def work(self, lane: Lane) -> None:
        for unit in lane.units():
            if unit.key == "n2":
                raise ZeroDivisionError("a bug")
            lane.record(unit, Result(Stage.SENT))


def test_a_bug_leaves_its_unit_in_doubt_and_the_others_be(stall: Fair) -> None:
    stall.make = lambda store, file: Buggy(store, SystemClock(), file)
    stall.ask("running", 5)
    with stall.running():
        until(lambda: stall.stages().get(Stage.UNKNOWN) == 1, "the doubt")
    assert stall.stages() == {Stage.SENT: 2, Stage.UNKNOWN: 1, Stage.PENDING: 2}
    assert any("ZeroDivisionError" in str(data.get("traceback")) for _, data in stall.said)


def test_a_stop_finishes_what_is_in_hand_and_leaves_the_rest(stall: Fair) -> None:
    stall.make = lambda store, file: Tallying(store, SystemClock(), file, takes=0.005)
    stall.ask("running", 300)
    with stall.running():
        until(lambda: len(counted(stall.file)) > 10, "the first ten")
    done = len(counted(stall.file))
    assert stall.stages() == {Stage.SENT: done, Stage.PENDING: 300 - done}
    assert stall.view().lanes[0].owner == ""
    stall.engine().run(until_idle=True)
    assert Counter(counted(stall.file)) == {f"n{n}": 1 for n in range(300)}


def test_two_engines_share_the_lanes(stall: Fair) -> None:
    stall.make = lambda store, file: Tallying(store, SystemClock(), file, takes=0.001)
    stall.ask("running", 300, lanes=4)
    with stall.running(threads=2), stall.running(threads=2):
        until(lambda: stall.state() == "completed", "the end")
    assert Counter(counted(stall.file)) == {f"n{n}": 1 for n in range(300)}


def test_who_cannot_go_on_for_now_is_asked_again(stall: Fair) -> None:

    class Once(Tallying):
        failed = False

        def work(self, lane: Lane) -> None:
            if not Once.failed:
                Once.failed = True
                raise Transient("not now", timedelta(milliseconds=100))
            super().work(lane)

    def made(store: Store, file: Path) -> Tallying:
        return Once(store, SystemClock(), file)

    stall.make = made
    stall.ask("running", 20)
    stall.engine().run(until_idle=True)
    assert len(counted(stall.file)) == 20
