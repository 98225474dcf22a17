"""Selling the leads of one version: what is decided on a lead upon its standing, by rules, bids, or a person. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from reconciler.kinds.hours import is_open, next_open
from reconciler.kinds.leads.deliveries import units_of, vias_of
from reconciler.kinds.leads.eligible import Bar, Matter, Offer, Verdict, fits, offer_of
from reconciler.kinds.leads.fields import Form
from reconciler.kinds.leads.lead_campaign.spec import Distribution, LeadWorkflow
from reconciler.kinds.leads.market import TAKES, Buyer, Market, Version
from reconciler.kinds.leads.selecting import MANUAL, Pick, Selection, choose, select
from reconciler.model.instant import parse_duration
from reconciler.model.lead_sales import Book, Choice, Consignment, Decide, Decision, Standing
from reconciler.model.leads import Lead, LeadStage, Outbound

SOON: Final = timedelta(seconds=2)
"""When a lead is looked at again whose version just changes its state."""
_TURNS: Final = "roundRobin"
_KEPT: Final = Decimal("0.0001")
_WHOLE: Final = Decimal(100)

Told = Callable[[Lead, Sequence[Verdict]], None]
"""Is told the verdicts on the buyers of a lead, perhaps more than once."""


@dataclass(frozen=True, slots=True)
class Heard:
    """The bids on a lead that count, and the verdicts on all buyers who made none."""

    bids: tuple[Offer, ...]
    barred: tuple[Verdict, ...]


@dataclass(frozen=True, slots=True)
class Shop:
    """One version's side of the market: its leads, and who may buy them."""

    market: Market
    version: Version
    subject: Callable[[Mapping[str, Any]], Mapping[str, Any]]
    """A lead's fields as conditions see them."""

    @classmethod
    def of(cls, market: Market, version: Version) -> "Shop":
        """The shop of a version."""
        return cls(market, version, Form(version.spec.fields).subject)

    @property
    def is_in_use(self) -> bool:
        """Whether leads are sold in its state, as far as the market knows."""
        return self.version.state in TAKES

    @property
    def buyers(self) -> tuple[Buyer, ...]:
        """Whose contracts hold for this version."""
        return self.market.buyers_of(self.version)

    @property
    def book(self) -> Book:
        """Where its sales are kept."""
        return Book(
            self.version.ref.name,
            self.version.uid,
            self.version.revision,
            {one.uid: one.revision for one in self.buyers},
        )

    def workflow(self, lead: Lead) -> LeadWorkflow | None:
        """The lead's workflow; None where an edit has removed it."""
        return next((one for one in self.version.spec.workflows if one.name == lead.workflow), None)

    def matter(self, lead: Lead, workflow: LeadWorkflow, now: datetime) -> Matter:
        """The lead as it is judged."""
        return Matter(lead, self.subject(lead.fields), self.version, workflow, now)

    def fitting(self, matter: Matter) -> tuple[tuple[Buyer, ...], tuple[Verdict, ...]]:
        """The buyers whose contracts are for such a lead now, and the verdicts on those whose are not."""
        verdicts = [fits(matter, buyer) for buyer in self.buyers]
        fitting = tuple(one.buyer for one in verdicts if one.bar is None)
        return fitting, tuple(one for one in verdicts if one.bar is not None)

    def by_rules(self, tell: Told, heard: Heard | None = None) -> Decide:
        """Decides by the rules of the lead's workflow, or among bids where buyers were asked for them."""

        def decide(standing: Standing) -> Decision:
            workflow = self.workflow(standing.lead)
            kept = settled(standing, workflow)
            if kept is not None or workflow is None:
                return kept or Decision(LeadStage.UNSOLD)
            matter = self.matter(standing.lead, workflow, standing.now)
            if not is_time(matter):
                return _unsold(matter)
            if heard is None:
                fitting, out = self.fitting(matter)
                selection = select(matter, [offer_of(one) for one in fitting], standing)
            else:
                out, selection = heard.barred, select(matter, heard.bids, standing)
            tell(standing.lead, (*out, *selection.verdicts))
            return self.decision(matter, selection) if selection.picks else _unsold(matter)

        return decide

    def by_hand(self, named: Sequence[Buyer], tell: Told) -> Decide:
        """Decides as a person has: all of these buyers, or none where one of them may not have the lead.

        What was sold to them by hand at the same instant is this very sale, made again because its answer was lost.
        """

        def decide(standing: Standing) -> Decision:
            lead, workflow = standing.lead, self.workflow(standing.lead)
            before = [one for one in standing.sold if one.at == standing.now and one.rule == MANUAL]
            if before or workflow is None or not named or not _sells_by_hand(standing):
                return Decision(lead.stage)
            matter = self.matter(lead, workflow, standing.now)
            verdicts = [_for_a_person(fits(matter, buyer)) for buyer in named]
            selection = choose(matter, [offer_of(one.buyer) for one in verdicts if one.bar is None], standing)
            tell(lead, [one for one in (*verdicts, *selection.verdicts) if one.bar is not None])
            return self.decision(matter, selection) if len(selection.picks) == len(named) else Decision(lead.stage)

        return decide

    def decision(self, matter: Matter, selection: Selection) -> Decision:
        """The lead is sold to those who were picked."""
        return Decision(LeadStage.SOLD, tuple(self._choice(matter.lead, pick) for pick in selection.picks))

    def deliver(self, outbound: Outbound, lead: Lead) -> Consignment:
        """What the job of the buyer's contract is given."""
        buyer = self.market.buyer_of(outbound.contract)
        if buyer is None:
            return Consignment(outbound.contract, (), ())
        return Consignment(buyer.uid, vias_of(buyer.spec), units_of(outbound, lead, buyer.spec))

    def _choice(self, lead: Lead, pick: Pick) -> Choice:
        spec = pick.offer.buyer.spec
        cost, currency = self._cost(lead, pick.offer)
        return Choice(
            pick.offer.buyer.uid, spec.account, pick.offer.price, pick.offer.currency, pick.rule,
            spec.max_share_count or 0, pick.rule == _TURNS, cost, currency,
        )  # fmt: skip

    def _cost(self, lead: Lead, offer: Offer) -> tuple[Decimal, str]:
        """What the partner earns by a sale: nothing in test (L-21). A share of the price is rounded half up to four places."""
        source = self.market.source_of(lead.contract)
        commission = source.spec.commission if source and not lead.is_test else None
        if commission is None:
            return Decimal(0), ""
        if commission.per_outbound is not None:
            return Decimal(commission.per_outbound), commission.currency
        if commission.percent_of_sale is not None:
            share = offer.price * commission.percent_of_sale / _WHOLE
            return share.quantize(_KEPT, ROUND_HALF_UP), offer.currency
        return Decimal(0), ""


