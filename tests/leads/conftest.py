"""The server that the tests of every store share, and each store in turn."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.model.ports import Store
from tests.engine.desk import Opener
from tests.postgres import Server
from tests.store.stores import SERVER, STORES


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
