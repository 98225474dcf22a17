"""The list of campaigns as people look through it: filters, search, pages, and what each row says."""

import re
from collections.abc import Iterator
from datetime import timedelta
from html import escape
from typing import Any

import pytest

from reconciler.dashboard.listing import troubled
from reconciler.model.condition import Aspect, Condition, Status, Truth
from reconciler.model.hold import Hold
from reconciler.model.instant import to_text
from reconciler.model.ports import Write
from reconciler.model.record import replace
from reconciler.model.ref import Ref
from tests.dashboard.mailed import mailed, people, refusing
from tests.dashboard.showroom import Page, Room, demo, showroom
from tests.smtp_counter import smtp_counter
from tests.store.test_contract import write as written
from tests.web.shop import SECRET
from tests.world import World

LEADS = """\
    apiVersion: muster/v1
    kind: LeadCampaign
    metadata: {{name: {name}, labels: {{team: {team}}}}}
    state: {state}
    spec:
      description: Quotes of {name}
      fields: [{{name: email, type: email, required: true}}]
      verticals: [solar]
      workflows:
        - name: form
          verticals: [solar]
          distribution: {{mode: directPost, shareCount: 1, select: [{{rule: qualityScore, take: 1}}]}}
    """
HOSTILE = "\u202e<script>alert('x')</script> \"quoted\" & more\u0007"


def write(ref: Ref, revision: int, state: str, **given: Any) -> Write:
    """A step, with its time in the log, as the executor writes it."""
    one = written(ref, revision, state, **given)
    return replace(one, body={**one.body, "at": to_text(one.at)})


def lead(world: World, name: str, team: str = "growth", state: str = "draft", vertical: str = "solar") -> None:
    text = LEADS.format(name=name, team=team, state=state)
    world.write(f"{name}.yaml", text.replace("solar", vertical))


def names(page: Page) -> list[str]:
    """The campaigns that a page lists, in order."""
    assert page.status == 200, page.words
    return re.findall(r'<tr data-key="[A-Za-z]+/([a-z0-9-]+)@', page.text)


@pytest.fixture
def room(world: World) -> Iterator[Room]:
    """Six campaigns of two teams, one of them put away, one held, one in need of somebody; and a template."""
    for name, team in (
        ("alpha", "growth"),
        ("bravo", "growth"),
        ("charlie", "brand"),
        ("delta", "brand"),
        ("echo", "brand"),
    ):
        lead(world, name, team)
    world.stored_all({"LeadCampaign/bravo": "published", "LeadCampaign/delta": "deleted"})
    hold = Hold("looking into it", "dana", "2027-01-04T09:00:00Z", "2027-01-04T11:00:00Z")
    told = Status(
        Ref("LeadCampaign", "echo"), (Condition(Aspect.DRIFTED, Truth.TRUE, "Drift", "/spec/title differs"),), 1
    )
    letter = {"metadata": {"labels": {}}, "spec": {"subject": "Hello"}}
    done = {"metadata": {"labels": {"team": "growth"}}, "spec": {"title": "Spring sale of 2026"}}
    with world.store() as store:
        store.commit([write(Ref("LeadCampaign", "charlie"), 1, "draft", op="hold", holds=(hold,), aside=True)])
        store.commit([write(Ref("EmailCampaign", "foxtrot"), 0, "completed", flags=("archived",), document=done)])
        store.commit([write(Ref("Template", "letter"), 0, "present", document=letter)])
        store.bulletin.put_statuses([told])
    with showroom(world) as opened:
        yield opened


def test_archived_ones_are_hidden_by_default(room: Room) -> None:
    """E-38."""
    page = room.get("/campaigns")
    assert names(page) == ["alpha", "bravo", "charlie", "echo"]
    assert "archived ones are hidden" in page.words


