"""`make demo` leaves a project open that goes on by itself, the next one takes its place, and `make stop` ends it."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from tests.daemons import until
from tests.dashboard.browsing import browsing
from tests.dashboard.tied import ROOT, said, tied
from tests.world import World

PATIENCE = 300.0
LIFE = 120_000
"""Milliseconds in which something happens by itself: a lead comes in every half minute."""


def _make(verb: str, directory: Path) -> str:
    """What it prints. It ends although what it has started goes on: its pipe is closed."""
    command = (sys.executable, "-m", "tests.dashboard.showing", verb, str(directory))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def _runs(directory: Path) -> list[str]:
    """The processes over this directory."""
    shown = subprocess.run(("ps", "-ww", "-e", "-o", "command="), capture_output=True, text=True, check=True)
    return [one for one in shown.stdout.splitlines() if f" {directory} " in one]


def test_the_demo_lives_until_it_is_stopped(tmp_path: Path) -> None:
    """A page that is open changes, unasked: a lead came in by HTTP, and was sold by a worker."""
    directory = tmp_path / "show"
    shown = _make("start", directory)
    found = re.search(r"Look: +(http://127\.0\.0\.1:\d+)/enter\?token=\S+", shown)
    assert found and "make stop" in shown
    try:
        with browsing() as chromium:
            page = chromium.new_page()
            page.goto(found[0].split()[1])
            assert page.get_by_role("link", name="newsletter-2026-11", exact=True).count()
            page.goto(f"{found[1]}/resources/LeadCampaign/solar-quotes@1")
            before = page.evaluate("window.before = document.querySelector('main').innerText")
            expect(page.locator("main")).not_to_have_text(before, use_inner_text=True, timeout=LIFE)
            assert page.evaluate("window.before") == before, "it was loaded anew"
            assert "Live" in page.locator("#live-sign").inner_text()
        assert len(_runs(directory)) == 3
    finally:
        _make("stop", directory)
    with pytest.raises(URLError) as met:
        urlopen(found[1])
    assert isinstance(met.value.reason, ConnectionRefusedError), "it still answers"
    assert not _runs(directory)
    assert _make("stop", directory) == "", "there is nothing to end"


def test_what_runs_is_ended_before_its_files_are_removed(tmp_path: Path) -> None:
    """Without its number `make stop` would not find it."""
    directory = tmp_path / ".muster" / "show"
    directory.mkdir(parents=True)
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    life = subprocess.Popen(
        (sys.executable, "-c", "import sys; sys.stdin.read()", "tests.dashboard.living", str(directory), "0"),
        stdin=subprocess.PIPE,
    )
    try:
        directory.with_name("show.pid").write_text(str(life.pid), encoding="ascii")
        command = ("make", "-f", str(ROOT / "Makefile"), "clean", f"BIN={Path(sys.executable).parent}")
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert life.poll() == -signal.SIGTERM
        assert not directory.parent.exists()
    finally:
        life.kill()
        life.communicate()


def test_what_was_started_ends_with_who_started_it(world: World, tmp_path: Path) -> None:
    """However that ended: the kernel closes the pipes of whoever is killed."""
    log = tmp_path / "watch.log"
    with tied(world.root, "watch", "--log-format", "json", log=log, env={}) as process:
        until(lambda: said(log, "watching"), "watching")
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
        assert said(log, "stopped"), "it ended what was under way first"
