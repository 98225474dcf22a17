"""The runtime of CollectionCampaigns: what opens, shuts and fills the queue of contacts, and what a plan asks of accounts.

(C-07, C-08, C-11, C-23, AMB-C1, AMB-C2, AMB-C6, AMB-C7)
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any, Final

from reconciler.kinds.collections.assigning import assign, first_due, release_all, release_others
from reconciler.kinds.collections.board import CAMPAIGN, Boards, Running
from reconciler.kinds.collections.collection_campaign.spec import CollectionCampaignSpec
from reconciler.kinds.collections.loading import load, refresh
from reconciler.kinds.collections.matching import Census
from reconciler.kinds.collections.organisation import organisation
from reconciler.kinds.collections.packing import STEPS, count_by, pack
from reconciler.kinds.collections.portfolio import Portfolio
from reconciler.kinds.collections.proving import proven, settings_of
from reconciler.kinds.collections.strategy.spec import StrategySpec
from reconciler.kinds.messaging.texts import fault_of
from reconciler.kinds.shelf import Shelf
from reconciler.kinds.standstill import Standstill
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Beat, Clock, Lookup, Store
from reconciler.model.ref import Ref
from reconciler.model.work import Phase

_ENDED: Final = {
    "pause": "the campaign was paused",
    "complete": "the campaign was completed",
    "expire": "its end date has passed",
    "delete": "the campaign was deleted",
}
"""Why a contact was cancelled, by what was done with its campaign."""
_CHANGED: Final = "the campaign's strategy was changed"


@dataclass(frozen=True, slots=True)
class CollectionRuntime:
    """Implements `ports.Runtime` and `ports.Refreshing`."""

    store: Store
    clock: Clock
    shelf: Callable[[Lookup], Shelf]
    standstill: Standstill
    census: Census = field(default_factory=Census)

    def observe(self, ref: Ref, document: Document, beside: Lookup) -> Mapping[str, Any]:
        """See `ports.Runtime`: how many accounts the campaign matches now, how long they are past due, and what is foreseen.

        Unknown where its source was never read. Permanent where that cannot be.
        """
        spec = _spec(document)
        portfolio, now = Portfolio(self.store, self.shelf(beside), beside), self.clock.now()
        counted: Mapping[str, Any] = {"accountsMatching": 0}
        if spec.accounts is not None:
            counted = self.census.facts(portfolio, spec.accounts, settings_of(portfolio), now)
        return {**counted, **self._fault(spec, portfolio.shelf), **proven(ref, document, portfolio, now)}

    def _fault(self, spec: CollectionCampaignSpec, shelf: Shelf) -> Mapping[str, str]:
        """What is wrong with the texts of its strategy; nothing where that is not there."""
        strategy = shelf.lookup(Ref("Strategy", spec.strategy)) if spec.strategy else None
        if strategy is None:
            return {}
        steps = StrategySpec.model_validate_json(_written(strategy)).steps
        return {"textFault": fault_of((step.template for step in steps), shelf)}

    def refresh(self) -> None:
        """See `ports.Refreshing`: accounts and texts, while a campaign is active.

        Permanent where one of them cannot be read; the others are.
        """
        shelf, now, troubles = self.shelf(self._lookup), self.clock.now(), list[str]()
        jobs = self.store.ledger.open_jobs(CAMPAIGN)
        work: list[Callable[[], object]] = [partial(self._pack, uid, ref) for uid, ref in jobs]
        if jobs:
            work.insert(0, partial(refresh, self.store, shelf, now, _nothing))
        for one in work:
            try:
                one()
            except Permanent as error:
                troubles.append(str(error))
        if troubles:
            raise Permanent(troubles[0])

    def performed(self, key: str) -> bool:
        """See `ports.Runtime`."""
        return self.store.ledger.performed(key)

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        """See `ports.Runtime`."""
        ledger, now = self.store.ledger, self.clock.now()
        if ledger.performed(key):
            return
        uid = ledger.uid(ref)
        match effect:
            case "open-queue":
                self.store.contact_queue.open(uid, now)
                self._pack(uid, ref)
                if STEPS not in ledger.package(uid):
                    count_by(self.store, uid, self._running(ref, uid, now).strategy)
            case "assign-accounts":
                self._assign(ref, uid, now, beat)
            case "cancel-pending-items":
                self._cancel(ref, uid, now, beat)
            case "unassign-accounts":
                release_all(self.store, uid, now, beat)
            case "restart-strategy":
                one = self._running(ref, uid, now)
                self.store.accounts.restart(uid, first_due(one, now), now)
                count_by(self.store, uid, one.strategy)
            case _:
                raise Permanent(f"collections have no effect {effect!r}")
        ledger.mark(key, now)

    def _cancel(self, ref: Ref, uid: int, now: datetime, beat: Beat) -> None:
        """Nothing begins any more once this returns, and what was under way is recorded, or known to be in doubt (AMB-C1)."""
        event = next((one.write.body.get("event") for one in self.store.intents() if one.ref == ref), "")
        self.store.contact_queue.cancel(uid, _ENDED.get(str(event), _CHANGED), now)
        self.standstill.bring(uid, Phase.STOPPED, beat)

    def _assign(self, ref: Ref, uid: int, now: datetime, beat: Beat) -> None:
        """Others that were activated before get theirs first: of rows that have just come in as well (AMB-C9)."""
        one, settings = self._running(ref, uid, now), organisation(self.store)
        if one.spec.accounts is None:
            release_all(self.store, uid, now, beat)
            return
        load(self.store, self.shelf(self._lookup), [one.spec.accounts.source], now, beat)
        release_others(self.store, one, settings, now, beat)
        others = [other for other in Boards(self.store).now().running.values() if other.uid != uid]
        before = [other for other in others if (other.since, other.ref) < (one.since, one.ref)]
        assign(self.store, [*before, one], settings, now, beat)

    def _pack(self, uid: int, ref: Ref) -> None:
        found = self._becoming(ref)
        strategy = _spec(found).strategy if found else None
        if strategy:
            pack(self.store, self.shelf(self._lookup), uid, strategy)

    def _running(self, ref: Ref, uid: int, now: datetime) -> Running:
        """The campaign as it becomes: effects come before what they belong to is stored."""
        document = self._becoming(ref)
        if document is None:
            raise Permanent(f"{ref} is not in the store")
        spec = _spec(document)
        source = Ref("AccountSource", spec.accounts.source) if spec.accounts else None
        strategy = self._lookup(Ref("Strategy", spec.strategy)) if spec.strategy else None
        known = Boards(self.store).now().running.get(uid)
        return Running(
            ref,
            uid,
            spec,
            known.since if known else now,
            self.store.ledger.uid(source) if source else 0,
            StrategySpec.model_validate_json(_written(strategy)) if strategy else None,
        )

    def _becoming(self, ref: Ref) -> Document | None:
        changing = (one.write.document for one in self.store.intents() if one.ref == ref)
        return next((one for one in changing if one is not None), None) or self._lookup(ref)

    def _lookup(self, ref: Ref) -> Document | None:
        found = self.store.load([ref]).get(ref)
        return found.document if found else None


def _spec(document: Document) -> CollectionCampaignSpec:
    return CollectionCampaignSpec.model_validate_json(_written(document))


def _written(document: Document) -> bytes:
    return canonical.encode(document.get("spec", {}))


def _nothing() -> None:
    """Nobody watches over a refresh."""
