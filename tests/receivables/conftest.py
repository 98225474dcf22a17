"""Each store in turn, and on it a creditor whose campaigns run; texts and mails go to servers of this machine."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.store.postgres import PostgresStore
from tests.engine.conftest import _server, opener, store
from tests.hooks.servers import Request, serving
from tests.receivables.office import Office
from tests.smtp_counter import smtp_counter
from tests.world import World

__all__ = ["_server", "office", "opener", "store"]


@pytest.fixture(params=["sqlite", "postgres"])
def office(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """A creditor, on every store, at the world's time: a server's own clock does not jump from day to day."""
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    monkeypatch.setattr(PostgresStore, "time", lambda _self, machine: machine)
    for name in ("MUSTER_STORE", "MUSTER_ENV"):
        monkeypatch.delenv(name, raising=False)
    world = World(tmp_path / "office", server, server.store() if server else "")
    with smtp_counter() as mail, serving(_taken) as agent:
        made = Office(world, mail.port, agent.url)
        made.mails, made.calls = mail, agent
        yield made
    if server:
        server.drop(world.database)


def _taken(found: Request) -> None:
    found.answer(200, b"{}")
