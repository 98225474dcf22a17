"""Leaves in the store that a daemon has passed, for whoever looks at the project from elsewhere."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.controller.passing import Pass
from reconciler.model.bulletin import Passed
from reconciler.model.ports import Store

SELDOM: Final = timedelta(seconds=30)
"""From one entry to the next: passes may come many in a second, and each entry is a write."""


@dataclass(slots=True)
class Roll:
    """Implements `daemon.Watching`."""

    actor: str
    _entered: datetime | None = None

    def passed(self, one: Pass, store: Store, _seconds: float) -> None:
        """See `daemon.Watching`. A pass that does nothing by design counts for nothing."""
        if one.dry or (self._entered is not None and one.began < self._entered + SELDOM):
            return
        store.bulletin.enter(Passed(one.began, self.actor))
        self._entered = one.began

    def failed(self, _reason: str, _message: str, _seconds: float) -> None:
        """See `daemon.Watching`: it has not passed."""
