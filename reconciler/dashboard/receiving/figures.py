"""In Campaign % for pages: the tenant's figure is counted each time, what asks rules of every invoice is worked out once for all.

(I-21 … I-25, ADR 40)
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from reconciler.dashboard.visit import Visit
from reconciler.kinds.receivables.claims import claims_of
from reconciler.kinds.receivables.figures import Figures, figures
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.sheet import Overview
from reconciler.kinds.receivables.surveying import glance, today
from reconciler.model.ports import Store

KEY: Final = "receivables-figures"
"""Not that of dashboard/in_campaign.py: the list of campaigns keeps another value, of another type."""
_PATIENCE: Final = 1.5
"""Seconds that a page waits for figures of a few invoices; those of many it shows when they are there."""
_FEW: Final = 10_000
_LEAST: Final = 2.0
_MOST: Final = 120.0
_INVOICES_A_SECOND: Final = 1000
"""The more invoices are counted, the longer the figures are kept: counting them is never most of what the machine does."""


@dataclass(frozen=True, slots=True)
class Level:
    """How it stands. `as_of`: when shares of campaigns and gaps were counted, None: they are still being counted."""

    overview: Overview
    day: Day
    as_of: datetime | None
    trouble: str = ""


def level_of(visit: Visit) -> Level:
    """How it stands with all campaigns."""
    app, store = visit.premises.app, visit.store
    quick, day = glance(store), today(store, visit.now, app.project.timezone)

    def work(there: Store) -> Figures:
        with there.snapshot():
            return figures(there, claims_of(there), today(there, app.clock.now(), app.project.timezone))

    every = min(_LEAST + quick.tenant.whole / _INVOICES_A_SECOND, _MOST)
    patience = _PATIENCE if quick.tenant.whole <= _FEW else 0.0
    held = visit.premises.kept.glance(KEY, work, every, patience)
    if held is None:
        return Level(quick, day, None)
    return Level(replace(quick, campaigns=held.value.campaigns, gaps=held.value.gaps), day, held.as_of, held.trouble)
