"""What each kind shows of its campaigns. A kind without a panel shows what all have."""

from collections.abc import Callable, Mapping
from typing import Final

from reconciler.dashboard.panel import Panel
from reconciler.dashboard.panels import collections, email, receivables
from reconciler.dashboard.visit import Visit
from reconciler.model.resource import Resource

PANELS: Final[Mapping[str, Callable[[Visit, Resource], Panel]]] = {
    "CollectionCampaign": collections.panel,
    "EmailCampaign": email.panel,
    "ReceivablesCampaign": receivables.panel,
}


def panel_of(visit: Visit, resource: Resource) -> Panel:
    """What the kind of this resource shows of it."""
    make = PANELS.get(resource.ref.kind)
    return make(visit, resource) if make else Panel()
