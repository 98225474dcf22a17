"""The picture of a timeline: valid XML that says all of it, and marks that stand where their times are."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from reconciler.model.axis import Axis, Band, Lane, Tone
from reconciler.model.diagnostic import Place
from reconciler.model.event import Event
from reconciler.model.instant import to_text
from reconciler.model.ref import Ref
from reconciler.model.timeline import Against, Foresight, Occurrence, Source
from reconciler.views.timeline_svg import MOST_LANES, render_svg
from reconciler.views.timeline_ticks import MOST, ticks
from tests.world import START, World

SVG = "{http://www.w3.org/2000/svg}"
SINCE, UNTIL = START - timedelta(days=90), START + timedelta(days=365)
NASTY = "a <script>alert(\"x\")</script> & 'b' \x00\x1b[31m ]]> é"


def occurrence(name: str, days: float, verdict: Foresight, message: str = "") -> Occurrence:
    return Occurrence(
        at=START + timedelta(days=days),
        ref=Ref("ReferralCampaign", name),
        event="launch",
        origin="not_launched",
        target="live",
        source=Source.SCHEDULE,
        verdict=verdict,
        entry=0,
        message=message,
        effects=("offer-to-everyone",),
        place=Place("campaigns.d/a.yaml", 8, 7),
        against=(Against(Ref("ReferralCampaign", "other"), 1, Place("campaigns.d/b.yaml", 9, 7)),),
    )


def event(name: str, days: float, **body: object) -> Event:
    ref = Ref("ReferralCampaign", name)
    at = to_text(START + timedelta(days=days))
    return Event(1, ref, 1, {"ref": str(ref), "op": "transition", "at": at, "actor": "user:dana", **body}, "", "")


def lane(name: str, occurrences: Sequence[Occurrence] = (), events: Sequence[Event] = ()) -> Lane:
    switch = occurrences[0].at if occurrences else UNTIL
    bands = [Band("not_launched", Tone.INITIAL, SINCE, START), Band("not_launched", Tone.INITIAL, START, switch, True)]
    if occurrences:
        bands.append(Band("live", Tone.OUTWARD, switch, UNTIL, True, True))
    return Lane(Ref("ReferralCampaign", name), tuple(bands), tuple(events), tuple(occurrences), "Europe/Amsterdam")


def axis(*lanes: Lane) -> Axis:
    future = tuple(one for lane in lanes for one in lane.occurrences)
    past = tuple(event for lane in lanes for event in lane.events)
    return Axis(START, SINCE, UNTIL, past, future, lanes, {})


def drawn(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)


def groups(root: ElementTree.Element, name: str) -> list[ElementTree.Element]:
    """The groups of this class within lanes: the legend left out."""
    found = (one for lane in root.iter(f"{SVG}g") if lane.get("class") == "lane" for one in lane.iter(f"{SVG}g"))
    return [one for one in found if name in (one.get("class") or "").split()]


def title(element: ElementTree.Element) -> str:
    found = element.find(f"{SVG}title")
    assert found is not None and found.text
    return found.text


def number(element: ElementTree.Element, name: str) -> float:
    value = element.get(name)
    assert value is not None
    return float(value)


def x_of(element: ElementTree.Element) -> float:
    found = re.match(r"translate\(([-\d.]+) ", element.get("transform") or "")
    assert found
    return float(found[1])


def now_x(root: ElementTree.Element) -> float:
    line = root.find(f"{SVG}g[@class='now']/{SVG}line")
    assert line is not None and line.get("x1") == line.get("x2")
    return number(line, "x1")


@pytest.mark.parametrize("verdict", list(Foresight))
def test_every_verdict_is_a_mark_that_tells_the_rest(verdict: Foresight) -> None:
    root = drawn(render_svg(axis(lane("a", [occurrence("a", 40, verdict, "because")]))))
    (mark,) = groups(root, "mark")
    assert verdict in (mark.get("class") or "")
    told = title(mark)
    assert "2027-02-13 09:00Z (10:00 Europe/Amsterdam) ReferralCampaign/a@1: not_launched → live" in told
    assert f"{verdict}: because" in told and "campaigns.d/a.yaml:8:7" in told
    assert ("campaigns.d/b.yaml:9:7" in told) == verdict.refuses
    legend = [one.text for one in root.iter(f"{SVG}text")]
    assert str(verdict) in legend


def test_all_of_it_is_told_in_the_zone_that_it_names() -> None:
    """A mark stands where it stood; an hour is not said twice where the resource's zone is the picture's."""
    seen = axis(lane("a", [occurrence("a", 182.5, Foresight.LEGAL)], [event("a", -45, to="not_launched")]))
    here, there = (drawn(render_svg(seen, zone=zone)) for zone in ("UTC", "Europe/Amsterdam"))
    assert [x_of(one) for one in groups(here, "mark")] == [x_of(one) for one in groups(there, "mark")]
    assert title(groups(there, "mark")[0]).startswith("2027-07-05 23:00 ReferralCampaign/a@1: ")
    assert title(groups(there, "past")[0]).startswith("2026-11-20 10:00 ReferralCampaign/a@1, ")
    words = [one.text or "" for one in there.iter(f"{SVG}text")]
    assert "2026-10-06 to 2028-01-04, in Europe/Amsterdam" in words and "now 2027-01-04 10:00" in words
    assert not re.search(r"\d\dZ", ElementTree.tostring(there, "unicode"))


def test_ticks_stand_at_midnight_of_the_zone() -> None:
    there = ZoneInfo("Europe/Amsterdam")
    found = ticks(datetime(2027, 3, 25, 12, tzinfo=there), datetime(2027, 4, 2, 12, tzinfo=there))
    assert [(at.astimezone(UTC).hour, label) for at, label in found][:4] == [
        (23, "26 Mar"), (23, "27 Mar"), (23, "28 Mar"), (22, "29 Mar"),
    ]  # fmt: skip


def test_marks_bands_and_now_stand_where_their_times_are() -> None:
    one = occurrence("a", 182.5, Foresight.LEGAL)
    root = drawn(render_svg(axis(lane("a", [one], [event("a", -45, to="not_launched")]))))
    bands = [band.find(f"{SVG}rect") for band in groups(root, "band")]
    edges = [(number(b, "x"), number(b, "x") + number(b, "width")) for b in bands if b is not None]
    now = now_x(root)
    assert edges[0][1] == pytest.approx(now, abs=0.2), "the past ends where the future begins"
    assert edges[1][0] == pytest.approx(now, abs=0.2)
    assert [one for _, one in edges[:-1]] == pytest.approx([start for start, _ in edges[1:]], abs=0.2)
    left, right = edges[0][0], edges[-1][1]
    (mark,) = groups(root, "mark")
    assert (x_of(mark) - now) / (right - now) == pytest.approx(0.5, abs=0.002)
    assert (now - left) / (right - left) == pytest.approx(90 / 455, abs=0.002)
    (logged,) = groups(root, "past")
    assert (x_of(logged) - left) / (now - left) == pytest.approx(0.5, abs=0.002)


def test_past_is_solid_and_future_is_hatched() -> None:
    past, ahead, doubtful = groups(
        drawn(render_svg(axis(lane("a", [occurrence("a", 40, Foresight.CONDITIONAL)])))), "band"
    )
    assert "ahead" not in (past.get("class") or "") and len(past.findall(f"{SVG}rect")) == 1
    assert ahead.find(f"{SVG}rect[@class='hatch']") is not None
    assert "doubtful" in (doubtful.get("class") or "")
    assert [title(one).split(", ")[0] for one in (past, ahead, doubtful)] == [
        "ReferralCampaign/a@1: not_launched",
        "ReferralCampaign/a@1: not_launched (foreseen)",
        "ReferralCampaign/a@1: live (perhaps)",
    ]


def test_what_comes_at_one_instant_lies_side_by_side_the_gravest_at_its_place() -> None:
    pair = [occurrence("a", 40, Foresight.ILLEGAL), occurrence("a", 40, Foresight.RACE)]
    root = drawn(render_svg(axis(lane("a", pair))))
    places = {(one.get("class") or "").split()[1]: x_of(one) for one in groups(root, "mark")}
    assert places["illegal"] - places["race"] > 10


def test_text_is_escaped_and_nothing_runs() -> None:
    nasty = lane("a", [occurrence("a", 40, Foresight.ILLEGAL, NASTY)], [event("a", -3, to="live", reason=NASTY)])
    text = render_svg(axis(nasty))
    root = drawn(text)
    assert not {one.tag for one in root.iter()} & {f"{SVG}script", f"{SVG}foreignObject", f"{SVG}image"}
    assert not re.search(r"\son\w+=|href|javascript:|[\x00-\x08\x0b-\x1f]", text)
    (mark,) = groups(root, "mark")
    assert "<script>alert(\"x\")</script> & 'b'" in title(mark)


def test_it_stands_by_itself_light_and_dark_and_can_be_read_aloud() -> None:
    text = render_svg(axis(lane("a", [occurrence("a", 40, Foresight.ILLEGAL)])))
    root = drawn(text)
    assert "prefers-color-scheme: dark" in text and "url(http" not in text
    assert root.get("role") == "img"
    described = root.find(f"{SVG}desc")
    assert described is not None and "1 of it illegal or a race" in (described.text or "")


def test_many_lanes_are_counted_and_conflicts_are_not_among_the_left_out() -> None:
    idle = [lane(f"c-{one:03}") for one in range(MOST_LANES + 50)]
    late = lane("zz", [occurrence("zz", 40, Foresight.ILLEGAL)])
    text = render_svg(axis(*idle, late))
    root = drawn(text)
    lanes = [one for one in root.iter(f"{SVG}g") if one.get("class") == "lane"]
    assert len(lanes) == MOST_LANES
    assert [title(one) for one in lanes] == sorted(title(one) for one in lanes)
    assert title(lanes[-1]) == "ReferralCampaign/zz@1"
    assert "… and 51 more resources" in text
    everything = drawn(render_svg(axis(*idle, late), 0))
    assert sum(one.get("class") == "lane" for one in everything.iter(f"{SVG}g")) == MOST_LANES + 51


def test_nothing_is_a_picture_too() -> None:
    assert "Nothing happened, and nothing is to come." in render_svg(axis())


def test_no_span_at_all_is_drawn_at_its_left_end() -> None:
    drawn(render_svg(Axis(START, START, START, (), (), (), {})))


# Ticks.


@pytest.mark.parametrize(
    ("days", "labels"),
    [
        (5, ["5 Jan", "6 Jan", "7 Jan", "8 Jan", "9 Jan"]),
        (30, ["11 Jan", "18 Jan", "25 Jan", "1 Feb"]),
        (150, ["Feb", "Mar", "Apr", "May", "Jun"]),
        (900, ["Apr", "Jul", "Oct", "2028", "Apr", "Jul", "Oct", "2029", "Apr"]),
        (3650, [str(year) for year in range(2028, 2038)]),
    ],
)
def test_ticks_are_as_fine_as_can_be_read(days: int, labels: list[str]) -> None:
    found = ticks(START, START + timedelta(days=days))
    assert [label for _, label in found] == labels


@pytest.mark.parametrize("days", [0, 1, 16, 17, 100, 113, 480, 500, 1500, 4000])
def test_ticks_are_few_in_order_and_at_midnight(days: int) -> None:
    found = ticks(START, START + timedelta(days=days))
    assert len(found) <= MOST
    assert [at for at, _ in found] == sorted({at for at, _ in found})
    assert all(START < at < START + timedelta(days=days) and (at.hour, at.minute) == (0, 0) for at, _ in found)


def test_an_axis_of_a_century_has_a_tick_a_year() -> None:
    assert len(ticks(datetime(2000, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))) == 99


# From a repository.


def test_the_picture_of_a_repository_has_a_lane_for_each_campaign(world: World) -> None:
    world.write(
        "spring.yaml",
        """\
        apiVersion: muster/v1
        kind: ReferralProgram
        metadata: {name: friends}
        spec: {timezone: UTC}
        ---
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {name: spring}
        state: not_launched
        schedule: {timezone: UTC, entries: [{at: 2027-02-01T00:00, state: live}, {at: 2027-03-01T00:00, state: paused}]}
        spec: {program: friends}
        """,
    )
    world.cli("apply", "--yes")
    world.clock.advance(days=30)
    world.cli("apply", "--yes")
    code, text, _ = world.cli("timeline", "--format", "svg")
    assert code == 0
    bands = [title(one) for one in groups(drawn(text), "band")]
    assert bands == [
        "ReferralCampaign/spring@1: not_launched, 2027-01-04 09:00Z to 2027-02-03 09:00Z",
        "ReferralCampaign/spring@1: live (foreseen), 2027-02-03 09:00Z to 2027-03-01 00:00Z",
        "ReferralCampaign/spring@1: paused (foreseen), 2027-03-01 00:00Z to 2028-02-03 09:00Z",
    ]
    assert "1 resource to which nothing happens is not drawn." in text
    assert "ReferralProgram/friends@1" in world.cli("timeline", "ReferralProgram", "--format", "svg").out
