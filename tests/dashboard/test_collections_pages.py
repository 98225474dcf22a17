"""What the dashboard shows of accounts that were really contacted: the campaign, its accounts, one of them, the engine."""

import json
import re
from collections.abc import Iterator
from datetime import timedelta
from html import unescape

import pytest

from reconciler.dashboard import turning
from tests.contacts.agency import Agency, account
from tests.contacts.conftest import office, room
from tests.dashboard.bureau import contacted, taken_in
from tests.dashboard.showroom import Page, Room, showroom

__all__ = ["office", "room"]

HERE = "/resources/CollectionCampaign/quarter@1"


@pytest.fixture
def page(office: Agency) -> Iterator[Room]:
    """The dashboard of an office that has contacted somebody."""
    contacted(office)
    office.world.clock = office.clock
    with showroom(office.world) as found:
        yield found


def cards(page: Page) -> dict[str, str]:
    """The figures of a page by their names."""
    found = re.findall(r'(?s)<dt>([^<]*)</dt>\s*<dd><span class="value">(.*?)</span>', page.text)
    return {label: re.sub(r"<[^>]+>", "", value) for label, value in found}


def harmless(page: Page) -> bool:
    """Whether no name or text became part of the page, or hides in it."""
    return "<script>alert" not in page.text and "\u202e" not in page.text and "<b>30" not in page.text


def test_the_page_of_a_campaign_shows_its_figures(page: Room, office: Agency) -> None:
    """C-17, C-18, C-19, C-30: header, bar and cards; what they say is what `muster collections campaign` says."""
    office_said(office, "tell", "A1", "--event", "promise", "--amount", "60", "--due-on", "2027-03-20")
    office_said(office, "tell", "A1", "--id", "bank-1", "--event", "payment", "--amount", "60.00")
    found = page.get(HERE)
    assert found.status == 200, found.text
    assert harmless(found)
    told = json.loads(office.world.cli("collections", "campaign", "quarter", "--format", "json").out)
    shown = cards(found)
    assert (
        (int(shown["Total accounts"]), int(shown["Contacted"])) == (told["totalAccounts"], told["contacted"]) == (5, 4)
    )
    assert (shown["Contact rate"], shown["Promises"]) == (f"{told['contactRate']} %", str(told["promises"]))
    assert shown["Recovered amount, USD"] == told["recovered"]["USD"] == "60.00"
    assert "firm (medium, 3 steps)" in found.words
    assert "2020-01-01 to 2027-03-31 in UTC" in found.words
    assert 'Reach half of them "by" <i>March</i>' in found.words
    assert f"{HERE}/accounts" in found.links
    assert f"{HERE}/do/enqueue" in found.links


def office_said(office: Agency, *arguments: str) -> None:
    answer = office.world.cli("collections", *arguments)
    assert answer.code == 0, answer.err


def test_a_draft_shows_what_it_lacks(page: Room, office: Agency) -> None:
    """C-05, C-17: neither strategy nor dates are needed to be looked at."""
    office.room.manifest("CollectionCampaign", "later", {"title": "Later"}, state="draft")
    office.apply()
    found = page.get("/resources/CollectionCampaign/later@1")
    assert found.status == 200, found.text
    assert "Strategy none yet" in found.words
    assert "No strategy is assigned" in found.words
    assert "No account is assigned to it yet." in found.words
    assert "100 %" not in found.words, "of no accounts nobody was contacted (C-18)"
    assert "no strategy or no dates" in page.get("/resources/CollectionCampaign/later@1/forecast").words


def test_the_accounts_of_a_campaign(page: Room) -> None:
    """C-20: score, status, last interaction; narrowed by status, step and number; a hostile number leads to its page."""
    found = page.get(f"{HERE}/accounts")
    assert found.status == 200, found.text
    assert harmless(found)
    assert re.search(
        r"A1 512 in_auto_management 120.50 USD step 2 2027-03-02 12:00 UTC contact mail 2027-03-01 12:00", words(found)
    )
    assert "A3" in found.words
    (link,) = [one for one in found.links if one.startswith("/accounts/portfolio/A%22")]
    assert page.get(link).status == 200
    assert "A1" not in page.get(f"{HERE}/accounts?status=pending_contact").words
    assert numbers(page.get(f"{HERE}/accounts?number=A4")) == ["A4"]
    assert numbers(page.get(f"{HERE}/accounts?step=1")) == ["A3"]
    assert numbers(page.get(f"{HERE}/accounts?step=9")) == []
    assert "There is no such account" in page.get(f"{HERE}/accounts?status=%3Cscript%3Ealert%283%29").words
    assert page.get(f"{HERE}/accounts?after=x").status == 400


