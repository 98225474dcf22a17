"""`muster collections campaign`, `accounts`, `account`, `execution`, `enqueue` and the brake, as people and tools read them."""

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from reconciler.model.accounts import Position
from reconciler.model.contact_queue import Go, ItemStage, Outcome, Sort, Told
from reconciler.model.ref import Ref
from tests.collections import ledgers
from tests.collections.ledgers import NOW
from tests.leads.desk import move
from tests.world import World

SPRING = Ref("CollectionCampaign", "spring")
RELAY = """
apiVersion: muster/v1
kind: SmtpConnection
metadata: {name: relay}
spec: {host: mail.collect.example}
"""
TITLE = "Q2 \u202e30 to 60"


@pytest.fixture
def desk(world: World) -> World:
    """A campaign of four accounts, one of whom was contacted and has promised and paid; one has a hostile name."""
    world.clock.moment = NOW
    with world.store() as store:
        ledgers.settings(store)
        ledgers.strategy(store)
        source = ledgers.source(store)
        found = ledgers.rows(["A-1", "A-2"]) + ledgers.rows(["=cmd()"], paused=True) + ledgers.rows(["A-4"], "in_legal")
        store.accounts.take(source, found, NOW)
        uid = ledgers.campaign(store, title=TITLE, objective="Twelve percent\nbefore July")
        store.accounts.assign(uid, [one.id for one in store.accounts.unassigned(source, 0, 0, 9)], NOW, NOW)
        account = store.accounts.get(source, "A-1")
        assert account is not None
        assert store.contact_queue.enqueue(uid, NOW) == 2
        item = store.collection_books.items(account.id)[0]
        store.contact_queue.begin(item.id, item.turn, lambda *_: Go("mail", "email", "reminder"), NOW)
        position = Position(account.position.round, 1, 0, NOW + timedelta(days=3), 1, NOW)
        store.contact_queue.settle(
            item.id, Outcome(ItemStage.COMPLETED, "250 taken", position, "in_auto_management"), NOW
        )
        promise = Told("p1", Sort.PROMISE, NOW, Decimal("60.00"), "USD", "2027-04-20")
        store.contact_queue.told(source, "A-1", promise, NOW)
        store.contact_queue.told(source, "A-1", Told("m1", Sort.PAYMENT, NOW, Decimal("60.00"), "USD"), NOW)
    return world


def as_json(world: World, *arguments: str) -> Any:
    answer = world.cli("collections", *arguments, "--format", "json")
    assert answer.code == 0, answer.err
    return json.loads(answer.out)


def test_the_page_of_a_campaign(desk: World) -> None:
    """C-01, C-03, C-17, C-18, C-19, C-30: header, bar, numbers, and the moves that are legal from here."""
    found = as_json(desk, "campaign", "spring")
    assert (found["state"], found["strategy"], found["strategyType"]) == ("active", "soft", "medium")
    assert (found["startDate"], found["endDate"], found["timezone"]) == ("2027-04-01", "2027-06-30", "America/Chicago")
    assert (found["totalAccounts"], found["contacted"], found["contactRate"]) == (4, 1, "25")
    assert (found["promises"], found["recovered"]) == (1, {"USD": "60.00"})
    assert found["moves"] == [
        {"event": "pause", "state": "paused"}, {"event": "complete", "state": "completed"},
        {"event": "delete", "state": "deleted"},
    ]  # fmt: skip
    text = desk.cli("collections", "campaign", "spring").out
    assert "\u202e" not in text
    assert "day 14 of 91" in text
    assert f"{'█' * 6}{'░' * 18} 1 of 4" in text
    assert "objective       Twelve percent\n                before July" in text
    assert "  Pause " in text
    assert "  Enqueue    muster collections enqueue spring" in text


def test_a_campaign_that_was_never_active_counts_nothing(desk: World) -> None:
    """AMB-C12: promises and payments count from its activation on; a draft offers to activate it."""
    with desk.store() as store:
        ledgers.campaign(store, "autumn", "draft", strategy="none-such", startDate="2027-09-01", endDate="2027-09-30")
    found = as_json(desk, "campaign", "autumn")
    assert (found["activatedAt"], found["totalAccounts"], found["recovered"]) == (None, 0, {})
    assert found["moves"][0] == {"event": "activate", "state": "active"}
    text = desk.cli("collections", "campaign", "autumn").out
    assert "none-such, which is not there" in text
    assert "30 days, not begun" in text


