"""What was sold and did not arrive, by contract of a buyer. (L-45)"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.dashboard.page import Page
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.kinds.leads.market import Market
from reconciler.model.ports import Store
from reconciler.model.work import Stage
from reconciler.web.door import Answer

_EVERY: Final = 15.0
_PATIENCE: Final = 2.0
MOST: Final = 100
"""Contracts that are shown: those of which most failed."""


@dataclass(frozen=True, slots=True)
class Row:
    """A contract with deliveries that failed, or of which nobody knows."""

    name: str
    href: str
    account: str
    failed: int
    unknown: int
    left: int


def _page(visit: Visit) -> Answer:
    market, now = visit.premises.outlook.market(visit.store), visit.store.time(visit.now)
    held = visit.premises.kept.glance(
        ("leads-undelivered",), lambda store: _found(store, market, now), _EVERY, _PATIENCE
    )
    rows = held.value if held else ()
    return visit.show("leads_undelivered.html", held=held, rows=rows[:MOST], total=len(rows))


def _found(store: Store, market: Market, now: datetime) -> tuple[Row, ...]:
    found = []
    for buyer in market.buyers.values():
        job = store.ledger.view(buyer.uid, now)
        if job is None:
            continue
        failed, unknown = job.stages.get(Stage.FAILED, 0), job.stages.get(Stage.UNKNOWN, 0)
        left = sum(units for stage, units in job.stages.items() if not stage.is_final)
        if failed or unknown:
            found.append(Row(buyer.ref.name, href(buyer.ref), buyer.spec.account, failed, unknown, left))
    return tuple(sorted(found, key=lambda one: (-one.failed - one.unknown, one.name)))


PAGES = (Page("leads-undelivered", "/leads/undelivered", _page),)
