"""Why a lead goes to whom: each buyer's verdict now, and what the rules would choose; nothing is asked or sold. (L-15, L-24)"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from reconciler.kinds.leads.bidding import bidders
from reconciler.kinds.leads.eligible import Bar, Verdict, offer_of
from reconciler.kinds.leads.lead_campaign.spec import LeadWorkflow
from reconciler.kinds.leads.market import PRESENT, Buyer, Market
from reconciler.kinds.leads.selecting import Pick, Selection, select
from reconciler.kinds.leads.selling import Shop, next_attempt
from reconciler.model.lead_explained import Chosen, Explanation, Finding
from reconciler.model.lead_sales import LeadSales, Standing
from reconciler.model.leads import Lead, LeadStage


def explain(sales: LeadSales, market: Market, lead: Lead, now: datetime) -> Explanation | None:
    """None where the lead is not to be seen: its version is gone, or it was taken in test and that is over (L-14, AMB-L2)."""
    version = market.version_of(lead.uid)
    if version is None or (lead.is_test and version.state != "test"):
        return None
    shop = Shop.of(market, version)
    return sales.look(shop.book, lead.id, now, lambda standing: _explained(shop, standing))


def _explained(shop: Shop, standing: Standing) -> Explanation:
    lead, workflow = standing.lead, shop.workflow(standing.lead)
    ref, state = shop.version.ref, shop.version.state
    if workflow is None:
        return Explanation(lead, ref, state, "", standing.sold)
    again = None
    if lead.stage is LeadStage.WAITING:
        again = next_attempt(workflow.distribution, shop.version.zone, lead, standing.now)
    mode = workflow.distribution.mode
    selection = _asked(shop, standing) if mode == "pingPost" else _selected(shop, workflow, standing)
    chosen = selection.picks if mode == "directPost" and lead.stage is LeadStage.WAITING else ()
    verdicts = (*selection.verdicts, *_strangers(shop))
    return Explanation(lead, ref, state, mode, standing.sold, _findings(verdicts, chosen), again)


def _selected(shop: Shop, workflow: LeadWorkflow, standing: Standing) -> Selection:
    """What the rules would choose, and the verdicts on all."""
    matter = shop.matter(standing.lead, workflow, standing.now)
    fitting, unfit = shop.fitting(matter)
    found = select(matter, [offer_of(one) for one in fitting], standing)
    return Selection(found.picks, (*found.verdicts, *unfit))


def _asked(shop: Shop, standing: Standing) -> Selection:
    """Who would be asked for a bid."""
    asked = bidders(shop, standing.lead, standing.now)(standing)
    return Selection((), (*(Verdict(one) for one in asked.buyers), *asked.barred))


def _strangers(shop: Shop) -> Iterator[Verdict]:
    """Buyers of the campaign whose contracts are not for this version."""
    ours, ref = {one.uid for one in shop.buyers}, shop.version.ref
    for buyer in shop.market.buyers.values():
        if buyer.state == PRESENT and buyer.spec.campaign == ref.name and buyer.uid not in ours:
            yield Verdict(buyer, Bar.VERSION, _why_not(shop, buyer))


def _why_not(shop: Shop, buyer: Buyer) -> str:
    if not shop.is_in_use:
        return f"the version is {shop.version.state}: nothing is sold"
    first = shop.market.begins_at(buyer)
    return f"it is for version {first}" + (" and newer ones" if buyer.spec.allow_newer_versions else " alone")


def _findings(verdicts: Sequence[Verdict], picks: Sequence[Pick]) -> tuple[Finding, ...]:
    chosen = {
        pick.offer.buyer.uid: Chosen(place, pick.rule, pick.reason, pick.offer.price, pick.offer.currency)
        for place, pick in enumerate(picks, 1)
    }
    return tuple(
        Finding(one.buyer.ref.name, one.buyer.spec.account, str(one.bar or ""), one.detail, chosen.get(one.buyer.uid))
        for one in sorted(verdicts, key=lambda one: (one.bar is not None, one.buyer.ref))
    )
