"""`muster timeline` at its door: past from the log, future from a plan, now between them."""

import json
import re
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

import pytest

from reconciler.commands.options import NINETY_DAYS
from reconciler.model.horizon import ahead, back
from reconciler.model.instant import from_text
from reconciler.model.timeline import DEFAULT_HORIZON
from reconciler.views.timeline_text import MOST_LINES
from tests.world import START, World

PROGRAM = """
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {name: friends}
    spec: {timezone: America/New_York}
"""


def referral(world: World, name: str, *entries: str, state: str = "not_launched", burst: bool = False) -> None:
    """A campaign; each entry is `AT STATE`, the first stands on line 8. Only bursts and `always` share a program."""
    told = "".join(f"\n    - {{at: {at}, state: {to}}}" for at, to in (entry.split() for entry in entries))
    schedule = f"schedule:\n  timezone: Europe/Amsterdam\n  entries:{told}\n" if told else ""
    shared = burst or name == "always"
    spec = f"{{program: {'friends' if shared else name}{', goLiveAs: burst' if burst else ''}}}"
    own = f"---\n{dedent(PROGRAM).replace('friends', name)}"
    world.write(
        f"{name}.yaml",
        f"apiVersion: muster/v1\nkind: ReferralCampaign\nmetadata: {{name: {name}}}\nstate: {state}\n{schedule}"
        f"spec: {spec}\n{'' if shared else own}",
    )


@pytest.fixture
def world(world: World) -> World:
    """A program with one live campaign and a burst that will make it step back, all applied on the first day."""
    world.write("shared.yaml", PROGRAM)
    referral(world, "always", state="live")
    referral(world, "spring", "2027-03-01T03:00 live", "2027-03-08T00:30 paused", burst=True)
    assert world.cli("apply", "--yes").code == 0
    world.clock.advance(days=3)
    return world


def collide(world: World) -> None:
    """A second burst that begins an hour and a half before the first one ends, and two entries at one instant."""
    referral(world, "summer", "2027-03-07T23:00 live", "2027-03-15T00:00 paused", burst=True)
    referral(world, "torn", "2027-05-01T03:00 live", "2027-05-01T03:00 paused")


def lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


# Text.


def test_past_now_and_future_are_on_one_axis_in_the_order_of_time(world: World) -> None:
    code, out, err = world.cli("timeline")
    assert (code, err) == (0, "")
    told = ["Mon 2027-01-04", "now: Thu 2027-01-07 09:00Z", "Mon 2027-03-01", "Sun 2027-03-07"]
    places = [next(number for number, line in enumerate(lines(out)) if word in line) for word in told]
    assert places == sorted(places)
    assert "· ReferralCampaign/always@1  nothing → live  create, launch  user:tester" in out
    assert out.startswith("2026-10-09 to 2028-01-07, in UTC")


def test_a_line_has_the_time_in_utc_and_in_the_zone_of_the_schedule(world: World) -> None:
    out = world.cli("timeline").out
    assert re.search(r"^  02:00  +03:00 Europe/Amsterdam  +✓ ReferralCampaign/spring@1  not_launched → live", out, re.M)
    # Half past midnight on Monday is still Sunday in UTC.
    assert re.search(
        r"^Sun 2027-03-07\n(?:.*\n)*?  23:30  +Mon 00:30 Europe/Amsterdam  +✓ ReferralCampaign/spring@1", out, re.M
    )
    always = next(line for line in lines(out) if "✓ ReferralCampaign/always@1" in line)
    assert "Europe" not in always and "burst of ReferralCampaign/spring@1" in always


def test_a_conflict_is_told_with_both_places_and_does_not_change_the_exit_code(world: World) -> None:
    collide(world)
    code, out, _ = world.cli("timeline")
    assert code == 0
    assert world.cli("plan").code == 4, "which refuses it"
    illegal = lines(out).index(next(line for line in lines(out) if "✗ ReferralCampaign/summer@1" in line))
    block = lines(out)[illegal : illegal + 4]
    assert "illegal [AMB-R7]" in block[0]
    assert "two bursts of one program are live" in block[1]
    assert block[2].strip() == "campaigns.d/summer.yaml:8:7  ReferralCampaign/summer@1, schedule"
    assert block[3].strip() == "campaigns.d/spring.yaml:8:7  ReferralCampaign/spring@1, schedule"
    assert "⚡ ReferralCampaign/torn@1" in out
    assert "campaigns.d/torn.yaml:8:7" in out and "campaigns.d/torn.yaml:9:7" in out


