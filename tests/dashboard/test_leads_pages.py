"""What the dashboard shows of leads that were really sold, of those that were not taken, and of whom it says nothing."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.model import canonical
from reconciler.model.audit import Sought
from reconciler.model.leads import LeadStage, QueueReason, QueueStage
from reconciler.model.ref import Ref
from tests.dashboard.showroom import Page, Room, showroom
from tests.dashboard.sold import Lot, sold
from tests.leads import desk, rows
from tests.leads.desk import NOW
from tests.leads.saleroom import rows as asked
from tests.postgres import Server
from tests.world import World

VERSION = "/resources/LeadCampaign/cars@1"
TEST = "/resources/LeadCampaign/cars@2"
PROXY = """\
dashboard:
  proxy: {userHeader: X-User, trusted: [127.0.0.1], roles: {viewer: [vi], operator: [op]}}
"""


@pytest.fixture
def lot(world: World) -> Lot:
    with world.store() as store:
        return sold(store)


@pytest.fixture
def room(world: World, lot: Lot) -> Iterator[Room]:
    with showroom(world) as found:
        yield found


@pytest.fixture
def staffed(world: World, lot: Lot) -> Iterator[Room]:
    """With a proxy before it, so that one may come as whoever one wants."""
    (world.root / "muster.yaml").write_text(PROXY, encoding="utf-8")
    with showroom(world) as found:
        yield found


def cards(page: Page) -> dict[str, str]:
    """The figures of a page by their names."""
    found = re.findall(r'(?s)<dt>([^<]*)</dt>\s*<dd><span class="value">(.*?)</span>', page.text)
    return {label: re.sub(r"<[^>]+>", "", value) for label, value in found}


def test_a_published_version_shows_what_its_leads_came_to(room: Room) -> None:
    """L-24, L-44, L-45: leads by stage, what was sold for how much, and what it cost."""
    page = room.get(VERSION)
    assert page.status == 200, page.text
    found = cards(page)
    assert (found["Leads taken"], found["Sold"], found["Waiting"], found["Not taken"]) == ("7", "6", "1", "1")
    assert (found["Revenue"], found["Costs"], found["Margin"]) == ("60.00 EUR", "18.00 EUR", "42.00 EUR")
    assert "Test leads" not in found
    assert "3 of 4 leads a month" in page.words
    assert "30.00 EUR of 500.00 EUR a month" in page.words


def test_tests_are_shown_marked_and_only_while_in_test(room: Room, world: World, lot: Lot) -> None:
    """L-13, L-14, L-19, L-23, AMB-L2: while in test, marked, never counted as money; promoted, on no page."""
    page = room.get(TEST)
    found = cards(page)
    assert (found["Test leads"], found["Leads taken"]) == ("1", "1")
    assert not {"Revenue", "Costs", "Margin"} & found.keys()
    assert "tests are in no report" in page.words
    places = ("/leads", f"{TEST}/leads", "/resources/PartnerContract/affiliate@1")
    for place in places:
        assert re.search(rf'{lot.test_lead}</a> <span class="badge test">test', room.get(place).text), place
    assert lot.test_lead not in room.get("/resources/AccountContract/acme@1").text
    assert room.get(f"/leads/inbound/{lot.test_lead}").status == 200
    with world.store() as store:
        desk.move(store, Ref("LeadCampaign", "cars", 2), "published")
    with showroom(world) as later:
        for place in (*places, TEST):
            assert lot.test_lead not in later.get(place).text, place
        assert later.get(f"/leads/inbound/{lot.test_lead}").status == 404
        assert "Revenue" not in cards(later.get(TEST))


def test_a_draft_has_no_leads(world: World) -> None:
    """L-04, L-05."""
    with world.store() as store:
        desk.campaign(store, "cars", 1, "draft")
    with showroom(world) as room:
        assert cards(room.get(VERSION)) == {"Leads": "none"}


def test_a_version_out_of_use_says_whether_somebody_still_sends_to_it(world: World, lot: Lot) -> None:
    """L-29, L-30."""
    with world.store() as store:
        desk.move(store, Ref("LeadCampaign", "cars", 1), "sundowned")
        rows.queued(store, lot.published, QueueReason.VERSION_SUNDOWNED, NOW + timedelta(hours=2))
    with showroom(world) as room:
        assert cards(room.get(VERSION))["Sent in since sundowned"] == "2"


def test_a_lead_says_why_it_went_to_whom(room: Room) -> None:
    """L-15, L-24: each buyer with its verdict, and the sale with its price."""
    page = room.get("/leads/inbound/L1")
    assert "10.00 EUR roundRobin" in page.words
    assert "maxShareCount it is sold 1 times already" in page.words
    assert "acme acme may buy" in room.get("/leads/inbound/L7").words
    assert room.get("/leads/inbound/NOBODY").status == 404


def test_what_a_lead_says_of_a_person_is_masked_until_an_operator_asks(staffed: Room) -> None:
    """ADR 47: and a viewer does not see it at all."""
    plain = staffed.ask("GET", "/leads/inbound/L1", X_User="op")
    assert "a…@home.example" in plain.words
    for told in ("ana@home.example", "+31612345678", "1234 AB"):
        assert told not in plain.text
        assert told in staffed.ask("GET", "/leads/inbound/L1?personal=shown", X_User="op").words
        assert told not in staffed.ask("GET", "/leads/inbound/L1?personal=shown", X_User="vi").text


def test_whoever_reads_what_people_are_called_is_in_the_audit(staffed: Room, world: World) -> None:
    """ADR 47: and which page it was; a masked page is nobody's business."""
    staffed.ask("GET", "/leads/inbound/L1?personal=shown", X_User="op")
    staffed.ask("GET", "/leads/inbound/L2", X_User="op")
    staffed.ask("GET", "/leads/inbound/L3?personal=shown", X_User="vi")
    with world.store() as store:
        lines = store.audit.find(Sought(), 50)
    told = [(one.actor, one.action, one.detail) for one in lines]
    assert told == [("user:op", "lead", "names and addresses were shown: /leads/inbound/L1")]


