"""In Campaign % for pages: the tenant's figure is counted each time, what asks rules of every invoice is worked out once for all.

(I-21 … I-25, ADR 40)
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from reconciler.dashboard.kept import Held
from reconciler.dashboard.visit import Visit
from reconciler.kinds.receivables.claims import claims_of
from reconciler.kinds.receivables.figures import Figures, figures
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.sheet import Overview
from reconciler.kinds.receivables.surveying import glance, today
from reconciler.model.ports import Store

_KEY: Final = "receivables-figures"
_EVERY: Final = 2.0
"""Seconds that figures are kept at least. The more invoices there are, the longer it is: see `Kept.glance`."""
_PATIENCE: Final = 1.5
"""Seconds that a page waits for figures of a few invoices; those of many it shows when they are there."""
_FEW: Final = 10_000


@dataclass(frozen=True, slots=True)
class Level:
    """How it stands. `as_of`: when shares of campaigns and gaps were counted, None: they are still being counted."""

    overview: Overview
    day: Day
    as_of: datetime | None
    trouble: str = ""


def level_of(visit: Visit) -> Level:
    """How it stands with all campaigns."""
    quick = glance(visit.store)
    day = today(visit.store, visit.now, visit.premises.app.project.timezone)
    held = counted(visit, _PATIENCE if quick.tenant.whole <= _FEW else 0.0)
    if held is None:
        return Level(quick, day, None)
    return Level(replace(quick, campaigns=held.value.campaigns, gaps=held.value.gaps), day, held.as_of, held.trouble)


def counted(visit: Visit, patience: float) -> Held[Figures] | None:
    """What is dear of it, the same for every page that shows it; None while that is counted for the first time."""
    app = visit.premises.app

    def work(store: Store) -> Figures:
        with store.snapshot():
            return figures(store, claims_of(store), today(store, app.clock.now(), app.project.timezone))

    return visit.premises.kept.glance(_KEY, work, _EVERY, patience)
