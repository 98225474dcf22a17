"""The one door: what becomes a lead, what is parked and why, and that a request is one however often it comes."""

import threading
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from decimal import Decimal
from random import Random
from typing import Any

import pytest

from reconciler.kinds.leads.intake import Intake, Parked, Refused, Release, Result, Taken
from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.queue import Clerk, Correction
from reconciler.kinds.leads.way import Sent
from reconciler.model.lead_intake import Wanted
from reconciler.model.leads import Lead, LeadStage, QueueReason, QueueStage
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.work import Phase
from tests.engine.desk import Opener
from tests.leads.desk import NOW, WORKFLOW, campaign, move, partner

ANA = {"email": "ana@example.com", "phone": "06 12345678", "postcode": "1012 AB"}
CARS = Ref("LeadCampaign", "cars", 1)
AFFILIATE = Ref("PartnerContract", "affiliate")


def intake() -> Intake:
    return Intake(Outlook(), Random(7).randbytes)


def shop(store: Store, state: str = "published", **spec: Any) -> int:
    """A campaign in a state, with its job, and a partner; the partner's uid."""
    uid = campaign(store, "cars", 1, state, **spec)
    store.ledger.stand(uid, [""] * 4, NOW)
    return partner(store, "affiliate", "cars")


def sent(contract: int, fields: Mapping[str, Any] = ANA, **more: Any) -> Sent:
    return Sent(contract, contract, fields, **more)


def taken(result: Result) -> Taken:
    assert isinstance(result, Taken), result
    return result


def parked(result: Result) -> Parked:
    assert isinstance(result, Parked), result
    return result


def lead(store: Store, result: Result) -> Lead:
    found = store.lead_books.lead(taken(result).code)
    assert found is not None
    return found


def units(store: Store, ref: Ref = CARS) -> int:
    view = store.ledger.view(store.ledger.uid(ref), NOW)
    return view.total if view else 0


def test_a_lead_is_taken_and_given_to_its_distribution(store: Store) -> None:
    """L-24: a published version takes real leads; L-45: with all that is known of them."""
    contract = shop(store)
    found = lead(store, intake().take(store, sent(contract), NOW))
    assert found.fields == {"email": "ana@example.com", "phone": "+31612345678", "postcode": "1012 AB"}
    assert (found.uid, found.contract, found.partner) == (store.ledger.uid(CARS), contract, "affiliate")
    assert (found.workflow, found.vertical, found.at, found.stage) == ("quotes", "car", NOW, LeadStage.WAITING)
    assert not found.is_test
    assert units(store) == 1
    assert [offer.number for offer in store.ledger.offers(NOW, 10)] == [found.id % 4]


def test_a_lead_of_a_version_in_test_is_a_test_and_costs_nothing(store: Store) -> None:
    """L-09: test takes leads; L-21: from partners without cost; AMB-L2: it stays a test for ever."""
    door = intake()
    shop(store, "test")
    terms = {"perInbound": "4.00", "currency": "EUR"}
    contract = partner(store, "paid", "cars", commission=terms)
    found = lead(store, door.take(store, sent(contract), NOW))
    assert (found.is_test, found.cost, found.currency) == (True, Decimal(0), "")
    move(store, CARS, "published")
    again = store.lead_books.lead(found.code)
    assert again is not None
    assert again.is_test
    real = lead(store, door.take(store, sent(contract), NOW))
    assert (real.is_test, real.cost, real.currency) == (False, Decimal("4.00"), "EUR")


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("draft", QueueReason.VERSION_DRAFT),
        ("sundowned", QueueReason.VERSION_SUNDOWNED),
        ("deleted", QueueReason.VERSION_DELETED),
    ],
)
def test_a_version_that_is_not_in_use_takes_nothing(store: Store, state: str, reason: QueueReason) -> None:
    """L-43: draft (L-04), sundowned (L-29, AMB-L5) and deleted (L-31): it is parked with the reason, and is no lead."""
    contract = shop(store, state)
    found = parked(intake().take(store, sent(contract), NOW))
    assert found.reason is reason
    item = store.lead_intake.item(found.code)
    assert item is not None
    assert (item.uid, item.contract, item.stage, item.at) == (store.ledger.uid(CARS), contract, QueueStage.OPEN, NOW)
    assert item.body == {"fields": ANA}
    assert units(store) == 0


