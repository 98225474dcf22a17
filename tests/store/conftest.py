"""The server that the tests of every store share."""

from collections.abc import Iterator

import pytest

from tests.postgres import Server
from tests.store.stores import SERVER


@pytest.fixture(scope="session", autouse=True)
def _server(postgres: Server) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SERVER, postgres.url(postgres.database()))
        yield
