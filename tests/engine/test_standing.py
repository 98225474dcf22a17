"""Jobs that stand open: what comes to them is worked on, once, in whatever state their resource is."""

from datetime import timedelta

import pytest

from reconciler.model.ports import Store
from reconciler.model.work import Demand, Phase, Posted, Result, Settling, Stage, Trouble
from tests.engine.desk import LEASE, NOW, SPRING, campaign, move, offered, taken


def standing(store: Store) -> int:
    uid = campaign(store)
    store.ledger.stand(uid, ["", ""], NOW)
    return uid


def units(store: Store, owner: str, lane: int = 0) -> list[str]:
    """The keys that a claim is given; what it does is sent, and the lane let go of."""
    claim = taken(store, owner, lane)
    window = store.ledger.window(claim, None, Demand(1, 10, NOW + LEASE), NOW)
    assert window is not None
    settled = Settling(1, {unit.id: Result(Stage.SENT) for unit in window.units}, NOW, len(window.units))
    store.ledger.release(claim, settled, None, None, NOW)
    return [unit.key for unit in window.units]


def test_units_come_while_it_runs_each_once_by_its_key(store: Store) -> None:
    """X-: a standing job is offered when something comes, and not before."""
    uid = standing(store)
    assert not offered(store)
    assert store.ledger.post(uid, [Posted("a", {"n": 1}, NOW), Posted("b", {}, NOW, lane=1)]) == 2
    assert store.ledger.post(uid, [Posted("a", {"n": 2}, NOW)]) == 0
    assert units(store, "one") == ["a"]
    assert units(store, "two", 1) == ["b"]
    assert not offered(store)
    assert store.ledger.post(uid, [Posted("a", {}, NOW), Posted("c", {}, NOW)]) == 1
    assert units(store, "three") == ["c"]
    view = store.ledger.view(uid, NOW)
    assert view is not None
    assert dict(view.stages) == {Stage.SENT: 3}
    assert [(lane.sent, lane.left) for lane in view.lanes] == [(2, 0), (1, 0)]


def test_it_runs_in_every_state_until_it_is_stopped(store: Store) -> None:
    uid = standing(store)
    store.ledger.post(uid, [Posted("a", {}, NOW)])
    move(store, SPRING, "paused")
    assert len(offered(store)) == 1
    store.ledger.enter(uid, Phase.STOPPED, NOW)
    assert not offered(store)
    assert store.ledger.post(uid, [Posted("b", {}, NOW)]) == 1
    store.ledger.stand(uid, ["", ""], NOW)
    assert not offered(store), "who stands it again does not open it"
    store.ledger.enter(uid, Phase.OPEN, NOW)
    assert units(store, "one") == ["a", "b"]


def test_what_is_due_later_waits_and_keeps_nobody_else_waiting(store: Store) -> None:
    uid = standing(store)
    later = NOW + timedelta(hours=1)
    store.ledger.post(uid, [Posted("late", {}, later)])
    assert not offered(store)
    store.ledger.post(uid, [Posted("now", {}, NOW)])
    claim = taken(store, "one", 0)
    window = store.ledger.window(claim, None, Demand(1, 10, NOW + LEASE), NOW)
    assert window is not None
    assert [unit.key for unit in window.units] == ["now"]
    settled = Settling(1, {unit.id: Result(Stage.SENT) for unit in window.units}, NOW, 1)
    store.ledger.release(claim, settled, later, None, NOW)
    store.ledger.post(uid, [Posted("soon", {}, NOW + timedelta(seconds=1))])
    assert len(offered(store, NOW + timedelta(seconds=1))) == 1


def test_a_lane_in_trouble_rests_whatever_comes(store: Store) -> None:
    uid = standing(store)
    store.ledger.post(uid, [Posted("a", {}, NOW)])
    trouble = Trouble(NOW, False, "no answer")
    store.ledger.release(taken(store, "one", 0), None, NOW + timedelta(minutes=5), trouble, NOW)
    store.ledger.post(uid, [Posted("b", {}, NOW)])
    assert not offered(store)
    assert len(offered(store, NOW + timedelta(minutes=5))) == 1


@pytest.mark.parametrize("left", ["by a lane that was taken over", "by a job that was stopped", "by a bug"])
def test_what_is_in_doubt_is_done_again_as_often_as_that_is_harmless(store: Store, left: str) -> None:
    """AMB-E13: and is unknown from then on; a unit that says nothing is unknown at once."""
    uid = standing(store)
    store.ledger.post(uid, [Posted("again", {}, NOW, repeats=2), Posted("once", {}, NOW)])
    found = []
    for number, at in enumerate((NOW, NOW + 2 * LEASE)):
        claim = taken(store, f"owner{number}", 0, at)
        window = store.ledger.window(claim, None, Demand(1, 10, at + LEASE), at)
        assert window is not None
        found.append([unit.key for unit in window.units])
        if left == "by a bug":
            results = {unit.id: Result(Stage.UNKNOWN, {"error": "a bug"}) for unit in window.units}
            store.ledger.release(claim, Settling(1, results, at, len(results)), None, None, at)
        elif left == "by a job that was stopped":
            store.ledger.doubt(uid, at)
            store.ledger.release(claim, None, None, None, at)
        else:
            later = at + 2 * LEASE
            store.ledger.release(taken(store, f"heir{number}", 0, later), None, None, None, later)
    assert found == [["again", "once"], ["again"]]
    view = store.ledger.view(uid, NOW)
    assert view is not None
    assert dict(view.stages) == {Stage.UNKNOWN: 2}
    assert [doubt.key for doubt in store.ledger.unknown(uid)] == ["again", "once"]
