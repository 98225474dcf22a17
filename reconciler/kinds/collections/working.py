"""The work of collection campaigns, from whatever machine: cycles over accounts, and contacts made. (C-07, C-26)"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from reconciler.kinds.collections.board import Boards
from reconciler.kinds.collections.contacting import Contacts
from reconciler.kinds.collections.cycle import Cycle
from reconciler.kinds.messaging.crossing import Crossing
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.kinds.messaging.outreach import Outreach
from reconciler.model.ports import Clock, Report, Store
from reconciler.model.secret import Reveal
from reconciler.model.work import Lane


@dataclass(slots=True)
class CollectionWorker:
    """Implements `ports.Worker` for CollectionCampaigns, over one store. Use from one thread."""

    store: Store
    reveal: Reveal
    clock: Clock
    _boards: Boards = field(init=False)
    _crossing: Crossing = field(init=False)
    _cycle: Cycle = field(init=False)

    def __post_init__(self) -> None:
        lanes = Lanes(self.store)
        self._boards = Boards(self.store)
        self._crossing = Crossing(self.store, Outreach(self.store, self.reveal), lanes)
        self._cycle = Cycle(self.store, self._boards, lanes)

    def cap(self, via: str) -> int:
        """See `ports.Worker`. A connection has one number of lanes, whoever sends by it."""
        return self._crossing.lanes.cap(via)

    def work(self, lane: Lane) -> None:
        """See `ports.Worker`."""
        self._crossing.work(lane, Contacts(self.store, self._boards, lane))

    def reports(self) -> Iterable[Report]:
        """See `ports.Worker`: nothing to report. Here accounts are assigned and queued, and what is due is given to lanes."""
        self._cycle.turn(self.store.time(self.clock.now()))
        return ()
