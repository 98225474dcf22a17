"""Queue a campaign's accounts by hand (C-21, C-24, C-25), and put the engine's brake on or off."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reconciler.kinds.collections.brakes import brakes
from reconciler.kinds.collections.reading import ACTIVE, sheet
from reconciler.model.contact_terms import Brake
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

ENQUEUE: Final = "enqueue"
QUEUED: Final = "queued already"
"""The cause by which the books tell whoever is in the queue."""


@dataclass(frozen=True, slots=True)
class Enqueued:
    """What came of it: how many were queued and, by cause, how many were not; or why nobody was `refused`."""

    queued: int = 0
    others: Mapping[str, int] = field(default_factory=dict)
    brakes: Sequence[str] = ()
    """Why nobody is contacted all the same."""
    refused: str = ""

    @property
    def told(self) -> str:
        """How many, in words."""
        return f"{self.queued:,} account{'s' if self.queued != 1 else ''} queued"


def enqueue(store: Store, law: Lifecycle, ref: Ref, now: datetime) -> Enqueued:
    """Queue every account of a campaign that may be contacted and whose next step is due; each once, however often."""
    refused = refusal(store, law, ref, now)
    if refused:
        return Enqueued(refused=refused)
    uid = store.ledger.uid(ref)
    queued = store.contact_queue.enqueue(uid, now)
    counts = store.collection_books.held_back(uid, now).items()
    # Those that are queued already include those of a moment ago.
    others = {cause: count - queued if cause == QUEUED else count for cause, count in counts}
    return Enqueued(queued, {cause: count for cause, count in others.items() if count > 0}, brakes(store))


def refusal(store: Store, law: Lifecycle, ref: Ref, now: datetime) -> str:
    """Why nobody is queued, and what to do; empty where nothing stands in the way. (C-02, AMB-C3, AMB-C5)"""
    state = store.load([ref])[ref].state
    if state != ACTIVE:
        barred = law.forbidden(state, ENQUEUE)
        return barred.message if barred else f"it is {state}"
    dates = sheet(store, ref, now).dates
    if dates is None or dates.start <= dates.today <= dates.end:
        return ""
    return f"accounts are queued from {dates.start} to {dates.end} only, and today is {dates.today}; change its dates"


def set_brake(store: Store, is_on: bool, reason: str, actor: str, now: datetime) -> str:
    """Put the engine's brake on, or take it off; in words how the engine stands then."""
    store.contact_queue.brake(Brake(is_on, reason, actor, now))
    left = brakes(store)
    if is_on:
        return "the engine is paused; queues are kept"
    return f"the brake is off, and the engine stays paused: {'; '.join(left)}" if left else "the engine goes on"
