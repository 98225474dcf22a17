"""Jobs that stand open: what comes to them is worked on, once, in whatever state their resource is."""

from datetime import timedelta

import pytest

from reconciler.model.ports import Store
from reconciler.model.work import Demand, Offer, Phase, Place, Posted, Result, Settling, Stage, Trouble
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


def test_a_unit_that_was_not_begun_after_all_goes_on_elsewhere(store: Store) -> None:
    """C-31: in another lane, though that waits for something later, and no attempt is counted; what is left adds up."""
    uid = standing(store)
    store.ledger.post(uid, [Posted("later", {}, NOW + timedelta(hours=1), lane=1, repeats=9)])
    store.ledger.post(uid, [Posted("a", {"n": 1}, NOW, repeats=9), Posted("b", {}, NOW)])
    idle = store.ledger.claim(Offer(uid, 1, SPRING, ""), "idle", NOW, NOW + LEASE, 0)
    assert idle is not None
    store.ledger.release(idle, None, NOW + timedelta(hours=1), None, NOW)
    claim = taken(store, "mover")
    window = store.ledger.window(claim, None, Demand(1, 10, NOW + LEASE), NOW)
    assert window is not None
    moved = {unit.id: Result(Stage.PENDING, {}, NOW, Place(1, 0)) for unit in window.units if unit.key == "a"}
    store.ledger.release(claim, Settling(1, moved, NOW, 1), None, None, NOW)
    view = store.ledger.view(uid, NOW)
    assert view is not None
    assert (dict(view.stages), [lane.left for lane in view.lanes]) == ({Stage.PENDING: 3}, [1, 2])
    assert {offer.number for offer in offered(store)} == {0, 1}
    there = taken(store, "gone", 1)
    window = store.ledger.window(there, None, Demand(1, 10, NOW + LEASE), NOW)
    assert window is not None
    assert [(unit.key, unit.attempts, unit.payload) for unit in window.units] == [("a", 0, {"n": 1})]
    late = NOW + 2 * LEASE
    assert taken(store, "after", 1, late).owner == "after"
    view = store.ledger.view(uid, late)
    assert view is not None
    assert dict(view.stages) == {Stage.PENDING: 2, Stage.UNKNOWN: 1}, "as often as its new place says: not at all"


def test_a_unit_that_is_put_back_stays_and_waits(store: Store) -> None:
    uid = standing(store)
    store.ledger.post(uid, [Posted("a", {}, NOW), Posted("b", {}, NOW)])
    claim = taken(store, "one")
    window = store.ledger.window(claim, None, Demand(1, 1, NOW + LEASE), NOW)
    assert window is not None
    later = NOW + timedelta(minutes=5)
    back = {window.units[0].id: Result(Stage.PENDING, {}, later, counts=False)}
    again = store.ledger.window(claim, Settling(1, back, NOW, 1), Demand(2, 10, NOW + LEASE), NOW)
    assert again is not None
    assert [unit.key for unit in again.units] == ["b"]
    store.ledger.release(claim, Settling(2, {}, NOW, 0), None, None, NOW)
    found = taken(store, "two", at=later)
    window = store.ledger.window(found, None, Demand(1, 10, later + LEASE), later)
    assert window is not None
    assert sorted((unit.key, unit.attempts) for unit in window.units) == [("a", 0), ("b", 0)]
    view = store.ledger.view(uid, later)
    assert view is not None
    assert view.total == sum(lane.left for lane in view.lanes) == 2


def test_lanes_are_added_and_never_changed(store: Store) -> None:
    """C-31: whoever asks for what; a job that is not there begins to stand."""
    uid = campaign(store)
    assert store.ledger.widen(uid, {"b": 2}, NOW) == ("b", "b")
    assert store.ledger.widen(uid, {"a": 1, "": 1, "b": 1}, NOW) == ("b", "b", "", "a")
    assert store.ledger.widen(uid, {"b": 3}, NOW) == ("b", "b", "", "a", "b")
    assert store.ledger.widen(uid, {}, NOW) == ("b", "b", "", "a", "b")
    view = store.ledger.view(uid, NOW)
    assert view is not None
    assert ([lane.via for lane in view.lanes], view.stands, view.phase) == (["b", "b", "", "a", "b"], True, Phase.OPEN)


def test_who_has_lost_a_lane_takes_back_no_attempt_of_another(store: Store) -> None:
    uid = standing(store)
    store.ledger.post(uid, [Posted("a", {}, NOW, repeats=9)])
    slow = taken(store, "slow")
    window = store.ledger.window(slow, None, Demand(1, 1, NOW + LEASE), NOW)
    assert window is not None
    late = NOW + 2 * LEASE
    other = taken(store, "other", at=late)
    again = store.ledger.window(other, None, Demand(1, 1, late + LEASE), late)
    assert again is not None
    store.ledger.release(
        other, Settling(1, {again.units[0].id: Result(Stage.PENDING, {}, late)}, late, 1), None, None, late
    )
    for back in (Result(Stage.PENDING, {}, late, counts=False), Result(Stage.PENDING, {}, late, Place(1))):
        store.ledger.release(slow, Settling(1, {window.units[0].id: back}, late, 1), None, None, late)
    found = store.ledger.window(taken(store, "third", at=late), None, Demand(1, 1, late + LEASE), late)
    assert found is not None
    assert [(unit.key, unit.attempts) for unit in found.units] == [("a", 2)]
