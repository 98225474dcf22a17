"""How `muster leads list` and `show` go: what was taken in, as the matrix of views lets it be seen."""

from collections.abc import Iterable
from dataclasses import dataclass

from reconciler.commands.options import Common
from reconciler.commands.reading_leads import CAMPAIGN, SOURCE, instant, resource, zone
from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.reading import inbound, outbound
from reconciler.kinds.leads.sight import seen_lead
from reconciler.kinds.leads.visibility import View
from reconciler.model.errors import Usage
from reconciler.model.lead_books import Which
from reconciler.views.lead_json import leads_to_csv, leads_to_json
from reconciler.views.lead_sheet import lead_to_json, render_lead
from reconciler.views.lead_text import leads_table
from reconciler.views.style import Style

_SALES = 100
"""Sales of one lead that are shown; no workflow shares it with more."""


@dataclass(frozen=True, slots=True)
class Narrowed:
    """What a list is narrowed to, as it was written; empty: by nothing."""

    campaign: str
    workflow: str
    partner: str
    contract: str
    since: str
    until: str


def listed(common: Common, asked: Narrowed, page: tuple[str, int], form: str) -> Iterable[str]:
    """The leads, the latest first. Usage where what it is narrowed to is not there."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        which = Which(
            uid=resource(store, CAMPAIGN, asked.campaign)[1] if asked.campaign else 0,
            workflow=asked.workflow,
            contract=resource(store, SOURCE, asked.contract)[1] if asked.contract else 0,
            partner=asked.partner,
            since=instant(asked.since, app),
            until=instant(asked.until, app),
        )
        leads = inbound(store.lead_books, View.INBOUND_LIST, which, *page)
    match form:
        case "json":
            return (leads_to_json(leads),)
        case "csv":
            return leads_to_csv(leads)
    return list(leads_table(leads, zone(app), Style(common.color))) or ["there are no leads"]


def shown(common: Common, code: str, form: str) -> str:
    """One lead with its sales. Usage where there is none, or it is not to be seen any more."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        found = seen_lead(store, Outlook().market(store), code)
        if found is None:
            raise Usage(f"there is no lead {code[:40]!r}, or it was a test of a version that is in test no more")
        lead, version = found
        sold = outbound(store.lead_books, View.LEAD, Which(lead=lead.id), limit=_SALES)
    campaign = str(version.ref) if version else ""
    if form == "json":
        return lead_to_json(lead, campaign, sold)
    return render_lead(lead, campaign, sold, (zone(app), Style(common.color)))