@pytest.mark.parametrize(("state", "said"), [("draft", "expired; set a later end date"), ("paused", "30 days, over")])
def test_a_campaign_whose_end_date_has_passed_is_not_offered_to_begin(desk: World, state: str, said: str) -> None:
    """C-04, C-17, AMB-C4: a draft stays one, and its page says that it is expired; a later end date opens the way again."""
    with desk.store() as store:
        ledgers.campaign(store, "march", state, startDate="2027-03-15", endDate="2027-04-13")
    found = as_json(desk, "campaign", "march")
    assert found["expired"] is (state == "draft")
    assert not {"activate", "resume"} & {move["event"] for move in found["moves"]}
    text = desk.cli("collections", "campaign", "march").out
    assert f"2027-03-15 to 2027-04-13 in America/Chicago; {said}" in text
    assert "state: active" not in text
    with desk.store() as store:
        ledgers.campaign(store, "today", state, startDate="2027-03-15", endDate="2027-04-14")
    found = as_json(desk, "campaign", "today")
    assert (found["expired"], found["moves"][0]["state"]) == (False, "active")


def test_accounts_as_a_list_and_for_a_spreadsheet(desk: World) -> None:
    """C-20: score, status and the last interaction; no cell of a spreadsheet is a formula."""
    found = as_json(desk, "accounts", "--campaign", "spring")
    assert [one["account"] for one in found] == ["A-1", "A-2", "=cmd()", "A-4"]
    assert (found[0]["score"], found[0]["last"]["sort"], found[0]["last"]["amount"]) == (512.5, "payment", "60.00")
    assert (found[1]["open"], found[1]["last"]) == ("pending", None)
    table = list(csv.DictReader(io.StringIO(desk.cli("collections", "accounts", "--format", "csv").out)))
    assert [one["account"] for one in table] == ["A-1", "A-2", "'=cmd()", "A-4"]
    assert [one["account"] for one in as_json(desk, "accounts", "--status", "in_legal")] == ["A-4"]
    assert "A-1      spring" in desk.cli("collections", "accounts").out
    assert desk.cli("collections", "accounts", "--status", "gone").out == "no accounts\n"
    assert desk.cli("collections", "accounts", "--campaign", "nobody").code == 64


def test_the_story_of_an_account(desk: World) -> None:
    """C-20, C-31, AMB-C8: what happened stays, the latest first, beside the contacts that were made."""
    found = as_json(desk, "account", "A-1")
    assert [one["sort"] for one in found["interactions"]] == ["payment", "promise", "contact"]
    assert [(one["stage"], one["channel"], one["reason"]) for one in found["contacts"]] == [
        ("completed", "mail", "250 taken")
    ]
    assert found["step"] == 2
    text = desk.cli("collections", "account", "A-1", "--source", "portfolio").out
    assert "2027-04-14 10:00 CDT  payment 60.00 USD" in text, "in the organisation's zone, as everywhere"
    assert "2027-04-14 10:00 CDT  payment" in desk.cli("collections", "accounts").out
    assert "campaign        CollectionCampaign/spring" in text
    assert "not known: the organisation's counts" in text
    assert desk.cli("collections", "account", "A-9").code == 64
    with desk.store() as store:
        store.accounts.take(ledgers.source(store, "another"), ledgers.rows(["A-1"]), NOW)
    assert "--source another" in desk.cli("collections", "account", "A-1").err


def test_whoever_was_heard_to_opt_out_is_shown_so(desk: World) -> None:
    """C-20, AMB-C11: by an event as by the source; opting in again takes it back."""
    assert desk.cli("collections", "tell", "A-2", "--event", "opt_out").code == 0
    (line,) = [one for one in as_json(desk, "accounts") if one["account"] == "A-2"]
    assert line["contactable"] is False
    assert as_json(desk, "account", "A-2")["optedOut"] is True
    assert "opted out" in desk.cli("collections", "account", "A-2").out.splitlines()[0]
    desk.clock.advance(minutes=1)
    assert desk.cli("collections", "tell", "A-2", "--event", "opt_in").code == 0
    assert as_json(desk, "account", "A-2")["optedOut"] is False


def test_an_account_that_opted_out_has_nothing_to_come(desk: World) -> None:
    """C-20, AMB-C11: neither in the list nor in its story, which says why."""
    for number in ("A-1", "A-2"):
        assert desk.cli("collections", "tell", number, "--event", "opt_out").code == 0
    (line,) = [one for one in desk.cli("collections", "accounts").out.splitlines() if one.startswith("A-1 ")]
    assert "step" not in line
    story = desk.cli("collections", "account", "A-2").out
    assert story.splitlines()[0] == "A-2  pending_contact  opted out"
    assert ", due " not in story
    assert as_json(desk, "account", "A-2")["optedOut"] is True


