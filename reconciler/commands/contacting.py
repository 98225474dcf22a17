"""The engine by hand: queue a campaign's accounts, put the brake on, take it off."""

from datetime import datetime
from typing import Final

import click

from reconciler.app import App, actor
from reconciler.commands.options import Common, write
from reconciler.commands.reading_leads import resource
from reconciler.controller.terms import spoken
from reconciler.controller.verdict import DENIED, DONE
from reconciler.kinds.collections.brakes import brakes
from reconciler.kinds.collections.reading import ACTIVE, KIND, sheet
from reconciler.model.contact_queue import Brake
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

ENQUEUE: Final = "enqueue"
QUEUED: Final = "queued already"
"""The cause by which the books tell whoever is in the queue."""


def enqueued(common: Common, campaign: str) -> int:
    """Queue the accounts of a campaign; the exit code. Usage where there is no such one. (C-21, C-24, C-25)"""
    app = common.app()
    store = app.store_in_use()
    ref, uid, state = resource(store, KIND, campaign)
    now = store.time(app.clock.now())
    why = _refusal(app, store, ref, state, now)
    if why:
        click.echo(f"{ref}: {why}", err=True)
        return DENIED
    queued = store.contact_queue.enqueue(uid, now)
    write(f"{ref}: {queued:,} account{'s' if queued != 1 else ''} queued\n")
    for cause, count in store.collection_books.held_back(uid, now).items():
        others = count - queued if cause == QUEUED else count  # they include those of a moment ago
        if others > 0:
            write(f"  {others:,} {cause}\n")
    for brake in brakes(store):
        click.echo(f"nobody is contacted while the engine is paused: {brake}", err=True)
    return DONE


def _refusal(app: App, store: Store, ref: Ref, state: str, now: datetime) -> str:
    """Why nobody is queued, and what to do; empty where nothing stands in the way. (C-02, AMB-C3, AMB-C5)"""
    if state != ACTIVE:
        barred = app.kinds().table[KIND].lifecycle.forbidden(state, ENQUEUE)
        return barred.message if barred else f"it is {state}"
    dates = sheet(store, ref, now).dates
    if dates is None or dates.start <= dates.today <= dates.end:
        return ""
    return f"accounts are queued from {dates.start} to {dates.end} only, and today is {dates.today}; change its dates"


def braked(common: Common, reason: str) -> int:
    """Put the brake on."""
    return _brake(common, True, spoken("--reason", reason))


def released(common: Common) -> int:
    """Take it off."""
    return _brake(common, False, "")


def _brake(common: Common, is_on: bool, reason: str) -> int:
    app = common.app()
    store = app.store_in_use()
    store.contact_queue.brake(Brake(is_on, reason, actor(), store.time(app.clock.now())))
    left = brakes(store)
    if is_on or not left:
        write("the engine is paused; queues are kept\n" if is_on else "the engine goes on\n")
        return DONE
    write(f"the brake is off, and the engine stays paused: {'; '.join(left)}\n")
    return DONE
