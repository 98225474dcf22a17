"""What the dashboard shows of mailings that were really sent."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path

import pytest

from reconciler.app import App, SystemClock
from reconciler.model.returns import Suppression
from tests.daemons import until
from tests.dashboard.mailed import NAME, mailed, people, refusing
from tests.dashboard.showroom import Page, Room, showroom
from tests.email.mailroom import Mailroom
from tests.smtp_counter import smtp_counter
from tests.smtp_sink import free_port
from tests.web.shop import SECRET, Shop
from tests.world import World

HERE = f"/resources/EmailCampaign/{NAME}@1"
SENT = 18
"""Of 20: two are nobody's."""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with pytest.MonkeyPatch.context() as patch, smtp_counter(refusing) as counter:
        patch.setenv("SHOP_SECRET", SECRET)
        patch.setenv("MUSTER_ACTOR", "tester")
        for name in ("MUSTER_STORE", "MUSTER_ENV"):
            patch.delenv(name, raising=False)
        yield mailed(tmp_path_factory.mktemp("mailed") / "shop", counter.port, people(20))


@pytest.fixture
def room(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Room]:
    monkeypatch.setenv("SHOP_SECRET", SECRET)
    with showroom(shop.world) as found:
        yield found


class Running(World):
    """A world in which campaigns run as they do outside of tests."""

    def app(self) -> App:
        app = super().app()
        app.given = None
        return app


@pytest.fixture
def office(tmp_path: Path) -> Mailroom:
    """A project at the machine's time."""
    world = Running(tmp_path / "office")
    world.clock = SystemClock()  # type: ignore[assignment]
    return Mailroom(world)


def cards(page: Page) -> dict[str, str]:
    """The figures of a page by their names."""
    found = re.findall(r'(?s)<dt>([^<]*)</dt>\s*<dd><span class="value">(.*?)</span>', page.text)
    return {label: re.sub(r"<[^>]+>", "", value) for label, value in found}


def test_a_mailing_shows_its_figures(room: Room) -> None:
    """E-48 to E-50, AMB-E17: what was sent, how much of all that is, and what came back."""
    page = room.get(HERE)
    assert page.status == 200, page.text
    found = cards(page)
    assert (found["Recipients"], found["Sent"], found["Failed"], found["Progress"]) == ("20", "18", "2", "100.0 %")
    assert (found["Opened"], found["Clicked"], found["Bounced"]) == ("6", "4", "2")
    assert found["Delivered"] == "16"
    assert "not tracked" not in page.words


def test_the_figures_are_those_of_describe(room: Room, shop: Shop) -> None:
    """E-48 to E-51: what people see in the browser is what they see on the command line."""
    said = shop.world.cli("describe", f"EmailCampaign/{NAME}", "--format", "json")
    told = json.loads(said.out)["work"]
    found = cards(room.get(HERE))
    assert (int(found["Recipients"]), int(found["Sent"])) == (told["total"], told["sent"])
    assert (int(found["Delivered"]), int(found["Opened"])) == (told["events"]["delivered"], told["events"]["opened"])


def test_the_report_has_hours_connections_and_domains(room: Room) -> None:
    """E-25, E-41: rates, and the numbers by time, connection and domain; the same as a file."""
    page = room.get(f"{HERE}/report")
    assert page.status == 200
    assert "a.example" in page.words
    assert "Mails by time, UTC" in page.words
    assert "https://shop.example/sale 4 22.2 %" in page.words
    assert 'role="img"' in page.text
    table = room.get(f"{HERE}/report?format=csv")
    assert table.headers["content-disposition"] == f'attachment; filename="{NAME}-1-report.csv"'
    assert table.text.splitlines()[1].startswith(f"campaign,EmailCampaign/{NAME}@1,20,18,2,")
    assert json.loads(room.get(f"{HERE}/report?format=json").text)["counts"]["sent"] == SENT
    assert room.get(f"{HERE}/report?format=svg").text.startswith("<svg")
    assert room.get(f"{HERE}/report?format=exe").status == 400


