"""Each store in turn, and on it a project that contacts accounts."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.email.mailroom import Mailroom
from tests.world import World


@pytest.fixture(params=["sqlite", "postgres"])
def room(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailroom]:
    """A project, on every store, by the machine's clock."""
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    for name in ("MUSTER_STORE", "MUSTER_ENV"):
        monkeypatch.delenv(name, raising=False)
    world = World(tmp_path / "office", server, server.database() if server else "")
    yield Mailroom(world)
    if server:
        server.drop(world.database)
