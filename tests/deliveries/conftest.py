"""Each store in turn, and on it a desk that sells."""

from tests.deliveries.desk import desk
from tests.engine.conftest import _server, opener, store

__all__ = ["_server", "desk", "opener", "store"]