def words(page: Page) -> str:
    return page.words.replace("\u202f", " ")


def numbers(page: Page) -> list[str]:
    """The accounts that a list shows."""
    return re.findall(r'<a href="/accounts/portfolio/[^"]*">([^<]*)</a>', page.text)


def test_accounts_come_page_by_page(page: Room, office: Agency) -> None:
    """C-20: fifty at a time, each once, in the order in which they came."""
    office.accounts([account(number) for number in range(1, 121)])
    office.clock.advance(minutes=10)
    taken_in(office)
    seen, at = [], f"{HERE}/accounts"
    while at:
        found = page.get(at)
        seen.append(numbers(found))
        at = next((one for one in found.links if "after=" in one), "")
        assert len(seen) < 9
    assert [len(one) for one in seen] == [50, 50, 21]
    assert len({one for part in seen for one in part}) == 121
    assert ">Last<" not in found.text
    for part in (seen[1], seen[0]):
        found = page.get(turn(found, "Previous"))
        assert numbers(found) == part
    assert ">Previous<" not in found.text
    found = page.get(turn(found, "Last"))
    assert numbers(found) == [one for part in seen for one in part][-50:]
    assert numbers(page.get(turn(found, "First"))) == seen[0]
    assert numbers(page.get(f"{HERE}/accounts?before=1")) == seen[0], "nothing is before it any more"


def turn(page: Page, word: str) -> str:
    """Where the other page of a list is."""
    return unescape(re.findall(rf'href="([^"]*)"[^>]*>{word}<', page.text)[0])


