"""Settle: finish or undo the steps that a crash left between begin and advance, before anything new is planned."""

from collections.abc import Container, Mapping
from dataclasses import replace
from datetime import timedelta

from reconciler.controller.effects import perform, performed_any
from reconciler.controller.lease import LEASE, LeaseClock, in_hand, let_go_on_failure
from reconciler.engine.owner import new_owner
from reconciler.model.errors import Permanent, Transient
from reconciler.model.health import Settled, Settlement
from reconciler.model.instant import to_text
from reconciler.model.ports import Clock, Intent, Lease, Runtime, Store
from reconciler.model.ref import Ref


def settle(
    store: Store,
    runtimes: Mapping[str, Runtime],
    clock: Clock,
    lease: timedelta = LEASE,
    resting: Container[Ref] = (),
) -> tuple[Settled, ...]:
    """Every open intent, oldest first.

    If any effect was performed the rest is performed too (each is idempotent by its key) and the step is committed;
    if none was, the intent is closed and the next plan decides anew. It stays open where another run may still be at
    work on it, where there is no runtime to ask, and where that fails. A store that was moved is left as it is. Of what is
    `resting` after such a failure nothing more is performed yet.
    """
    if store.closure():
        return ()
    owner, clock = new_owner(), LeaseClock(store, clock)
    found = []
    for intent in store.intents():
        mine = replace(intent, lease=Lease(owner, clock.now() + lease))
        runtime = runtimes.get(intent.ref.kind)
        if runtime is not None and intent.ref in resting and performed_any(intent, runtime):
            continue
        settlement, message, delay = _settle(store, intent, mine, runtime, clock)
        found.append(Settled(intent.ref, str(intent.write.body.get("event", "")), settlement, message, delay))
    return tuple(found)


def _settle(
    store: Store, intent: Intent, mine: Intent, runtime: Runtime | None, clock: Clock
) -> tuple[Settlement, str, timedelta | None]:
    """Settle `intent` by making it `mine` first, so that of several runs one does; how, why, and how long to wait."""
    lease = in_hand(intent, clock.now())
    if lease is not None:
        return Settlement.OPEN, f"another run is at work on it, until {to_text(lease.expires_at)} at the latest", None
    if runtime is None:
        return Settlement.OPEN, f"no runtime of {intent.ref.kind} is attached to ask", None
    if not store.hand_over(intent, mine.lease):
        return Settlement.OPEN, "another run has just taken it over", None
    try:
        with let_go_on_failure(store, mine):
            return *_finish(store, mine, runtime, clock), None
    except (Permanent, Transient) as error:
        return Settlement.OPEN, str(error), error.delay if isinstance(error, Transient) else timedelta()


def _finish(store: Store, mine: Intent, runtime: Runtime, clock: Clock) -> tuple[Settlement, str]:
    if not performed_any(mine, runtime):
        store.abandon(mine)
        return Settlement.UNDONE, ""
    perform(mine, runtime, store, clock)
    if store.advance(mine):
        return Settlement.FINISHED, ""
    if store.abandon(mine):
        # No run leaves this behind, for an open intent owns its resource; a store put back from two backups may.
        return Settlement.UNDONE, "the resource has moved on meanwhile"
    return Settlement.OPEN, "another run has taken it over"
