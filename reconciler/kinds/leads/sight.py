"""One lead, for whoever may see it."""

from reconciler.kinds.leads.market import Market, Version
from reconciler.kinds.leads.visibility import MATRIX, View
from reconciler.model.leads import Lead
from reconciler.model.ports import Store


def seen_lead(store: Store, market: Market, code: str) -> tuple[Lead, Version | None] | None:
    """The lead of this code, and its version, None where that is gone; None where there is no such lead to be seen (L-14)."""
    lead = store.lead_books.lead(code)
    version = market.version_of(lead.uid) if lead else None
    state = version.state if version else ""
    if lead is None or (lead.is_test and state not in (MATRIX[View.LEAD].inbound or ())):
        return None
    return lead, version
