"""Distribution: the waiting leads of one version to its buyers, each sold once for all (L-15, L-24, AMB-L5).

The directly posted leads of a window are sold in one transaction, those that ask for bids one by one. A sale is known by its
lead: a unit that is worked on again, after a crash or because it was tried again, finds what was sold and sells nothing twice.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.kinds.leads.bidding import Ask, Bidders, bidders, heard
from reconciler.kinds.leads.eligible import Verdict
from reconciler.kinds.leads.market import Market, Outlook
from reconciler.kinds.leads.selecting import by_bar
from reconciler.kinds.leads.selling import SOON, Heard, Shop
from reconciler.model.lead_sales import Sold
from reconciler.model.leads import Lead, LeadStage
from reconciler.model.ports import Report, Store
from reconciler.model.work import Lane, Result, Stage, Unit


@dataclass(slots=True)
class LeadWorker:
    """Implements `ports.Worker` for LeadCampaigns, over one store. Use from one thread."""

    store: Store
    ask: Ask
    outlook: Outlook = field(default_factory=Outlook)
    _shop: Shop | None = None
    """The latest: slices of one version follow one another."""

    def cap(self, via: str) -> int:
        """See `ports.Worker`."""
        return 0

    def work(self, lane: Lane) -> None:
        """See `ports.Worker`."""
        results: dict[int, Result] = {}
        for unit in lane.units():
            if unit.id not in results:
                results = self._distributed(lane, [unit, *lane.ahead])
            lane.record(unit, results.pop(unit.id))

    def reports(self) -> Iterable[Report]:
        """See `ports.Worker`: a version ends by its manifest alone."""
        return ()

    def _distributed(self, lane: Lane, units: Sequence[Unit]) -> dict[int, Result]:
        """What became of the first of these units, and of others beside."""
        shop = self._shop_of(self.outlook.market(self.store), lane.uid)
        if shop is None or not shop.is_in_use:
            return {units[0].id: _put_off("its version is not in use", lane.now() + SOON)}
        leads = self.store.lead_sales.leads([_lead(unit) for unit in units])
        asking = [unit for unit in units if _asks(shop, leads.get(_lead(unit)))]
        if units[0] in asking:
            return self._asked(lane, shop, units[0], leads[_lead(units[0])])
        return self._sold(lane, shop, [unit for unit in units if unit not in asking], None)

    def _asked(self, lane: Lane, shop: Shop, unit: Unit, lead: Lead) -> dict[int, Result]:
        """Ask those who may buy, outside of any transaction, and decide among their bids in one."""
        now = lane.now()
        asked = self.store.lead_sales.look(shop.book, lead.id, now, bidders(shop, lead, now)) or Bidders()
        return self._sold(lane, shop, [unit], heard(asked, self.ask(asked.buyers, lead) if asked.buyers else {}))

    def _sold(self, lane: Lane, shop: Shop, units: Sequence[Unit], bids: Heard | None) -> dict[int, Result]:
        told: dict[int, Sequence[Verdict]] = {}
        decide = shop.by_rules(lambda lead, verdicts: told.update({lead.id: verdicts}), bids)
        now, ids = lane.now(), [_lead(unit) for unit in units]
        done = self.store.lead_sales.sell(shop.book, ids, now, decide, shop.deliver)
        if done is None:  # the next look sees what has changed
            return {units[0].id: _put_off("it was changed meanwhile", now)}
        sold = {one.lead.id: one for one in done}
        return {unit.id: _result(sold.get(_lead(unit)), told.get(_lead(unit), ())) for unit in units}

    def _shop_of(self, market: Market, uid: int) -> Shop | None:
        if self._shop is None or self._shop.market is not market or self._shop.version.uid != uid:
            version = market.version_of(uid)
            self._shop = Shop.of(market, version) if version else None
        return self._shop


def _lead(unit: Unit) -> int:
    return int(unit.payload["lead"])


def _put_off(why: str, until: datetime) -> Result:
    return Result(Stage.PENDING, {"why": why}, until)


def _asks(shop: Shop, lead: Lead | None) -> bool:
    workflow = shop.workflow(lead) if lead else None
    return workflow is not None and workflow.distribution.mode == "pingPost"


def _result(sold: Sold | None, verdicts: Sequence[Verdict]) -> Result:
    """What became of a lead, as its unit keeps it: `why` counts the buyers who did not get it, by the reason."""
    if sold is None:
        return Result(Stage.FAILED, {"error": "there is no such lead"})
    why = {"why": by_bar(verdicts)} if verdicts else {}
    match sold.lead.stage:
        case LeadStage.SOLD:
            return Result(Stage.SENT, {"sold": len(sold.outbound)})
        case LeadStage.UNSOLD:
            return Result(Stage.FAILED, {"unsold": len(verdicts), **why})
        case LeadStage.WAITING:
            return Result(Stage.PENDING, why, sold.again)
        case _:
            return Result(Stage.CANCELLED, {"stage": sold.lead.stage.value})