def test_each_thing_that_is_missing_is_the_reason(store: Store) -> None:
    """L-43: exactly one reason, the first in the order of the door."""
    door, contract = intake(), shop(store)
    campaign(store, "cars", 2, "draft")
    gone = partner(store, "gone", "cars", "deleted", version=1)
    nowhere = partner(store, "nowhere", "boats")
    unsure = partner(store, "unsure", "trains")
    campaign(store, "trains", 1)
    campaign(store, "trains", 2)
    narrow = partner(store, "narrow", "cars", version=1, vertical="car", workflow="quotes")
    bad = {"email": "none"}

    def reason(one: Sent) -> QueueReason:
        return parked(door.take(store, one, NOW)).reason

    assert reason(sent(nowhere, bad)) is QueueReason.CAMPAIGN_MISSING
    assert reason(Sent(contract, 0, bad, campaign="ships")) is QueueReason.CAMPAIGN_MISSING
    assert reason(Sent(contract, 0, bad, campaign="cars", version=9)) is QueueReason.VERSION_MISSING
    assert reason(sent(unsure, bad)) is QueueReason.VERSION_MISSING
    assert reason(Sent(contract, 0, bad, campaign="cars", version=2)) is QueueReason.VERSION_DRAFT
    assert reason(Sent(contract, 0, bad, campaign="cars", version=1)) is QueueReason.CONTRACT_MISSING
    assert reason(sent(gone, bad)) is QueueReason.CONTRACT_ENDED
    assert reason(sent(narrow, bad, vertical="boat")) is QueueReason.VERTICAL_MISSING
    assert reason(sent(contract, bad, version=1, vertical="boat")) is QueueReason.VERTICAL_MISSING
    assert reason(sent(narrow, bad, workflow="calls")) is QueueReason.WORKFLOW_MISSING
    assert reason(sent(contract, bad, version=1, workflow="calls")) is QueueReason.WORKFLOW_MISSING
    assert reason(sent(narrow, bad)) is QueueReason.VALIDATION


def test_the_workflow_is_the_only_one_that_serves_the_vertical(store: Store) -> None:
    terms = {"distribution": {"mode": "directPost"}}
    flows = [{"name": "a", "verticals": ["car"], **terms}, {"name": "b", "verticals": ["van"], **terms},
             {"name": "c", "verticals": ["van"], **terms}]  # fmt: skip
    contract = shop(store, verticals=["car", "van"], workflows=flows)
    door = intake()
    assert parked(door.take(store, sent(contract), NOW)).reason is QueueReason.VERTICAL_MISSING
    assert lead(store, door.take(store, sent(contract, vertical="car"), NOW)).workflow == "a"
    assert parked(door.take(store, sent(contract, vertical="van"), NOW)).reason is QueueReason.WORKFLOW_MISSING
    assert lead(store, door.take(store, sent(contract, vertical="van", workflow="c"), NOW)).workflow == "c"
    wrong = parked(door.take(store, sent(contract, vertical="van", workflow="a"), NOW))
    assert wrong.reason is QueueReason.WORKFLOW_MISSING


def test_what_is_wrong_with_fields_is_said_of_each(store: Store) -> None:
    """L-43: the reason is one, and every fault is named with its field and a way out."""
    contract = shop(store)
    found = parked(intake().take(store, sent(contract, {"phone": "12", "postcode": "X", "other": 1}), NOW))
    assert found.reason is QueueReason.VALIDATION
    assert [fault["field"] for fault in found.faults] == ["email", "phone", "postcode"]
    assert all(fault["help"] for fault in found.faults)


def test_members_that_the_campaign_does_not_have_are_named_and_left_out(store: Store) -> None:
    result = intake().take(store, sent(shop(store), {**ANA, "zz": "1", "aa": [1]}), NOW)
    assert taken(result).unknown == ("aa", "zz")
    assert set(lead(store, result).fields) == set(ANA)


