"""What people see of receivables campaigns: in lists, in descriptions, and by the commands of their own."""

import json
from collections.abc import Iterator
from contextlib import closing

import pytest

from reconciler.kinds.receivables.batch import Finding, batch_of
from reconciler.kinds.receivables.watching import watch_level
from reconciler.model.enrolments import Exit, Saying
from reconciler.store.postgres import PostgresStore
from tests.receivables.portfolio import NOW, Portfolio
from tests.world import World


@pytest.fixture
def book(world: World, any_store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Portfolio]:
    """Ten invoices, of which the campaign means nine and has eight; one of each fate."""
    monkeypatch.setattr(PostgresStore, "time", lambda _self, machine: machine)
    with closing(world.app().store()) as store:
        made = Portfolio(store)
        made.settings(supportContact="help@billing.example")
        made.campaign("soft", "active", ["invoice.number != 'I-9'"])
        made.campaign("later", "draft", ["false"])
        made.owe(*(f"I-{number}" for number in range(10)))
        made.enrol("soft", *(f"I-{number}" for number in range(8)))
        for number in range(4):
            made.say("soft", f"I-{number}", 0, Saying.SENT)
        made.say("soft", "I-4", 0, Saying.FAILED, "550 no such mailbox")
        made.say("soft", "I-5", 0, Saying.PASSED_OVER, "the contact has no email")
        yield made


def test_the_list_shows_in_campaign_and_the_open_alert(world: World, book: Portfolio) -> None:
    """I-21, I-24: beside each active campaign its figure, below the list the tenant's, and the alert while one is open."""
    watch_level(book.store, NOW)
    head, later, soft, level, alert = world.cli("get", "ReceivablesCampaign").out.splitlines()
    assert "IN CAMPAIGN" in head
    assert "8/9 88.88 %" in soft
    assert "%" not in later
    assert level == "In Campaign 80.00 %: 8 of 10 invoices that could be collected; expected 90 %"
    assert alert.startswith("ALERT: below 90 % since 2027-01-04 09:00Z, when it was 80.00 %")
    shown = {one["ref"]: one.get("inCampaign") for one in json.loads(world.cli("get", "--format", "json").out)}
    assert shown["ReceivablesCampaign/later@1"] is None
    assert shown["ReceivablesCampaign/soft@1"] == {
        "matchingEnrolled": 8, "matching": 9, "percent": "88.88",
        "tenant": {"inActiveCampaign": 8, "collectable": 10, "percent": "80.00", "expectedPercent": 90,
                   "alert": shown["ReceivablesCampaign/soft@1"]["tenant"]["alert"]},
    }  # fmt: skip
    assert shown["ReceivablesCampaign/soft@1"]["tenant"]["alert"]["id"] == 1


def test_a_list_without_receivables_says_nothing_of_them(world: World, book: Portfolio) -> None:
    """I-21: a kind adds to what is shown of it alone."""
    assert "In Campaign" not in world.cli("get", "Workflow").out
    assert "In Campaign" not in world.cli("get", "ReceivablesCampaign/later").out


def test_a_campaign_says_who_is_in_it_who_left_and_what_was_said(world: World, book: Portfolio) -> None:
    """I-21, I-24: figure, enrolled, exits by reason, steps by what became of them, the first batch, the alert."""
    book.leave("soft", "I-6", why=Exit.PAID)
    book.owe("I-7", held=["I-7"])
    watch_level(book.store, NOW)
    found = json.loads(world.cli("receivables", "campaign", "soft", "--format", "json").out)
    assert (found["enrolled"], found["exits"], found["tenant"]["alert"]["id"]) == (7, {"paid": 1}, 1)
    assert found["inCampaign"] == {"matchingEnrolled": 6, "matching": 8, "percent": "75.00"}
    first, last = found["steps"]
    assert {key: first[key] for key in ("number", "day", "way", "due", "sent", "failed", "passedOver")} == {
        "number": 1, "day": 0, "way": "mail hello", "due": 7, "sent": 4, "failed": 1, "passedOver": 1,
    }  # fmt: skip
    assert (last["way"], last["due"]) == ("exit", 0)
    text = world.cli("receivables", "campaign", "soft").out
    for words in ("6 of 8 matching invoices", "█", "Enrolled:    7", "1 paid", "mail hello", "ALERT"):
        assert words in text


def test_a_description_has_it_too(world: World, book: Portfolio) -> None:
    """I-21: beside what every resource has; a draft has nothing of it."""
    world.write(
        "ledger.yaml",
        "apiVersion: muster/v1\nkind: InvoiceSource\nmetadata: {name: ledger}\nspec: {apiKey: {env: KEY}}\n",
    )
    assert "In campaign: 8 of 9 matching invoices" in world.cli("describe", "ReceivablesCampaign/soft").out
    found = json.loads(world.cli("describe", "ReceivablesCampaign/soft", "--format", "json").out)
    assert found["receivables"]["firstBatch"]["verdict"] == "look"
    assert "receivables" not in json.loads(world.cli("describe", "ReceivablesCampaign/later", "--format", "json").out)


