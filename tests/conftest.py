"""What every test may ask for."""

from pathlib import Path

import pytest

from reconciler.app import SystemClock
from tests.world import World


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An empty campaigns repository; the machine's clock shows the world's time, also on the command line."""
    made = World(tmp_path / "repository")
    monkeypatch.setattr(SystemClock, "now", lambda _self: made.clock.now())
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    monkeypatch.delenv("MUSTER_ENV", raising=False)
    return made