def test_points_of_conditions_that_hold_add_up(store: Store) -> None:
    score = [{"when": 'lead.postcode != ""', "add": 20}, {"when": 'lead.phone == ""', "add": -5},
             {"when": "lead.nothing > 1", "add": 100}, {"when": "now > timestamp('2027-01-01T00:00:00Z')", "add": 1}]  # fmt: skip
    contract = shop(store, workflows=[{**WORKFLOW, "score": score}])
    door = intake()
    assert lead(store, door.take(store, sent(contract), NOW)).score == 21
    assert lead(store, door.take(store, sent(contract, {"email": "b@example.com"}), NOW)).score == -4


def test_a_window_and_hours_say_when_it_is_distributed(store: Store) -> None:
    terms = {"mode": "directPost", "window": {"retryEvery": "15m", "for": "24h"},
             "hours": {"days": ["mon"], "from": "12:00", "to": "13:00"}}  # fmt: skip
    contract = shop(store, workflows=[{**WORKFLOW, "distribution": terms}])
    found = lead(store, intake().take(store, sent(contract), NOW))
    assert found.until == NOW + timedelta(hours=24)
    assert not store.ledger.offers(NOW + timedelta(hours=1, minutes=59), 10)
    assert store.ledger.offers(NOW + timedelta(hours=2), 10), "12:00 in Amsterdam is 11:00 UTC"


def test_a_lead_for_a_person_has_no_unit(store: Store) -> None:
    contract = shop(store, workflows=[{**WORKFLOW, "distribution": {"mode": "manual"}}])
    assert lead(store, intake().take(store, sent(contract), NOW)).stage is LeadStage.MANUAL
    assert units(store) == 0


# --- duplicates ---


def twins(action: str) -> dict[str, Any]:
    return {"workflows": [{**WORKFLOW, "duplicate": {"match": ["email", "phone"], "within": "30d", "action": action}}]}


def test_a_duplicate_within_its_time_is_turned_away(store: Store) -> None:
    door, contract = intake(), shop(store, **twins("reject"))
    first = taken(door.take(store, sent(contract), NOW))
    same = {"email": " Ana@EXAMPLE.com", "phone": "+31 6 1234 5678"}
    found = parked(door.take(store, sent(contract, same), NOW + timedelta(days=30)))
    assert (found.reason, first.code in found.detail) == (QueueReason.DUPLICATE, True)
    taken(door.take(store, sent(contract, {"email": "ana@example.com"}), NOW))
    taken(door.take(store, sent(contract, same), NOW + timedelta(days=30, seconds=1)))


def test_a_duplicate_may_be_looked_for_since_before_the_calendar(store: Store) -> None:
    """The longest span that a manifest may name lets leads in, and finds what there is."""
    rule = {"match": ["email"], "within": "999999d", "action": "reject"}
    door, contract = intake(), shop(store, workflows=[{**WORKFLOW, "duplicate": rule}])
    taken(door.take(store, sent(contract), NOW))
    assert parked(door.take(store, sent(contract), NOW)).reason is QueueReason.DUPLICATE


def test_a_duplicate_may_only_be_flagged(store: Store) -> None:
    door, contract = intake(), shop(store, **twins("flag"))
    first = taken(door.take(store, sent(contract), NOW))
    second = door.take(store, sent(contract), NOW)
    assert taken(second).twin == first.code == lead(store, second).twin


def test_duplicates_are_looked_for_in_all_versions_but_tests_apart(store: Store) -> None:
    """AMB-L2: what was tried out in test stands in nobody's way."""
    door, contract = intake(), shop(store, "test", **twins("reject"))
    taken(door.take(store, sent(contract), NOW))
    assert parked(door.take(store, sent(contract), NOW)).reason is QueueReason.DUPLICATE
    move(store, CARS, "published")
    taken(door.take(store, sent(contract), NOW))
    campaign(store, "cars", 2, **twins("reject"))
    newer = partner(store, "newer", "cars", version=2)
    assert parked(door.take(store, sent(newer), NOW)).reason is QueueReason.DUPLICATE


def test_leads_without_any_of_the_fields_compared_are_like_no_other(store: Store) -> None:
    fields = [{"name": "email", "type": "email"}, {"name": "phone", "type": "phone"}]
    door, contract = intake(), shop(store, fields=fields, **twins("reject"))
    taken(door.take(store, sent(contract, {}), NOW))
    taken(door.take(store, sent(contract, {}), NOW))


