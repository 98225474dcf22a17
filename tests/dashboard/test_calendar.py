"""The calendar: what schedules and timers will do, freezes, the ends of holds, and conflicts (X-12, R-18, R-19)."""

import re
from datetime import UTC, date, datetime, time, timedelta

import pytest
from icalendar import Calendar

from reconciler.dashboard.outlook.freezes import closed
from reconciler.dashboard.outlook.months import Month, read_day, read_month
from reconciler.model.policy import Freeze
from reconciler.model.window import Span, Weekly
from tests.dashboard.showroom import Page, showroom
from tests.dashboard.turmoil import turmoil
from tests.world import World


def _day(page: Page, number: int) -> str:
    """The words of a day's cell in the table."""
    cells = re.findall(r'(?s)<td class="day[^"]*">.*?</td>', page.text)
    found = [words for cell in cells if re.match(rf"{number}\b", words := Page(200, {}, cell).words)]
    assert len(found) == 1, found
    return found[0]


def test_a_month_is_a_table_of_its_days(world: World) -> None:
    """R-18, R-19: each thing to come on its local day and time, with its verdict; times in the project's zone, which is named."""
    with showroom(turmoil(world)) as room:
        page = room.get("/calendar?month=2027-02")
    assert "Times in Europe/Amsterdam" in page.words and "1 in conflict" in page.words
    assert _day(page, 1) == "1 ✓ legal: 08:00 left not_launched → live ✓ legal: 08:00 winter live → paused"
    assert _day(page, 5) == "5 ✗ illegal: 08:00 right not_launched → live"
    assert _day(page, 6) == "6"
    assert page.text.count('scope="col"') >= 8 and "<caption" in page.text


def test_the_list_says_each_in_full(world: World) -> None:
    with showroom(turmoil(world)) as room:
        page = room.get("/calendar?day=2027-02-05")
        assert "Friday, 2027-02-05" in page.words
        assert "two bursts of one program are live at the same time" in page.words and "right.yaml:5:50" in page.words
        assert "08:00 winter" not in re.search(r'(?s)<section id="list".*?</section>', page.text)[0]  # type: ignore[index]


def test_today_freezes_and_the_ends_of_holds_are_marked(world: World) -> None:
    turmoil(world)
    world.hold("ReferralProgram/friends", "2027-01-27T09:30:00Z", reason="mind the gap")
    with showroom(world) as room:
        page = room.get("/calendar")
    assert "January 2027" in page.words and _day(page, 4) == "4 , today"
    assert [_day(page, day) for day in (19, 20, 22, 23)] == ["19", "20 frozen: yule", "22 frozen: yule", "23"]
    assert "yule muster.yaml:4:10 2027-01-20 00:00 2027-01-23 00:00 every kind nobody is there to look" in page.words
    assert "10:30 friends present" in _day(page, 27) and "held by dana: mind the gap" in page.words


def test_filters_leave_out_what_is_not_asked_for(world: World) -> None:
    turmoil(world)
    world.write(
        "right.yaml",
        (world.manifests / "right.yaml").read_text(encoding="utf-8").replace("team: growth", "team: sales"),
    )
    with showroom(world) as room:
        assert "Nothing is to come here" in room.get("/calendar?month=2027-02&kind=EmailCampaign").words
        sales = room.get("/calendar?month=2027-02&team=sales")
        assert "right" in _day(sales, 10) and "left" not in _day(sales, 10) and _day(sales, 1) == "1"
        conflicts = room.get("/calendar?month=2027-02&show=conflicts")
        assert "illegal" in _day(conflicts, 5) and _day(conflicts, 10) == "10"
        happens = room.get("/calendar?month=2027-02&show=happens")
        assert _day(happens, 5) == "5" and "left" in _day(happens, 10)
        for odd in (
            "month=2027-13",
            "month=0000-00",
            "month=x",
            "day=2027-02-31",
            "day=%01",
            "show=x",
            "team=%3Cb%3E",
            "list=9",
        ):
            assert room.get(f"/calendar?{odd}").status == 200, odd


