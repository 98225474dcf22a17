"""The scheduler's cycle: accounts are given to campaigns and queued, and what is due is given to lanes. (C-02, C-26, AMB-C9)

Any number of workers look; a cycle is that of one of them (see `contact_cycles`). What is done twice all the same, such as by a
command in between, does nothing the second time (AMB-C10).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from reconciler.kinds.collections.assigning import assign, first_due
from reconciler.kinds.collections.board import Board, Boards, Running
from reconciler.kinds.collections.contacting import lose
from reconciler.kinds.collections.packing import STEPS, count_by, steps_of
from reconciler.kinds.collections.reading import CYCLE
from reconciler.kinds.messaging.channels import Channel
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.kinds.messaging.trying import REPEATED
from reconciler.model.errors import Permanent
from reconciler.model.instant import parse_duration
from reconciler.model.ports import Store
from reconciler.model.work import Place

QUEUED: Final = 50_000
"""Accounts of a campaign that one cycle queues; the next one goes on."""
LEASE: Final = timedelta(seconds=30)
"""After which a cycle is begun anew whose worker was lost; it is renewed with every few hundred accounts."""
PART: Final = 1000
"""Contacts that are given to lanes at a time."""


@dataclass(slots=True)
class Cycle:
    """The cycle as one worker takes part in it. Use from one thread."""

    store: Store
    boards: Boards
    lanes: Lanes
    now: Callable[[], datetime]
    """The clock that all workers share."""

    def turn(self) -> None:
        """What a look does: the cycle, where it is due and nobody is at it; and what is due goes to lanes."""
        board, now = self.boards.now(), self.now()
        if not board.running:
            return
        every = parse_duration(board.organisation.spec.scheduler_cycle)
        if self.store.contact_cycles.take(CYCLE, every, LEASE, now):
            self._run(board, now)
            self.store.contact_cycles.done(CYCLE)
        for one in board.running.values():
            if one.is_active and self.store.contact_queue.due(one.uid, now):
                self._post(board, one, now)

    def _run(self, board: Board, now: datetime) -> None:
        queue = self.store.contact_queue
        queue.break_promises(now)
        queue.pick_up()
        for lost in queue.lost(PART):
            lose(self.store, self.boards, lost.item, now)
        running = [one for one in board.running.values() if not queue.shut(one.uid, now)]
        for one in running:
            self._begin_anew(one, now)
        assign(self.store, running, board.organisation, now, self._keep)
        if board.organisation.spec.auto_enqueue:
            for one in running:
                queue.enqueue(one.uid, now, QUEUED)

    def _begin_anew(self, one: Running, now: datetime) -> None:
        """A strategy whose steps were edited is another one: accounts begin at its first step (AMB-C7)."""
        counted = self.store.ledger.package(one.uid).get(STEPS)
        if one.strategy is not None and counted != steps_of(one.strategy):
            if counted is not None:
                self.store.accounts.restart(one.uid, first_due(one, now), now)
            count_by(self.store, one.uid, one.strategy)

    def _keep(self) -> None:
        self.store.contact_cycles.keep(CYCLE, LEASE, self.now())

    def _post(self, board: Board, one: Running, now: datetime) -> None:
        """Give what is due to the lanes of its channels."""
        channels = _channels(board, one)
        if not channels:
            return
        self.lanes.stand(one.uid, channels, now)

        def place(step: int, account: int) -> Place:
            # Of a step that is not there any more whoever begins it finds that out, in any lane.
            found = self.lanes.place(one.uid, channels[min(step, len(channels) - 1)], account, now)
            # Taking one up again is harmless, a mail too: what was begun is known, and not begun once more.
            return replace(found, repeats=REPEATED)

        self.store.contact_queue.post(one.uid, now, PART, place)


def _channels(board: Board, one: Running) -> Sequence[Channel]:
    """The channel of each step; none where one is not there, and everything waits for it."""
    try:
        return [board.channel(step.channel) for step in one.strategy.steps] if one.strategy else ()
    except Permanent:
        return ()
