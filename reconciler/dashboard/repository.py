"""The manifests as they stand in the files, for threads that show them."""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from reconciler.app import App
from reconciler.controller.reconcile import Reconciler
from reconciler.model.manifest import Manifest
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.source.catalog import Library
from reconciler.source.kinds import Kinds


class Repository:
    """Reads files at most every `every` seconds. Threads may share it."""

    def __init__(self, app: App, clock: Any, every: float = 2.0) -> None:
        self._app, self._clock, self._every = app, clock, every
        self._guard = threading.Lock()
        self._read: tuple[float, Kinds, Library] | None = None

    @property
    def kinds(self) -> Kinds:
        """Every kind of the project. Invalid where a definition does not hold together."""
        return self._library()[0]

    def manifests(self) -> Mapping[Ref, Manifest]:
        """All manifests."""
        return self._library()[1].catalog.manifests

    @contextmanager
    def reconciler(self, store: Store) -> Iterator[Reconciler]:
        """Plan over a store with the files as they are now; one at a time, for a library is no thread's but its user's."""
        with self._guard:
            kinds, library = self._fresh()
            yield self._app.reconciler_over(store, kinds, library)

    def _library(self) -> tuple[Kinds, Library]:
        with self._guard:
            return self._fresh()

    def _fresh(self) -> tuple[Kinds, Library]:
        now = self._clock()
        if self._read is None or now - self._read[0] >= self._every:
            kinds = self._app.kinds()
            self._read = now, kinds, self._app.library(kinds)
        return self._read[1:]
