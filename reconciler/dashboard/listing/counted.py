"""Pages of a list with their counts: these are taken once for as long as the log says the same."""

import threading
from collections import OrderedDict
from datetime import datetime
from typing import Final

from reconciler.model.listing import Facets, Filter, Listed, Order, Slice
from reconciler.model.ports import Store

_MOST: Final = 64
"""Filters whose counts are kept; beyond these goes what nobody has asked for longest."""


class Counted:
    """Counts of one store by their filter. Threads may share it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._known: OrderedDict[tuple[Filter, str], Facets] = OrderedDict()

    def look(self, store: Store, wanted: Filter, part: Slice, order: Order, now: datetime) -> tuple[Listed, Facets]:
        """As `listing.Listing.look`, within a snapshot. What hangs on time or conditions, or finds few, is counted anew."""
        if wanted.words or wanted.held or wanted.attention:
            return store.listing.look(wanted, part, order, now)
        return store.listing.page(wanted, part, order, now), self._facets(store, wanted, now)

    def _facets(self, store: Store, wanted: Filter, now: datetime) -> Facets:
        key = wanted, store.mark()
        with self._guard:
            found = self._known.get(key)
        if found is None:
            found = store.listing.facets(wanted, now)
        with self._guard:
            self._known[key] = found
            self._known.move_to_end(key)
            if len(self._known) > _MOST:
                self._known.popitem(last=False)
        return found
