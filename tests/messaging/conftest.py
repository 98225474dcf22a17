"""Each store in turn, and on it a desk that reaches people."""

import pytest

from reconciler.model.ports import Store
from tests.engine.conftest import _server, opener, store
from tests.engine.desk import Opener
from tests.messaging.desk import Desk

__all__ = ["_server", "desk", "opener", "store"]


@pytest.fixture
def desk(opener: Opener, store: Store) -> Desk:
    return Desk(opener, store)