def test_what_failed_is_found_with_its_reason(room: Room) -> None:
    """E-30, E-32: each mail that did not arrive, with code and connection; masked until an operator asks."""
    page = room.get(f"{HERE}/failures")
    assert "n…@b.example" in page.words
    assert "nobody4@b.example" not in page.text
    assert "550 5.1.1" in page.words
    assert "no such user" not in page.words
    shown = room.get(f"{HERE}/failures?personal=shown")
    assert "nobody4@b.example" in shown.words
    assert "no such user" in shown.words
    assert "<script>alert" not in shown.text


def test_the_log_is_a_file_too_masked_like_the_page(room: Room) -> None:
    masked = room.get(f"{HERE}/failures?format=csv&what=bounced").text
    assert masked.count("\n") == 3
    assert "p…@" in masked
    whole = room.get(f"{HERE}/failures?format=csv&what=bounced&personal=shown").text
    assert "person" in whole
    assert "example" in whole


@pytest.mark.parametrize("query", ["what=nonsense", "after=x", "after=%F0%9F%98%80", "after=" + "9" * 40])
def test_an_odd_address_of_the_log_is_answered(room: Room, query: str) -> None:
    assert room.get(f"{HERE}/failures?{query}").status == 400


def test_a_file_of_the_report_names_nobody(room: Room) -> None:
    """Examples of what servers said, and mails in doubt, name people: they are in a file only where an operator asks."""
    for form in ("csv", "json"):
        assert "no such user" not in room.get(f"{HERE}/report?format={form}").text
        assert "no such user" in room.get(f"{HERE}/report?format={form}&personal=shown").text


def test_a_draft_shows_what_it_is_for(world: World) -> None:
    """E-11: nothing is sent before the launch, and the page says so; a hostile name stays a name."""
    world.write(
        "draft.yaml",
        """
        apiVersion: muster/v1
        kind: EmailCampaign
        metadata: {name: later}
        state: draft
        spec:
          subject: "<script>alert(1)</script> \\u202e\\" onload=x"
          from: {email: news@shop.example, name: "A <b>bold</b> shop"}
        """,
    )
    assert world.cli("apply", "--yes").code == 0
    with showroom(world) as room:
        page = room.get("/resources/EmailCampaign/later@1")
        assert page.status == 200, page.text
        assert cards(page)["Sent"] == "0"
        assert "<script>alert" not in page.text
        assert "<b>bold" not in page.text
        assert "\u202e" not in page.text
        assert "not launched yet" in room.get("/resources/EmailCampaign/later@1/report").words
        assert room.get("/resources/EmailCampaign/later@1/failures").status == 200
        assert room.get("/resources/EmailCampaign/nobody@1/report").status == 404


def test_while_it_runs_each_lane_says_what_it_does(office: Mailroom) -> None:
    """E-16, E-48, E-51, E-30, E-35: rate and end while it runs, why a connection rests; cancelled, a partial report."""
    with smtp_counter() as counter:
        office.relay("a", counter.port, limits=[{"max": 30, "per": "1m"}])
        office.relay("b", free_port())
        office.recipients("all", 100)
        office.template()
        office.launch({"a": 60, "b": 40})
        with office.running(), showroom(office.world) as room:
            until(lambda: counter.count() >= 30 and any(one.trouble for one in office.view().lanes), "the work")
            page = room.get(HERE)
            found = cards(page)
            assert (found["Recipients"], found["Asked a minute"], int(found["Sent"]) >= 30) == ("100", "no limit", True)
            assert float(found["Sent a minute"].replace(",", "")) > 0
            assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d\u202fUTC", found["Expected end"])
            assert "a 60 % 30 in 1m" in page.words
            assert "resting" in page.words
            assert "refused" in page.words
            assert "So far:" in page.words
        office.campaign("cancelled", {"a": 60, "b": 40})
        assert not office.apply().failed
        with showroom(office.world) as room:
            page = room.get(f"{HERE}/report")
            assert re.search(r"A partial report: cancelled before \d+ of 100 mails were sent", page.words)
            assert "Expected end" not in cards(room.get(HERE))
            assert re.search(r"u\d+@r\.example", room.get(f"{HERE}/failures?what=cancelled&personal=shown").words)


