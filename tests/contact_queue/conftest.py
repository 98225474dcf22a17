"""Each store in turn."""

from tests.engine.conftest import _server, opener, store

__all__ = ["_server", "opener", "store"]
