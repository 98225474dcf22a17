"""`make demo` leaves a dashboard open, the next one takes its place, and `make stop` ends it."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

import pytest

from tests.dashboard.staging import ROOT

PATIENCE = 300.0


def _make(verb: str, directory: Path) -> str:
    """What it prints. It ends although what it has started goes on: its pipe is closed."""
    command = (sys.executable, "-m", "tests.dashboard.showing", verb, str(directory))
    env = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_demo_stays_open_until_it_is_stopped(tmp_path: Path) -> None:
    directory = tmp_path / "show"
    said = _make("start", directory)
    found = re.search(r"Look: +(http://127\.0\.0\.1:\d+)/enter\?token=\S+", said)
    assert found and "make stop" in said
    try:
        with build_opener(HTTPCookieProcessor()).open(found[0].split()[1]) as page:
            assert b"newsletter-2026-11" in page.read()
    finally:
        _make("stop", directory)
    with pytest.raises(URLError) as met:
        urlopen(found[1])
    assert isinstance(met.value.reason, ConnectionRefusedError), "it still answers"
    assert _make("stop", directory) == "", "there is nothing to end"