def _sells_by_hand(standing: Standing) -> bool:
    return standing.is_ours and standing.is_open and standing.lead.stage is not LeadStage.ENDED


def _for_a_person(verdict: Verdict) -> Verdict:
    """Who chooses a buyer asks for no bid."""
    return Verdict(verdict.buyer) if verdict.bar is Bar.PING else verdict


def settled(standing: Standing, workflow: LeadWorkflow | None) -> Decision | None:
    """What is decided of a lead before anybody looks at buyers: nothing anew where it is not for now; None where it is.

    One that was taken in test ends with the test (AMB-L2), one of a deleted version with that (AMB-L5).
    """
    lead = standing.lead
    if lead.stage is not LeadStage.WAITING:
        return Decision(lead.stage)
    if standing.state in ("deleted", "") or (lead.is_test and standing.state != "test"):
        return Decision(LeadStage.ENDED)
    if not standing.is_ours or not standing.is_open:
        return Decision(LeadStage.WAITING, again=standing.now + SOON)
    if workflow is not None and workflow.distribution.mode == "manual":
        return Decision(LeadStage.MANUAL)
    return None


def next_attempt(distribution: Distribution, zone: str, lead: Lead, now: datetime) -> datetime | None:
    """When a lead that nobody took is offered again: in the workflow's hours, and for the last time as its window ends.

    None where that was the last time, or the only one. Outside the hours nothing was tried: it is when they begin.
    """
    if lead.until is not None and now >= lead.until:
        return None
    if is_open(distribution.hours, zone, now):
        if distribution.window is None or lead.until is None:
            return None
        now += parse_duration(distribution.window.retry_every)
    again = next_open(distribution.hours, zone, now)
    return min(again, lead.until) if lead.until else again


def _unsold(matter: Matter) -> Decision:
    again = next_attempt(matter.workflow.distribution, matter.version.zone, matter.lead, matter.now)
    return Decision(LeadStage.UNSOLD if again is None else LeadStage.WAITING, again=again)


def is_time(matter: Matter) -> bool:
    """Whether leads are distributed at this time of day."""
    return is_open(matter.workflow.distribution.hours, matter.version.zone, matter.now)
