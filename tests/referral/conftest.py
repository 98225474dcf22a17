"""A bureau on each store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.referral.bureau import Bureau
from tests.world import World


@pytest.fixture(params=["sqlite", "postgres"])
def bureau(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bureau]:
    """A program without campaigns, on every store."""
    _unset(monkeypatch)
    server = request.getfixturevalue("postgres") if request.param == "postgres" else None
    made = Bureau(World(tmp_path / "bureau", server, server.store() if server else ""))
    yield made
    if server:
        server.drop(made.world.database)


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bureau:
    """A program without campaigns, where the store does not matter."""
    _unset(monkeypatch)
    return Bureau(World(tmp_path / "bureau"))


def _unset(patch: pytest.MonkeyPatch) -> None:
    patch.setenv("MUSTER_ACTOR", "tester")
    for name in ("MUSTER_STORE", "MUSTER_ENV"):
        patch.delenv(name, raising=False)
