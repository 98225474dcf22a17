"""Referral programs as pages: who answers, who sees what, who takes part, what is owed and what people decide (R-01 to R-25)."""

import json
import re
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import closing, contextmanager
from decimal import Decimal
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

import pytest

from reconciler.dashboard.kept import Kept
from reconciler.dashboard.premises import Premises
from reconciler.dashboard.programs.figures import program
from reconciler.dashboard.programs.sums import amounts
from reconciler.dashboard.render import Renderer
from reconciler.dashboard.repository import Repository
from reconciler.dashboard.static import Assets
from reconciler.dashboard.visit import Visit
from reconciler.dashboard.visitor import Role, Visitor
from reconciler.kinds.leads.market import Outlook
from reconciler.model.ports import Store
from reconciler.model.reward import Fate, Owed
from reconciler.web.door import Ask
from tests.daemons import until
from tests.dashboard.showroom import Page, Room, demo, showroom
from tests.dashboard.turmoil import HOSTILE, turmoil
from tests.referral.bureau import ADVOCATE, FRIEND, Bureau
from tests.world import World

T = TypeVar("T")
CARD = {"to": "advocate", "on": "first_deposit", "value": "7.50", "currency": "EUR", "approval": "manual"}


@pytest.fixture
def bureau(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    """A program with a live campaign, a paused one, and people who came to both."""
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    made = Bureau(World(tmp_path / "bureau"))
    made.put("spring", "live", [FRIEND, ADVOCATE], inProgress={"cutoff": "2027-06-30"})
    code = made.share("ada")
    made.refer("fred", code)
    made.put("spring", "paused", [FRIEND, ADVOCATE], inProgress={"cutoff": "2027-06-30"})
    made.world.clock.advance(hours=1)
    made.put("summer", "live", [FRIEND, ADVOCATE, CARD])
    code = made.share("ben")
    for friend in ("finn", "fay"):
        made.refer(friend, code)
    made.event("finn", "first_deposit")
    with made.store() as store:
        store.referral.click(code, made.uid("summer"), made.clock.now())
        store.referral.click(code, 0, made.clock.now())
    return made


@contextmanager
def _room(bureau: Bureau) -> Iterator[Room]:
    with showroom(bureau.world) as room:
        yield room


def _part(page: Page, slug: str) -> str:
    found = re.search(rf'(?s)<section id="{slug}".*?</section>', page.text)
    return Page(200, {}, found[0]).words if found else ""


def _campaign(room: Room, name: str) -> Page:
    return room.get(f"/resources/ReferralCampaign/{name}@1")


# The program.


def test_the_program_shows_its_campaigns_and_the_one_that_answers(bureau: Bureau) -> None:
    """R-02, R-05, R-15, R-25: states, the live one marked, figures as the command has them, a menu."""
    said = json.loads(bureau.world.cli("referral", "show", "--format", "json").out)
    with _room(bureau) as room:
        assert "friends" in room.get("/programs").words and "live summer" in room.get("/programs").words
        page = room.get("/programs/friends")
        campaigns = _part(page, "campaigns")
        assert "summer test live answers" in campaigns and "spring test paused" in campaigns
        for one in said["campaigns"]:
            for currency, amount in one["owed"].items():
                assert f"{amount} {currency}" in campaigns
        assert f"{said['clicksNowhere']} more while none was live" in page.words
        for fate, count in said["rewards"].items():
            assert re.search(rf"{fate} {count} ", _part(page, "rewards"))
        menu = [one for one in page.links if re.match(r"/resources/ReferralCampaign/summer(@|%40)1/do/take/", one)]
        assert {one.rpartition("/")[2] for one in menu} == {"pause", "end", "stop"}


def test_each_coming_date_says_who_answers_then(bureau: Bureau) -> None:
    """R-18, R-19, AMB-R7: a burst takes over and gives back; a new campaign that is not applied yet counts too."""
    entries = [{"at": "2027-02-01T09:00", "state": "live"}, {"at": "2027-02-08T09:00", "state": "paused"}]
    bureau.manifest(
        "ReferralCampaign", "carnival", {"program": "friends", "goLiveAs": "burst"}, state="not_launched",
        schedule={"timezone": "America/New_York", "entries": entries},
    )  # fmt: skip
    with _room(bureau) as room:
        turns = _part(room.get("/programs/friends"), "turns")
    assert "now live summer" in turns
    assert re.search(r"2027-02-01 09:00 .*carnival not_launched → live schedule .*live carnival", turns), turns
    assert re.search(r"2027-02-08 09:00 .*summer paused → live .*live summer", turns), turns


def test_all_times_of_a_program_are_in_its_zone(bureau: Bureau) -> None:
    """R-18: the picture below the table names the zone and tells the same hours; nothing is left in UTC."""
    bureau.manifest(
        "ReferralCampaign", "carnival", {"program": "friends", "goLiveAs": "burst"}, state="not_launched",
        schedule={"timezone": "America/New_York", "entries": [{"at": "2027-02-01T09:00", "state": "live"}]},
    )  # fmt: skip
    with _room(bureau) as room:
        page = until(lambda: page if "<svg" in (page := room.get("/programs/friends")).text else None, "the picture")
    drawn = re.findall(r"(?s)<title[^>]*>(.*?)</title>", page.text)
    assert "Since America/New_York Next America/New_York" in _part(page, "campaigns")
    assert ", in America/New_York" in page.text
    assert any(one.startswith("2027-02-01 09:00 ReferralCampaign/carnival@1") for one in drawn), drawn
    assert not re.search(r"\d\d:\d\d(Z|\u202fUTC)", _part(page, "campaigns") + _part(page, "turns"))


def test_two_arms_share_the_traffic_by_weight(tmp_path: Path) -> None:
    """AMB-R7."""
    made = Bureau(World(tmp_path / "bureau"))
    made.campaign("a", "live", weight=60)
    made.campaign("b", "live", weight=40)
    made.apply()
    with _room(made) as room:
        page = room.get("/programs/friends")
        assert (
            "Answer now 2" in page.words and "60 % of the traffic" in page.words and "40 % of the traffic" in page.words
        )
        assert "a 60 % , b 40 %" in _part(_campaign(room, "b"), "seen").replace("this campaign", "b")


def test_a_program_without_campaigns_and_one_that_is_not_there(bureau: Bureau) -> None:
    bureau.manifest("ReferralProgram", "empty", {"timezone": "UTC"})
    with _room(bureau) as room:
        assert "In the files, and not applied yet: empty" in room.get("/programs").words
        assert room.get("/programs/empty").status == 404
    bureau.apply()
    with _room(bureau) as room:
        assert "none is live" in room.get("/programs/empty").words
        assert "No campaign runs in it yet" in room.get("/programs/empty").words


def test_only_a_program_that_is_there_is_kept(bureau: Bureau) -> None:
    """Whoever asks for many names takes nothing from what is kept for others."""
    read: list[str] = []
    with closing(bureau.world.app()) as app, bureau.store() as store:

        def submit(work: Callable[[Store], T], /) -> "Future[T]":
            done: Future[T] = Future()
            done.set_result(work(store))
            read.append("once")
            return done

        kept = Kept(submit, bureau.clock, lambda: 0.0)
        renderer, repository = Renderer(Assets({}), (), "UTC"), Repository(app, lambda: 0.0)
        premises = Premises(app, repository, renderer, kept, Outlook())
        visit = Visit(Ask("GET", {}, {}, ""), store, Visitor("vi", Role.VIEWER, ""), premises, bureau.clock.now())
        assert [program(visit, name) for name in ("nobody", "others", "-", "A")] == [None] * 4
        assert read == []
        there = [program(visit, "friends") for _ in range(2)]
    assert (there[0] is not None, there[0] is there[1], read) == (True, True, ["once"])


def test_without_any_program_the_page_says_how_to_begin(world: World) -> None:
    with showroom(world) as room:
        assert "No referral program is in use" in room.get("/programs").words


# A campaign's part.


def test_a_live_campaign_is_seen_by_all_and_earns(bureau: Bureau) -> None:
    """R-02, R-03."""
    with _room(bureau) as room:
        seen = _part(_campaign(room, "summer"), "seen")
    assert seen.count("this campaign") == 3 and "yes What friends do now earns by its rules" in seen


def test_a_paused_one_is_kept_by_who_came_before(bureau: Bureau) -> None:
    """R-04, R-05, R-06, R-07, R-20: advocates and new friends see the live one; the cut-off day ends the kept offer."""
    with _room(bureau) as room:
        seen = _part(_campaign(room, "spring"), "seen")
    assert "Advocates summer" in seen and "Friends who come now by its links summer" in seen
    assert "Friends who came before this campaign" in seen and "until 2027-07-01 04:00" in seen


@pytest.mark.parametrize(("state", "pays"), [("ended", "yes"), ("stopped", "no")])
def test_an_ended_and_a_stopped_one_are_seen_by_nobody(bureau: Bureau, state: str, pays: str) -> None:
    """R-08, R-09, R-10, R-12, R-13, R-14."""
    bureau.put("spring", state, [FRIEND, ADVOCATE], inProgress={"cutoff": "2027-06-30"})
    with _room(bureau) as room:
        seen = _part(_campaign(room, "spring"), "seen")
    assert "this campaign" not in seen and f"{pays} What was earned is paid" in seen
    assert f"{pays} What was missed is made good" in seen and "no What friends do now earns by its rules" in seen


def test_figures_and_funnel_are_those_of_the_store(bureau: Bureau) -> None:
    """R-25: links, clicks, friends, steps, rewards by state and currency."""
    with _room(bureau) as room:
        page = _campaign(room, "summer")
    came = _part(page, "came")
    assert "links shared 1" in came and "clicks 1" in came and "friends who opened it 2" in came
    assert "account_created 2" in came and "first_deposit 1" in came and "rewards 5" in came
    assert "pending 4 150.00 USD" in came and "review 1 7.50 EUR" in came
    assert "At risk 7.50 EUR and 150.00 USD" in page.words


def test_sums_are_written_as_all_numbers_are() -> None:
    assert amounts(Owed(2, {"EUR": Decimal("1375.00"), "USD": Decimal("7.50")})) == ("1\u202f375.00 EUR", "7.50 USD")


def test_what_a_move_would_mean_is_said_beforehand(bureau: Bureau) -> None:
    """R-15, R-16, R-21, R-22, X-10, AMB-R6: pausing loses nothing, stopping voids what is not paid, and how much that is."""
    with _room(bureau) as room:
        moves = _part(_campaign(room, "summer"), "moves")
        assert re.search(r"paused pause .*? nothing", moves) and "only friends who came before keep this offer" in moves
        assert "rewards not yet paid become void: 5" in moves and "150.00" in moves
        stopped = moves[moves.index("stopped stop") :]
        assert "become void" in stopped and "become void" not in moves[: moves.index("stopped stop")]


def test_a_campaign_says_its_terms(bureau: Bureau) -> None:
    """R-20 to R-24."""
    with _room(bureau) as room:
        terms = _part(_campaign(room, "spring"), "terms")
    assert "account_created → first_deposit" in terms and "friend 50.00 USD" in terms
    assert "Last day 2027-06-30" in terms and "keep the offer while it is paused, from opening the link on" in terms


# Rewards.


def _rewards(bureau: Bureau, fate: Fate) -> list[str]:
    return [one.id for one in bureau.rewards(fate)]


def test_rewards_are_listed_and_filtered(bureau: Bureau) -> None:
    with _room(bureau) as room:
        whole = room.get("/programs/friends/rewards")
        assert len(set(re.findall(r">(r-\w+)<", whole.text))) == 7
        (review,) = _rewards(bureau, Fate.REVIEW)
        assert set(re.findall(r">(r-\w+)<", room.get("/programs/friends/rewards?state=review").text)) == {review}
        assert len(re.findall(r">(r-\w+)<", room.get("/programs/friends/rewards?campaign=spring").text)) == 2
        assert len(re.findall(r">(r-\w+)<", room.get("/programs/friends/rewards?of=fred").text)) == 1
        assert "There are none of these" in room.get("/programs/friends/rewards?state=void&state=denied").words
        assert room.get("/programs/friends/rewards?campaign=nobody").status == 404
        for odd in ("older=x", "newer=%01+y", "older=2027-13-01T00:00:00Z+z", "state=what", "of=%3Cb%3E"):
            assert room.get(f"/programs/friends/rewards?{odd}").status == 200, odd


def test_pages_of_rewards_go_both_ways_without_a_gap(bureau: Bureau) -> None:
    code = bureau.share("eve")
    for number in range(60):
        bureau.refer(f"x{number}", code)
    with _room(bureau) as room:
        there: list[list[str]] = []
        page = room.get("/programs/friends/rewards")
        while True:
            there.append(re.findall(r">(r-\w+)<", page.text))
            older = re.search(r'href="([^"]*)" rel="next"', page.text)
            if not older:
                break
            page = room.get(older[1].replace("&amp;", "&"))
        assert [len(one) for one in there] == [50, 50, 27]
        assert len({id_ for one in there for id_ in one}) == 127
        back = [there[-1]]
        while newer := re.search(r'href="([^"]*)" rel="prev"', page.text):
            page = room.get(newer[1].replace("&amp;", "&"))
            back.append(re.findall(r">(r-\w+)<", page.text))
        assert back[::-1] == there


def test_a_reward_tells_its_story(bureau: Bureau) -> None:
    """As `muster referral explain` does, and of an event that has earned nothing too."""
    (review,) = _rewards(bureau, Fate.REVIEW)
    bureau.told("finn", "first_deposit", id_="again")
    with _room(bureau) as room:
        page = room.get(f"/programs/friends/rewards/{review}")
        assert "7.50 EUR to advocate ben review" in page.words and "finn took the step first_deposit" in page.words
        assert "summer is live : it pays" in page.words
        assert "/programs/friends/rewards" in page.links, "nothing leads back to all rewards"
        event = room.get("/programs/friends/explain?what=again")
        assert "This friend had taken this step before" in event.words and "earned nothing" in event.words
        assert room.get("/programs/friends/explain?what=nothing").status == 404
        assert room.get("/programs/friends/rewards/r-nobody").status == 404


def test_a_person_approves_denies_and_tries_again(bureau: Bureau) -> None:
    (review,) = _rewards(bureau, Fate.REVIEW)
    pending = _rewards(bureau, Fate.PENDING)[0]
    with _room(bureau) as room:
        here = f"/programs/friends/rewards/{review}"
        seal = re.search(r'name="seal" value="([^"]*)"', room.get(here).text)
        assert seal
        done = room.post(f"{here}/approve", {}, seal[1])
        assert done.status == 303
        assert "approved by tester" in room.get(done.headers["location"]).words
        again = room.post(f"{here}/approve", {}, seal[1])
        assert again.status == 409 and "it cannot be approved" in again.words, "a second press changes nothing"
        denied = room.post(f"/programs/friends/rewards/{pending}/deny", {"reason": HOSTILE}, seal[1])
        assert denied.status == 303
        assert room.post(f"{here}/deny", {"reason": ""}, seal[1]).status == 400
        assert room.post(f"{here}/retry", {}, seal[1]).status == 409
        assert room.post(f"{here}/burn", {}, seal[1]).status == 404
        told = room.get(f"/programs/friends/rewards/{pending}")
        assert "<script>alert" not in told.text and "denied by tester" in told.words
    assert bureau.fates() == {"pending": 5, "approved": 1, "denied": 1}


def test_a_form_without_its_seal_does_nothing(bureau: Bureau) -> None:
    (review,) = _rewards(bureau, Fate.REVIEW)
    with _room(bureau) as room:
        room.enter()
        assert room.post(f"/programs/friends/rewards/{review}/approve", {}, "not it").status == 403
    assert bureau.fates()["review"] == 1


def test_something_is_made_good_once(bureau: Bureau) -> None:
    """R-14, AMB-R9: not by a campaign that is stopped."""
    bureau.put("spring", "stopped", [FRIEND, ADVOCATE], inProgress={"cutoff": "2027-06-30"})
    good = {
        "campaign": "summer",
        "role": "advocate",
        "person": "ada",
        "value": "25.00",
        "currency": "usd",
        "reason": "lost",
    }
    with _room(bureau) as room:
        page = room.get("/programs/friends/makegood")
        assert "spring (stopped)" in page.words
        seal = re.search(r'name="seal" value="([^"]*)"', page.text)
        assert seal

        def give(**changed: str) -> Page:
            return room.post("/programs/friends/makegood/give", {**good, **changed}, seal[1])

        first, second = give(), give()
        assert first.status == second.status == 303
        assert "it was made before, and is not made twice" in room.get(second.headers["location"]).words
        assert give(campaign="spring").status == 409
        for wrong in (
            {"value": "-1"},
            {"currency": "dollars"},
            {"person": "nobody"},
            {"reason": ""},
            {"campaign": "x"},
        ):
            assert give(**wrong).status == 400, wrong
    assert bureau.fates()["approved"] == 1


def test_who_takes_part(bureau: Bureau) -> None:
    with _room(bureau) as room:
        advocates = room.get("/programs/friends/participants")
        assert "ada" in advocates.words and "ben" in advocates.words and "fred" not in advocates.words
        friends = room.get("/programs/friends/participants?role=friend")
        assert "fred" in friends.words and "Codes" not in friends.words
        assert "There is nobody behind this id" in room.get("/programs/friends/participants?after=zzz").words


# What is meant to harm.


def test_hostile_names_come_out_harmless(bureau: Bureau) -> None:
    bureau.manifest(
        "ReferralProgram", "friends", {"timezone": "UTC", "title": HOSTILE, "fallback": "https://a.example/?x=1&y=2"}
    )
    bureau.campaign("summer", "live", [FRIEND], title=HOSTILE, offer={"friend": HOSTILE})
    bureau.apply()
    who = "<script>alert(2)</script>\N{RIGHT-TO-LEFT OVERRIDE}"
    bureau.refer(who, bureau.share(who))
    (one,) = [one.id for one in bureau.rewards() if one.beneficiary == who and one.role == "friend"]
    paths = [
        "/programs", "/programs/friends", "/programs/friends/rewards", f"/programs/friends/rewards/{one}",
        "/programs/friends/participants", "/programs/friends/participants?role=friend",
        f"/programs/friends/rewards?of={quote(who)}", f"/programs/friends/explain?what={quote(who)}",
        "/resources/ReferralCampaign/summer@1", "/programs/%3Cscript%3E", "/resources/ReferralProgram/friends@1",
    ]  # fmt: skip
    with _room(bureau) as room:
        for path in paths:
            page = room.get(path)
            assert page.status in (200, 404), path
            assert "<script>alert" not in page.text and "\N{RIGHT-TO-LEFT OVERRIDE}" not in page.text, path
            assert "None" not in page.words.replace("None of", ""), path


def test_the_demo_and_a_project_in_turmoil_are_shown(tmp_path: Path) -> None:
    calm = World(tmp_path / "calm")
    calm.clock.set("2026-11-23T09:00:00Z")
    with showroom(demo(calm)) as room:
        for name in ("refer-a-neighbour", "refer-a-friend-us", "refer-a-business"):
            page = room.get(f"/programs/{name}")
            assert page.status == 200 and "Undefined" not in page.text and "Fate." not in page.text
        assert "neighbour-winter-burst" in _part(room.get("/programs/refer-a-neighbour"), "turns")
    with showroom(turmoil(World(tmp_path / "rough"))) as room:
        turns = _part(room.get("/programs/bursts"), "turns")
        assert "illegal" in turns and "two bursts of one program" in turns
        assert "when the plan is applied autumn live → paused" in turns
