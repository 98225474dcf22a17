"""The plan as a page: what the repository wants, why some of it is blocked, and what would work instead (X-03, X-12, R-15)."""

import json
import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.dashboard.showroom import Page, demo, showroom
from tests.dashboard.turmoil import HOSTILE, turmoil
from tests.world import World


def _part(page: Page, slug: str) -> str:
    """The words of one section."""
    found = re.search(rf'(?s)<section id="{slug}".*?</section>', page.text)
    return Page(200, {}, found[0]).words if found else ""


def _run_on(text: str) -> str:
    """Without spaces and the marks of code, which a page shows in another way."""
    return re.sub(r"[\s`]", "", text)


def test_the_page_says_what_the_command_says(world: World) -> None:
    """X-03: blocked with code, requirement, place and ways out; what changes step by step; the very digest and exit code."""
    said = json.loads(turmoil(world).cli("plan", "--format", "json").out)
    with showroom(world) as room:
        page = room.get("/plan")
    assert page.status == 200
    assert said["digest"] in page.words and "ends with exit code 4" in page.words
    blocked = _part(page, "blocked")
    for one in said["blocked"]:
        for refusal in one["refusals"]:
            assert refusal["code"] in blocked and " ".join(refusal["message"].split()[:4]) in blocked
            assert f"{refusal['file']}:{refusal['line']}:{refusal['column']}" in blocked
        for way in one["alternatives"]:
            assert _run_on(f"Instead: {way['summary']}") in _run_on(blocked)
            assert way.get("command", "") in blocked
    assert "AMB-R1, AMB-R2" in blocked and "muster duplicate ReferralCampaign/summer@1" in blocked
    changes = _part(page, "changes")
    assert "autumn ReferralCampaign live → paused" in changes and "/spec/weight not there 7" in changes
    assert "pause makes the runtime offer-to-known-friends" in changes


def test_it_says_when_a_daemon_last_passed(world: World) -> None:
    """R-15: whether anybody applies this by itself."""
    turmoil(world)
    with showroom(world) as room:
        assert "Daemon none has passed over this store yet" in room.get("/plan").words
        world.cli("watch", "--once", "--dry-run", "--no-work")
        assert "none has passed" in room.get("/plan").words, "it only looked"
        world.cli("watch", "--once", "--no-work")
        assert re.search(r"Daemon last passed 2\d{3}-\d\d-\d\d .*, as daemon:", room.get("/plan").words)


@pytest.mark.parametrize("path", ["/plan", "/plan?show=blocked", "/plan?show=changes", "/plan?kind=EmailCampaign"])
def test_figures_lead_to_what_they_count(world: World, path: str) -> None:
    """They count the whole plan: where the page shows less, they lead to the page that shows it."""
    with showroom(turmoil(world)) as room:
        page = room.get(path)
        figures = re.findall(r'<span class="value"><a href="([^"]*)#([^"]*)">', page.text)
        assert {slug for _, slug in figures} >= {"blocked", "conflicts", "changes"}
        for address, slug in figures:
            assert f'<section id="{slug}"' in (room.get(address) if address else page).text


def test_what_lies_ahead_is_there_with_its_conflicts(world: World) -> None:
    """X-12: a conflict names both its sides, and the time in the project's zone."""
    with showroom(turmoil(world)) as room:
        page = room.get("/plan")
    conflict = _part(page, "conflicts")
    assert "on 2027-02-05 08:00 Europe/Amsterdam two bursts of one program are live" in conflict
    assert "right.yaml:5:50 ReferralCampaign/right@1, schedule" in conflict and "left.yaml:5:50" in conflict
    assert "2027-01-18 08:00 winter ReferralCampaign not_launched → live ✓ legal schedule" in _part(page, "ahead")
    assert "<svg" in page.text and "ReferralCampaign/left@1: live (foreseen)" in page.text


def test_a_hold_is_shown_with_its_end_and_what_that_lets_through(world: World) -> None:
    """X-09."""
    with showroom(turmoil(world)) as room:
        holds = _part(room.get("/plan"), "holds")
    assert "held by dana" in holds and "ends 2027-01-06 12:00" in holds
    assert "Its end lets through live → paused (edit, pause)" in holds


@pytest.mark.parametrize("path", ["/plan", "/plan?show=blocked", "/calendar", "/calendar?day=2027-02-05"])
def test_what_is_meant_to_harm_comes_out_harmless(world: World, path: str) -> None:
    with showroom(turmoil(world)) as room:
        page = room.get(path)
    assert "<script>alert" not in page.text and "\N{RIGHT-TO-LEFT OVERRIDE}" not in page.text
    assert "Macro" not in page.words and 'class="said"' not in page.text, "nothing was done, so nothing is told"
    assert "49" not in re.sub(r"\d{2,}[:-]\d+|sha256:\w+", "", page.words), "no template runs in it"
    assert ("alert(1)" in page.words) == (HOSTILE[:8] in page.words), "it is shown as it is"


