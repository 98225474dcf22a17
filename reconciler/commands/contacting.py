"""The engine by hand: queue a campaign's accounts, put the brake on, take it off."""

import click

from reconciler.app import actor
from reconciler.commands.options import Common, write
from reconciler.commands.reading_leads import resource
from reconciler.controller.terms import spoken
from reconciler.controller.verdict import DENIED, DONE
from reconciler.kinds.collections.enqueueing import enqueue, set_brake
from reconciler.kinds.collections.reading import KIND


def enqueued(common: Common, campaign: str) -> int:
    """Queue the accounts of a campaign; the exit code. Usage where there is no such one. (C-21, C-24, C-25)"""
    app = common.app()
    store = app.store_in_use()
    ref, _, _ = resource(store, KIND, campaign)
    found = enqueue(store, app.kinds().table[KIND].lifecycle, ref, store.time(app.clock.now()))
    if found.refused:
        click.echo(f"{ref}: {found.refused}", err=True)
        return DENIED
    write(f"{ref}: {found.told}\n")
    for cause, count in found.others.items():
        write(f"  {count:,} {cause}\n")
    for brake in found.brakes:
        click.echo(f"nobody is contacted while the engine is paused: {brake}", err=True)
    return DONE


def braked(common: Common, reason: str) -> int:
    """Put the brake on."""
    return _brake(common, True, spoken("--reason", reason))


def released(common: Common) -> int:
    """Take it off."""
    return _brake(common, False, "")


def _brake(common: Common, is_on: bool, reason: str) -> int:
    app = common.app()
    store = app.store_in_use()
    write(set_brake(store, is_on, reason, actor(), store.time(app.clock.now())) + "\n")
    return DONE
