"""The store to look into: where nothing was ever applied there is none, and a look makes none."""

from reconciler.app import App, passing_store
from reconciler.model.ports import Store
from reconciler.store.address import sqlite_path


def store_at_hand(app: App) -> Store:
    """The project's store; an empty one that is forgotten afterwards, where that is a file which is not there."""
    path = sqlite_path(app.project.store)
    if path and not (app.project.root / path).exists():
        return passing_store()
    return app.store()