def test_every_verdict_has_its_mark(world: World) -> None:
    collide(world)
    referral(world, "idle", "2027-02-01T00:00 live", state="live")
    referral(world, "never", "2027-02-01T00:00 paused", state="ended")
    out = world.cli("timeline").out
    assert "◌ ReferralCampaign/idle@1  live  schedule" in out
    assert "\N{EN DASH} ReferralCampaign/never@1" in out
    for mark in "✓✗⚡":
        assert mark in out


def test_what_was_missed_is_told(world: World) -> None:
    referral(world, "late", "2027-01-10T00:00 live", "2027-01-11T00:00 paused", "2027-01-12T00:00 live")
    world.cli("apply", "--yes")
    world.clock.set("2027-01-12T06:00:00Z")
    world.cli("apply", "--yes")
    out = world.cli("timeline", "ReferralCampaign/late").out
    assert "! ReferralCampaign/late@1  not_launched  missed live, due 2027-01-09 23:00Z" in out
    assert "! ReferralCampaign/late@1  not_launched  missed paused, due 2027-01-10 23:00Z" in out


def test_names_select_and_a_conflict_shows_on_either_side(world: World) -> None:
    collide(world)
    out = world.cli("timeline", "ReferralCampaign/spring").out
    assert "always@1  " not in out.replace("burst of", "")
    assert "✗ ReferralCampaign/summer@1" in out
    assert world.cli("timeline", "ReferralProgram").out.count("ReferralCampaign") == 0
    code, _, err = world.cli("timeline", "ReferralCampaign/sprong")
    assert (code, "did you mean ReferralCampaign/spring@1?" in err) == (64, True)


def test_a_kind_without_resources_is_a_timeline_without_lines(world: World) -> None:
    code, out, _ = world.cli("timeline", "LeadCampaign")
    assert code == 0
    assert "nothing is logged" in out and "nothing is to come until 2028-01-07" in out


def test_a_renamed_campaign_keeps_its_past(world: World) -> None:
    (world.manifests / "always.yaml").unlink()
    world.write(
        "ever.yaml",
        """\
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {name: ever, movedFrom: always}
        state: live
        spec: {program: friends}
        """,
    )
    planned = world.cli("timeline", "--format", "svg").out
    assert "ReferralCampaign/ever@1: live, 2027-01-04 09:00Z to" in planned, "before it is applied"
    assert world.cli("apply", "--yes").code == 0
    for name in ("always", "ever"):
        past = json.loads(world.cli("timeline", f"ReferralCampaign/{name}", "--format", "json").out)["past"]
        assert [one.get("event") for one in past] == ["create", "launch", "move"] or past[-1]["op"] == "move"
    drawn = world.cli("timeline", "--format", "svg").out
    assert "ReferralCampaign/ever@1: live, 2027-01-04 09:00Z to" in drawn
    assert ">ReferralCampaign/always@1<" not in drawn


def test_colour_only_on_a_terminal(world: World) -> None:
    assert "\x1b" not in world.cli("timeline").out


# How far, and how much.


def test_horizon_and_since_bound_the_axis(world: World) -> None:
    data = json.loads(world.cli("timeline", "--format", "json", "--horizon", "8w", "--since", "2d").out)
    assert (data["since"], data["now"], data["until"]) == (
        "2027-01-05T09:00:00Z", "2027-01-07T09:00:00Z", "2027-03-04T09:00:00Z",
    )  # fmt: skip
    assert data["past"] == []
    assert {one["at"] for one in data["future"]} == {"2027-03-01T02:00:00Z"}


@pytest.mark.parametrize("text", ["1m", "1", "-1d", "1.5y", "11y", "999999y", "", "a year"])
def test_a_horizon_that_is_none_is_a_usage_error(world: World, text: str) -> None:
    for verb in (["timeline"], ["plan"], ["apply", "--yes"], ["calendar", "--ics", "-"]):
        code, out, err = world.cli(*verb, f"--horizon={text}")
        assert (code, out) == (64, ""), verb
        assert err.startswith("error: "), verb


