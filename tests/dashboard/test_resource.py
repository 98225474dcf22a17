"""The pages of one resource: of every kind there is, of one's own kinds, and of what has no manifest, no kind or no name."""

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from reconciler.dashboard.render import href
from reconciler.dashboard.repository import Repository
from reconciler.model.ref import Ref
from tests.dashboard.showroom import PATIENCE, ROOT, Page, Room, demo, showroom
from tests.dashboard.turmoil import HOSTILE
from tests.world import World

TABS = ("", "timeline", "diff", "history", "versions", "document")
NOISE = re.compile(
    r"\bNone\b|<[A-Z]\w+\.[A-Z_]+:|Undefined|\bTrue\b|\bFalse\b|datetime\.|frozenset|\bRef\(|\\u[0-9a-f]{4}"
)
"""What a page says where somebody forgot to say it in words."""
QUOTED = HOSTILE.replace("'", "''")
SPRING = """
    apiVersion: muster/v1
    kind: EmailCampaign
    metadata: {name: spring, labels: {team: growth}}
    state: draft
    spec: {subject: Hello}
"""


@pytest.fixture
def room(world: World) -> Iterator[Room]:
    world.clock.set("2026-11-23T09:00:00Z")
    with showroom(demo(world)) as opened:
        yield opened


@pytest.fixture(autouse=True)
def _looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are looked at for each page, not every other second."""
    made = Repository.__init__

    def eager(self: Repository, app: object, forward: object, _every: float = 2.0) -> None:
        made(self, app, forward, 0.0)  # type: ignore[arg-type]

    monkeypatch.setattr(Repository, "__init__", eager)


def applied(world: World, text: str, path: str = "spring.yaml") -> None:
    """A manifest, applied."""
    world.write(path, text)
    said = world.cli("apply", "--yes")
    assert said.code in (0, 4, 5), said


def sound(came: Page, path: str) -> str:
    """The words of a page that has come as it should."""
    assert came.status == 200, f"{path}: {came.words}"
    assert not NOISE.search(came.words), f"{path}: {NOISE.search(came.words)}"
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", came.text), path
    return came.words


def words_once(room: Room, path: str, wanted: str) -> str:
    """The words of a page once it says this: files are looked at beside, and what is dear is some seconds old."""
    deadline = time.monotonic() + PATIENCE
    while wanted not in (words := sound(room.get(path), path)):
        assert time.monotonic() < deadline, words
    return words


# Every kind.


def test_every_page_of_every_resource_of_the_demo(room: Room) -> None:
    with room.world.store() as store:
        refs = sorted(store.heads())
    assert len({ref.kind for ref in refs}) > 15
    for ref in refs:
        for tab in TABS:
            path = href(ref, *([tab] if tab else []))
            came = room.get(path)
            words = sound(came, path)
            assert ref.name in words
            assert f'href="{path}" aria-current="page"' in came.text, path
            ids = re.findall(r'\sid="([^"]*)"', came.text)
            assert len(ids) == len(set(ids)), f"{path}: an id is there twice"


def test_next_is_what_the_list_calls_next(room: Room) -> None:
    """Timers among it, and of a schedule the entries beyond where a plan looks."""
    energy = "CollectionCampaign/energy-0-60-dpd@1"
    words = words_once(room, f"/resources/{energy}", "timer expire")
    assert "Next completed 2027-02-01 01:30 UTC (in 69 d; timer expire)" in words.replace("\u202f", " ")
    rows = words_once(room, "/campaigns?kind=CollectionCampaign", "in 69 d, 2027-02-01 01:30").replace("\u202f", " ")
    assert "completed in 69 d, 2027-02-01 01:30 UTC" in rows
    winter = words_once(room, "/resources/ReferralCampaign/neighbour-winter-burst@1", "Next ").replace("\u202f", " ")
    entry = "live 2027-01-18 07:00 UTC (in 55 d; 2027-01-18T08:00 Europe/Amsterdam)"
    assert winter.count(entry) == 1, "said once, by the plan and not by the schedule too"
    burst = words_once(room, "/resources/ReferralCampaign/us-earth-day-burst@1", "Next ").replace("\u202f", " ")
    assert "Next live 2027-04-19 10:00 UTC (in 147 d; 2027-04-19T06:00 America/New_York) Then paused" in burst


@pytest.mark.parametrize(
    "ref", ["EmailCampaign/winter-check@1", "LeadCampaign/solar-quotes@1", "ReferralProgram/refer-a-neighbour@1"]
)
def test_the_first_page_says_all_that_describe_says(room: Room, ref: str) -> None:
    world = room.world
    told = json.loads(world.cli("describe", ref, "--format", "json").out)
    came = room.get(f"/resources/{ref}")
    words = sound(came, ref)
    assert told["state"] in words
    assert f"{told['desired']} reached" in words
    for other in (*told["refersTo"], *told["usedBy"]):
        assert href(Ref.parse(other)) in came.links
    for one in told["transitions"]:
        assert re.search(rf"{one['to']} by {one['event']}\b", words)
        for guard in one["guards"]:
            assert guard["name"] in words
    for event in told["events"]:
        assert event.get("event", event["op"]) in words
    document = sound(room.get(f"/resources/{ref}/document"), ref)
    for name, value in told["document"]["metadata"].get("labels", {}).items():
        assert f"{name}: {value}" in words
        assert value in document


def test_a_kind_of_ones_own_is_shown_like_any_other(world: World) -> None:
    for part in ("kinds", "campaigns.d", "muster.yaml"):
        source = ROOT / "examples" / "own-kind" / part
        if source.is_dir():
            copytree(source, world.root / part, dirs_exist_ok=True)
        else:
            (world.root / part).write_bytes(source.read_bytes())
    world.clock.set("2026-11-23T09:00:00Z")
    assert world.cli("apply", "--yes").code in (0, 4, 5)
    with showroom(world) as room:
        for tab in TABS:
            words = sound(room.get(f"/resources/Webinar/heat-pumps-in-old-houses@1/{tab}".rstrip("/")), tab)
            assert "Heat pumps in houses from before 1945" in words
        came = room.get("/resources/Webinar/heat-pumps-in-old-houses@1")
        assert len(re.findall(r'class="state[^"]* here"', came.text)) == 1
        assert "is here" in came.words


# The law.


def test_the_picture_marks_where_it_is_and_what_is_legal_from_there(world: World) -> None:
    """R-15, X-03: the present state, the ways that lead on with what their guards say, and what is frozen."""
    applied(world, SPRING)
    with showroom(world) as room:
        came = room.get("/resources/EmailCampaign/spring@1")
        words = sound(came, "spring")
        assert len(re.findall(r'class="state[^"]* here"', came.text)) == 1
        assert re.search(r'class="user event open true"><title>delete', came.text)
        assert re.search(r'class="user event open false"><title>launch', came.text), "nothing is set for a launch"
        assert "Now in state draft." in came.text
        assert re.search(r"running by launch : its guards forbid it", words)
        assert "sender-set" in words


def test_what_is_frozen_is_said_with_what_to_do_instead(room: Room) -> None:
    """L-25, L-26, L-28."""
    words = sound(room.get("/resources/LeadCampaign/solar-quotes@1"), "solar")
    assert "/spec/fields : fields of a published version are fixed; make a new version [L-25]" in words
    assert "Instead: create the next version as a draft" in words


# Manifest and store.


def test_a_change_that_is_refused_is_shown_with_its_place_its_rule_and_the_way_out(room: Room) -> None:
    """L-26, X-05: the field, the state, the requirement, the line, and what works instead."""
    file = room.world.manifests / "partnerships" / "heat-pump-quotes.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("[heat-pump-hybrid, heat-pump-full]", "[heat-pump-full]"), encoding="utf-8")
    words = sound(room.get("/resources/LeadCampaign/heat-pump-quotes@1/diff"), "diff")
    assert "/spec/verticals/heat-pump-hybrid" in words
    assert "campaigns.d/partnerships/heat-pump-quotes.yaml:" in words
    assert "not in published verticals of a published version are fixed; make a new version [L-26]" in words
    assert "blocked" in words
    assert "muster new-version LeadCampaign/heat-pump-quotes@1" in words
    first = "In the way blocked verticals of a published version are fixed; make a new version"
    words_once(room, "/resources/LeadCampaign/heat-pump-quotes@1", first)


def test_a_change_that_may_be_made_is_shown_with_what_the_plan_does(world: World) -> None:
    applied(world, SPRING)
    with showroom(world) as room:
        assert "Differs" not in room.get("/resources/EmailCampaign/spring@1").words
        world.write("spring.yaml", SPRING.replace("Hello", "Good morning"))
        changed = r'/spec/subject campaigns.d/spring.yaml:6:\d+ "Hello" "Good morning" yes'
        assert re.search(changed, words_once(room, "/resources/EmailCampaign/spring@1/diff", "Good morning"))
        words_once(room, "/resources/EmailCampaign/spring@1/diff", "to edit")
        words_once(room, "/resources/EmailCampaign/spring@1", "1 field from its manifest")


def test_a_state_that_is_asked_for_and_not_reached(world: World) -> None:
    applied(world, SPRING)
    world.write("spring.yaml", SPRING.replace("state: draft", "state: running"))
    with showroom(world) as room:
        assert "running not reached" in room.get("/resources/EmailCampaign/spring@1").words
        words = sound(room.get("/resources/EmailCampaign/spring@1/diff"), "diff")
        assert '/state campaigns.d/spring.yaml:5:8 "draft" "running"' in words
        assert "guard-false" in words


def test_drift_is_told_with_who_made_it(room: Room) -> None:
    """X-09: a brake that was taken past the manifest."""
    world = room.world
    brake = ("--reason", "the price is wrong", "--for", "2d", "--yes")
    assert world.cli("transition", "ReferralCampaign/neighbour-both-75", "pause", *brake).code == 0
    first = sound(room.get("/resources/ReferralCampaign/neighbour-both-75@1"), "overview")
    assert "Held. It is held by tester" in first
    assert "An operator took it here , past its manifest: the price is wrong" in first
    words = sound(room.get("/resources/ReferralCampaign/neighbour-both-75@1/diff"), "diff")
    assert "Drift" in words
    assert "by user:tester: pause operator:the price is wrong It is kept as it is while somebody holds it" in words


# Where there is no manifest, no kind, no name.


def test_what_has_no_manifest_is_told_so(world: World) -> None:
    applied(world, SPRING)
    (world.manifests / "spring.yaml").unlink()
    world.write("other.yaml", SPRING.replace("spring", "other"))
    with showroom(world) as room:
        assert "unmanaged it has no manifest" in sound(room.get("/resources/EmailCampaign/spring@1"), "overview")
        assert "It has no manifest" in sound(room.get("/resources/EmailCampaign/spring@1/diff"), "diff")
        for tab in TABS:
            sound(room.get(f"/resources/EmailCampaign/spring@1/{tab}".rstrip("/")), tab)


def test_what_was_never_applied_is_told_with_the_plan(world: World) -> None:
    world.write("spring.yaml", SPRING)
    with showroom(world) as room:
        for tab in ("", "/diff", "/document"):
            words = sound(room.get(f"/resources/EmailCampaign/spring@1{tab}"), tab)
            assert "not applied yet" in words
            assert "to create" in words


def test_a_former_name_leads_to_the_present_one(world: World) -> None:
    applied(world, SPRING)
    applied(world, SPRING.replace("name: spring", "name: summer, movedFrom: spring"))
    with showroom(world) as room:
        for tab in TABS:
            came = room.get(f"/resources/EmailCampaign/spring@1/{tab}".rstrip("/"))
            assert (came.status, came.headers["location"]) == (
                303,
                f"/resources/EmailCampaign/summer@1/{tab}".rstrip("/"),
            )
        assert "/metadata/name" in sound(room.get("/resources/EmailCampaign/summer@1/history"), "history")


def test_what_was_forgotten_is_nothing_and_its_log_is_there(world: World) -> None:
    applied(world, SPRING)
    (world.manifests / "spring.yaml").unlink()
    assert world.cli("forget", "EmailCampaign/spring", "--yes").code == 0
    with showroom(world) as room:
        came = room.get("/resources/EmailCampaign/spring@1")
        assert came.status == 404
        assert "/resources/EmailCampaign/spring@1/history" in came.links
        assert "forget" in sound(room.get("/resources/EmailCampaign/spring@1/history"), "history")
        assert room.get("/resources/EmailCampaign/spring@1/document").status == 404


@pytest.mark.parametrize("name", ["nobody@1", "NOBODY", "spring@0", "..%2f..", "spring@99999999999"])
def test_a_name_that_nobody_has_is_not_found(world: World, name: str) -> None:
    applied(world, SPRING)
    with showroom(world) as room:
        for tab in TABS:
            assert room.get(f"/resources/EmailCampaign/{name}/{tab}".rstrip("/")).status == 404


def test_where_files_are_wrong_the_store_is_shown(world: World) -> None:
    applied(world, SPRING)
    world.write("wrong.yaml", "apiVersion: muster/v1\nkind: EmailCampaign\nmetadata: {name: wrong}\nstates: draft\n")
    with showroom(world) as room:
        words = sound(room.get("/resources/EmailCampaign/spring@1"), "overview")
        assert "The manifests cannot be read as a whole" in words
        assert "wrong.yaml" in words
        assert "delete" in words, "what may become of it is known by the store"
        assert "nothing is compared" in sound(room.get("/resources/EmailCampaign/spring@1/diff"), "diff")
        assert "nobody can say what is to come" in sound(room.get("/resources/EmailCampaign/spring@1/timeline"), "time")


def test_a_kind_that_is_no_longer_defined_leaves_document_and_log(world: World) -> None:
    copytree(ROOT / "examples" / "own-kind" / "kinds", world.root / "kinds")
    settings = world.root / "muster.yaml"
    settings.write_text("kinds: [kinds]\n", encoding="utf-8")
    speakers = (ROOT / "examples" / "own-kind" / "campaigns.d" / "speakers.yaml").read_text(encoding="utf-8")
    applied(world, speakers, "speakers.yaml")
    (world.manifests / "speakers.yaml").unlink()
    settings.write_text("", encoding="utf-8")
    with showroom(world) as room:
        assert "no longer defined" in sound(room.get("/resources/Speaker/ines-kramer@1"), "overview")
        for tab in TABS[2:]:
            sound(room.get(f"/resources/Speaker/ines-kramer@1/{tab}"), tab)


# What others have written.


def test_hostile_words_come_out_harmless(world: World) -> None:
    applied(
        world,
        f"""
        apiVersion: muster/v1
        kind: EmailCampaign
        metadata: {{name: spring, labels: {{team: '{QUOTED}'}}}}
        state: draft
        spec: {{title: '{QUOTED}', subject: '{QUOTED}'}}
        """,
    )
    world.hold("EmailCampaign/spring", "2027-01-06T09:00:00Z", reason=HOSTILE)
    world.write(
        "spring.yaml",
        (world.manifests / "spring.yaml").read_text(encoding="utf-8").replace("subject: '", "subject: 'x"),
    )
    with showroom(world) as room:
        for tab in TABS:
            came = room.get(f"/resources/EmailCampaign/spring@1/{tab}".rstrip("/"))
            sound(came, tab)
            assert "<script>alert" not in came.text, tab
            assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in came.text, tab
            assert "7*7" in came.text, "the words are there, as they stand"
        assert "&lt;script&gt;alert(1)" in room.get("/resources/EmailCampaign/spring@1").text


def test_no_secret_is_on_any_page(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    """DESIGN §3: secrets are named, and never shown."""
    text = (room.world.manifests / "shared" / "smtp.yaml").read_text(encoding="utf-8")
    names = re.findall(r"\{env: (\w+)\}", text)
    assert names
    for name in names:
        monkeypatch.setenv(name, "hunter2-hunter2")
    with room.world.store() as store:
        refs = [ref for ref in sorted(store.heads()) if ref.kind == "SmtpConnection"]
    for ref in refs:
        for tab in TABS:
            assert "hunter2" not in room.get(href(ref, *([tab] if tab else []))).text
    assert any(names[0] in room.get(href(ref, "document")).text for ref in refs)


def test_a_folder_of_an_own_project_needs_no_git(world: World, tmp_path: Path) -> None:
    applied(world, SPRING)
    assert not (world.root / ".git").exists()
    with showroom(world) as room:
        assert "create" in sound(room.get("/resources/EmailCampaign/spring@1/history"), "history")
