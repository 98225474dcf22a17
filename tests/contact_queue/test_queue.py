"""The queue of contacts on every store: what is queued, posted, begun, settled, cancelled, and what is not."""

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.model.accounts import ESCALATED, Position
from reconciler.model.contact_queue import Begun, Go, Item, ItemStage, Later, Outcome, Pass, Sort
from reconciler.model.contact_terms import Brake
from reconciler.model.intake import Reading
from reconciler.model.ports import Store
from reconciler.model.work import Demand, Phase, Place, Result, Settling, Stage
from tests.contact_queue.files import GO, LATER, NOW, Files, account_row, anywhere

CALL = Go("calls", "voice", "urgent")
PENDING, PROCESSING, CANCELLED = "pending", "processing", "cancelled"


@pytest.fixture
def files(store: Store) -> Files:
    return Files(store)


def test_an_account_has_one_open_contact_however_often_its_campaign_is_queued(files: Files) -> None:
    """AMB-C10, C-21: queueing again adds nothing while a contact is pending or under way; then the next one."""
    uid = files.running(3)
    assert files.queue.enqueue(uid, NOW) == 0
    first = files.items()[0]
    files.begun(first)
    assert files.queue.enqueue(uid, NOW) == 0
    files.settle(first)
    assert files.queue.enqueue(uid, NOW) == 0
    assert files.queue.enqueue(uid, NOW + LATER) == 1
    assert [(item.step, item.stage.value) for item in files.items()] == [
        (0, "completed"), (0, PENDING), (0, PENDING), (1, PENDING),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "queued"),
    [
        ({"status": "pending_contact"}, 1),
        ({"status": "in_auto_management"}, 1),
        ({"status": "promise_overdue"}, 1),
        ({"status": "promise"}, 0),
        ({"status": "escalated"}, 0),
        ({"status": "paid"}, 0),
        ({"paused": True}, 0),
        ({"opted_out": True}, 0),
    ],
    ids=str,
)
def test_only_eligible_accounts_are_queued(files: Files, given: dict[str, object], queued: int) -> None:
    """AMB-C11, C-07."""
    uid = files.campaign("q2")
    files.join(uid, files.accounts(1, **given))
    assert files.queue.enqueue(uid, NOW) == queued


def test_what_its_source_lists_no_longer_is_not_queued(files: Files) -> None:
    """AMB-C11, C-31: nothing is known of it any more; it comes back when it is named again."""
    uid = files.campaign("q2")
    files.join(uid, files.accounts(1))
    found = files.store.accounts
    found.take(files.source, [account_row("0")], NOW, found.begin_reading(files.source))
    found.end_reading(files.source, found.begin_reading(files.source), Reading(NOW, "s"))
    assert files.queue.enqueue(uid, NOW) == 0
    found.take(files.source, [account_row("0")], NOW)
    assert files.queue.enqueue(uid, NOW) == 1


CHICAGO = {
    "the last second before the first day": ("2027-04-01T04:59:59Z", False),
    "the first instant": ("2027-04-01T05:00:00Z", True),
    "the last second of the last day": ("2027-07-01T04:59:59Z", True),
    "midnight after the last day": ("2027-07-01T05:00:00Z", False),
}


@pytest.mark.parametrize(("at", "is_within"), CHICAGO.values(), ids=CHICAGO.keys())
def test_dates_are_days_of_the_organisation_both_included(files: Files, at: str, is_within: bool) -> None:
    """AMB-C3, C-02, AMB-C5: nothing is queued, posted or begun outside, whatever the state says."""
    now = datetime.fromisoformat(at)
    long_ago = datetime(2027, 1, 1, tzinfo=UTC)
    uid = files.campaign("q2", startDate="2027-01-01")
    files.join(uid, files.accounts(1), long_ago)
    assert files.queue.enqueue(uid, long_ago + timedelta(days=1)) == 1
    files.campaign("q2")
    files.join(uid, files.accounts(1), long_ago)
    assert files.queue.enqueue(uid, now) == is_within
    assert files.queue.post(uid, now, 1, anywhere) == is_within
    assert isinstance(files.begin(files.items()[0], now=now), Begun) == is_within
    assert bool(files.queue.shut(uid, now)) != is_within


@pytest.mark.parametrize("state", ["draft", "paused", "completed", "deleted"])
def test_only_active_campaigns_queue(files: Files, state: str) -> None:
    """C-02, C-06, C-08: also where its queue was left open by whoever changed the state."""
    uid = files.running()
    item = files.items()[0]
    files.campaign("q2", state)
    files.join(uid, files.accounts(1))
    assert files.queue.enqueue(uid, NOW) == 0
    assert files.queue.post(uid, NOW, 10, anywhere) == 0
    found = files.begin(item)
    assert isinstance(found, Item)
    assert found.reason == f"the campaign is {state}"
    assert found.stage is ItemStage.PENDING


