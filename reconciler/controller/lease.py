"""Leases: which execution is at work on an intent, and whether it may still be."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from reconciler.engine.owner import has_ended
from reconciler.model.ports import Clock, Intent, Lease, Store

LEASE: Final = timedelta(seconds=60)
"""How long a run may be at work on the effects of one step before another run takes it for dead."""


@dataclass(frozen=True, slots=True)
class LeaseClock:
    """The clock by which leases end: the store's. Implements `ports.Clock`."""

    store: Store
    machine: Clock

    def now(self) -> datetime:
        """See `ports.Store.time`."""
        return self.store.time(self.machine.now())


def in_hand(intent: Intent, now: datetime) -> Lease | None:
    """The lease of a run that may still be at work on `intent`: it has not run out, and its process may be alive."""
    lease = intent.lease
    return lease if lease and now < lease.expires_at and not has_ended(lease.owner) else None


@contextmanager
def let_go_on_failure(store: Store, intent: Intent) -> Iterator[None]:
    """Whatever ends the work before its time, Ctrl-C too: the next run need not wait for the lease to run out."""
    try:
        yield
    except BaseException:
        store.hand_over(intent, None)
        raise
