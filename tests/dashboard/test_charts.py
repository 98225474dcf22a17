"""What pictures of figures say, and that nobody's name can break out of them."""

from datetime import UTC, date, datetime, timedelta
from xml.etree import ElementTree

import pytest

from reconciler.dashboard.charts import Chart, Part, Point, bars, shares, sparkline, stacked
from reconciler.dashboard.spans import MOST, over_days, over_time

_SVG = "{http://www.w3.org/2000/svg}"
_POINTS = (Point("Monday", (10, 5)), Point("Tuesday", (0, 20)))


def _boxes(chart: Chart) -> list[dict[str, float]]:
    root = ElementTree.fromstring(chart.svg)
    return [
        {key: float(one.get(key, "0")) for key in ("x", "y", "width", "height")} for one in root.iter(f"{_SVG}rect")
    ]


def test_a_bar_is_as_high_as_its_number() -> None:
    chart = bars("Mails", ("sent", "opened"), _POINTS)
    assert [one["height"] for one in _boxes(chart)] == [80, 40, 160]
    assert all(one["y"] + one["height"] == 160 for one in _boxes(chart))
    assert (chart.most, chart.ends) == ("20", ("Monday", "Tuesday"))
    assert (chart.heads, chart.rows) == (("Time", "sent", "opened"), (("Monday", "10", "5"), ("Tuesday", "0", "20")))


def test_stacked_bars_stand_upon_each_other() -> None:
    boxes = _boxes(stacked("Mails", ("a", "b"), _POINTS))
    assert [(one["y"], one["height"]) for one in boxes] == [(80, 80), (40, 40), (0, 160)]


def test_a_share_is_as_long_as_its_part() -> None:
    chart = shares("All", (Part("good", 3, "good"), Part("none", 0), Part("bad", 1, "bad")))
    assert [one["x"] for one in _boxes(chart)] == [0, 750]
    assert [(one.tone, one.name, one.note) for one in chart.legend] == [
        ("good", "good", "3 (75.0 %)"),
        ("bad", "bad", "1 (25.0 %)"),
    ]


def test_where_there_is_nothing_nothing_is_drawn() -> None:
    assert bars("x", ("a",), ()).svg == bars("x", ("a",), (Point("now", (0,)),)).svg == shares("x", ()).svg == ""
    assert sparkline("x", (("now", 1.0),)).svg == ""


def test_a_line_says_where_it_begins_and_ends() -> None:
    told = sparkline("Open", (("May", 3.0), ("June", 9.0), ("July", 6.5))).svg
    assert "3 at May, 6.5 at July; lowest 3, highest 9" in told
    assert ElementTree.fromstring(told).get("role") == "img"


@pytest.mark.parametrize("name", ['<script>alert("x")</script>', "a\u202eb", 'x" onload="y', "]]>&amp;"])
def test_a_hostile_name_stays_a_name(name: str) -> None:
    for chart in (
        shares(name, (Part(name, 1),)),
        bars(name, (name,), (Point(name, (1,)),)),
        sparkline(name, ((name, 1), (name, 2))),
    ):
        root = ElementTree.fromstring(chart.svg)
        assert {one.tag.removeprefix(_SVG) for one in root.iter()} <= {
            "svg",
            "title",
            "desc",
            "rect",
            "line",
            "polyline",
        }
        assert not any(key.startswith("on") for one in root.iter() for key in one.keys())  # noqa: SIM118
        assert "\u202e" not in chart.svg


def test_hours_without_anything_are_there_too() -> None:
    begin = datetime(2026, 11, 23, 9, 40, tzinfo=UTC)
    points = over_time([(begin, (1,)), (begin + timedelta(minutes=10), (2,)), (begin + timedelta(hours=3), (4,))])
    assert [(one.label, one.values) for one in points] == [
        ("11-23 09:00", (3,)), ("11-23 10:00", (0,)), ("11-23 11:00", (0,)), ("11-23 12:00", (4,)),
    ]  # fmt: skip


def test_long_times_are_told_by_days_and_weeks() -> None:
    begin = datetime(2026, 1, 1, tzinfo=UTC)
    days = over_time([(begin, (1,)), (begin + timedelta(days=10), (1,))])
    assert (days[0].label, len(days)) == ("2026-01-01", 11)
    weeks = over_time([(begin, (1,)), (begin + timedelta(days=300), (1,))])
    assert weeks[0].label == "week of 2025-12-29"
    assert len(over_time([(begin, (1,)), (begin + timedelta(days=36_000), (1,))])) == MOST


def test_dates_are_told_by_days_at_most() -> None:
    assert [one.label for one in over_days([(date(2026, 1, 2), (1,)), (date(2026, 1, 3), (1,))])] == [
        "2026-01-02",
        "2026-01-03",
    ]


def test_thousands_have_a_gap_that_is_seen() -> None:
    assert "12\u202f345 sent" in bars("x", ("sent",), (Point("now", (12_345,)),)).svg