def test_more_than_two_hundred_lines_are_counted_not_shown(world: World) -> None:
    for number in range(160):
        day = 1 + number % 28
        referral(world, f"c-{number:03}", f"2027-02-{day:02}T0{number % 10}:00 live")
    out = world.cli("timeline").out
    told = out.partition("now:")[2]
    assert len([line for line in lines(told) if line.startswith("  ")]) <= MOST_LINES
    assert re.search(r"… and \d+ more until 2028-01-07 \(--limit 0 shows all", told)
    everything = world.cli("timeline", "--limit", "0").out
    assert "more until" not in everything
    assert everything.count("✓ ReferralCampaign/c-") == 160


def test_conflicts_among_what_is_not_shown_are_counted(world: World) -> None:
    collide(world)
    out = world.cli("timeline", "--limit", "4").out
    assert "✗" not in out
    assert "… among them 2 conflicts" in out


def test_very_many_alike_in_the_past_are_told_together(world: World) -> None:
    for number in range(20):
        referral(world, f"c-{number:03}")
    world.cli("apply", "--yes")
    assert "· 20 resources  nothing → not_launched  create  user:tester" in world.cli("timeline").out
    assert world.cli("timeline", "--limit", "0").out.count("· ReferralCampaign/c-") == 20


# Spans of time.


@pytest.mark.parametrize(
    ("text", "until"),
    [
        ("0d", "2027-01-31"),
        ("90d", "2027-05-01"),
        ("1 day", "2027-02-01"),
        ("12w", "2027-04-25"),
        ("1mo", "2027-02-28"),
        ("6 months", "2027-07-31"),
        ("13mo", "2028-02-29"),
        ("1y", "2028-01-31"),
        ("10y", "2037-01-31"),
    ],
)
def test_a_span_is_counted_by_the_calendar(text: str, until: str) -> None:
    now = from_text("2027-01-31T09:00:00+00:00")
    assert f"{now + ahead(text, now):%Y-%m-%d %H:%M}" == f"{until} 09:00"


@pytest.mark.parametrize(("text", "since"), [("90d", "2023-12-01"), ("1mo", "2024-01-29"), ("1y", "2023-02-28")])
def test_looking_back_is_counted_by_the_calendar_too(text: str, since: str) -> None:
    assert f"{back(text, from_text('2024-02-29T09:00:00+00:00')):%Y-%m-%d}" == since


def test_the_default_is_written_as_it_is_meant() -> None:
    assert ahead(NINETY_DAYS, START) == DEFAULT_HORIZON


# JSON and files.


def test_json_is_one_object_with_the_log_and_the_plan(world: World) -> None:
    data = json.loads(world.cli("timeline", "--format", "json", "--horizon", "90d").out)
    assert list(data) == ["now", "since", "until", "past", "future"]
    history = [json.loads(line) for line in world.cli("history", "--format", "json").out.splitlines()]
    assert data["past"] == history
    assert data["future"] == json.loads(world.cli("plan", "--format", "json").out)["timeline"]


def test_out_writes_a_file_whose_name_says_the_format(world: World) -> None:
    assert world.cli("timeline", "--out", "future.svg").out == ""
    assert ElementTree.parse(world.root / "future.svg").getroot().tag.endswith("svg")
    world.cli("timeline", "--out", "future.json")
    assert "past" in json.loads((world.root / "future.json").read_text("utf-8"))
    world.cli("timeline", "--format", "text", "--out", "text.svg")
    assert "now:" in (world.root / "text.svg").read_text("utf-8"), "what is asked for counts"
    assert not [path for path in world.root.iterdir() if path.name.startswith(".f")], "no temporary is left"