def test_a_hostile_lead_stays_text(room: Room) -> None:
    for path in ("/leads/inbound/L1?personal=shown", "/leads/inbound/L1"):
        page = room.get(path)
        assert "<script>alert" not in page.text
        assert "\u202e" not in page.text
        assert 'onload="x' not in page.text


@pytest.mark.parametrize("where", ["/leads", f"{VERSION}/leads"])
def test_leads_are_paged_each_once(room: Room, world: World, lot: Lot, where: str) -> None:
    """L-13: the latest first; a page leads to the next, and that to no third one."""
    with world.store() as store:
        for number in range(60):
            rows.lead(store, lot.published, at=NOW + timedelta(minutes=number), stage=LeadStage.UNSOLD)
    seen: list[str] = []
    path = where
    for size in (50, 18 if where == "/leads" else 17):
        page = room.get(path)
        codes = re.findall(r'<th scope="row"><a href="/leads/inbound/(\w+)"', page.text)
        assert len(codes) == size
        seen += codes
        path = next((one for one in page.links if "after=" in one), "")
    assert path == ""
    assert len(set(seen)) == len(seen)


def test_lists_are_narrowed(room: Room) -> None:
    def codes(query: str) -> list[str]:
        return re.findall(r'href="/leads/inbound/(\w+)"', room.get(f"/leads?{query}").text)

    assert len(codes("campaign=cars@1")) == 7
    assert len(codes("campaign=cars")) == len(codes("campaign=cars@2")) == 1
    assert len(codes("partner=affiliate")) == 8
    assert codes("partner=nobody") == codes("from=2028-01-01") == []
    assert len(codes("from=2027-01-04&to=2027-01-05")) == 8


