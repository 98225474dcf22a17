"""What people see of running work, of whatever kind: in lists, in portraits, and while it goes on."""

import json
import os
import pty
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from reconciler.app import SystemClock
from reconciler.commands import following
from reconciler.model.progress import Progress
from reconciler.views.style import Style
from reconciler.views.work_text import progress_lines
from tests.engine.fair import Fair, fair, until
from tests.engine.tally import Broken, Tallying
from tests.postgres import Server
from tests.stories.story import ROOT


@pytest.fixture(params=["sqlite", "postgres"])
def stall(request: pytest.FixtureRequest, tmp_path: Path, postgres: Server) -> Iterator[Fair]:
    found = fair(tmp_path / "fair", postgres if request.param == "postgres" else None)
    yield found
    found.world.remove()


def test_a_list_shows_how_far_each_campaign_is(stall: Fair) -> None:
    """E-48, E-49: total, sent so far and percentage; nothing of campaigns without work."""
    stall.ask("draft")
    assert "PROGRESS" not in stall.world.cli("get").out
    stall.ask("running", 200, lanes=2)
    assert "0/200 0 %  0/min" in stall.world.cli("get", "Tally").out
    stall.engine().run(until_idle=True)
    assert "200/200 100 %" in stall.world.cli("get").out
    (found,) = json.loads(stall.world.cli("get", "--format", "json").out)
    assert found["work"] == {
        "phase": "open",
        "total": 200,
        "sent": 200,
        "left": 0,
        "percent": 100.0,
        "rate": found["work"]["rate"],
    }
    assert found["work"]["rate"] > 0


def test_a_portrait_shows_its_work(stall: Fair) -> None:
    """E-48, E-49, E-51."""
    stall.ask("running", 30, lanes=2)
    stall.engine().run(until_idle=True)
    out = stall.world.cli("describe", "Tally/fair").out
    assert "Work:      30 of 30 units sent  ████████████████████████ 100 %" in out
    assert "Through:   shelf0  15 sent, 0 left  (1 lane)\n           shelf1  15 sent, 0 left  (1 lane)\n" in out
    assert "Heard" not in out
    work = json.loads(stall.world.cli("describe", "Tally/fair", "--format", "json").out)["work"]
    assert (work["total"], work["sent"], work["left"], work["percent"]) == (30, 30, 0, 100.0)
    assert [(one["via"], one["sent"]) for one in work["connections"]] == [("shelf0", 15), ("shelf1", 15)]


def test_a_campaign_without_work_is_through_from_the_start(stall: Fair) -> None:
    """AMB-E4, E-49: nothing of nothing is all of it."""
    stall.ask("running", 0)
    assert "0/0 100 %" in stall.world.cli("get").out


def test_a_resting_lane_tells_why_and_when_it_is_tried_again(stall: Fair) -> None:
    stall.make = lambda store, file: Broken(store, SystemClock(), file)
    stall.ask("running", 30)
    with stall.running():
        until(lambda: stall.view().lanes[0].trouble is not None, "the lane to rest")
    out = stall.world.cli("describe", "Tally/fair").out
    assert "Resting:   lane 0 through shelf0 for 0s, tried again in " in out
    assert "s: the shelf cannot be reached\n" in out
    work = json.loads(stall.world.cli("describe", "Tally/fair", "--format", "json").out)["work"]
    (resting,) = work["resting"]
    assert (resting["via"], resting["message"], resting["left"]) == ("shelf0", "the shelf cannot be reached", 30)
    assert work["lanes"]["resting"] == 1


def test_lanes_that_nobody_takes_up_are_stuck(stall: Fair) -> None:
    stall.ask("running", 30)
    job = stall.view()
    assert job.opened_at is not None
    fresh, later = Progress(job, job.opened_at), Progress(job, job.opened_at + timedelta(minutes=5))
    assert not fresh.stuck
    lines = list(progress_lines(later, Style(False)))
    assert "Rate:      0 a minute; the longest waiting lane has waited 5m" in lines
    assert "Stuck:     lane 0 through shelf0 has waited for a worker, with 30 left; is one running?" in lines


def test_watching_ends_with_the_work(stall: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    """E-16, E-46: without a terminal, lines."""
    monkeypatch.setattr(following.followed, "__defaults__", (0.01,))
    stall.make = lambda store, file: Tallying(store, SystemClock(), file, takes=0.002)
    stall.ask("running", 300, lanes=2)
    with stall.running():
        code, out, err = stall.world.cli("describe", "Tally/fair", "--watch")
    lines = out.splitlines()
    assert (code, err) == (0, "")
    assert lines[0].startswith("running  ")
    assert any(line.startswith("running") for line in lines[1:-1])
    assert lines[-2:] == ["completed  300/300 100 %", "Tally/fair@1 completed: 300/300 100 %"]


def test_watching_in_json(stall: Fair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(following.followed, "__defaults__", (0.01,))
    stall.ask("running", 100)
    with stall.running():
        code, out, _ = stall.world.cli("describe", "Tally/fair", "--watch", "--format", "json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [one["over"] for one in lines[-2:]] == [False, True]
    sent = [one["work"]["sent"] for one in lines]
    assert sent == sorted(sent)
    assert sent[-1] == 100


def test_watching_a_campaign_that_is_given_up_says_so(stall: Fair) -> None:
    """E-35: what was done is told."""
    stall.ask("running", 50)
    stall.ask("cancelled", 50)
    code, out, _ = stall.world.cli("describe", "Tally/fair", "--watch")
    assert (code, out.splitlines()[-1]) == (8, "Tally/fair@1 cancelled: 0/50 0 %, 50 cancelled")


def test_a_list_is_shown_again_when_it_has_changed(capsys: pytest.CaptureFixture[str]) -> None:
    shown = iter(["one\n", "one\n", "two\n"])

    with pytest.raises(StopIteration):
        following.shown_again(lambda: next(shown), every=0)
    assert capsys.readouterr().out == "one\ntwo\n"


def test_on_a_terminal_there_is_a_bar(stall: Fair) -> None:
    """E-16, E-46: a live bar, on stderr; the end on stdout."""
    stall.ask("running", 40)
    stall.engine().run(until_idle=True)
    ours, theirs = pty.openpty()
    store = ("--store", stall.world.url) if stall.world.url else ()
    words = (
        sys.executable,
        str(ROOT / "cli.py"),
        "-C",
        str(stall.world.root),
        *store,
        "describe",
        "Tally/fair",
        "--watch",
    )
    environment = {**os.environ, "TERM": "xterm", "COLUMNS": "100"}
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=theirs, env=environment, timeout=120, check=False)
    os.close(theirs)
    drawn = os.read(ours, 100_000).decode()
    os.close(ours)
    assert done.returncode == 0, drawn
    assert done.stdout.decode() == "Tally/fair@1 completed: 40/40 100 %\n"
    assert "completed" in drawn
    assert "━━━" in drawn
    assert "40/40" in drawn