# --- caps ---


def test_a_contract_takes_so_many_in_a_day_of_its_zone(store: Store) -> None:
    shop(store)
    contract = partner(store, "affiliate", "cars", caps=[{"leads": 2, "per": "day"}])
    door, late = intake(), NOW.replace(hour=22, minute=30)
    for _ in range(2):
        taken(door.take(store, sent(contract), late))
    assert parked(door.take(store, sent(contract), late)).reason is QueueReason.CONTRACT_CAP
    taken(door.take(store, sent(contract), NOW.replace(hour=23)))  # midnight in Amsterdam


def test_a_cap_that_is_added_later_counts_what_came_before(store: Store) -> None:
    door, contract = intake(), shop(store)
    for _ in range(3):
        taken(door.take(store, sent(contract), NOW))
    partner(store, "affiliate", "cars", caps=[{"leads": 4, "per": "day"}])
    taken(door.take(store, sent(contract), NOW))
    partner(store, "affiliate", "cars")
    taken(door.take(store, sent(contract), NOW))
    partner(store, "affiliate", "cars", caps=[{"leads": 5, "per": "day"}])
    assert parked(door.take(store, sent(contract), NOW)).reason is QueueReason.CONTRACT_CAP


def test_many_at_once_take_exactly_as_many_as_the_cap(store: Store, opener: Opener) -> None:
    shop(store)
    contract = partner(store, "affiliate", "cars", caps=[{"leads": 7, "per": "day"}])
    results = at_once(opener, [sent(contract) for _ in range(24)])
    assert sum(isinstance(one, Taken) for one in results) == 7
    assert units(store) == 7


# --- the same request ---


def test_a_request_is_one_however_often_it_comes(store: Store) -> None:
    """X-: replayed requests change nothing."""
    door, contract = intake(), shop(store)
    first = door.take(store, sent(contract, key="k"), NOW)
    assert door.take(store, sent(contract, key="k"), NOW + timedelta(days=400)) == first
    assert units(store) == 1
    assert isinstance(door.take(store, sent(contract, {"email": "b@example.com"}, key="k"), NOW), Refused)
    bad = door.take(store, sent(contract, {}, key="bad"), NOW)
    assert door.take(store, sent(contract, {}, key="bad"), NOW) == bad
    assert len(store.lead_intake.queue(Wanted(), 0, 10)) == 1


def test_a_replay_is_answered_as_before_though_its_version_is_gone(store: Store) -> None:
    door, contract = intake(), shop(store)
    first = door.take(store, sent(contract, key="k"), NOW)
    move(store, CARS, "deleted")
    assert door.take(store, sent(contract, key="k"), NOW) == first


def test_keys_of_two_contracts_are_two(store: Store) -> None:
    door, contract = intake(), shop(store)
    other = partner(store, "other", "cars")
    assert door.take(store, sent(contract, key="k"), NOW) != door.take(store, sent(other, key="k"), NOW)


def test_replays_race_and_one_lead_comes_of_it(store: Store, opener: Opener) -> None:
    contract = shop(store)
    results = at_once(opener, [sent(contract, key="one") for _ in range(40)])
    assert len({taken(one).code for one in results}) == 1
    assert units(store) == 1


def test_a_sundown_in_the_middle_lets_nothing_more_in(store: Store, opener: Opener) -> None:
    """AMB-L5: what was taken before is a lead, what comes after is in the queue; nothing is lost or in both."""
    contract = shop(store)
    move_at = threading.Barrier(2)

    def sundown() -> None:
        with closing(opener()) as own:
            move_at.wait()
            move(own, CARS, "sundowned")

    mover = threading.Thread(target=sundown)
    mover.start()
    move_at.wait()
    results = at_once(opener, [sent(contract) for _ in range(40)])
    mover.join()
    after = intake().take(store, sent(contract), NOW)
    assert parked(after).reason is QueueReason.VERSION_SUNDOWNED
    came = [one for one in results if isinstance(one, Taken)]
    assert units(store) == len(came)
    assert len(store.lead_intake.queue(Wanted(), 0, 100)) == 41 - len(came)


