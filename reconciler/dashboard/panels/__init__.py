"""What each kind shows of its campaigns. A kind without a panel shows what all have."""

from collections.abc import Callable, Mapping
from typing import Final

from reconciler.dashboard.panel import Panel
from reconciler.dashboard.panels import collections, contracts, email, leads, receivables, referral
from reconciler.dashboard.visit import Visit
from reconciler.model.resource import Resource

PANELS: Final[Mapping[str, Callable[[Visit, Resource], Panel]]] = {
    "AccountContract": contracts.buyer_panel,
    "CollectionCampaign": collections.panel,
    "EmailCampaign": email.panel,
    "LeadCampaign": leads.panel,
    "PartnerContract": contracts.partner_panel,
    "ReceivablesCampaign": receivables.panel,
    "ReferralCampaign": referral.panel,
    "ReferralProgram": referral.program_panel,
}


def panel_of(visit: Visit, resource: Resource) -> Panel:
    """What the kind of this resource shows of it."""
    make = PANELS.get(resource.ref.kind)
    return make(visit, resource) if make else Panel()
