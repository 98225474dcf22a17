"""Which buyers a lead may be sold to, and the first reason why not. (L-15, L-24, AMB-L4)

The reasons stand in the order in which they are looked for. Those up to the lead's age are the same for every look at the same
time, those after them hang on what was sold so far.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from reconciler.kinds.hours import is_open
from reconciler.kinds.leads.lead_campaign.spec import LeadWorkflow
from reconciler.kinds.leads.market import Buyer, Version
from reconciler.kinds.leads.periods import period_of
from reconciler.kinds.leads.scoring import VARIABLES
from reconciler.kinds.shape import Period
from reconciler.lifecycle.rule import RuleError, compiled
from reconciler.model.instant import parse_duration
from reconciler.model.lead_sales import Counter, Standing
from reconciler.model.leads import Lead, Outbound


class Bar(StrEnum):
    """Why a buyer does not get a lead."""

    CONTRACT = "contract"
    """It has ended."""
    VERSION = "version"
    """It is not for this version of the campaign."""
    VERTICAL = "vertical"
    WORKFLOW = "workflow"
    WHERE = "where"
    HOURS = "hours"
    MIN_LEAD_SCORE = "minLeadScore"
    MAX_LEAD_AGE = "maxLeadAge"
    PING = "ping"
    """The workflow asks for bids, and the contract says nowhere to ask."""
    BID = "bid"
    """It was asked, and bid nothing that counts."""
    ACCOUNT = "account"
    """The lead was sold to this account before."""
    SHARE_COUNT = "maxShareCount"
    CAP = "cap"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a buyer may have a lead: where `bar` is None it may. `detail` says more, for people."""

    buyer: Buyer
    bar: Bar | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Matter:
    """What is to be sold: a lead of a version, by one of its workflows, at an instant. `subject` is it as conditions see it."""

    lead: Lead
    subject: Mapping[str, Any]
    version: Version
    workflow: LeadWorkflow
    now: datetime


@dataclass(frozen=True, slots=True)
class Offer:
    """What a buyer pays for a lead: the price of its contract, or its bid."""

    buyer: Buyer
    price: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class Shares:
    """How many accounts a lead was sold to, which they are, and to how many it may be sold at most."""

    accounts: frozenset[str]
    most: int

    @classmethod
    def of(cls, sold: Iterable[Outbound], share_count: int) -> "Shares":
        """Those of a lead: the strictest of the workflow and of all who bought it holds, as their contracts said then."""
        known = tuple(sold)
        most = min((one.shares for one in known if one.shares), default=share_count)
        return cls(frozenset(one.account for one in known), min(most, share_count))

    def bar(self, buyer: Buyer) -> str:
        """Why one buyer more is one too many; empty where it is not."""
        many, own = len(self.accounts) + 1, buyer.spec.max_share_count
        if many > self.most:
            return f"it is sold {len(self.accounts)} times already, and may be {self.most} times"
        if own is not None and many > own:
            return f"it would share the lead with {len(self.accounts)}, and shares it among {own} at most"
        return ""

    def with_(self, buyer: Buyer) -> "Shares":
        """Once this buyer has the lead too."""
        most = min(self.most, buyer.spec.max_share_count or self.most)
        return Shares(self.accounts | {buyer.spec.account}, most)


def fits(matter: Matter, buyer: Buyer) -> Verdict:
    """Whether a contract is for such a lead at this time; what was sold before is not looked at."""
    return next((found for found in _terms(matter, buyer) if found.bar), Verdict(buyer))


def _terms(matter: Matter, buyer: Buyer) -> Iterable[Verdict]:
    lead, spec = matter.lead, buyer.spec
    if spec.verticals and lead.vertical not in spec.verticals:
        yield Verdict(buyer, Bar.VERTICAL, f"it buys {_listed(spec.verticals)}, not {lead.vertical}")
    if spec.workflows and lead.workflow not in spec.workflows:
        yield Verdict(buyer, Bar.WORKFLOW, f"it buys from {_listed(spec.workflows)}, not from {lead.workflow}")
    if spec.where is not None:
        yield _where(matter, buyer, spec.where)
    if not is_open(spec.hours, matter.version.zone, matter.now):
        yield Verdict(buyer, Bar.HOURS, "it takes leads only in its hours")
    if spec.min_lead_score is not None and lead.score < spec.min_lead_score:
        yield Verdict(buyer, Bar.MIN_LEAD_SCORE, f"the lead scores {lead.score}, it wants {spec.min_lead_score}")
    if spec.max_lead_age is not None and matter.now - lead.at > parse_duration(spec.max_lead_age):
        yield Verdict(buyer, Bar.MAX_LEAD_AGE, f"the lead is older than {spec.max_lead_age}")
    if matter.workflow.distribution.mode == "pingPost" and spec.ping is None:
        yield Verdict(buyer, Bar.PING, "its contract says nowhere to ask for a bid")


def _where(matter: Matter, buyer: Buyer, text: str) -> Verdict:
    try:
        answer = compiled(text, VARIABLES).judge({"lead": matter.subject, "now": matter.now})
    except RuleError as error:
        answer = str(error)
    if answer is True:
        return Verdict(buyer)
    return Verdict(buyer, Bar.WHERE, answer if isinstance(answer, str) else f"not {text}")


def may_buy(matter: Matter, offer: Offer, standing: Standing, shares: Shares) -> Verdict:
    """Whether a buyer whose contract fits may have the lead, given what was sold so far."""
    buyer = offer.buyer
    if buyer.spec.account in shares.accounts:
        return Verdict(buyer, Bar.ACCOUNT, f"it was sold to {buyer.spec.account} before")
    if why := shares.bar(buyer):
        return Verdict(buyer, Bar.SHARE_COUNT, why)
    return _within_caps(matter, offer, standing)


def _within_caps(matter: Matter, offer: Offer, standing: Standing) -> Verdict:
    for cap in offer.buyer.spec.caps:
        counter = counter_of(offer.buyer, cap.per, cap.timezone or matter.version.zone, matter.now)
        used = standing.used(counter)
        if cap.leads is not None and used.leads + 1 > cap.leads:
            return Verdict(offer.buyer, Bar.CAP, f"{used.leads} of {cap.leads} leads a {cap.per}")
        if cap.amount is not None and used.amount + offer.price > Decimal(cap.amount):
            said = f"{used.amount} of {cap.amount} {counter.currency} a {cap.per}, and it pays {offer.price}"
            return Verdict(offer.buyer, Bar.CAP, said)
    return Verdict(offer.buyer)


def counter_of(buyer: Buyer, period: Period | None, zone: str, now: datetime) -> Counter:
    """What a contract takes in the period that `now` lies in, in the currency of its price; without a period, ever."""
    currency = buyer.spec.price.currency
    if period is None:
        return Counter(buyer.uid, currency)
    return Counter(buyer.uid, currency, period, *period_of(period, zone, now))


def offer_of(buyer: Buyer) -> Offer:
    """What its contract says that it pays."""
    return Offer(buyer, Decimal(buyer.spec.price.amount), buyer.spec.price.currency)


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")
