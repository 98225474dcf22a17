"""What is foreseen of a campaign, worked out once for all who look: every account of it is gone through. (ADR 42)"""

from dataclasses import dataclass
from typing import Final

from reconciler.app import App
from reconciler.dashboard.kept import Held
from reconciler.dashboard.visit import Visit
from reconciler.kinds.collections.collection_campaign.spec import CollectionCampaignSpec
from reconciler.kinds.collections.foreseen import Outlook
from reconciler.kinds.collections.portfolio import Portfolio
from reconciler.kinds.collections.proving import prospect
from reconciler.model import canonical
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store
from reconciler.model.resource import Resource

_EVERY: Final = 60.0
_PATIENCE: Final = 2.0
"""Seconds for which a forecast is kept, and those that a page waits for one that nobody has asked for before."""


@dataclass(frozen=True, slots=True)
class Found:
    """A forecast in the days of `zone`; None where there is none, and then `trouble` says why."""

    outlook: Outlook | None
    zone: str = ""
    trouble: str = ""


NOTHING: Final = "It has no strategy or no dates yet, so nothing can be foreseen of it."


def foreseen(visit: Visit, one: Resource) -> Held[Found] | None:
    """The forecast of a campaign as it is stored, a minute old at most; None while it is worked out."""
    app = visit.premises.app
    key = ("collections-forecast", one.ref, one.revision)
    return visit.premises.kept.glance(key, lambda store: _found(app, store, one), _EVERY, _PATIENCE)


def _found(app: App, store: Store, one: Resource) -> Found:
    now, shelf = store.time(app.clock.now()), app.shelf(store)
    spec = CollectionCampaignSpec.model_validate_json(canonical.encode(one.document.get("spec", {})))
    try:
        with store.snapshot():
            found = prospect(one.ref, spec, Portfolio(store, shelf, shelf.lookup), now)
            if found is None:
                return Found(None, trouble=NOTHING)
            return Found(found.outlook(), found.conduct.limits.settings.timezone)
    except Permanent as error:
        return Found(None, trouble=str(error))