def test_archived_ones_are_shown_with_the_filter(room: Room) -> None:
    """E-39."""
    assert names(room.get("/campaigns?archived=also")) == ["alpha", "bravo", "charlie", "echo", "foxtrot"]
    page = room.get("/campaigns?archived=only")
    assert names(page) == ["foxtrot"]
    assert "completed archived" in page.words


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("kind=EmailCampaign&archived=also", ["foxtrot"]),
        ("kind=EmailCampaign&kind=LeadCampaign&state=published&archived=also", ["bravo"]),
        ("state=deleted", ["delta"]),
        ("team=brand", ["charlie", "echo"]),
        ("held=yes", ["charlie"]),
        ("attention=yes", ["echo"]),
        ("q=CHAR", ["charlie"]),
        ("q=sale+2026&archived=also", ["foxtrot"]),
        ("q=quotes+alpha", ["alpha"]),
        ("order=change&team=growth", ["bravo", "alpha"]),
    ],
)
def test_a_filter_narrows_the_list_and_can_be_taken_off(room: Room, asked: str, found: list[str]) -> None:
    page = room.get(f"/campaigns?{asked}")
    assert names(page) == found
    chips = re.findall(r'<ul class="chips".*?</ul>', page.text, re.S)
    filters = [one for one in asked.split("&") if not one.startswith("order")]
    assert len(re.findall("<li>", chips[0])) == len(filters) + 1, "a way to take each off, and one for all"


def test_what_an_address_says_without_meaning_is_not_there(room: Room) -> None:
    for asked in (
        "?archived=perhaps&order=size&kind=../..&after=1&before=,,,",
        "?held=&state=&team=&q=+",
        "?after=a,B,0,x",
    ):
        assert names(room.get(f"/campaigns{asked}")) == ["alpha", "bravo", "charlie", "echo"]
    assert room.get("/campaigns?team=%01&q=%01%FF&state=%01").status == 200


def test_how_many_there_are_of_each(room: Room) -> None:
    page = room.get("/campaigns?archived=also")
    assert "All 5 Email 1 Lead 4" in page.words
    assert "growth (3)" in page.words
    assert "brand (2)" in page.words
    assert "All 1 Lead 1" in room.get("/campaigns?state=published").words


def test_a_row_says_what_is_the_matter(room: Room) -> None:
    page = room.get("/campaigns?archived=also")
    assert "by dana until 2027-01-04 11:00" in page.words.replace("\u202f", " ")
    assert "drifted /spec/title differs" in page.words
    assert "unmanaged no manifest: it stays as it is" in page.words, "of what was made here without a file"


def test_all_resources_are_a_list_of_their_own(room: Room) -> None:
    assert names(room.get("/resources")) == ["alpha", "bravo", "charlie", "echo", "letter"]
    assert names(room.get("/resources?kind=Template")) == ["letter"]
    assert "/resources" in room.get("/campaigns").links


def test_where_nothing_is_found_there_is_a_way_out(room: Room) -> None:
    page = room.get("/campaigns?q=nobody")
    assert "Nothing is found with these filters. Take all off" in page.words
    assert "/campaigns" in page.links


def test_an_empty_store_says_how_to_begin(world: World) -> None:
    lead(world, "alpha")
    with showroom(world) as room:
        page = room.get("/campaigns")
        assert "Nothing is stored yet" in page.words
        assert "muster apply" in page.words


def test_desired_stands_beside_actual_where_it_differs(world: World) -> None:
    lead(world, "alpha", state="published")
    lead(world, "bravo")
    world.stored_all({"LeadCampaign/alpha": "draft"})
    with showroom(world) as room:
        page = room.get("/campaigns")
        assert "draft → published is what its manifest asks for" in page.words
        assert page.words.count("→") == 1


def test_what_comes_next_stands_in_its_row(world: World) -> None:
    entries = "[{at: 2027-01-01T00:00, state: draft}, {at: 2027-01-06T09:00, state: published}]"
    schedule = f"schedule: {{timezone: UTC, entries: {entries}}}\n    spec:"
    text = LEADS.format(name="alpha", team="growth", state="draft").replace("spec:", schedule, 1)
    world.write("alpha.yaml", text)
    world.stored_all()
    with showroom(world) as room:
        assert "published in 2 d" in room.get("/campaigns").words


def test_the_calendar_calls_a_campaign_what_the_list_calls_it(world: World) -> None:
    """A kind without titles by how its description begins, and its team without what nobody sees."""
    entries = "[{at: 2027-01-01T00:00, state: draft}, {at: 2027-01-06T09:00, state: published}]"
    schedule = f"schedule: {{timezone: UTC, entries: {entries}}}\n    spec:"
    text = LEADS.format(name="alpha", team="growth", state="draft").replace("spec:", schedule, 1)
    world.write("alpha.yaml", text.replace("Quotes of alpha", f"Quotes {'of many words ' * 30}"))
    world.stored_all()
    called = f"Quotes {'of many words ' * 30}"[:139].rstrip() + "…"
    with showroom(world) as room:
        page = room.get("/calendar?month=2027-01&team=growth")
        assert f"alpha {called} LeadCampaign, growth" in page.words
        assert f"{called} Lead · team growth" in _row(room.get("/campaigns"), "alpha")