def test_nothing_comes_in_once_a_version_is_being_taken_out_of_use(store: Store) -> None:
    """L-43, AMB-L5: its job is stopped before its state changes, and what comes between would be left behind."""
    door, contract = intake(), shop(store)
    uid = store.ledger.uid(CARS)
    store.ledger.enter(uid, Phase.STOPPED, NOW)
    assert parked(door.take(store, sent(contract), NOW)).reason is QueueReason.VERSION_SUNDOWNED
    assert units(store) == 0
    store.ledger.enter(uid, Phase.OPEN, NOW)
    taken(door.take(store, sent(contract), NOW))


def test_what_was_decided_by_an_older_manifest_is_decided_again(store: Store) -> None:
    """State is looked at in the very transaction that takes the lead."""
    contract = shop(store)
    door = intake()
    before = door.outlook.market(store)

    class Slow(Outlook):
        """Looks once before the change, and then as it is."""

        def __init__(self) -> None:
            super().__init__()
            self.looks = 0

        def market(self, store: Store) -> Any:
            self.looks += 1
            return before if self.looks == 1 else super().market(store)

    move(store, CARS, "sundowned")
    slow = Slow()
    found = parked(Intake(slow, Random(1).randbytes).take(store, sent(contract), NOW))
    assert (found.reason, slow.looks) == (QueueReason.VERSION_SUNDOWNED, 2)


# --- the queue ---


def test_what_is_corrected_is_released_through_the_same_door(store: Store) -> None:
    """L-43: parked with a reason, corrected, and then a lead; the item says which."""
    door, contract = intake(), shop(store)
    item = parked(door.take(store, sent(contract, {"email": "ana"}), NOW))
    body = {"fields": {"email": "ana@example.com"}}
    still = parked(door.take(store, sent(contract, {"email": "x"}), NOW, Release(item.code, body={"fields": {}})))
    assert still.code == item.code
    result = door.take(store, sent(contract, body["fields"]), NOW, Release(item.code, body=body))
    found = store.lead_intake.item(item.code)
    assert found is not None
    assert (found.stage, found.lead) == (QueueStage.RELEASED, lead(store, result).id)
    again = door.take(store, sent(contract, body["fields"]), NOW, Release(item.code, body=body))
    assert isinstance(again, Refused)
    assert units(store) == 1


def test_a_release_undoes_no_correction_that_came_meanwhile(store: Store) -> None:
    """L-43: who releases many has read them a while ago; what somebody has corrected since is left as it is by then."""
    door, contract = intake(), shop(store, **twins("reject"))
    clerk = Clerk(door, store, "one")
    taken(door.take(store, sent(contract), NOW))
    for fields in ({"email": "ana"}, ANA):  # one is parked anew, the other would be taken
        item = parked(door.take(store, sent(contract, fields), NOW)).code
        read = store.lead_intake.item(item)
        assert read is not None
        assert Clerk(door, store, "another").correct(read, Correction({"email": "bo@example.com"}), NOW)
        assert isinstance(clerk.release(read, NOW, forgives=True), Refused)
        found = store.lead_intake.item(item)
        assert found is not None
        assert (found.stage, found.body["fields"]["email"]) == (QueueStage.OPEN, "bo@example.com")
    assert units(store) == 1
    assert lead(store, clerk.release(found, NOW)).fields["email"] == "bo@example.com"


def test_a_duplicate_may_be_forgiven(store: Store) -> None:
    door, contract = intake(), shop(store, **twins("reject"))
    first = taken(door.take(store, sent(contract), NOW))
    item = parked(door.take(store, sent(contract), NOW))
    assert parked(door.take(store, sent(contract), NOW, Release(item.code))).code == item.code
    assert taken(door.take(store, sent(contract), NOW, Release(item.code, forgives=True))).twin == first.code


def at_once(opener: Opener, requests: list[Sent]) -> list[Result]:
    """What becomes of these, all sent at the same time, each from a store of its own."""
    door, start = Intake(Outlook(), Random(3).randbytes), threading.Barrier(8)
    results: list[Result] = []

    def send(share: list[Sent]) -> None:
        with closing(opener()) as own:
            start.wait()
            results.extend(door.take(own, one, NOW) for one in share)

    threads = [threading.Thread(target=send, args=(requests[number::8],)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == len(requests)
    return results