@pytest.mark.parametrize(
    "path",
    ["/leads?campaign=nobody", "/leads?campaign=cars@x", "/leads?campaign=cars@99999999999", "/leads?from=x",
     "/leads/outdated?after=x", "/leads/queue?reason=x", "/leads/queue?stage=x"],
)  # fmt: skip
def test_what_cannot_be_asked_is_answered(room: Room, path: str) -> None:
    assert room.get(path).status == 400


def test_the_queue_says_why_and_the_way_out(room: Room, world: World) -> None:
    """L-43: what was not taken, by reason, oldest first; one item with what stands in its way now."""
    page = room.get("/leads/queue")
    assert "cars duplicate 1" in page.words
    assert "discard it, or release it with --despite-others" in page.words
    item = re.search(r'href="(/leads/queue/Q\w+)"', page.text)
    assert item is not None
    one = room.get(item[1])
    assert "it would be no lead still: contract-missing" in one.words
    assert "Q" not in "".join(re.findall(r"/leads/queue/Q\w+", room.get("/leads/queue?reason=validation").text))
    assert room.get("/leads/queue?after=NOBODY").status == 404
    assert room.get("/leads/queue/NOBODY").status == 404


def refused(world: World, lot: Lot, detail: str) -> str:
    """Something in the queue that was sent with a wrong value; its code."""
    with world.store() as store:
        rows.queued(store, lot.published, QueueReason.VALIDATION)
        ((code,),) = asked(store, "SELECT code FROM lead_queue WHERE reason = 'validation'")
        statement = "UPDATE lead_queue SET detail = ? WHERE code = ?"
        rows.desk_of(store).writing(lambda sql: sql.run(statement, (detail, code)))
    sent(world, str(code), "<script>ana")
    return str(code)


def sent(world: World, code: str, email: str) -> None:
    """What an item keeps of what was sent."""
    body = {"fields": {"email": email}, "contract": "affiliate", "vertical": "car", "workflow": "quotes"}
    statement = "UPDATE lead_queue SET body = ? WHERE code = ?"
    with world.store() as store:
        rows.desk_of(store).writing(lambda sql: sql.run(statement, (canonical.encode(body).decode(), code)))


def test_the_queue_does_not_say_what_was_wrong_with_whose_value(staffed: Room, world: World, lot: Lot) -> None:
    """ADR 47: of a value that does not fit only the field is named, but for an operator who asks."""
    code = refused(world, lot, "email: '<script>ana' is no e-mail address; send an e-mail address")
    for path in ("/leads/queue", f"/leads/queue/{code}"):
        shown = staffed.ask("GET", f"{path}?personal=shown", X_User="vi")
        assert "ana" not in shown.text
        assert "<script>ana" not in staffed.ask("GET", f"{path}?personal=shown", X_User="op").text
        assert "'<script>ana' is no e-mail address" in staffed.ask("GET", f"{path}?personal=shown", X_User="op").words


def test_an_item_is_put_aside_with_a_reason(room: Room, world: World, lot: Lot) -> None:
    """L-43: and stays; without a reason nothing is done."""
    code = refused(world, lot, "email: x")
    here = f"/leads/queue/{code}/discard"
    assert room.post(here, {"reason": " "}).status == 409
    done = room.post(here, {"reason": "a test of theirs"})
    assert done.status == 303, done.text
    with world.store() as store:
        item = store.lead_intake.item(code)
    assert item is not None
    assert item.stage is QueueStage.DISCARDED
    assert "a test of theirs" in room.get(f"/leads/queue/{code}").words
    assert room.get(here).status == 409


def test_an_item_is_released_into_a_lead(room: Room, world: World, lot: Lot) -> None:
    """L-43: through the same door; what does not fit stays with the reason."""
    code = refused(world, lot, "email: x")
    here = f"/leads/queue/{code}/release"
    assert "validation" in room.get(here).words
    assert room.post(here, {}).status == 303
    sent(world, code, "bea@home.example")
    done = room.post(here, {})
    assert (done.status, done.headers["location"].startswith("/leads/inbound/")) == (303, True), done.text
    assert f"{code} is the lead" in room.get(done.headers["location"]).words