def test_the_end_of_a_hold_is_next_only_where_it_moves_something(world: World) -> None:
    lead(world, "alpha", state="published")
    lead(world, "bravo", state="published")
    world.stored_all({"LeadCampaign/alpha": "published", "LeadCampaign/bravo": "draft"})
    for name in ("alpha", "bravo"):
        assert world.cli("hold", f"LeadCampaign/{name}", "--for", "2d", "--reason", "an audit").code == 0
    with showroom(world) as room:
        page = _with_plan(room)
        assert "published in 2 d" in _row(page, "bravo")
        assert " in 2 d" not in _row(page, "alpha"), "it is published, and stays so"


def test_what_the_plan_finds_stands_in_the_row(world: World) -> None:
    """Drift, and what may not be done, without a daemon that says so: desired against actual is more than a state."""
    for name in ("alpha", "bravo", "charlie"):
        lead(world, name, state="published")
    world.stored_all({f"LeadCampaign/{name}": "published" for name in ("alpha", "bravo", "charlie")})
    for name, old, new in (("alpha", "verticals: [solar]", "verticals: [wind]"), ("bravo", "Quotes of", "Offers of")):
        file = world.manifests / f"{name}.yaml"
        file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with showroom(world) as room:
        page = _with_plan(room)
        assert "blocked verticals of a published version are fixed" in _row(page, "alpha")
        assert "to edit 1 field differs" in _row(page, "bravo")
        assert "blocked" not in _row(page, "charlie") + _row(page, "bravo")


def test_what_needs_attention_is_what_the_rows_say(world: World) -> None:
    """By the plan where no daemon runs; by the plan and the daemon where one does: each once, counted, and on pages."""
    made = [f"c-{number:03}" for number in range(60)]
    for name in (*made, "sound"):
        lead(world, name, state="published")
    world.stored_all({f"LeadCampaign/{name}": "published" for name in (*made, "sound")})
    for name in made:
        lead(world, name, state="published", vertical="wind")
    with showroom(world) as room:
        room.get("/plan")
        first = _concerned(room, 60)
        assert names(first) == made[:50]
        assert "All 60 Lead 60" in first.words
        assert names(room.get(_to(first, "next"))) == made[50:]
        assert first.text.count(">blocked<") == 50
        assert names(room.get("/campaigns?attention=yes&q=c-007")) == ["c-007"]
        assert world.cli("watch", "--once").code == 4
        with world.store() as store:
            assert len(store.bulletin.statuses()) == 61, "the daemon has found it too"
        assert names(_concerned(room, 60)) == made[:50]


def test_what_comes_from_a_file_with_an_error_needs_attention(world: World) -> None:
    lead(world, "alpha")
    lead(world, "bravo")
    world.stored_all()
    (world.manifests / "alpha.yaml").write_text("kind: [")
    with showroom(world) as room:
        page = _concerned(room, 1)
        assert names(page) == ["alpha"]
        assert "file unreadable" in page.words


def test_what_is_left_out_of_too_many_is_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(troubled, "MOST_BESIDES", 2)
    for name in ("alpha", "bravo", "charlie"):
        lead(world, name, state="published")
    world.stored_all({f"LeadCampaign/{name}": "published" for name in ("alpha", "bravo", "charlie")})
    for name in ("alpha", "bravo", "charlie"):
        lead(world, name, state="published", vertical="wind")
    with showroom(world) as room:
        room.get("/plan")
        page = _concerned(room, 2)
        assert names(page) == ["alpha", "bravo"]
        assert "Left out here, for they are so many: the last 1 by name." in page.words


def _concerned(room: Room, count: int) -> Page:
    """What needs attention, once so many do."""
    for _ in range(400):
        page = room.get("/campaigns?attention=yes")
        if f"{count} {'is' if count == 1 else 'are'} shown" in page.words:
            assert "being worked out" not in page.words
            return page
    raise AssertionError(page.words)


def _with_plan(room: Room) -> Page:
    """The list after the plan was worked out."""
    room.get("/plan")
    for _ in range(400):
        page = room.get("/campaigns")
        if "blocked" in page.words or "in 2 d" in page.words:
            return page
    raise AssertionError("the list never met the plan")


