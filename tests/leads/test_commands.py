"""`muster leads import`, `queue`, `list` and `show`: an operator's day with what partners send."""

import json
from pathlib import Path
from typing import Any

import pytest

from reconciler.model.lead_books import Which
from reconciler.model.lead_intake import Wanted
from reconciler.model.ref import Ref
from tests.leads.desk import NOW, WORKFLOW, campaign, move, partner
from tests.world import World

TWINS = {"workflows": [{**WORKFLOW, "duplicate": {"match": ["email"], "within": "30d"}}]}


@pytest.fixture
def shop(world: World, any_store: str) -> World:
    with world.store() as store:
        uid = campaign(store, "cars", **TWINS)
        store.ledger.stand(uid, [""] * 4, NOW)
        partner(store, "affiliate", "cars")
    return world


def file(world: World, text: str, name: str = "leads.csv") -> str:
    path = world.root / name
    path.write_text(text, encoding="utf-8")
    return str(path)


def queue(world: World, *arguments: str) -> Any:
    code, out, err = world.cli("leads", "queue", *arguments, "--format", "json")
    assert code == 0, err
    return json.loads(out)


def leads(world: World) -> Any:
    return json.loads(world.cli("leads", "list", "--format", "json").out)


GOOD = "email,postcode\n" + "".join(f"a{number}@example.com,1012 AB\n" for number in range(30))
MIXED = "email,phone,colour\nana@example.com,,red\nbo,12,\ncy@example.com\nana@EXAMPLE.com,,\n"


def test_rows_come_in_once_however_often_the_file_is_loaded(shop: World) -> None:
    """X-: replayed imports change nothing, a line of a file being one request."""
    path = file(shop, GOOD)
    first = shop.cli("leads", "import", path, "--contract", "affiliate")
    assert (first.code, first.err) == (0, "")
    assert "30 rows" in first.out
    assert "30 rows of" in first.out and "30 taken, 0 not" in first.out
    assert shop.cli("leads", "import", path, "--contract", "affiliate") == first
    assert len(leads(shop)) == 30
    with shop.store() as store:
        view = store.ledger.view(store.ledger.uid(Ref("LeadCampaign", "cars")), NOW)
        assert view is not None
        assert view.total == 30


def test_what_is_no_lead_is_told_with_its_line_and_parked(shop: World) -> None:
    """L-43: through the same door as what is posted."""
    path = file(shop, MIXED)
    dry = shop.cli("leads", "import", path, "--contract", "affiliate", "--dry-run", "--format", "json")
    assert (dry.code, json.loads(dry.out)["taken"]) == (1, 2)
    assert not leads(shop)
    assert not queue(shop)
    code, out, _ = shop.cli("leads", "import", path, "--contract", "affiliate", "--format", "json")
    found = json.loads(out)
    assert (code, found["rows"], found["taken"], found["missed"]) == (1, 4, 1, 3)
    lines = {one["line"]: one for one in found["lines"]}
    assert {line: one["reason"] for line, one in lines.items()} == {3: "validation", 4: "width", 5: "duplicate"}
    assert "email: 'bo' is no e-mail address" in lines[3]["detail"]
    assert "phone: '12' is no telephone number" in lines[3]["detail"]
    assert "must have an @-sign;" in lines[3]["detail"]
    assert lines[4]["item"] is None
    assert [one["code"] for one in queue(shop)] == [lines[3]["item"], lines[5]["item"]]
    text = shop.cli("leads", "import", path, "--contract", "affiliate")
    assert f"{path}:3: validation: email: 'bo'" in text.out
    assert "      1  muster leads queue --reason validation" in text.out


def test_a_file_that_cannot_be_read_to_its_end_is_not_begun(shop: World) -> None:
    path = shop.root / "leads.csv"
    path.write_bytes(GOOD.encode() + b"\xff@example.com,\n")
    code, out, err = shop.cli("leads", "import", str(path), "--contract", "affiliate")
    assert (code, out) == (3, "")
    assert f"{path}:32: byte 1 of the line (0xff) is not UTF-8" in err
    assert not leads(shop)


def test_an_import_that_was_interrupted_goes_on(shop: World, monkeypatch: pytest.MonkeyPatch) -> None:
    from reconciler.kinds.leads.intake import Intake

    path, take, calls = file(shop, GOOD), Intake.take, []

    def interrupted(self: Intake, *arguments: Any) -> Any:
        calls.append(1)
        if len(calls) == 12:
            raise KeyboardInterrupt
        return take(self, *arguments)

    monkeypatch.setattr(Intake, "take", interrupted)
    assert shop.cli("leads", "import", path, "--contract", "affiliate").code == 130
    assert len(leads(shop)) == 11
    assert shop.cli("leads", "import", path, "--contract", "affiliate").code == 0
    assert len(leads(shop)) == 30


