"""One lead: why it goes to whom, and its sale by hand."""

from collections.abc import Sequence
from datetime import datetime

import click

from reconciler.commands.options import Common, write
from reconciler.commands.reading_leads import BUYER, resource, zone
from reconciler.controller.verdict import DONE, ILLEGAL
from reconciler.kinds.leads.eligible import Verdict
from reconciler.kinds.leads.explaining import explain
from reconciler.kinds.leads.market import Buyer, Market, Outlook
from reconciler.kinds.leads.selling import Shop
from reconciler.model.errors import Stale, Usage
from reconciler.model.lead_sales import Sold
from reconciler.model.leads import Lead
from reconciler.model.ports import Store
from reconciler.views.lead_explained import explanation_to_json, render_explanation
from reconciler.views.style import safe

_LOOKS = 5
"""How often a sale is decided anew where contracts are being changed."""


def explained(common: Common, code: str, form: str) -> str:
    """Why a lead goes to whom. Usage where there is no such lead to be seen."""
    app = common.app()
    store = app.store()
    now = store.time(app.clock.now())
    one = explain(store.lead_sales, Outlook().market(store), _lead(store, code), now)
    if one is None:
        raise Usage(f"there is no lead {safe(code[:100])}")
    return explanation_to_json(one) if form == "json" else render_explanation(one, zone(app), common.color)


def distributed(common: Common, code: str, contracts: Sequence[str]) -> int:
    """Sell a lead by hand; the exit code. Usage where lead or contract is not there."""
    app = common.app()
    store = app.store_in_use()
    lead = _lead(store, code)
    uids = [resource(store, BUYER, contract)[1] for contract in contracts]
    for _ in range(_LOOKS):
        market = Outlook().market(store)
        shop = _shop(market, lead)
        told: list[Verdict] = []
        done = _sell(store, shop, (lead, _named(market, shop, uids)), told, store.time(app.clock.now()))
        if done is not None:
            return _said(done, uids, told, shop)
    raise Stale("its campaign is being changed; try again")


def _sell(
    store: Store, shop: Shop, what: tuple[Lead, Sequence[Buyer]], told: list[Verdict], now: datetime
) -> Sold | None:
    lead, buyers = what

    def tell(_lead: Lead, verdicts: Sequence[Verdict]) -> None:
        told[:] = verdicts

    done = store.lead_sales.sell(shop.book, [lead.id], now, shop.by_hand(buyers, tell), shop.deliver)
    return done[0] if done else None


def _said(done: Sold, uids: Sequence[int], told: Sequence[Verdict], shop: Shop) -> int:
    sales = [one for one in done.outbound if one.contract in uids]
    if told or len(sales) < len(uids):
        state = f"{shop.version.ref} is {shop.version.state}"
        click.echo(f"error: {done.lead.code} was sold to nobody; it is {done.lead.stage.value}, {state}", err=True)
        for verdict in told:
            click.echo(f"  {verdict.buyer.ref.name}: {verdict.bar}: {safe(verdict.detail)}", err=True)
        return ILLEGAL
    for one in sales:
        write(f"{one.code}: sold to {one.account} for {one.price} {one.currency}")
    return DONE


def _lead(store: Store, code: str) -> Lead:
    found = store.lead_sales.find(code)
    if found is None:
        raise Usage(f"there is no lead {safe(code[:100])}")
    return found


def _shop(market: Market, lead: Lead) -> Shop:
    version = market.version_of(lead.uid)
    if version is None or (lead.is_test and version.state != "test"):
        raise Usage(f"there is no lead {lead.code}")
    return Shop.of(market, version)


def _named(market: Market, shop: Shop, uids: Sequence[int]) -> Sequence[Buyer]:
    """The buyers, each once. Usage where a contract is not for the lead's version."""
    ours = {one.uid: one for one in shop.buyers}
    for uid in uids:
        buyer = market.buyer_of(uid)
        if shop.is_in_use and uid not in ours and buyer is not None:
            raise Usage(f"{buyer.ref} is not for {shop.version.ref}; `muster leads explain` says whose contracts are")
    return [ours[uid] for uid in dict.fromkeys(uids) if uid in ours]