def test_a_file_that_cannot_be_written_is_no_bug(world: World, tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    assert world.cli("timeline", "--out", str(tmp_path / "taken")).code in (1, 64)


def test_invalid_manifests_end_it_as_elsewhere(world: World) -> None:
    world.write("bad.yaml", "apiVersion: muster/v1\nkind: ReferralCampain\nmetadata: {name: x}\nspec: {}\n")
    code, out, err = world.cli("timeline")
    assert (code, out) == (3, "") and "bad.yaml:2" in err
    code, out, _ = world.cli("timeline", "--format", "json")
    assert code == 3 and json.loads(out)["diagnostics"]


def test_a_move_that_cannot_be_is_invalid_here_too(world: World) -> None:
    referral(world, "ever", state="live")
    text = (world.manifests / "ever.yaml").read_text("utf-8")
    world.write("ever.yaml", text.replace("{name: ever}\nstate", "{name: ever, movedFrom: always}\nstate"))
    assert world.cli("timeline").code == 3


# The horizon of plan and apply.


def test_plan_looks_ninety_days_ahead_unless_told_otherwise(world: World) -> None:
    referral(world, "torn", "2027-05-01T03:00 live", "2027-05-01T03:00 paused")
    assert json.loads(world.cli("plan", "--format", "json").out)["horizon"] == "P90D"
    assert world.cli("plan").code == 0, "it lies beyond"
    code, out, _ = world.cli("plan", "--horizon", "6mo", "--format", "json")
    assert (code, json.loads(out)["horizon"]) == (4, "P181D")
    code, out, _ = world.cli("plan", "--horizon", "0d", "--format", "json")
    assert (code, json.loads(out)["horizon"], json.loads(out)["timeline"]) == (0, "P0D", [])


def test_the_remembered_plan_is_that_of_the_default_horizon_alone(world: World) -> None:
    for _ in range(2):  # the second may be remembered
        near = json.loads(world.cli("plan", "--format", "json").out)
    far = json.loads(world.cli("plan", "--format", "json", "--horizon", "1mo").out)
    again = json.loads(world.cli("plan", "--format", "json").out)
    assert (near["horizon"], far["horizon"], again["horizon"]) == ("P90D", "P31D", "P90D")
    assert near["timeline"] == again["timeline"] != far["timeline"] == []


def test_apply_refuses_what_its_horizon_shows(world: World) -> None:
    referral(world, "torn", "2027-05-01T03:00 live", "2027-05-01T03:00 paused")
    assert world.cli("apply", "--yes", "--horizon", "1y").code == 4
    assert world.state("ReferralCampaign/torn@1") == ""
    assert world.cli("apply", "--yes", "--horizon", "0d").code == 0
    assert world.state("ReferralCampaign/torn@1") == "not_launched"


# What a plan says of the future.


def test_a_plan_shows_conflicts_in_full_and_counts_them(world: World) -> None:
    collide(world)
    out = world.cli("plan").out
    assert "1 conflict ahead" in lines(out)[-2]
    told = out.partition("✗ 2027-03-07 22:00Z  ReferralCampaign/summer@1  not_launched → live  illegal [AMB-R7]")[2]
    assert "campaigns.d/summer.yaml:8:7" in told and "campaigns.d/spring.yaml:8:7" in told
    comment = world.cli("plan", "--format", "markdown").out
    assert "1 conflict ahead" in comment.splitlines()[0]
    assert "campaigns.d/summer.yaml:8:7" in comment and "campaigns.d/spring.yaml:8:7" in comment
    assert "@1" not in re.sub(r"`[^`]*`", "", comment), "which would mention people"


def test_a_plan_shows_the_next_ten_and_counts_the_rest(world: World) -> None:
    for number in range(12):
        referral(world, f"c-{number:03}", f"2027-02-{number + 1:02}T00:00 live")
    referral(world, "idle", "2027-02-01T00:00 live", state="live")
    for form in ("text", "markdown"):
        out = world.cli("plan", "--format", form).out
        assert "Ahead until 2027-04-07" in out
        assert len(re.findall(r"2027-0\d-\d\d \d\d:\d\dZ +✓", out)) == 10
        assert "and 6 more, 1 shadowed" in out


def test_a_plan_shows_due_timers_first(world: World) -> None:
    referral(world, "over", state="ended")
    world.stored("ReferralCampaign/over", "ended", entered="2026-09-01T00:00:00+00:00")
    out = world.cli("plan").out
    assert lines(out)[0].startswith("⏲ ReferralCampaign/over@1  ended → stopped")
    assert "timer expire, due since 2026-12-01" in lines(out)[1]
    assert "1 to move" in out
    assert "timer expire, due since 2026-12-01" in world.cli("plan", "--format", "markdown").out