@pytest.mark.parametrize(
    ("name", "contract", "words"),
    [("leads.csv", "nobody", "no PartnerContract"), ("leads.xls", "affiliate", "neither .csv nor .jsonl")],
)
def test_a_call_that_makes_no_sense_is_a_mistake_of_the_call(shop: World, name: str, contract: str, words: str) -> None:
    code, _, err = shop.cli("leads", "import", file(shop, GOOD, name), "--contract", contract)
    assert (code, words in err) == (64, True)


def test_jsonl_keeps_numbers_and_truths(shop: World) -> None:
    path = file(shop, '{"email": "ana@example.com", "postcode": "1012 AB"}\n\n{"email": ["x"]}\n', "leads.jsonl")
    code, out, _ = shop.cli("leads", "import", path, "--contract", "affiliate", "--format", "json")
    assert (code, [one["line"] for one in json.loads(out)["lines"]]) == (1, [3])


def test_an_item_is_corrected_and_released_and_keeps_its_history(shop: World) -> None:
    """L-43: parked with a reason, and corrected into a lead."""
    shop.cli("leads", "import", file(shop, MIXED), "--contract", "affiliate")
    item = queue(shop, "--reason", "validation")[0]["code"]
    code, out, _ = shop.cli("leads", "queue", "correct", item, "--set", "email=bo@example.com")
    assert (code, "is no lead still: validation: phone" in out) == (0, True)
    code, out, _ = shop.cli("leads", "queue", "release", item)
    assert (code, "is no lead still" in out) == (5, True)
    assert f"muster leads queue release {item}" in shop.cli("leads", "queue", "correct", item, "--unset", "phone").out
    code, out, _ = shop.cli("leads", "queue", "release", item)
    assert code == 0
    lead = out.split()[-1]
    shown = json.loads(shop.cli("leads", "queue", "show", item, "--format", "json").out)
    assert (shown["stage"], shown["lead"], shown["body"]["fields"]["email"]) == ("released", lead, "bo@example.com")
    assert [set(entry) - {"at", "by"} for entry in shown["history"]] == [{"was"}, {"release"}, {"was"}, {"release"}]
    assert shown["history"][0] == {"at": "2027-01-04T09:00:00Z", "by": "user:tester", "was": {"email": "bo"}}
    assert f"it is the lead {lead}" in shop.cli("leads", "queue", "show", item).out
    assert shop.cli("leads", "queue", "release", item).code == 5
    assert shop.cli("leads", "queue", "correct", item, "--set", "a=b").code == 64
    assert [one["code"] for one in queue(shop, "--stage", "released")] == [item]
    found = json.loads(shop.cli("leads", "show", lead, "--format", "json").out)
    assert (found["fields"], found["stage"]) == ({"email": "bo@example.com"}, "waiting")


def test_all_of_a_reason_are_released_at_once(shop: World) -> None:
    """L-29, L-40: what came while a version was sundowned is in the queue, and released once it is published again."""
    with shop.store() as store:
        move(store, Ref("LeadCampaign", "cars"), "sundowned")
    shop.cli("leads", "import", file(shop, GOOD), "--contract", "affiliate")
    assert len(queue(shop)) == 30
    assert shop.cli("leads", "queue", "release", "--all").code == 5
    with shop.store() as store:
        move(store, Ref("LeadCampaign", "cars"), "published")
    code, out, _ = shop.cli("leads", "queue", "release", "--all", "--reason", "version-sundowned", "--campaign", "cars")
    assert (code, out.count("is the lead")) == (0, 30)
    assert not queue(shop)
    assert shop.cli("leads", "queue", "release").code == 64


def test_what_was_parked_in_test_never_becomes_a_real_lead(shop: World) -> None:
    """L-16, L-21, AMB-L2: it was sent without consequences; while its version is in test it is released as a test."""
    with shop.store() as store:
        campaign(store, "cars", 1, "test", **TWINS)
    shop.cli("leads", "import", file(shop, "email\nana\nbo\n"), "--contract", "affiliate")
    first, second = (one["code"] for one in queue(shop))
    assert "makes a lead" in shop.cli("leads", "queue", "correct", first, "--set", "email=ana@example.com").out
    assert shop.cli("leads", "queue", "release", first).code == 0
    assert [one["test"] for one in leads(shop)] == [True]
    with shop.store() as store:
        move(store, Ref("LeadCampaign", "cars"), "published")
    answer = shop.cli("leads", "queue", "correct", second, "--set", "email=bo@example.com")
    assert "is no lead still: validation: it was sent in test" in answer.out
    answer = shop.cli("leads", "queue", "release", second)
    assert (answer.code, "it was sent in test" in answer.out) == (5, True)
    assert leads(shop) == []
    assert shop.cli("leads", "queue", "discard", second, "--reason", "a test").code == 0


def test_a_duplicate_is_released_only_where_somebody_says_so(shop: World) -> None:
    shop.cli("leads", "import", file(shop, MIXED), "--contract", "affiliate")
    item = queue(shop, "--reason", "duplicate")[0]["code"]
    assert shop.cli("leads", "queue", "release", item).code == 5
    assert shop.cli("leads", "queue", "release", item, "--despite-others").code == 0