def test_only_what_is_asked_for_is_shown(world: World) -> None:
    with showroom(turmoil(world)) as room:
        blocked = room.get("/plan?show=blocked")
        assert _part(blocked, "blocked") and not _part(blocked, "changes") and not _part(blocked, "holds")
        changes = room.get("/plan?show=changes")
        assert _part(changes, "changes") and not _part(changes, "blocked")
        only = room.get("/plan?only=ReferralCampaign/summer")
        assert "summer" in _part(only, "blocked") and "right" not in _part(only, "blocked")
        assert not _part(only, "changes")
        conflict = room.get("/plan?only=ReferralCampaign/left@1")
        assert "right" in _part(conflict, "conflicts"), "the other side is asked for"
        assert "Nothing of this is asked for" in room.get("/plan?kind=EmailCampaign").words
        for odd in (
            "only=%01",
            "only=../../x",
            "kind=%3Cb%3E",
            "show=what",
            "blocked=-1",
            "blocked=99999999999",
            "blocked=x",
        ):
            assert room.get(f"/plan?{odd}").status == 200


def test_files_that_cannot_be_read_are_named_with_line_and_help(world: World) -> None:
    """Exit 3: each file with line and column, and the way out; pages go on."""
    turmoil(world)
    head = "apiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {name: x}\n"
    world.write("broken.yaml", f"{head}spec: {{program: nowhere, wieght: 3}}\n")
    with showroom(world) as room:
        page = room.get("/plan")
        assert page.status == 200 and "ends with exit code 3" in page.words
        files = _part(page, "files")
        assert "campaigns.d/broken.yaml:4" in files and "did you mean" in files and "Instead:" in files
        assert "The files are invalid" in room.get("/calendar").words
        assert room.get("/calendar.ics").status == 409
        assert room.get("/campaigns").status == 200


def test_many_are_shown_a_page_at_a_time(world: World) -> None:
    world.write(
        "program.yaml", "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {name: p}\nspec: {timezone: UTC}\n"
    )
    head = "apiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {{name: c{:03}}}\n"
    head += "state: not_launched\nspec: {{program: p}}\n"
    world.write("many.yaml", "---\n".join(head.format(number) for number in range(120)))
    with showroom(world) as room:
        first = room.get("/plan")
        shown = re.findall(r"c\d{3}\b", _part(first, "changes"))
        assert len(set(shown)) in (49, 50) and "1 to 50 of 121" in first.words
        (after,) = [one for one in first.links if one.startswith("/plan?changes=2")]
        second = room.get(after.partition("#")[0])
        assert "51 to 100 of 121" in second.words
        assert "101 to 121 of 121" in room.get("/plan?changes=3").words
        assert "101 to 121 of 121" in room.get("/plan?changes=77").words, "beyond the last is the last"


def test_nothing_to_do_is_said(world: World) -> None:
    world.clock.set("2026-11-23T09:00:00Z")
    with showroom(demo(world)) as room:
        page = room.get("/plan")
    assert page.status == 200 and "None" not in page.words and "Undefined" not in page.words


def test_the_plan_applies_nothing(world: World) -> None:
    turmoil(world)
    before = len(world.events())
    with showroom(world) as room:
        for path in ("/plan", "/calendar", "/calendar.ics"):
            assert room.get(path).status == 200
            assert room.ask("POST", path, "", Cookie=room.cookie).status in (403, 405)
    assert len(world.events()) == before


def test_a_plan_is_one_for_all_who_look(world: World) -> None:
    """Asked by many at once it is worked out, and the same for all."""
    with showroom(turmoil(world)) as room:
        room.enter()
        with ThreadPoolExecutor(8) as pool:
            pages = list(pool.map(lambda _: room.get("/plan").words, range(16)))
    assert len(set(pages)) == 1


def test_what_was_done_meanwhile_is_seen_at_the_next_look(world: World) -> None:
    turmoil(world, freeze=False)
    with showroom(world) as room:
        assert "autumn" in _part(room.get("/plan"), "changes")
        world.cli("apply", "--yes")
        assert world.state("ReferralCampaign/autumn") == "paused"
        page = room.get("/plan")
        assert "autumn" not in _part(page, "changes") and "summer" in _part(page, "blocked")


def test_the_list_says_what_to_look_at(world: World) -> None:
    """What is blocked, in conflict or held is said where one begins, with a way to it; and files that cannot be read."""
    turmoil(world)
    with showroom(world) as room:
        room.get("/plan")
        page = room.get("/campaigns")
        assert "To look at: 3 blocked , 1 conflict ahead , 1 held" in page.words
        assert "/plan?show=blocked#blocked" in page.links
    world.write("broken.yaml", "apiVersion: [")
    with showroom(world) as room:
        room.get("/plan")
        assert "1 problem in the files" in room.get("/campaigns").words
