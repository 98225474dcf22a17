"""A job brought to a stand: nothing of it begins any more, whoever was at work. For the runtimes of all kinds."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from reconciler.model.ports import Beat, Clock, Store
from reconciler.model.work import Phase

_NAP: Final = 0.02
"""Seconds between two looks at lanes that are to stop."""


@dataclass(frozen=True, slots=True)
class Standstill:
    """`is_gone` says of the owner of a lease whether it is known to be at work no more."""

    store: Store
    clock: Clock
    is_gone: Callable[[str], bool]

    def bring(self, uid: int, phase: Phase, beat: Beat) -> None:
        """Nothing begins any more once this returns: every lane has let go, or its owner is gone (AMB-E6, AMB-L5).

        What such an owner had begun is in doubt (AMB-E13).
        """
        ledger = self.store.ledger
        ledger.enter(uid, phase, self.clock.now())
        while not all(map(self.is_gone, ledger.at_work(uid, self.store.time(self.clock.now())))):
            beat()
            time.sleep(_NAP)
        ledger.doubt(uid, self.clock.now())
