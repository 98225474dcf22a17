"""Following a campaign's work to its end, look by look."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.controller.progress import heard_of
from reconciler.lifecycle.kind import Kind
from reconciler.model.lifecycle import Lifecycle
from reconciler.model.ports import AskedRate, Clock, Store
from reconciler.model.progress import Progress
from reconciler.model.ref import Ref
from reconciler.model.returns import Sign

HEARD_EVERY: Final = 5
"""Looks after which it is counted anew what was heard: with a million signs that takes a while."""


@dataclass(frozen=True, slots=True)
class Look:
    """A campaign at one look. It `is_over` in a final state, and `is_well` where that is the end which its work aims at."""

    ref: Ref
    state: str
    progress: Progress | None
    is_over: bool = False
    is_well: bool = False


def looks(store: Store, ref: Ref, kind: Kind, clock: Clock, asked: Mapping[str, AskedRate]) -> Iterator[Look]:
    """One look each time it is asked for; the last one is of the end."""
    law, uid, ask = kind.lifecycle, store.ledger.uid(ref), asked.get(ref.kind)
    heard: Mapping[Sign, tuple[int, int]] = {}
    rate, count = None, 0
    while (found := store.load([ref]).get(ref)) is not None:
        is_over, now = law.states[found.state].final, store.time(clock.now())
        job = store.ledger.view(uid, now)
        if job is not None and (is_over or count % HEARD_EVERY == 0):
            heard, rate = heard_of(store, uid), ask(store, uid) if ask else None
        count += 1
        progress = Progress(job, now, heard, rate) if job is not None else None
        yield Look(ref, found.state, progress, is_over, is_over and is_aimed_at(law, found.state))
        if is_over:
            return
    yield Look(ref, "forgotten", None, is_over=True)


def is_aimed_at(law: Lifecycle, state: str) -> bool:
    """Whether work that comes to its end of itself ends in this state."""
    return any(edge.target == state and edge.fulfils for edge in law.transitions)