def test_an_item_comes_in_by_another_contract(shop: World) -> None:
    """AMB-L4: a partner's contract is for one version; what came by an old one is released by the new one."""
    with shop.store() as store:
        move(store, Ref("LeadCampaign", "cars"), "deleted")
        store.ledger.stand(campaign(store, "cars", 2), [""] * 4, NOW)
        partner(store, "affiliate", "cars", version=1)
        partner(store, "newer", "cars", version=2)
    shop.cli("leads", "import", file(shop, "email\nana@example.com\n"), "--contract", "affiliate")
    (item,) = queue(shop)
    assert (item["reason"], item["version"]) == ("version-deleted", 1)
    assert shop.cli("leads", "queue", "correct", item["code"], "--contract", "nobody").code == 64
    assert "release" in shop.cli("leads", "queue", "correct", item["code"], "--contract", "newer").out
    assert shop.cli("leads", "queue", "release", item["code"]).code == 0
    assert len(json.loads(shop.cli("leads", "list", "--campaign", "cars@2", "--format", "json").out)) == 1


def test_what_is_not_utf8_on_the_command_line_is_a_mistake_of_the_call(shop: World) -> None:
    path = file(shop, MIXED)
    assert shop.cli("leads", "import", path, "--contract", "affiliate", "--vertical", "\udcff").code == 64
    shop.cli("leads", "import", path, "--contract", "affiliate")
    item = queue(shop)[0]["code"]
    for change in (("--set", "email=\udcff"), ("--set", "\udcff=x"), ("--unset", "\udcff"), ("--vertical", "\udcff")):
        assert shop.cli("leads", "queue", "correct", item, *change).code == 64
    assert shop.cli("leads", "queue", "discard", item, "--reason", "\udcff").code == 64


def test_what_is_discarded_is_kept_and_out_of_the_list(shop: World) -> None:
    shop.cli("leads", "import", file(shop, MIXED), "--contract", "affiliate")
    item = queue(shop)[0]["code"]
    assert shop.cli("leads", "queue", "discard", item, "--reason", "a test of theirs").code == 0
    assert item not in [one["code"] for one in queue(shop)]
    assert "a test of theirs" in shop.cli("leads", "queue", "show", item).out
    assert shop.cli("leads", "queue", "discard", item, "--reason", "again").code == 64
    again = shop.cli("leads", "queue", "release", item)
    assert (again.code, again.out) == (5, f"{item}: it is discarded\n")
    head, *rows = shop.cli("leads", "queue", "--stage", "all").out.splitlines()
    assert "STAGE" in head and {row[head.index("STAGE") :].split()[0] for row in rows} == {"open", "discarded"}
    assert shop.cli("leads", "queue", "show", "Q0000000000000").code == 64


def test_pages_of_the_queue_follow_each_other(shop: World) -> None:
    bad = "email\n" + "".join(f"x{number}\n" for number in range(5))
    shop.cli("leads", "import", file(shop, bad), "--contract", "affiliate")
    first, rest = queue(shop, "--limit", "2"), queue(shop)
    assert first == rest[:2]
    assert queue(shop, "--after", first[-1]["code"]) == rest[2:]
    assert "--after" in shop.cli("leads", "queue", "--limit", "2").err
    assert "5" not in shop.cli("leads", "queue", "--campaign", "boats").out


def test_nothing_that_was_sent_writes_on_the_terminal(shop: World) -> None:
    evil = json.dumps({"email": "x", "\x1b[31mred": "\x1b]0;owned\x07", "phone": "\x1b[2J\x9b1m"}) + "\n"
    path = file(shop, evil, "leads.jsonl")
    texts = [shop.cli("leads", "import", path, "--contract", "affiliate"), shop.cli("leads", "queue")]
    texts.append(shop.cli("leads", "queue", "show", queue(shop)[0]["code"]))
    for answer in texts:
        assert all(char.isprintable() or char == "\n" for char in answer.out + answer.err)


def test_a_test_lead_is_listed_and_shown_while_its_version_is_in_test(shop: World) -> None:
    """L-13, L-14, AMB-L2."""
    with shop.store() as store:
        move(store, Ref("LeadCampaign", "cars"), "test")
    shop.cli("leads", "import", file(shop, "email\nana@example.com\n"), "--contract", "affiliate")
    (lead,) = leads(shop)
    assert lead["test"] is True
    assert "test" in shop.cli("leads", "show", lead["lead"]).out
    with shop.store() as store:
        move(store, Ref("LeadCampaign", "cars"), "published")
    assert leads(shop) == []
    assert shop.cli("leads", "show", lead["lead"]).code == 64


def test_the_counts_of_the_store_agree(shop: World, tmp_path: Path) -> None:
    shop.cli("leads", "import", file(shop, MIXED), "--contract", "affiliate")
    with shop.store() as store:
        assert store.lead_books.taken(Which()).total == 1
        assert {key[1].value: count for key, count in store.lead_intake.counts().items()} == {
            "validation": 1, "duplicate": 1,
        }  # fmt: skip
        assert len(store.lead_intake.queue(Wanted(), 0, 10)) == 2
