"""Bids: whom to ask for one, and what is made of the answers. Nothing is asked here, and nothing is sold."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from reconciler.kinds.leads.eligible import Bar, Offer, Shares, Verdict, may_buy
from reconciler.kinds.leads.market import Buyer
from reconciler.kinds.leads.selling import Heard, Shop, is_time, settled
from reconciler.model.lead_sales import Standing
from reconciler.model.leads import Lead

Ask = Callable[[Sequence[Buyer], Lead], Mapping[int, Decimal | str]]
"""Asks these buyers for their bids on a lead: by the contract's uid what it bids, or why that does not count."""


@dataclass(frozen=True, slots=True)
class Bidders:
    """Who is to be asked, and the verdicts on all others."""

    buyers: tuple[Buyer, ...] = ()
    barred: tuple[Verdict, ...] = ()


def bidders(shop: Shop, lead: Lead, now: datetime) -> Callable[[Standing], Bidders]:
    """Whom a lead is to be offered to, upon its standing: nobody is asked who could not have it, whatever the bid."""

    def question(standing: Standing) -> Bidders:
        workflow = shop.workflow(lead)
        if workflow is None or settled(standing, workflow) is not None:
            return Bidders()
        matter = shop.matter(lead, workflow, now)
        if not is_time(matter):
            return Bidders()
        fitting, out = shop.fitting(matter)
        shares = Shares.of(standing.sold, workflow.distribution.share_count)
        free = [may_buy(matter, Offer(one, Decimal(0), one.spec.price.currency), standing, shares) for one in fitting]
        asked = tuple(one.buyer for one in free if one.bar is None)
        return Bidders(asked, (*out, *(one for one in free if one.bar is not None)))

    return question


def heard(asked: Bidders, answers: Mapping[int, Decimal | str]) -> Heard:
    """The bids as offers, and the verdicts on all who made none that counts."""
    offers, barred = [], list(asked.barred)
    for buyer in asked.buyers:
        answer = answers.get(buyer.uid, "it was not asked")
        if isinstance(answer, Decimal):
            offers.append(Offer(buyer, answer, buyer.spec.price.currency))
        else:
            barred.append(Verdict(buyer, Bar.BID, answer))
    return Heard(tuple(offers), tuple(barred))