def test_a_viewer_changes_nothing_in_the_queue(staffed: Room, world: World, lot: Lot) -> None:
    code = refused(world, lot, "email: x")
    assert "/release" not in staffed.ask("GET", f"/leads/queue/{code}", X_User="vi").text
    for action in ("release", "discard"):
        assert staffed.ask("GET", f"/leads/queue/{code}/{action}", X_User="vi").status == 403


def test_contracts_with_outdated_settings_say_what_to_do(world: World, lot: Lot) -> None:
    """L-11, L-12, AMB-L8: the contract that names what was removed, and which file it stands in."""
    with world.store() as store:
        desk.campaign(store, "cars", 1, "published", fields=desk.FIELDS[:2])
    with showroom(world) as room:
        page = room.get("/leads/outdated")
        assert "bolt" in page.words
        assert "The field postcode was removed: take it out of the contract, or name another one." in page.words
        assert "1 in all" in page.words
        assert "Every contract fits" in room.get("/leads/outdated?campaign=nobody").words


def test_what_did_not_reach_a_buyer_is_listed(world: World, tmp_path: Path) -> None:
    """L-45: by contract, and each delivery on the contract's page; what the other side said is masked."""
    with world.store() as store:
        published = desk.campaign(store, "cars", 1, "published")
        buyer = desk.buyer(store, "acme", "cars")
        lead, _ = rows.lead(store, published)
        sale, code = rows.sale(store, published, lead, contract=buyer)
        store.ledger.stand(buyer, [""], NOW)
        columns = "uid, lane, key, payload, stage, attempts, due_at, at, answer"
        insert = f"INSERT INTO unit ({columns}) VALUES (?, 0, ?, '{{}}', 'failed', 3, 0, ?, ?)"
        values = (buyer, f"sale:{sale}:1", NOW.timestamp(), '{"text": "500 <script>ana@home.example"}')
        rows.desk_of(store).writing(lambda sql: sql.run(insert, values))
    with showroom(world) as room:
        assert "acme acme 1 0 0" in room.get("/leads/undelivered").words
        page = room.get("/resources/AccountContract/acme@1")
        assert f"{code} 1 webhook failed" in page.words
        assert "ana@home.example" not in page.text
        shown = room.get("/resources/AccountContract/acme@1?personal=shown")
        assert "ana@home.example" in shown.words
        assert "<script>ana" not in shown.text


def test_on_postgresql_the_pages_say_the_same(tmp_path: Path, postgres: Server, world: World) -> None:
    """L-13, L-24, L-43, L-44: both stores, word by word."""
    other = World(tmp_path / "other", postgres, postgres.database())
    said = []
    for one in (world, other):
        with one.store() as store:
            lot = sold(store)
        names = {lot.test_lead: "the test"}
        with showroom(one) as room:
            item = re.search(r"/leads/queue/(Q\w+)", room.get("/leads/queue").text)
            assert item is not None
            names[item[1]] = "the item"
            pages = (
                VERSION, TEST, f"{VERSION}/leads?workflow=quotes", "/leads", "/leads/queue", item[0], "/leads/outdated",
                "/leads/undelivered", "/leads/inbound/L1", "/resources/AccountContract/acme@1",
                "/resources/PartnerContract/affiliate@1",
            )  # fmt: skip
            told = [room.get(path) for path in pages]
            assert {page.status for page in told} == {200}
            said.append([_renamed(page.words, names) for page in told])
    assert said[0] == said[1]
    postgres.drop(other.database)


def _renamed(words: str, names: dict[str, str]) -> str:
    for name, other in names.items():
        words = words.replace(name, other)
    return words