def test_the_execution_page_and_the_brake(desk: World) -> None:
    """C-25, AMB-C13: the brake keeps the queue; the page says who put it on, and why."""
    found = as_json(desk, "execution")
    assert (found["engine"], found["today"]) == ("running", "2027-04-14")
    (spring,) = found["campaigns"]
    assert (spring["pending"], spring["completed"], spring["failed"]) == (1, 1, 0)
    assert desk.cli("collections", "pause-engine", "--reason", "wrong balances").out.startswith("the engine is paused")
    paused = as_json(desk, "execution")
    assert paused["engine"] == "paused"
    assert paused["brakes"][0].startswith("wrong balances (")
    assert paused["campaigns"][0]["pending"] == 1
    assert desk.cli("collections", "resume-engine").out == "the engine goes on\n"
    with desk.store() as store:
        ledgers.settings(store, enginePaused=True)
    assert "enginePaused in CollectionSettings/organisation" in desk.cli("collections", "execution").out
    assert "stays paused" in desk.cli("collections", "resume-engine").out
    assert desk.cli("collections", "pause-engine", "--reason", "a\x1bb").code == 64


def test_where_the_settings_were_deleted_the_page_says_that_nobody_is_contacted(desk: World) -> None:
    """C-25, AMB-C13: the page and the queue know the same brakes."""
    with desk.store() as store:
        move(store, Ref("CollectionSettings", "organisation"), "deleted")
        uid = store.ledger.uid(SPRING)
        assert store.contact_queue.rest(uid, NOW) == "the organisation's settings were deleted"
    found = as_json(desk, "execution")
    assert found["engine"] == "paused"
    assert found["brakes"] == [
        "the organisation's settings were deleted; apply some again, limits and hours are in them"
    ]
    assert "settings were deleted" in desk.cli("collections", "enqueue", "spring").err


def test_accounts_are_queued_by_hand(desk: World) -> None:
    """C-21, C-24, AMB-C10: who is not queued is told with the cause; nobody is queued twice."""
    answer = desk.cli("collections", "enqueue", "spring")
    assert answer.code == 0
    assert answer.out.splitlines() == [
        "CollectionCampaign/spring@1: 0 accounts queued",
        "  1 in status in_legal",
        "  1 its next step is due later",
        "  1 paused",
        "  1 queued already",
    ]


def test_who_is_queued_by_hand_is_not_told_as_queued_already(desk: World) -> None:
    """C-21: everybody is counted once."""
    with desk.store() as store:
        source = store.ledger.uid(Ref("AccountSource", "portfolio"))
        uid = store.ledger.uid(SPRING)
        store.accounts.take(source, ledgers.rows(["A-5"]), NOW)
        store.accounts.assign(uid, [one.id for one in store.accounts.unassigned(source, 0, 0, 9)], NOW, NOW)
    first, *others = desk.cli("collections", "enqueue", "spring").out.splitlines()
    assert first == "CollectionCampaign/spring@1: 1 account queued"
    assert "  1 queued already" in others


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("draft", "a draft contacts nobody; activate it"),
        ("paused", "a paused campaign contacts nobody; resume it"),
        ("completed", "a completed campaign contacts nobody"),
    ],
)
def test_nobody_is_queued_for_a_campaign_at_rest(desk: World, state: str, said: str) -> None:
    """C-02, C-06, C-08: with the way out."""
    with desk.store() as store:
        move(store, SPRING, state)
    answer = desk.cli("collections", "enqueue", "spring")
    assert (answer.code, said in answer.err) == (5, True)


def test_nobody_is_queued_outside_the_dates(desk: World) -> None:
    """C-02, AMB-C3, AMB-C5: both days included, in the organisation's zone."""
    for moment, code in (
        ("2027-04-01T04:59:00Z", 5), ("2027-04-01T05:00:00Z", 0), ("2027-07-01T04:59:00Z", 0),
        ("2027-07-01T05:00:00Z", 5),
    ):  # fmt: skip
        desk.clock.set(moment)
        assert desk.cli("collections", "enqueue", "spring").code == code, moment


def test_get_and_describe_show_how_far_a_campaign_has_come(desk: World) -> None:
    """C-18, C-19, C-30: beside all other campaigns, in the same words as its own page."""
    desk.write("relay.yaml", RELAY)
    answer = desk.cli("get", "CollectionCampaign")
    assert "CONTACTED" in answer.out.splitlines()[0]
    assert "1/4 25 %, 60.00 USD recovered" in answer.out
    (one,) = json.loads(desk.cli("get", "CollectionCampaign", "--format", "json").out)
    assert (one["collection"]["totalAccounts"], one["collection"]["recovered"]) == (4, {"USD": "60.00"})
    answer = desk.cli("describe", "CollectionCampaign/spring")
    assert answer.code == 0, answer.err
    text = answer.out
    assert f"Contacted: {'█' * 6}{'░' * 18} 1 of 4" in text
    assert (
        json.loads(desk.cli("describe", "CollectionCampaign/spring", "--format", "json").out)["collection"]["promises"]
        == 1
    )