def test_accounts_are_a_file_too(page: Room, office: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    """C-20: all that the list has, in as many pieces as it takes, as the command line writes them; nothing is a formula."""
    monkeypatch.setattr(turning, "SLICE", 2)
    office.accounts([{**account(6), "number": "=1+1"}, *(account(number) for number in range(1, 6))])
    office.clock.advance(minutes=10)
    taken_in(office)
    found = page.get(f"{HERE}/accounts?number=A&after=3")
    (link,) = [one for one in found.links if "format=csv" in one]
    assert "after" not in link
    came = page.get(f"{HERE}/accounts?format=csv")
    assert came.headers["content-disposition"] == 'attachment; filename="quarter-1-accounts.csv"'
    assert came.headers["content-type"].startswith("text/csv")
    assert came.headers["x-content-type-options"] == "nosniff"
    assert came.text == office.world.cli("collections", "accounts", "--campaign", "quarter", "--format", "csv").out
    assert "\n'=1+1," in came.text
    assert len(came.text.splitlines()) == 8
    assert {row.partition(",")[0] for row in page.get(link).text.splitlines()[1:]} >= {"A1", "A2", "A3", "A4", "A5"}
    assert page.get(f"{HERE}/accounts?format=exe").status == 400
    assert page.ask("HEAD", f"{HERE}/accounts?format=csv", Cookie=page.cookie).text == ""
    assert page.ask("GET", f"{HERE}/accounts?format=csv").status != 200


def test_the_story_of_an_account(page: Room, office: Agency) -> None:
    """C-20, C-31, AMB-C8, AMB-C11: what happened, why nobody contacts it now, and what comes if nobody answers."""
    found = page.get("/accounts/portfolio/A1")
    assert found.status == 200, found.text
    assert "Not contacted now: its next step is due later, until 2027-03-02 12:00 UTC ." in words(found)
    assert "contact mail email" in found.words
    assert "1.1 completed 2027-03-01 12:00 UTC mail reminder" in words(found)
    assert "2027-03-03 12:00 UTC step 2, try 2: voice" in words(found)
    assert "Not contacted now: opted-out" in page.get("/accounts/portfolio/A3").words
    office.clock.advance(days=1)
    office.turn()
    page.enter()  # who has come in yesterday comes in anew
    later = page.get("/accounts/portfolio/A1")
    assert harmless(later)
    assert "2.1 failed 2027-03-02 12:00 UTC voice reminder nobody picked up <script>" in words(later)
    assert page.get("/accounts/portfolio/A99").status == 404
    assert page.get("/accounts/nobody/A1").status == 404


def test_who_owes_is_behind_the_curtain(page: Room) -> None:
    """Names, addresses and telephone numbers are masked until an operator asks for them."""
    found = page.get("/accounts/portfolio/A2")
    assert "a2@debtor.example" not in found.text
    assert "Jo Doe" not in found.text
    assert "5550002" not in found.text
    (other,) = {one for one in found.links if "personal=" in one}
    shown = page.get(other)
    assert "a2@debtor.example" in shown.text
    assert "Jo Doe" in shown.text
    hostile = page.get("/accounts/portfolio/A4?personal=shown")
    assert harmless(hostile)
    assert 'A"<script>alert(1)</script>' in hostile.words


def test_the_forecast_says_what_was_proven(page: Room, office: Agency) -> None:
    """AMB-C11: the same words as `muster collections forecast`, and the days as a picture and a table."""
    found = page.get(f"{HERE}/forecast")
    assert found.status == 200, found.text
    told = json.loads(office.world.cli("collections", "forecast", "quarter", "--format", "json").out)
    assert f"Proven. {told['words']}." in found.words
    assert "<svg" in found.text
    for day, contacts in told["days"].items():
        assert f"{day} {contacts}" in found.words


def test_the_engine_of_today(page: Room, office: Agency) -> None:
    """C-21, C-25, C-26, AMB-C13: what ended today, what waits, what stops it, and who is to be queued."""
    found = page.get("/execution")
    assert found.status == 200, found.text
    assert "engine running" in found.words
    shown = cards(found)
    assert (shown["Pending"], shown["Completed today"], shown["Failed today"]) == ("0", "4", "0")
    assert "quarter active 0 0 4 0 0 0 0" in found.words
    assert "2027-03-01 in UTC" in found.words
    assert "/execution/pause" in found.links
    went = page.get("/execution/enqueue?campaign=quarter")
    assert (went.status, went.headers["location"]) == (303, f"{HERE}/do/enqueue")
    assert page.get("/execution/enqueue?campaign=%3Cb%3E").status == 404
    office.brake(is_on=True)
    paused = page.get("/execution")
    assert "engine paused" in paused.words
    assert "Nobody is contacted , and every queue is kept: an audit (dana, 2027-03-01T12:00:00Z)." in paused.words
    assert "/execution/resume" in paused.links
    assert "Nobody is contacted now: the engine is paused: an audit." in page.get(HERE).words
    office.brake(is_on=False)
    office.clock.advance(minutes=7)
    assert "no worker" in page.get("/execution").words


def test_what_waits_and_what_does_not_get_through(page: Room, office: Agency) -> None:
    """C-25, C-31: a mail server that is down is named, and what waits for which rule."""
    office.mail_port = 9
    office.channels()
    office.accounts([account(7), account(8)])
    office.clock.advance(minutes=10)
    office.apply()
    taken_in(office)
    found = page.get("/execution")
    assert "quarter does not get through by SmtpConnection/relay since 2027-03-01 12:10" in words(found)
    assert any(one.startswith("/resources/SmtpConnection/relay") for one in found.links)
    office.settings(schedulerCycle="5m", enginePaused=True)
    office.apply()
    assert "enginePaused in CollectionSettings/organisation@1" in page.get("/execution").words


def test_where_nothing_runs_the_page_says_so(office: Agency) -> None:
    """C-25: before the first campaign; and where the settings were deleted nobody is contacted."""
    office.apply()
    office.world.clock = office.clock
    with showroom(office.world) as found:
        text = found.get("/execution").words
        assert "No campaign is active, and nothing is queued." in text
        assert "Nothing waits." in text
        assert "engine running" in text
        assert "`" not in text


def test_numbers_are_those_of_the_organisations_day(page: Room, office: Agency) -> None:
    """C-25: what ended before its midnight is not of today."""
    office.clock.moment += timedelta(hours=12)
    assert cards(page.get("/execution"))["Completed today"] == "0"
