"""The worker of ReceivablesCampaigns: it takes invoices in and lets them go, posts what is due, and says it. (I-01, I-20)"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reconciler.kinds.messaging.crossing import Crossing
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.kinds.messaging.outreach import Outreach
from reconciler.kinds.receivables.book import Book, Campaigns
from reconciler.kinds.receivables.passing import Pass
from reconciler.kinds.receivables.posting import Postman
from reconciler.kinds.receivables.saying import Sayings
from reconciler.model.ports import Clock, Report, Store
from reconciler.model.secret import Reveal
from reconciler.model.work import ALWAYS, Lane

BATCHES: Final = 20
"""Batches of one look: what is left over comes with the next, so that others are not kept waiting."""


@dataclass(slots=True)
class ReceivablesWorker:
    """Implements `ports.Worker` for ReceivablesCampaigns. Use from one thread."""

    store: Store
    reveal: Reveal
    clock: Clock
    _book: Book = field(default_factory=Book)
    _lanes: Lanes = field(init=False)
    _outreach: Outreach = field(init=False)

    def __post_init__(self) -> None:
        self._lanes = Lanes(self.store)
        self._outreach = Outreach(self.store, self.reveal)

    def cap(self, via: str) -> int:
        """See `ports.Worker`."""
        return self._lanes.cap(via)

    def work(self, lane: Lane) -> None:
        """See `ports.Worker`."""
        campaign = self._book.campaign(self.store, lane.uid)
        Crossing(self.store, self._outreach, self._lanes).work(lane, Sayings(self.store, self._lanes, lane, campaign))

    def reports(self) -> Iterable[Report]:
        """See `ports.Worker`: nothing to report. Invoices come and go here, and what has become due is posted.

        Several may do it at once; where nothing has changed it is a few reads.
        """
        campaigns, now = self._book.campaigns(self.store), self.store.time(self.clock.now())
        if campaigns:
            self._pass(campaigns, now)
            self._post(campaigns, now)
        return ()

    def _pass(self, campaigns: Campaigns, now: datetime) -> None:
        looking = Pass(self.store, campaigns, now)
        for _ in range(BATCHES):
            if not looking.batch():
                return

    def _post(self, campaigns: Campaigns, now: datetime) -> None:
        for campaign in campaigns:
            self._ask_again(campaign.uid)
            postman = Postman(self.store, self._lanes, campaign, now)
            for _ in range(BATCHES):
                if not postman.batch():
                    break

    def _ask_again(self, uid: int) -> None:
        """Units of which nobody knows what became: asked for again, each says what is known of its communication."""
        doubts = {one.via for one in self.store.ledger.unknown(uid)}
        view = self.store.ledger.view(uid, self.clock.now()) if doubts else None
        for lane in view.lanes if view else ():
            self.store.ledger.retry_unknown(uid, lane.number, ALWAYS)
