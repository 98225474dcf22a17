"""Every store there is, each opened by a directory: the same directory is the same store, in another process too."""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from reconciler.model.ports import Store
from reconciler.store.postgres import PostgresStore
from reconciler.store.sqlite import SqliteStore
from tests.postgres import schema_of

SERVER: Final = "MUSTER_TEST_DATABASE"
"""The variable by which children of the tests know the database that they share."""


def open_sqlite(directory: Path) -> Store:
    return SqliteStore(directory / "state.db")


def open_postgres(directory: Path) -> Store:
    return PostgresStore(url_of(directory))


def url_of(directory: Path) -> str:
    """A directory's store on the server: a schema."""
    return schema_of(os.environ[SERVER], str(directory))


STORES: Final[Mapping[str, Callable[[Path], Store]]] = {"sqlite": open_sqlite, "postgres": open_postgres}
