"""Each store in turn, and on it a yard that sells leads."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.email.mailroom import Mailroom
from tests.engine.conftest import _server, opener, store
from tests.leads.yard import Yard
from tests.world import World

__all__ = ["_server", "opener", "store", "yard"]


@pytest.fixture(params=["sqlite", "postgres"])
def yard(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    """A project that sells leads, on every store."""
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    for name in ("MUSTER_STORE", "MUSTER_ENV"):
        monkeypatch.delenv(name, raising=False)
    world = World(tmp_path / "yard", server, server.store() if server else "")
    yield Yard(Mailroom(world))
    if server:
        server.drop(world.database)
