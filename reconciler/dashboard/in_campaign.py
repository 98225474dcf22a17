"""In Campaign %: dear to work out where there are many invoices, so once for all who look, and shown with its time."""

from typing import Final

from reconciler.dashboard.kept import Held
from reconciler.dashboard.visit import Visit
from reconciler.kinds.receivables.sheet import Overview
from reconciler.kinds.receivables.surveying import overview_of, today
from reconciler.model.ports import Store

EVERY: Final = 30.0
"""Seconds for which it is kept."""


def overview(visit: Visit, patience: float = 0.0) -> Held[Overview] | None:
    """How it stands with all receivables campaigns; None where nobody has worked it out yet, and `patience` is over."""
    app = visit.premises.app

    def work(store: Store) -> Overview:
        with store.snapshot():
            return overview_of(store, today(store, app.clock.now(), app.project.timezone))

    return visit.premises.kept.glance("in-campaign", work, EVERY, patience)