def test_an_open_queue_of_a_campaign_that_is_not_active_yet_queues_nothing(files: Files) -> None:
    """C-02: the effects of activating come before the state."""
    uid = files.campaign("q2", "draft")
    files.queue.open(uid, NOW)
    files.join(uid, files.accounts(2))
    assert files.queue.enqueue(uid, NOW) == 0
    files.campaign("q2", "active")
    assert files.queue.enqueue(uid, NOW) == 2


def test_a_strategy_that_is_switched_off_contacts_nobody(files: Files) -> None:
    """AMB-C11: what is queued waits until it is switched on."""
    uid = files.running()
    item = files.items()[0]
    files.strategy(enabled=False)
    found = files.begin(item)
    assert isinstance(found, Item)
    assert (found.stage.value, found.reason) == (PENDING, "its strategy is switched off")
    files.join(uid, files.accounts(1))
    assert files.queue.enqueue(uid, NOW) == 0
    files.strategy()
    assert files.queue.enqueue(uid, NOW) == 1
    assert isinstance(files.begin(found), Begun)


def test_cancelling_shuts_the_queue_and_leaves_what_is_under_way(files: Files) -> None:
    """C-08, C-11, AMB-C1: pending ones are cancelled for good, one that was begun finishes and is recorded."""
    uid = files.running(3)
    files.queue.post(uid, NOW, 10, anywhere)
    begun, *waiting = files.items()
    files.begun(begun)
    assert files.queue.cancel(uid, "it was paused", NOW) == 2
    assert files.stages() == [PROCESSING, CANCELLED, CANCELLED]
    assert {item.reason for item in files.items()[1:]} == {"it was paused"}
    for item in waiting:
        found = files.begin(item)
        assert isinstance(found, Item)
        assert found.stage is ItemStage.CANCELLED
    view = files.store.ledger.view(uid, NOW)
    assert view is not None
    assert view.phase is Phase.STOPPED
    assert not view.stages.get(Stage.PENDING)
    assert files.settle(begun)
    assert files.stages()[0] == "completed"
    assert files.get(0).position.step == 1


def test_what_was_cancelled_does_not_come_back(files: Files) -> None:
    """C-13, AMB-C2: accounts are looked at anew, each at the step where it is."""
    uid = files.running(2)
    first, second = files.items()
    files.begun(first)
    files.settle(first)
    files.queue.cancel(uid, "it was paused", NOW)
    assert files.queue.enqueue(uid, NOW + LATER) == 0
    files.queue.open(uid, NOW)
    assert files.queue.enqueue(uid, NOW + LATER) == 2
    assert {(item.account, item.step, item.stage.value) for item in files.items()} == {
        (first.account, 0, "completed"), (second.account, 0, CANCELLED),
        (first.account, 1, PENDING), (second.account, 0, PENDING),
    }  # fmt: skip


def test_what_waits_goes_to_the_lanes_of_its_steps_once(files: Files) -> None:
    """C-07: so many at a time, those that are due first."""
    uid = files.running(3)
    files.store.ledger.stand(uid, ("", "relay"), NOW)
    assert files.queue.due(uid, NOW)
    assert files.queue.post(uid, NOW, 2, lambda step, _account: Place(step + 1)) == 2
    assert files.queue.post(uid, NOW, 2, anywhere) == 1
    assert files.queue.post(uid, NOW, 2, anywhere) == 0
    assert not files.queue.due(uid, NOW)
    view = files.store.ledger.view(uid, NOW)
    assert view is not None
    assert [lane.left for lane in view.lanes] == [1, 2]


def test_a_contact_counts_from_the_moment_it_begins(files: Files) -> None:
    """AMB-C11: whatever becomes of it, the next decision sees it."""
    uid = files.running()
    item = files.items()[0]
    begun = files.begun(item)
    assert begun.go == GO
    assert (begun.item.stage, begun.item.channel, begun.item.begun_at) == (ItemStage.PROCESSING, "letters", NOW)
    files.settle(item, ItemStage.FAILED)
    files.queue.enqueue(uid, NOW + LATER)
    seen = []
    files.begin(files.items()[-1], lambda _account, _item, past: seen.append(past) or GO, NOW + LATER)  # type: ignore[func-returns-value]
    assert [(past.sort, past.at, past.medium) for past in seen[0]] == [(Sort.CONTACT, NOW, "email")]


