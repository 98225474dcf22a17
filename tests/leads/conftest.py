"""The server that the tests of every store share, and each store in turn."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.model.ports import Store
from tests.email.mailroom import Mailroom
from tests.engine.desk import Opener
from tests.leads.yard import Yard
from tests.postgres import Server
from tests.store.stores import SERVER, STORES
from tests.world import World


@pytest.fixture(scope="session", autouse=True)
def _server(postgres: Server) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SERVER, postgres.url(postgres.database()))
        yield


@pytest.fixture(params=sorted(STORES))
def opener(request: pytest.FixtureRequest, tmp_path: Path) -> Opener:
    """Opens the store of this test, of each sort, once more."""
    return Opener(request.param, tmp_path)


@pytest.fixture
def store(opener: Opener) -> Iterator[Store]:
    with closing(opener()) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgres"])
def yard(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Yard]:
    """A project that sells leads, on every store."""
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    for name in ("MUSTER_STORE", "MUSTER_ENV"):
        monkeypatch.delenv(name, raising=False)
    world = World(tmp_path / "yard", server, server.database() if server else "")
    yield Yard(Mailroom(world))
    if server:
        server.drop(world.database)
