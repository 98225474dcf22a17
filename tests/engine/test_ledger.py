"""What the ledger promises, on every store: units once each, lanes fenced, rates exact."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store, Write
from reconciler.model.ref import Ref
from reconciler.model.work import Claim, Demand, Phase, Rate, Result, Settling, Stage, Trouble, Unit, Window
from tests.engine.desk import LEASE, NOW, SPRING, Opener, campaign, claimed, move, nothing, offered, taken, work

SENT = Result(Stage.SENT)


def demand(number: int = 1, size: int = 10, at: datetime = NOW, rates: tuple[Rate, ...] = ()) -> Demand:
    return Demand(number, size, at + LEASE, rates)


def first(store: Store, claim: Claim, size: int = 10, rates: tuple[Rate, ...] = ()) -> tuple[Unit, ...]:
    window = store.ledger.window(claim, None, demand(1, size, rates=rates), NOW)
    assert window is not None
    return window.units


def settling(units: tuple[Unit, ...], result: Result = SENT, number: int = 1, at: datetime = NOW) -> Settling:
    return Settling(number, {unit.id: result for unit in units}, at, len(units))


def stages(store: Store, uid: int) -> dict[Stage, int]:
    view = store.ledger.view(uid, NOW)
    assert view is not None
    return dict(view.stages)


def test_a_unit_is_kept_once_by_its_key(store: Store) -> None:
    uid = campaign(store)
    store.ledger.prepare(uid, "running", nothing)
    assert store.ledger.add(uid, [("a", {}), ("b", {}), ("a", {"again": 1})]) == 2
    assert store.ledger.add(uid, [("b", {}), ("c", {})]) == 1
    assert store.ledger.drop(uid, ["b", "nobody"]) == 1
    assert store.ledger.size(uid) == 2


def test_a_job_that_was_prepared_before_begins_anew(store: Store) -> None:
    uid = campaign(store)
    for _ in range(2):
        store.ledger.prepare(uid, "running", nothing)
        assert store.ledger.add(uid, [("a", {})]) == 1
    assert store.ledger.assign(uid, [""], lambda _: 0, nothing) == 1
    store.ledger.enter(uid, Phase.OPEN, NOW)
    with pytest.raises(Permanent):
        store.ledger.prepare(uid, "running", nothing)


def test_lanes_are_given_by_position_also_where_assigning_is_taken_up_again(store: Store) -> None:
    uid = campaign(store)
    store.ledger.prepare(uid, "running", nothing)
    store.ledger.add(uid, [(f"k{number}", {}) for number in range(9)])
    store.ledger.drop(uid, ["k0", "k4"])
    for _ in range(2):
        assert store.ledger.assign(uid, ["a", "b"], lambda position: position % 2, nothing) == 7
    store.ledger.enter(uid, Phase.OPEN, NOW)
    assert [unit.key for unit in first(store, taken(store, "one", 0))] == ["k1", "k3", "k6", "k8"]
    assert [unit.key for unit in first(store, taken(store, "two", 1))] == ["k2", "k5", "k7"]


def test_units_may_be_given_lanes_as_they_come(store: Store) -> None:
    """Nobody works on them before the job is opened, and until then they can be dropped; a lane that is gone hands on."""
    uid = campaign(store)
    store.ledger.prepare(uid, "running", nothing)
    rows: list[tuple[str, Document]] = [(f"k{number}", {}) for number in range(9)]
    assert store.ledger.add(uid, [*rows, ("k0", {})], lanes=3) == 9
    assert store.ledger.drop(uid, ["k0", "k4", "nobody"]) == 2
    assert stages(store, uid) == {Stage.STAGED: 7}
    for _ in range(2):
        assert store.ledger.assign(uid, ["a", "b"], None, nothing) == 7
    assert not offered(store)
    store.ledger.enter(uid, Phase.OPEN, NOW)
    assert store.ledger.drop(uid, ["k1"]) == 0
    assert stages(store, uid) == {Stage.PENDING: 7}
    assert [unit.key for unit in first(store, taken(store, "one", 0))] == ["k2", "k3", "k5", "k6", "k8"]
    assert [unit.key for unit in first(store, taken(store, "two", 1))] == ["k1", "k7"]


def test_nothing_is_on_offer_unless_job_and_campaign_both_say_so(store: Store) -> None:
    uid = work(store, 3)
    assert len(offered(store)) == 1
    move(store, SPRING, "paused")
    assert not offered(store)
    move(store, SPRING, "running")
    store.ledger.enter(uid, Phase.STOPPED, NOW)
    assert not offered(store)
    store.ledger.enter(uid, Phase.OPEN, NOW)
    assert len(offered(store)) == 1


def test_a_lane_has_one_owner(store: Store, opener: Opener) -> None:
    work(store, 3)
    (offer,) = offered(store)
    other = opener()
    assert store.ledger.claim(offer, "one", NOW, NOW + LEASE, 0)
    assert other.ledger.claim(offer, "two", NOW, NOW + LEASE, 0) is None
    assert not offered(store)
    other.close()


def test_a_window_is_settled_with_the_next_one_taken(store: Store) -> None:
    uid = work(store, 5)
    claim = taken(store, "one")
    units = first(store, claim, 3)
    assert [unit.key for unit in units] == ["k0", "k1", "k2"]
    assert stages(store, uid) == {Stage.SENDING: 3, Stage.PENDING: 2}
    window = store.ledger.window(claim, settling(units), demand(2, 3), NOW)
    assert window is not None
    assert [unit.key for unit in window.units] == ["k3", "k4"]
    store.ledger.release(claim, settling(window.units, number=2), None, None, NOW)
    assert stages(store, uid) == {Stage.SENT: 5}
    assert store.ledger.drained("EmailCampaign") == ((uid, SPRING),)
    assert store.ledger.is_idle()


def test_a_window_whose_answer_was_lost_is_given_again(store: Store) -> None:
    uid = work(store, 5)
    claim = taken(store, "one")
    units = first(store, claim, 2)
    once = store.ledger.window(claim, settling(units), demand(2, 2), NOW)
    again = store.ledger.window(claim, settling(units), demand(2, 2), NOW)
    assert once == again
    assert stages(store, uid) == {Stage.SENT: 2, Stage.SENDING: 2, Stage.PENDING: 1}
    view = store.ledger.view(uid, NOW)
    assert view is not None and view.lanes[0].sent == 2


def test_what_was_not_begun_is_given_back_with_no_attempt_counted(store: Store) -> None:
    uid = work(store, 3)
    claim = taken(store, "one")
    units = first(store, claim, 3)
    store.ledger.release(claim, Settling(1, {units[0].id: SENT}, NOW, 1), None, None, NOW)
    assert stages(store, uid) == {Stage.SENT: 1, Stage.PENDING: 2}
    assert [unit.attempts for unit in first(store, taken(store, "two"))] == [0, 0]


def test_an_attempt_is_counted_and_waits_for_its_time(store: Store) -> None:
    work(store, 1)
    claim = taken(store, "one")
    later = Result(Stage.PENDING, {"code": 450}, NOW + timedelta(seconds=30))
    window = store.ledger.window(claim, settling(first(store, claim), later), demand(2), NOW)
    assert window == Window((), NOW + timedelta(seconds=30))
    store.ledger.release(claim, None, window.ready_at, None, NOW)
    assert not offered(store, NOW + timedelta(seconds=29))
    again = NOW + timedelta(seconds=30)
    claim = taken(store, "two", at=again)
    second = store.ledger.window(claim, None, demand(1, at=again), again)
    assert second is not None and [unit.attempts for unit in second.units] == [1]


def test_who_has_lost_a_lane_takes_nothing_more_but_says_what_it_did(store: Store) -> None:
    uid = work(store, 6)
    slow = taken(store, "slow")
    units = first(store, slow, 3)
    late = NOW + LEASE + timedelta(seconds=1)
    quick = taken(store, "quick", at=late)
    assert stages(store, uid) == {Stage.UNKNOWN: 3, Stage.PENDING: 3}
    assert store.ledger.window(slow, settling(units[:2]), demand(2, at=late), late) is None
    assert stages(store, uid) == {Stage.SENT: 2, Stage.UNKNOWN: 1, Stage.PENDING: 3}
    store.ledger.release(slow, None, None, None, late)
    window = store.ledger.window(quick, None, demand(1, at=late), late)
    assert window is not None and [unit.key for unit in window.units] == ["k3", "k4", "k5"]


def test_what_is_in_doubt_is_not_made_pending_by_who_has_lost_the_lane(store: Store) -> None:
    """Its campaign may be over by then, and the unit would never be done, nor listed as in doubt."""
    uid = work(store, 1)
    slow = taken(store, "slow")
    units = first(store, slow)
    late = NOW + LEASE + timedelta(seconds=1)
    store.ledger.release(taken(store, "quick", at=late), None, None, None, late)
    assert store.ledger.drained("EmailCampaign") == ((uid, SPRING),)
    again = Result(Stage.PENDING, {"code": 450}, late)
    store.ledger.release(slow, settling(units, again), None, None, late)
    assert stages(store, uid) == {Stage.UNKNOWN: 1}


def test_a_claim_whose_answer_was_lost_is_made_again(store: Store) -> None:
    work(store, 3)
    (offer,) = offered(store)
    once = store.ledger.claim(offer, "one", NOW, NOW + LEASE, 1)
    assert once is not None
    assert store.ledger.claim(offer, "one", NOW, NOW + LEASE, 1) == once
    assert store.ledger.claim(offer, "two", NOW, NOW + LEASE, 0) is None
    assert len(first(store, once)) == 3


def test_a_stop_is_seen_between_two_units_and_by_the_next_window(store: Store) -> None:
    uid = work(store, 6)
    claim = taken(store, "one")
    units = first(store, claim, 2)
    assert store.ledger.goes_on(claim)
    store.ledger.enter(uid, Phase.STOPPED, NOW)
    assert not store.ledger.goes_on(claim)
    assert store.ledger.at_work(uid, NOW) == ("one",)
    assert store.ledger.window(claim, settling(units), demand(2), NOW) is None
    store.ledger.release(claim, None, None, None, NOW)
    assert store.ledger.at_work(uid, NOW) == ()
    assert stages(store, uid) == {Stage.SENT: 2, Stage.PENDING: 4}


def test_a_stop_and_start_ends_a_claim_that_slept_through_both(store: Store) -> None:
    uid = work(store, 6)
    claim = taken(store, "one")
    store.ledger.enter(uid, Phase.STOPPED, NOW)
    store.ledger.enter(uid, Phase.OPEN, NOW)
    assert not store.ledger.goes_on(claim)
    assert store.ledger.window(claim, None, demand(), NOW) is None


def test_no_more_lanes_than_a_connection_may_have(store: Store) -> None:
    work(store, 6, ["relay", "relay", "relay"])
    assert claimed(store, "one", 0, cap=2)
    assert claimed(store, "two", 1, cap=2)
    assert claimed(store, "three", 2, cap=2) is None
    assert claimed(store, "three", 2, cap=3)


def test_what_is_pending_is_cancelled_and_what_was_sent_stays(store: Store) -> None:
    uid = work(store, 5)
    claim = taken(store, "one")
    units = first(store, claim, 2)
    store.ledger.enter(uid, Phase.CLOSED, NOW)
    store.ledger.release(claim, settling(units), None, None, NOW)
    assert store.ledger.cancel(uid, NOW, nothing) == 3
    assert stages(store, uid) == {Stage.SENT: 2, Stage.CANCELLED: 3}


def test_a_lane_in_trouble_tells_since_when_until_it_gets_through(store: Store) -> None:
    uid = work(store, 3)
    trouble = Trouble(NOW, False, "connection refused")
    store.ledger.release(taken(store, "one"), None, NOW + timedelta(minutes=1), trouble, NOW)
    view = store.ledger.view(uid, NOW)
    assert view is not None and view.lanes[0].trouble == trouble
    later = NOW + timedelta(minutes=1)
    claim = taken(store, "two", at=later)
    assert claim.trouble == trouble
    window = store.ledger.window(claim, None, demand(1, 1, later), later)
    assert window is not None
    store.ledger.window(claim, settling(window.units), demand(2, 1, later), later)
    view = store.ledger.view(uid, later)
    assert view is not None and view.lanes[0].trouble is None


def test_a_campaign_keeps_its_work_under_another_name(store: Store) -> None:
    uid = work(store, 2)
    found = store.load([SPRING])[SPRING]
    renamed = Ref("EmailCampaign", "summer", 1)
    body = {
        "ref": str(renamed),
        "op": "move",
        "event": "move",
        "at": "2027-01-04T09:00:00Z",
        "actor": "test",
        "to": "running",
    }
    write = replace_write(found.revision, renamed, body)
    assert not store.commit([write])
    assert [offer.ref for offer in offered(store)] == [renamed]
    assert store.ledger.uid(renamed) == uid


def replace_write(revision: int, renamed: Ref, body: dict[str, object]) -> Write:
    return Write(SPRING, revision, "running", ("running",), (), NOW, body, renamed_to=renamed)


class TestRates:
    """Never more than `most` in any span of length `per`, whoever draws on it."""

    RATE = Rate("smtp:relay", 5, timedelta(seconds=10))

    def test_a_window_takes_no_more_than_is_left(self, store: Store) -> None:
        work(store, 20, ["relay", "relay"])
        one, two = taken(store, "one", 0), taken(store, "two", 1)
        assert len(first(store, one, 3, (self.RATE,))) == 3
        assert len(first(store, two, 10, (self.RATE,))) == 2

    def test_what_was_spent_is_free_a_span_after_the_last_call_was_over(self, store: Store) -> None:
        work(store, 20)
        claim = taken(store, "one")
        units = first(store, claim, 10, (self.RATE,))
        assert len(units) == 5
        ended = NOW + timedelta(seconds=2)
        settled = settling(units, at=ended)
        ready = store.ledger.window(claim, settled, demand(2, 10, ended, (self.RATE,)), ended)
        assert ready == Window((), ended + self.RATE.per)
        just_before = ended + self.RATE.per - timedelta(milliseconds=1)
        assert store.ledger.window(claim, None, demand(2, 10, just_before, (self.RATE,)), just_before) == ready
        at = ended + self.RATE.per
        window = store.ledger.window(claim, None, demand(2, 10, at, (self.RATE,)), at)
        assert window is not None and len(window.units) == 5

    def test_what_was_not_begun_is_not_spent(self, store: Store) -> None:
        work(store, 20)
        claim = taken(store, "one")
        units = first(store, claim, 10, (self.RATE,))
        store.ledger.release(claim, Settling(1, {units[0].id: SENT}, NOW, 1), None, None, NOW)
        assert len(first(store, taken(store, "two"), 10, (self.RATE,))) == 4

    def test_the_slowest_of_several_rates_counts(self, store: Store) -> None:
        work(store, 20)
        daily = Rate("smtp:relay", 7, timedelta(hours=24))
        claim = taken(store, "one")
        units = first(store, claim, 10, (self.RATE, daily))
        assert len(units) == 5
        at = NOW + timedelta(seconds=10)
        window = store.ledger.window(claim, settling(units), demand(2, 10, at, (self.RATE, daily)), at)
        assert window is not None and len(window.units) == 2
        later = at + timedelta(seconds=10)
        window = store.ledger.window(
            claim, settling(window.units, number=2, at=at), demand(3, 10, later, (self.RATE, daily)), later
        )
        assert window == Window((), NOW + timedelta(hours=24))

    def test_a_worker_that_died_has_spent_all_that_it_took(self, store: Store) -> None:
        work(store, 20)
        first(store, taken(store, "dead"), 10, (self.RATE,))
        gone = replace(store.ledger.neglected(NOW)[0])
        soon = NOW + timedelta(seconds=1)
        claim = store.ledger.claim(gone, "heir", soon, soon + LEASE, 0)
        assert claim is not None
        ready = store.ledger.window(claim, None, demand(1, 10, soon, (self.RATE,)), soon)
        assert ready == Window((), soon + self.RATE.per)


def test_an_effect_is_remembered_by_its_key(store: Store) -> None:
    assert not store.ledger.performed("launch/1")
    store.ledger.mark("launch/1", NOW)
    store.ledger.mark("launch/1", NOW)
    assert store.ledger.performed("launch/1")


def test_a_lane_that_is_let_go_comes_after_those_that_have_waited(store: Store) -> None:
    """Else few workers would run the first few lanes for ever, and nobody could tell how long a lane has waited."""
    work(store, 40, ("a", "b", "c"))
    later = NOW + timedelta(seconds=5)
    store.ledger.release(taken(store, "one", 0), None, None, None, later)
    assert [one.via for one in offered(store, later)] == ["b", "c", "a"]
    view = store.ledger.view(store.ledger.uid(SPRING), later)
    assert view is not None
    assert [lane.due_at for lane in view.lanes] == [later, None, None]
