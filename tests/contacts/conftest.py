"""Each store in turn, and on it a project that contacts accounts."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from reconciler.app import SystemClock
from reconciler.store.postgres import PostgresStore
from tests.contacts.agency import Agency, agency, at
from tests.email.mailroom import Mailroom
from tests.world import World


@pytest.fixture(params=["sqlite", "postgres"])
def room(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailroom]:
    """A project, on every store, by the machine's clock."""
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    for name in ("MUSTER_STORE", "MUSTER_ENV"):
        monkeypatch.delenv(name, raising=False)
    world = World(tmp_path / "office", server, server.store() if server else "")
    yield Mailroom(world)
    if server:
        server.drop(world.database)


@pytest.fixture
def office(room: Mailroom, monkeypatch: pytest.MonkeyPatch) -> Iterator[Agency]:
    """A project on a Monday at noon, UTC: by a clock that stands still, the database server's too."""
    clock = at("2027-03-01T12:00:00Z")
    monkeypatch.setattr(PostgresStore, "time", lambda _self, machine: machine)
    monkeypatch.setattr(SystemClock, "now", lambda _self: clock.now())
    with agency(replace(room, clock=clock)) as found:
        yield found