def test_the_log_is_paged_each_mail_once(office: Mailroom) -> None:
    """E-32: so many at a time, by the order of recipients; signs by address, each mail once."""
    with smtp_counter(lambda _one: b"550 5.7.1 no") as counter:
        office.relay("a", counter.port)
        office.recipients("all", 70)
        office.template()
        office.launch()
        office.work()
    with showroom(office.world) as room:
        path, seen = f"{HERE}/failures?personal=shown", list[str]()
        for size in (50, 20):
            page = room.get(path)
            found = re.findall(r'<th scope="row">([^<]*@[^<]*)</th>', page.text)
            assert len(found) == size
            seen += found
            onward = re.search(r'href="([^"]*)" rel="next"', page.text)
            path = unescape(onward[1]) if onward else ""
        assert (path, len(set(seen))) == ("", 70)


def test_whom_the_launch_left_out_is_told_one_by_one(office: Mailroom) -> None:
    """E-43: masked until an operator asks, in pages, and as a file like its page."""
    office.relay("a", 9)
    office.recipients("all", 60)
    office.template()
    office.suppressions("never", [f"u{number}@r.example" for number in range(55)])
    office.campaign("draft", suppressions=["never"])
    assert not office.apply().failed
    with showroom(office.world) as room:
        assert "not launched yet" in room.get(f"{HERE}/left-out").words
    with closing(office.open()) as store:
        store.returns.suppress([Suppression("u59@r.example", "complaint", office.clock.now())])
    office.launch(suppressions=["never"])
    with showroom(office.world) as room:
        assert f"{HERE}/left-out" in room.get(HERE).links
        page = room.get(f"{HERE}/left-out")
        assert page.words.count("u…@r.example they stand on the list SuppressionList/never") == 50
        (onward,) = re.findall(r'href="([^"]*)" rel="next"', page.text)
        last = room.get(unescape(onward)).words
        assert last.count("u…@r.example they stand on the list") == 5
        assert "u…@r.example they complained the whole project" in last
        assert "u59@" in room.get(f"{HERE}/left-out?last=yes&personal=shown").words
        masked, whole = (room.get(f"{HERE}/left-out?format=csv{more}").text for more in ("", "&personal=shown"))
        assert masked.splitlines()[:2] == ["address,reason,list", "u…@r.example,list_import,never"]
        assert len(whole.splitlines()) == 57
        assert "u59@r.example,complaint,\n" in whole


def test_a_draft_says_whom_it_would_reach(office: Mailroom) -> None:
    """E-05, E-43: by list and connection, who is left out and why, and which rows cannot be used; once launched, not any more."""
    with smtp_counter() as counter:
        office.relay("a", counter.port)
        office.relay("b", counter.port)
        office.recipients(
            "all", ["ana@r.example", "ana@r.example", "bo@r.example", "no address <script>", "cy@r.example"]
        )
        office.template()
        office.suppressions("never", ["bo@r.example"])
        office.campaign("draft", {"a": 50, "b": 50}, suppressions=["never"])
        assert not office.apply().failed
        with showroom(office.world) as room:
            page = room.get(f"{HERE}/reach")
            assert page.status == 200, page.text
            assert re.search(r"\b2 recipients", page.words)
            assert "a 1 b 1" in page.words
            assert "RecipientList/all" in page.words
            assert "no address" not in page.words
            shown = room.get(f"{HERE}/reach?personal=shown")
            assert "no address" in shown.words
            assert "no address <script" not in shown.text
            assert "Reach" in room.get(HERE).words
        office.launch({"a": 50, "b": 50})
        with showroom(office.world) as room:
            assert room.get(f"{HERE}/reach").status == 409
            assert "Reach" not in room.get(HERE).words