def test_alerts_say_who_is_outside_and_what_to_do(world: World, book: Portfolio) -> None:
    """I-25, I-27: a breakdown by cause with a way in for each, and whom to ask."""
    watch_level(book.store, NOW)
    text = world.cli("receivables", "alerts").out
    for words in (
        "ALERT: below 90 %",
        "Outside 2:",
        "1 waiting for the next pass of ReceivablesCampaign/soft@1: I-8",
        "1 meant by no campaign's audience: I-9",
        "`muster receivables match I-9`",
        "Whom to ask: help@billing.example",
    ):
        assert words in text
    book.enrol("soft", "I-8")
    watch_level(book.store, NOW)
    assert "no alert is open" in world.cli("receivables", "alerts").out
    found = json.loads(world.cli("receivables", "alerts", "--all", "--format", "json").out)
    assert [(one["id"], one["closedAt"]) for one in found["alerts"]] == [(1, "2027-01-04T09:00:00Z")]
    assert {gap["cause"]: gap["invoices"] for gap in found["alerts"][0]["guidance"]} == {"waiting": 1, "unmatched": 1}
    assert [gap["cause"] for gap in found["outside"]] == ["unmatched"]


def test_the_first_batch_is_reported_with_a_verdict(world: World, book: Portfolio) -> None:
    """I-19: what was said to whom, what failed, who left, and what to make of it; the exit code says it to scripts."""
    answer = world.cli("receivables", "first-batch", "soft")
    assert answer.code == 1
    last = answer.out.splitlines()[-1]
    assert last == "4 reached, 1 failed, 1 not reached, 2 waiting; look at what failed before more follow"
    assert "1 failed by mail 2027-01-04 09:00Z (550 no such mailbox)" in answer.out
    answer = world.cli("receivables", "first-batch", "soft", "--limit", "4", "--format", "json")
    found = json.loads(answer.out)
    assert (answer.code, found["verdict"], found["invoices"]) == (0, "well", 4)
    assert [one["invoice"] for one in found["processed"]] == ["I-0", "I-1", "I-2", "I-3"], "those that came in first"
    assert world.cli("receivables", "first-batch", "later").code == 0, "nobody yet"


def test_a_verdict_looks_at_the_worst(book: Portfolio) -> None:
    """I-19: nobody yet, somebody waits, all is well, something failed."""

    def finding(limit: int) -> Finding:
        return batch_of(book.store.in_campaign.first(book.uid("soft"), limit)).finding

    assert [finding(limit) for limit in (0, 4, 5)] == [Finding.EMPTY, Finding.WELL, Finding.LOOK]
    book.campaign("next", "active")
    book.enrol("next", "I-8", "I-9")
    book.say("next", "I-8", 0, Saying.SENDING)
    batch = batch_of(book.store.in_campaign.first(book.uid("next"), 50))
    assert (batch.finding, batch.waiting) == (Finding.WAITING, 1)
    book.say("next", "I-9", 0, Saying.PASSED_OVER, "the contact has no email")
    assert batch_of(book.store.in_campaign.first(book.uid("next"), 50)).finding is Finding.LOOK, "nobody was told"
    book.campaign("third", "active", includePreviouslyTreated=True, purpose="reEngagement")
    book.leave("next", "I-9", why=Exit.PAID)
    book.owe("J-1")
    book.enrol("third", "J-1")
    book.leave("third", "J-1", why=Exit.PAID)
    assert batch_of(book.store.in_campaign.first(book.uid("third"), 50)).finding is Finding.WELL, (
        "who has left needs no word"
    )


def test_no_text_from_outside_can_steer_a_terminal(world: World, book: Portfolio) -> None:
    """I-25: numbers of invoices and answers of servers come from outside."""
    book.owe("I-\x1b[2J")
    book.enrol("soft", "I-\x1b[2J")
    book.say("soft", "I-\x1b[2J", 0, Saying.FAILED, "\x1b]0;x\x07")
    book.owe("\x1b[31m")
    for command in (("first-batch", "soft"), ("alerts",), ("campaign", "soft")):
        assert "\x1b" not in world.cli("receivables", *command).out


def test_what_is_not_there_is_said(world: World, book: Portfolio) -> None:
    """I-21: another word than nothing."""
    assert world.cli("receivables", "campaign", "sofd").code == 64
    assert "did you mean ReceivablesCampaign/soft@1" in world.cli("receivables", "campaign", "sofd").err
