"""Selling the leads of one version: what is decided on a lead upon its standing, by rules, bids, or a person. Pure."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from reconciler.kinds.leads.deliveries import units_of, vias_of
from reconciler.kinds.leads.eligible import Bar, Matter, Offer, Verdict, fits, offer_of
from reconciler.kinds.leads.hours import open_from
from reconciler.kinds.leads.lead_campaign.spec import Distribution, LeadWorkflow
from reconciler.kinds.leads.market import TAKES, Buyer, Market, Version
from reconciler.kinds.leads.selecting import Pick, Selection, choose, select
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
class Shop:
    """One version's side of the market: its leads, and who may buy them."""

    market: Market
    version: Version

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
        return Book(self.version.ref.name, self.version.uid, tuple(one.uid for one in self.buyers))

    def workflow(self, lead: Lead) -> LeadWorkflow | None:
        """The lead's workflow; None where an edit has removed it."""
        return next((one for one in self.version.spec.workflows if one.name == lead.workflow), None)

    def matter(self, lead: Lead, workflow: LeadWorkflow, now: datetime) -> Matter:
        """The lead as it is judged."""
        return Matter(lead, self.version.subject(lead.fields), self.version, workflow, now)

    def fitting(self, matter: Matter) -> tuple[tuple[Buyer, ...], tuple[Verdict, ...]]:
        """The buyers whose contracts are for such a lead now, and the verdicts on those whose are not."""
        verdicts = [fits(matter, buyer) for buyer in self.buyers]
        fitting = tuple(one.buyer for one in verdicts if one.bar is None)
        return fitting, tuple(one for one in verdicts if one.bar is not None)

    def by_rules(self, tell: Told, bids: Sequence[Offer] | None = None, barred: Sequence[Verdict] = ()) -> Decide:
        """Decides by the rules of the lead's workflow; among `bids` where buyers were asked, `barred` those who bid nothing."""

        def decide(standing: Standing) -> Decision:
            workflow = self.workflow(standing.lead)
            kept = settled(standing, workflow)
            if kept is not None or workflow is None:
                return kept or Decision(LeadStage.UNSOLD)
            matter = self.matter(standing.lead, workflow, standing.now)
            if not _is_time(matter):
                return Decision(_unsold(matter))
            if bids is None:
                fitting, out = self.fitting(matter)
                selection = select(matter, [offer_of(one) for one in fitting], standing)
            else:
                out, selection = tuple(barred), select(matter, bids, standing)
            tell(standing.lead, (*out, *selection.verdicts))
            return self.decision(matter, selection) if selection.picks else Decision(_unsold(matter))

        return decide

    def by_hand(self, named: Sequence[Buyer], tell: Told) -> Decide:
        """Decides as a person has: all of these buyers, or none where one of them may not have the lead.

        What was sold to them by hand at the same instant is this very sale, made again because its answer was lost.
        """

        def decide(standing: Standing) -> Decision:
            workflow = self.workflow(standing.lead)
            if workflow is None or not standing.is_ours or standing.lead.stage is LeadStage.ENDED:
                return Decision(standing.lead.stage)
            matter = self.matter(standing.lead, workflow, standing.now)
            verdicts = [fits(matter, buyer) for buyer in named]
            fitting = [offer_of(one.buyer) for one in verdicts if one.bar in (None, Bar.PING)]
            selection = choose(matter, fitting, standing)
            tell(standing.lead, [one for one in (*verdicts, *selection.verdicts) if one.bar not in (None, Bar.PING)])
            if len(selection.picks) < len(named):
                return Decision(standing.lead.stage)
            return self.decision(matter, selection)

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
        return Decision(LeadStage.WAITING)
    if workflow is not None and workflow.distribution.mode == "manual":
        return Decision(LeadStage.MANUAL)
    return None


def next_attempt(distribution: Distribution, zone: str, lead: Lead, now: datetime) -> datetime | None:
    """When a lead that nobody took is offered again: in the workflow's hours, and for the last time as its window ends.

    None where that was the last time, or the only one.
    """
    if not _is_time_at(distribution, zone, now):
        opens = open_from(distribution.hours, zone, now)
        if lead.until is None or opens is None:
            return opens
        return min(opens, lead.until) if now < lead.until else None
    if distribution.window is None or lead.until is None or now >= lead.until:
        return None
    again = open_from(distribution.hours, zone, now + parse_duration(distribution.window.retry_every))
    return min(again or lead.until, lead.until)


def _unsold(matter: Matter) -> LeadStage:
    again = next_attempt(matter.workflow.distribution, matter.version.zone, matter.lead, matter.now)
    return LeadStage.UNSOLD if again is None else LeadStage.WAITING


def _is_time(matter: Matter) -> bool:
    return _is_time_at(matter.workflow.distribution, matter.version.zone, matter.now)


def _is_time_at(distribution: Distribution, zone: str, now: datetime) -> bool:
    return open_from(distribution.hours, zone, now) == now


def verdicts_by_lead(into: dict[int, Sequence[Verdict]]) -> Told:
    """Keeps what was told last of each lead."""

    def tell(lead: Lead, verdicts: Sequence[Verdict]) -> None:
        into[lead.id] = tuple(verdicts)

    return tell


