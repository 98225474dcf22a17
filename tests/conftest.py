"""What every test may ask for."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from reconciler.app import SystemClock
from tests.postgres import Server, server
from tests.scratch import into_memory
from tests.world import World

into_memory()
# How long a machine takes over an example is no property of the program.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of this process's own."""
    with server() as running:
        yield running


@pytest.fixture
def database(postgres: Server) -> Iterator[str]:
    """The URL of an empty database."""
    name = postgres.database()
    yield postgres.url(name)
    postgres.drop(name)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """An empty campaigns repository; the machine's clock shows the world's time, also on the command line.

    A test that asks for `any_store` too is run on every store.
    """
    made = World(tmp_path / "repository")
    monkeypatch.setattr(SystemClock, "now", lambda _self: made.clock.now())
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    monkeypatch.delenv("MUSTER_ENV", raising=False)
    return made


@pytest.fixture(params=["sqlite", "postgres"])
def any_store(request: pytest.FixtureRequest, world: World) -> Iterator[str]:
    """The world's store is one after another of those there are; its name."""
    if request.param == "postgres":
        world.server = request.getfixturevalue("postgres")
        world.database = world.server.store()
    yield request.param
    if world.server:
        world.server.drop(world.database)
