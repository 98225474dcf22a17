"""A mailroom on each store."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.email.mailroom import Mailroom
from tests.postgres import Server
from tests.world import World


@pytest.fixture(params=["sqlite", "postgres"])
def room(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailroom]:
    """An empty one, with a template, on every store."""
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    with _room(tmp_path, monkeypatch, server) as made:
        yield made


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailroom]:
    """An empty one, with a template, where the store does not matter."""
    with _room(tmp_path, monkeypatch, None) as made:
        yield made


@contextmanager
def _room(root: Path, patch: pytest.MonkeyPatch, server: Server | None) -> Iterator[Mailroom]:
    patch.setenv("MUSTER_ACTOR", "tester")
    for name in ("MUSTER_STORE", "MUSTER_ENV"):
        patch.delenv(name, raising=False)
    made = Mailroom(World(root / "mailroom", server, server.store() if server else ""))
    made.template()
    yield made
    if server:
        server.drop(made.world.database)