def test_a_contact_that_is_put_off_is_posted_anew_when_it_is_due(files: Files) -> None:
    """AMB-C11: outside the hours it is due again when they begin, and is not lost."""
    uid, at = files.running(), NOW + timedelta(hours=5)
    files.queue.post(uid, NOW, 10, anywhere)
    item = files.items()[0]
    found = files.begin(item, lambda *_: Later(at, "allowedHours"))
    assert isinstance(found, Item)
    assert (found.stage.value, found.due_at, found.reason, found.turn) == (PENDING, at, "allowedHours", 1)
    assert files.queue.enqueue(uid, NOW) == 0
    assert files.queue.post(uid, NOW, 10, anywhere) == 0
    assert files.queue.post(uid, at, 10, anywhere) == 1
    assert isinstance(files.begin(item, now=at), Item), "the unit of before begins it no more"
    assert isinstance(files.begin(found, now=at), Begun)


def test_a_contact_that_never_is_allowed_is_looked_at_again_a_day_later(files: Files) -> None:
    """AMB-C11: not again and again."""
    uid = files.running()
    files.begin(files.items()[0], lambda *_: Later(None, "allowedHours"))
    assert files.stages() == ["skipped"]
    assert files.queue.enqueue(uid, NOW) == 0
    assert files.queue.enqueue(uid, NOW + timedelta(days=1)) == 1


def test_a_step_that_is_passed_over_leads_to_the_next(files: Files) -> None:
    """C-31: an account without a phone goes on at the step after the call."""
    uid = files.running()
    item = files.items()[0]
    files.begin(item, lambda *_: Pass("no-contact-point", Position(item.round, 1, 0, NOW)))
    assert files.stages() == ["skipped"]
    assert files.queue.enqueue(uid, NOW) == 1
    assert files.items()[-1].step == 1


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"opted_out": True}, "they have opted out"),
        ({"paused": True}, "its account is paused"),
        ({"status": "paid"}, "its status is paid"),
    ],
    ids=str,
)
def test_what_changes_between_queueing_and_dispatch_counts(
    files: Files, change: dict[str, object], reason: str
) -> None:
    """AMB-C6, AMB-C11."""
    files.running()
    item = files.items()[0]
    files.change("0", **change)
    found = files.begin(item)
    assert isinstance(found, Item)
    assert (found.stage.value, found.reason) == ("skipped", reason)


def test_no_try_of_a_step_is_made_twice(files: Files) -> None:
    """AMB-C10: neither by a second unit, nor where its result is told twice."""
    uid = files.running()
    item = files.items()[0]
    files.begun(item)
    assert files.settle(item)
    assert not files.settle(item)
    found = files.begin(item)
    assert isinstance(found, Item)
    assert found.stage is ItemStage.COMPLETED
    position = files.get(0).position
    files.queue.enqueue(uid, NOW + LATER)
    back = files.items()[-1]
    stale = Position(item.round, item.step, item.tries, NOW)
    files.begin(back, lambda *_: Pass("back", stale), NOW + LATER)
    files.queue.enqueue(uid, NOW + LATER)
    assert position.step == 1
    again = files.begin(files.items()[-1], now=NOW + LATER)
    assert isinstance(again, Item)
    assert (again.stage.value, again.reason) == ("skipped", "this try was made before")


def test_a_contact_whose_worker_was_lost_is_known_as_lost(files: Files) -> None:
    """AMB-C1: e-mail is in doubt, counts, and is not repeated; a call is repeated under its key while its campaign runs."""
    uid = files.running(2)
    ledger = files.store.ledger
    ledger.stand(uid, ("relay", ""), NOW)
    mail, call = files.items()
    places = iter([Place(0, 0), Place(1, 1000)])
    files.queue.post(uid, NOW, 10, lambda _step, _account: next(places))
    for offer in ledger.offers(NOW, 10):
        claim = ledger.claim(offer, "gone", NOW, NOW + timedelta(minutes=1), 0)
        assert claim is not None
        assert ledger.window(claim, None, Demand(1, 10, NOW + timedelta(minutes=1)), NOW)
    files.begun(mail)
    assert isinstance(files.begin(call, lambda *_: CALL), Begun)
    assert files.queue.lost(10) == []
    ledger.doubt(uid, NOW)
    assert [one.item.id for one in files.queue.lost(10)] == [mail.id]
    assert isinstance(files.begin(call, lambda *_: CALL), Begun), "once more, under the same key"
    found = files.begin(mail)
    assert isinstance(found, Item)
    assert found.stage is ItemStage.PROCESSING, "a second mail would be another contact"
    files.queue.cancel(uid, "it was paused", NOW)
    assert [one.item.id for one in files.queue.lost(10)] == [mail.id, call.id]
    lost = files.queue.lost(1)[0]
    assert lost.go == GO
    assert files.settle(mail, ItemStage.UNKNOWN)
    assert files.get(0).position.step == 1
    assert files.settle(mail, ItemStage.COMPLETED), "its worker was alive after all"
    assert files.get(0).position.step == 1


