"""`muster calendar`: files that calendars take, read here by an independent parser."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import icalendar
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.model.diagnostic import Place
from reconciler.model.ref import Ref
from reconciler.model.timeline import Against, Foresight, Occurrence, Source
from reconciler.views.calendar import render_calendar
from tests.world import START, World

SHARED = """
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {name: friends}
    spec: {timezone: America/New_York}
"""


def burst(world: World, name: str, start: str, end: str) -> None:
    world.write(
        f"{name}.yaml",
        f"""\
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {{name: {name}}}
        state: not_launched
        schedule:
          timezone: Europe/Amsterdam
          entries:
            - {{at: {start}, state: live}}
            - {{at: {end}, state: paused}}
        spec: {{program: friends, goLiveAs: burst}}
        """,
    )


@pytest.fixture
def world(world: World) -> World:
    world.write("shared.yaml", SHARED)
    burst(world, "spring", "2027-03-01T03:00", "2027-03-08T00:30")
    return world


def read(text: str) -> list[icalendar.Event]:
    """The events of a calendar that is what RFC 5545 asks for."""
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", ""), "every line ends with CRLF"
    for line in text.encode().split(b"\r\n"):
        assert len(line) <= 75
        line.decode()  # no character is cut
    parsed = icalendar.Calendar.from_ical(text)
    assert parsed.errors == []
    assert (parsed["VERSION"], "Muster" in parsed["PRODID"]) == ("2.0", True)
    assert parsed.subcomponents, "a calendar without any component is none"
    found = [one for one in parsed.walk("VEVENT") if isinstance(one, icalendar.Event)]
    for one in found:
        assert one.errors == []
        assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION"} <= one.keys()
    uids = [str(one["UID"]) for one in found]
    assert len(set(uids)) == len(uids)
    return found


def printed(world: World, *more: str) -> list[icalendar.Event]:
    code, out, err = world.cli("calendar", "--ics", "-", *more)
    assert (code, err) == (0, "")
    return read(out)


def test_an_event_for_each_thing_that_will_happen(world: World) -> None:
    events = printed(world, "--horizon", "90d")
    assert [(one["SUMMARY"], one.decoded("DTSTART")) for one in events] == [
        ("ReferralCampaign/spring: not_launched → live", datetime(2027, 3, 1, 2, tzinfo=UTC)),
        ("ReferralCampaign/spring: live → paused", datetime(2027, 3, 7, 23, 30, tzinfo=UTC)),
    ]
    first = events[0]
    assert first.decoded("DTEND") - first.decoded("DTSTART") == timedelta(minutes=15)
    assert first.decoded("DTSTAMP") == START
    assert first["CATEGORIES"].cats == ["ReferralCampaign"]
    assert (first["STATUS"], first["TRANSP"]) == ("CONFIRMED", "TRANSPARENT")
    told = first["DESCRIPTION"].splitlines()
    assert told[0] == "Cause: schedule, campaigns.d/spring.yaml:8:7"
    assert "Effects: offer-to-everyone" in told


def test_a_conflict_says_so_and_the_exit_code_is_0(world: World) -> None:
    burst(world, "summer", "2027-03-07T23:00", "2027-03-15T00:00")
    conflict = next(one for one in printed(world) if "CONFLICT" in one["SUMMARY"])
    assert conflict["SUMMARY"] == "CONFLICT (illegal) ReferralCampaign/summer: not_launched → live"
    assert conflict["STATUS"] == "TENTATIVE"
    for place in ("campaigns.d/summer.yaml:8:7", "campaigns.d/spring.yaml:8:7", "two bursts of one program"):
        assert place in conflict["DESCRIPTION"]


def test_what_does_nothing_is_no_event(world: World) -> None:
    world.write(
        "idle.yaml",
        """\
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {name: idle}
        state: live
        schedule: {timezone: UTC, entries: [{at: 2027-02-01T00:00, state: live}]}
        spec: {program: other}
        ---
        apiVersion: muster/v1
        kind: ReferralProgram
        metadata: {name: other}
        spec: {timezone: UTC}
        """,
    )
    assert printed(world, "ReferralCampaign/idle") == []


def test_an_empty_calendar_is_valid_all_the_same(world: World) -> None:
    assert printed(world, "--horizon", "0d") == []


def test_an_event_keeps_its_identity_when_its_file_is_edited(world: World) -> None:
    before = {one["UID"]: one["SUMMARY"] for one in printed(world, "--horizon", "90d")}
    file = world.manifests / "spring.yaml"
    file.write_text("# a comment that moves every line\n" + file.read_text("utf-8"), encoding="utf-8")
    world.clock.advance(days=1)
    burst(world, "summer", "2027-03-07T23:00", "2027-03-15T00:00")
    after = {one["UID"]: one["SUMMARY"] for one in printed(world, "--horizon", "90d")}
    assert before.items() <= after.items()


def test_an_event_at_another_time_is_another_event(world: World) -> None:
    before = {one["UID"] for one in printed(world, "--horizon", "70d")}
    burst(world, "spring", "2027-03-01T04:00", "2027-03-08T00:30")
    after = {one["UID"] for one in printed(world, "--horizon", "70d")}
    assert len(before - after) == 1 == len(after - before)


def test_the_file_is_replaced_whole(world: World, tmp_path: Path) -> None:
    file = tmp_path / "public.ics"
    file.write_text("old", encoding="utf-8")
    file.chmod(0o644)
    code, out, _ = world.cli("calendar", "--ics", str(file))
    assert (code, out) == (0, "")
    assert read(file.read_bytes().decode())
    assert file.stat().st_mode & 0o777 == 0o644, "whoever serves it may still read it"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["public.ics", "repository"]


def test_invalid_manifests_leave_the_file_as_it_is(world: World) -> None:
    world.cli("calendar", "--ics", "all.ics")
    before = (world.root / "all.ics").read_bytes()
    world.write("bad.yaml", "apiVersion: muster/v1\nkind: ReferralCampain\nmetadata: {name: x}\nspec: {}\n")
    assert world.cli("calendar", "--ics", "all.ics").code == 3
    assert (world.root / "all.ics").read_bytes() == before


def test_it_needs_a_place_to_write_to(world: World) -> None:
    assert world.cli("calendar").code == 64


# The format itself, with everything in it that is odd.


def occurrence(message: str, verdict: Foresight = Foresight.CONDITIONAL, effects: tuple[str, ...] = ()) -> Occurrence:
    return Occurrence(
        at=START + timedelta(days=1, microseconds=7),
        ref=Ref("EmailCampaign", "spring", 2),
        event="unschedule,edit,schedule",
        origin="scheduled",
        target="running",
        source=Source.SCHEDULE,
        verdict=verdict,
        entry=0,
        message=message,
        effects=effects,
        place=Place("campaigns.d/größe; a,b.yaml", 3, 7),
        against=(Against(Ref("EmailCampaign", "other")),),
    )


def test_what_has_a_meaning_in_the_format_is_escaped() -> None:
    said = 'a; b, c\\n \\, "d" é 漢字 👩‍👩‍👧 BEGIN:VEVENT'
    (event,) = read(render_calendar(START, [occurrence(said)]))
    assert event["DESCRIPTION"].splitlines()[0] == f"Conditional: {said}"
    assert "campaigns.d/größe; a,b.yaml:3:7" in event["DESCRIPTION"]
    assert "Steps: unschedule, edit, schedule" in event["DESCRIPTION"]
    assert event["STATUS"] == "TENTATIVE"
    assert event["SUMMARY"] == "EmailCampaign/spring@2: scheduled → running"


def test_control_characters_cannot_end_a_line() -> None:
    text = render_calendar(START, [occurrence("a\r\nEND:VCALENDAR\x00\x1b[31m\x85b")])
    assert not re.search(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)
    assert len(read(text)) == 1


def test_two_of_one_resource_cause_and_instant_are_two_events() -> None:
    both = [occurrence("one", Foresight.RACE), occurrence("two", Foresight.RACE)]
    assert len(read(render_calendar(START, both))) == 2


@given(st.text(max_size=400), st.lists(st.text(max_size=30), max_size=4))
def test_whatever_is_said_the_calendar_is_valid(message: str, effects: list[str]) -> None:
    (event,) = read(render_calendar(START, [occurrence(message, Foresight.ILLEGAL, tuple(effects))]))
    assert event["SUMMARY"].startswith("CONFLICT (illegal) EmailCampaign/spring@2")
    assert "campaigns.d/größe; a,b.yaml:3:7" in event["DESCRIPTION"]
