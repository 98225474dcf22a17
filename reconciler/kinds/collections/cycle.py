"""The scheduler's cycle: accounts are given to campaigns and queued, and what is due is given to lanes. (C-02, C-26, AMB-C9)

Any number of workers look; a cycle is one worker's (`contact_cycles`), and done by parts, so that its other work goes on
meanwhile. Whatever is done twice all the same does nothing the second time (AMB-C10).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.kinds.collections.assigning import give, is_running, look_from, reached
from reconciler.kinds.collections.board import Board, Boards, Running
from reconciler.kinds.collections.contacting import lose
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.model.errors import Permanent
from reconciler.model.instant import parse_duration
from reconciler.model.ports import Store
from reconciler.model.work import Place

CYCLE: Final = 0
"""Under which uid the organisation's cycle is kept: one for all campaigns, in their order."""
LEASE: Final = timedelta(minutes=5)
"""After which a cycle is begun anew whose worker was lost."""
PART: Final = 1000
"""Accounts that are looked at, and contacts that are given to lanes, at a time."""


@dataclass(slots=True)
class _Round:
    """A cycle under way: the campaigns that are left, and how far the first of them has looked."""

    left: list[int]
    since: int = -1
    after: int = 0
    change: int = 0


@dataclass(slots=True)
class Cycle:
    """The cycle as one worker takes part in it. Use from one thread."""

    store: Store
    boards: Boards
    lanes: Lanes
    _round: _Round | None = None

    def turn(self, now: datetime) -> None:
        """What a look does: a part of the cycle where one is ours, and what is due to lanes."""
        board = self.boards.now()
        if not board.running:
            self._round = None
        elif self._round is None:
            self._begin(board, now)
        if self._round is not None:
            self._go_on(board, self._round, now)
        for one in board.running.values():
            if one.is_active and self.store.contact_queue.due(one.uid, now):
                self._post(one, now)

    def _begin(self, board: Board, now: datetime) -> None:
        every = parse_duration(board.organisation.spec.scheduler_cycle)
        if not self.store.contact_cycles.take(CYCLE, every, LEASE, now):
            return
        self.store.contact_queue.break_promises(now)
        for lost in self.store.contact_queue.lost(PART):
            lose(self.store, self.boards, lost.item, now)
        self._round = _Round([one.uid for one in board.running.values()])

    def _go_on(self, board: Board, round_: _Round, now: datetime) -> None:
        """One part of one campaign; the end of the cycle after the last."""
        while round_.left:
            one = board.running.get(round_.left[0])
            if one is not None and is_running(one, board.organisation, now):
                if self._looked(board, one, round_, now):
                    round_.left.pop(0)
                self.store.contact_cycles.keep(CYCLE, LEASE, now)
                return
            round_.left.pop(0)
        self.store.contact_cycles.done(CYCLE)
        self._round = None

    def _looked(self, board: Board, one: Running, round_: _Round, now: datetime) -> bool:
        """Give a campaign the next part of the accounts that nobody has, and queue what is due after the last; whether it was."""
        accounts = self.store.accounts
        if round_.since < 0:
            round_.since, round_.after, round_.change = (
                look_from(self.store, one, board.organisation, now),
                0,
                accounts.change(),
            )
        found = accounts.unassigned(one.source, round_.since, round_.after, PART) if one.source else ()
        give(self.store, board, one, found, now)
        if len(found) == PART:
            round_.after = found[-1].id
            return False
        accounts.pass_to(one.uid, reached(round_.change, board.organisation, now))
        round_.since = -1
        if board.organisation.spec.auto_enqueue:
            self.store.contact_queue.enqueue(one.uid, now)
        return True

    def _post(self, one: Running, now: datetime) -> None:
        """Give what is due to the lanes that its channels have."""
        if one.strategy is None:
            return
        board = self.boards.now()
        try:
            channels = [board.channel(step.channel) for step in one.strategy.steps]
        except Permanent:
            return  # it waits for the channel to be there again
        self.lanes.stand(one.uid, channels, now)

        def place(step: int, account: int) -> Place:
            # Of a step that is not there any more whoever begins it finds that out, in any lane.
            return self.lanes.place(one.uid, channels[min(step, len(channels) - 1)], account, now)

        self.store.contact_queue.post(one.uid, now, PART, place)