def test_a_result_moves_on_only_who_is_still_there(files: Files) -> None:
    """AMB-C7: an account that has begun anew meanwhile stays at its first step; the contact is on record."""
    uid = files.running()
    item = files.items()[0]
    files.begun(item)
    assert files.store.accounts.restart(uid, NOW, NOW) == 1
    assert files.settle(item)
    assert (files.get(0).position.round, files.get(0).position.step) == (item.round + 1, 0)
    assert files.queue.enqueue(uid, NOW) == 1


def test_a_strategy_that_begins_anew_makes_its_first_step_again(files: Files) -> None:
    """AMB-C7: as a new run; what happened before still counts for limits."""
    uid = files.running()
    item = files.items()[0]
    files.begun(item)
    files.settle(item)
    files.store.accounts.restart(uid, NOW, NOW)
    files.queue.enqueue(uid, NOW)
    again = files.items()[-1]
    assert (again.round, again.step) == (item.round + 1, 0)
    seen = []
    assert isinstance(files.begin(again, lambda _a, _i, past: seen.append(past) or GO), Begun)  # type: ignore[func-returns-value]
    assert len(seen[0]) == 1


def test_who_is_handed_to_a_person_is_contacted_no_more(files: Files) -> None:
    """C-31: with why, on record."""
    uid = files.running()
    item = files.items()[0]
    files.begun(item)
    files.settle(item, status=ESCALATED, note="6 contacts without an answer")
    assert files.get(0).row.status == ESCALATED
    assert files.queue.enqueue(uid, NOW + LATER) == 0
    told = files.store.collection_books.interactions(item.account)
    assert [(one.sort, one.detail) for one in told if one.sort is Sort.ESCALATION] == [
        (Sort.ESCALATION, "6 contacts without an answer")
    ]


def test_the_brake_keeps_the_queue(files: Files) -> None:
    """AMB-C13: nothing begins while it is on, nothing is lost; a campaign's pause is another matter."""
    uid = files.running(2)
    files.queue.post(uid, NOW, 1, anywhere)
    first, second = files.items()
    files.queue.brake(Brake(True, "the line is down", "user:dana", NOW))
    found = files.begin(first)
    assert isinstance(found, Item)
    assert (found.stage.value, found.reason) == (PENDING, "the engine is paused: the line is down")
    assert files.queue.post(uid, NOW, 10, anywhere) == 0
    assert files.queue.rest(uid, NOW)
    assert not files.queue.shut(uid, NOW)
    files.queue.brake(Brake(False, "", "user:dana", NOW))
    braked = files.queue.braked()
    assert braked is not None
    assert not braked.is_on
    assert files.queue.post(uid, NOW, 10, anywhere) == 2
    assert isinstance(files.begin(found), Begun)
    assert isinstance(files.begin(second), Begun)


def test_settings_pause_the_engine_too(files: Files) -> None:
    """AMB-C13: enginePaused of the CollectionSettings."""
    uid = files.running()
    files.settings(enginePaused=True)
    found = files.begin(files.items()[0])
    assert isinstance(found, Item)
    assert found.reason == "the engine is paused by its settings"
    assert files.queue.post(uid, NOW, 10, anywhere) == 0
    files.settings()
    assert files.queue.post(uid, NOW, 10, anywhere) == 1


def test_a_finished_strategy_queues_nothing_more(files: Files) -> None:
    """C-31: the position has no next try."""
    uid = files.running()
    item = files.items()[0]
    files.begun(item)
    files.queue.settle(item.id, Outcome(ItemStage.COMPLETED, "", Position(item.round, 1, 0, None, 1, NOW)), NOW)
    assert files.get(0).position.due_at is None
    assert files.queue.enqueue(uid, NOW + timedelta(days=60)) == 0


def test_a_unit_of_nothing_begins_nothing(files: Files) -> None:
    """AMB-C10."""
    files.running()
    assert files.queue.begin(999_999, 0, lambda *_: Go("x", "", ""), NOW) is None
    assert not files.queue.settle(999_999, Outcome(ItemStage.COMPLETED, "", Position()), NOW)


def test_results_reach_lanes_as_well(files: Files) -> None:
    """C-07: a unit is done with once its contact is."""
    uid = files.running()
    ledger = files.store.ledger
    ledger.stand(uid, ("",), NOW)
    files.queue.post(uid, NOW, 10, anywhere)
    claim = ledger.claim(ledger.offers(NOW, 1)[0], "me", NOW, NOW + timedelta(minutes=1), 0)
    assert claim is not None
    window = ledger.window(claim, None, Demand(1, 10, NOW + timedelta(minutes=1)), NOW)
    assert window is not None
    unit = window.units[0]
    item = files.items()[0]
    assert unit.payload == {"item": item.id, "turn": 0}
    files.begun(item)
    files.settle(item)
    done = Settling(1, {unit.id: Result(Stage.SENT)}, NOW, 1)
    ledger.release(claim, done, None, None, NOW)
    assert files.queue.lost(10) == []
    assert ledger.is_idle()
