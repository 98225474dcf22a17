"""What the views of receivables show, read from the store in one moment."""

from typing import Final

from reconciler.app import App
from reconciler.commands.options import Common
from reconciler.controller.inspect import find
from reconciler.kinds.receivables.batch import Finding, batch_of
from reconciler.kinds.receivables.matching import Day
from reconciler.kinds.receivables.surveying import overview_of, sheet_of, today
from reconciler.model import canonical
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.views.receivables_json import alerts_to_json, batch_to_json, campaign_to_json
from reconciler.views.receivables_text import alerts_text, batch_text, campaign_text

CAMPAIGN: Final = "ReceivablesCampaign"
_ALERTS: Final = 100
"""Alerts that are listed at most, the last ones."""


def meant(store: Store, text: str) -> Ref:
    """A campaign by its name or ref. Usage where there is no such one."""
    return find(text if "/" in text else f"{CAMPAIGN}/{text}", store.heads(CAMPAIGN))


def here(app: App, store: Store) -> Day:
    """The day with the creditor."""
    return today(store, app.clock.now(), app.project.timezone)


def campaign_view(common: Common, campaign: str, form: str) -> str:
    """One campaign. Usage where there is no such one."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        ref = meant(store, campaign)
        day = here(app, store)
        sheet = sheet_of(store, store.load([ref])[ref], day, overview_of(store, day))
    if form == "json":
        return canonical.encode_pretty(campaign_to_json(sheet))
    return campaign_text(sheet, common.color)


def alerts_view(common: Common, form: str, *, every: bool) -> str:
    """The tenant's figure, who is outside and why, and the alerts: the open one, or all of them."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        overview = overview_of(store, here(app, store))
        past = tuple(store.in_campaign.alerts(_ALERTS)) if every else ()
    if form == "json":
        return canonical.encode_pretty(alerts_to_json(overview, past))
    return alerts_text(overview, past, common.color)


def batch_view(common: Common, campaign: str, limit: int, form: str) -> tuple[str, bool]:
    """The first invoices of a campaign, and whether nothing went wrong with them. Usage where there is no such campaign."""
    store = common.app().store()
    with store.snapshot():
        ref = meant(store, campaign)
        batch = batch_of(store.in_campaign.first(store.ledger.uid(ref), limit))
    is_well = batch.finding is not Finding.LOOK
    if form == "json":
        return canonical.encode_pretty({"ref": str(ref), **batch_to_json(batch)}), is_well
    return batch_text(str(ref), batch, common.color), is_well