def _row(page: Page, name: str) -> str:
    """What stands in its row."""
    found = re.search(rf'(?s)<tr data-key="[A-Za-z]+/{name}@.*?</tr>', page.text)
    assert found, name
    return Page(page.status, page.headers, found[0]).words


def test_pages_follow_one_another_and_lead_back(world: World) -> None:
    made = [Ref("EmailCampaign", f"c-{number:03}", 1 + number % 2) for number in range(120)]
    with world.store() as store:
        at = [world.clock.now() - timedelta(minutes=number % 7) for number in range(120)]
        store.commit([write(ref, 0, "draft", at=when) for ref, when in zip(made, at, strict=True)])
    with showroom(world) as room:
        for order in ("name", "change"):
            pages = [room.get(f"/campaigns?order={order}")]
            while following := _to(pages[-1], "next"):
                pages.append(room.get(following))
            there = [name for page in pages for name in names(page)]
            assert (len(pages), sorted(there)) == (3, sorted(ref.name for ref in made))
            back = [pages[-1]]
            while before := _to(back[-1], "prev"):
                back.append(room.get(before))
            assert [name for page in reversed(back) for name in names(page)] == there
            last = re.findall(r'href="([^"]*last=yes)"', pages[0].text)[0]
            assert names(room.get(last.replace("&amp;", "&")))[-1] == there[-1]
        assert names(room.get("/campaigns?after=zzz,EmailCampaign,1,")) == sorted(ref.name for ref in made)[:50]


def _to(page: Page, rel: str) -> str:
    found = re.findall(rf'href="([^"]*)" rel="{rel}"', page.text)
    return found[0].replace("&amp;", "&") if found else ""


def test_hostile_words_come_out_harmless(world: World) -> None:
    document = {"metadata": {"labels": {"team": HOSTILE}}, "spec": {"title": HOSTILE}}
    hold = Hold(HOSTILE, HOSTILE, "2027-01-04T09:00:00Z", "2027-01-04T11:00:00Z")
    ref = Ref("EmailCampaign", "hostile")
    told = Status(ref, (Condition(Aspect.STALLED, Truth.TRUE, "Why", HOSTILE),), 1)
    with world.store() as store:
        store.commit([write(ref, 0, "draft", document=document, holds=(hold,))])
        store.bulletin.put_statuses([told])
    with showroom(world) as room:
        asked = "team=%E2%80%AE%3Cscript%3E&q=%22%3E%3Cscript%3E&state=x%22onload%3D&kind=%3Cb%3E"
        for page in (room.get("/campaigns"), room.get("/resources"), room.get(f"/campaigns?{asked}")):
            assert page.status == 200
            assert "<script>" not in re.sub(r"<script src=[^>]*>", "", page.text)
            assert "\u202e" not in page.text
            assert "\u0007" not in page.text
        assert escape("<script>alert('x')</script>", quote=False) in room.get("/campaigns").text.replace("&#39;", "'")
        assert names(room.get("/campaigns?q=%3Cscript%3Ealert")) == ["hostile"], "it is found by what it is called"


def test_a_script_is_told_the_address_to_share(room: Room) -> None:
    page = room.get("/campaigns?q=alpha&state=&team=&archived=hidden&order=name", HX_Request="true")
    assert page.headers["hx-push-url"] == "/campaigns?q=alpha"


def test_how_far_a_mailing_has_come(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """E-48, E-49: all that there is, what has been dealt with, and in percent."""
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    with smtp_counter(refusing) as counter:
        shop = mailed(tmp_path_factory.mktemp("shop"), counter.port, people(20))
        with showroom(shop.world) as room:
            page = _with_figures(room)
            assert "Dealt with 100.0 %, 20 of 20" in page.words
            assert "2 failed" in page.words


def test_the_demo_lists_each_kind(world: World) -> None:
    world.clock.set("2026-11-23T09:00:00Z")
    with showroom(demo(world)) as room:
        page = _with_figures(room)
        assert len(names(page)) == 28
        assert "Contacted 0.0 %" in page.words
        assert "no leads yet" in page.words
        assert "no rewards open" in page.words


def _with_figures(room: Room) -> Page:
    """The list, once its figures are worked out."""
    for _ in range(400):
        page = room.get("/campaigns?archived=also")
        if "being worked out" not in page.words:
            return page
    raise AssertionError("the figures never came")