def test_months_are_reached_by_links(world: World) -> None:
    with showroom(turmoil(world)) as room:
        page = room.get("/calendar?team=growth")
        assert "/calendar?team=growth&month=2027-02" in page.links
        assert "/calendar?team=growth&month=2026-12" in page.links
        assert "February 2027 7" in page.words
        assert "This month is over" in room.get("/calendar?month=2026-12").words
        assert "beyond what is foreseen" in room.get("/calendar?month=2031-01").words


def test_a_full_day_counts_what_it_does_not_show(world: World) -> None:
    program = "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {{name: p{0}}}\nspec: {{timezone: UTC}}\n---\n"
    one = (
        "apiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {{name: c{0:03}}}\nstate: not_launched\n"
        "schedule: {{timezone: UTC, entries: [{{at: 2027-01-09T10:00, state: live}}]}}\nspec: {{program: p{0}}}\n"
    )
    world.write("many.yaml", "---\n".join(program.format(number) + one.format(number) for number in range(130)))
    world.apply()
    with showroom(world) as room:
        page = room.get("/calendar")
        assert "and 126 more" in _day(page, 9)
        assert "1 to 100 of 130" in page.words
        assert "101 to 130 of 130" in room.get("/calendar?day=2027-01-09&list=2").words


def test_the_file_is_what_the_command_writes(world: World) -> None:
    """X-12: for a program of the reader's own; the same events under the same names."""
    with showroom(turmoil(world)) as room:
        came = room.get("/calendar.ics")
        only = room.get("/calendar.ics?kind=EmailCampaign")
    assert came.headers["content-type"] == "text/calendar; charset=utf-8"
    assert 'filename="campaigns.ics"' in came.headers["content-disposition"]
    assert came.text == world.cli("calendar", "--ics", "-").out.replace("\n", "\r\n").replace("\r\r", "\r")
    assert len(Calendar.from_ical(came.text).walk("VEVENT")) == 10
    assert not Calendar.from_ical(only.text).walk("VEVENT")


def test_a_stranger_gets_no_file(world: World) -> None:
    with showroom(turmoil(world)) as room:
        assert room.ask("GET", "/calendar.ics").status == 401


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_stretches_of_a_freeze() -> None:
    """Once and weekly windows, one that goes on beyond the month, and what lies outside of `allow`."""
    once = Freeze("once", deny=(Span(_at("2027-01-05T00:00"), _at("2027-03-01T00:00")),))

    office = Freeze("office", allow=(Weekly(frozenset({0}), time(9), time(17), "UTC"),))
    found = closed([once, office], _at("2027-01-01T00:00"), _at("2027-02-01T00:00"), "UTC")
    (first,) = [one for one in found if one.id == "once"]
    assert (first.start, first.end, first.is_open_ended) == (_at("2027-01-05T00:00"), _at("2027-02-01T00:00"), True)
    shut = [(one.start, one.end) for one in found if one.id == "office"]
    assert shut[0] == (_at("2027-01-01T00:00"), _at("2027-01-04T09:00"))
    assert shut[1] == (_at("2027-01-04T17:00"), _at("2027-01-11T09:00"))
    assert not first.touches(date(2027, 1, 4)) and first.touches(date(2027, 1, 5))


@pytest.mark.parametrize("zone", ["UTC", "Europe/Amsterdam", "America/New_York", "Pacific/Apia"])
def test_months_follow_one_another_in_every_zone(zone: str) -> None:
    month = Month(2026, 11)
    for _ in range(20):
        assert month.span(zone)[1] == month.later(1).span(zone)[0]
        assert timedelta(days=27) < month.span(zone)[1] - month.span(zone)[0] < timedelta(days=32)
        assert month.later(1).later(-1) == month and read_month(str(month)) == month
        month = month.later(1)
    assert read_month("2027-00") is None and read_day("2027-2-3") is None
