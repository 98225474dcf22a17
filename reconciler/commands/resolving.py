"""How `email resolve` goes: list those of whom nobody knows, and write down what is decided about them."""

import click

from reconciler.app import App, actor
from reconciler.commands.mail_desk import KIND, address, named
from reconciler.commands.options import Common, write
from reconciler.controller.inspect import find
from reconciler.controller.verdict import DONE, ILLEGAL
from reconciler.kinds.email.doubts import Doubts, forbidden
from reconciler.model.errors import Stale, Usage
from reconciler.model.ports import Store
from reconciler.model.work import Doubt
from reconciler.views.email_json import doubts_to_json
from reconciler.views.email_text import render_doubts


def resolved(common: Common, campaign: str, addresses: tuple[str, ...], say: tuple[bool, bool], form: str) -> int:
    """List, send again, or leave; the exit code."""
    resend, leave = say
    if resend and leave:
        raise Usage("say --resend or --leave, not both")
    keys = tuple(address(one).key for one in addresses)
    app = common.app()
    store = app.store()
    doubts = _doubts(store, campaign)
    found = doubts.open(keys)
    _all_known(keys, found)
    if not (resend or leave):
        write(doubts_to_json(doubts.ref, found) if form == "json" else render_doubts(doubts.ref, doubts.state, found))
        return DONE
    why = forbidden(app.kinds().table[KIND].lifecycle, doubts.state) if resend else ""
    if why:
        click.echo(f"error: {doubts.ref} is {doubts.state}: {why}", err=True)
        return ILLEGAL
    return _decided(app, doubts, found, resend)


def _doubts(store: Store, campaign: str) -> Doubts:
    ref = find(named(campaign), (one for one in store.heads() if one.kind == KIND))
    return Doubts(store, ref, store.heads()[ref].state)


def _all_known(keys: tuple[str, ...], found: list[Doubt]) -> None:
    unknown = sorted(set(keys) - {one.key for one in found})
    if unknown:
        raise Usage(f"{unknown[0]} is not in doubt; `muster email resolve CAMPAIGN` lists who is")


def _decided(app: App, doubts: Doubts, found: list[Doubt], resend: bool) -> int:
    done = doubts.resend(found) if resend else doubts.leave(found, actor(), app.clock.now())
    words = "to be sent to again" if resend else "left as they are"
    write(f"{doubts.ref}: {done:,} {words}")
    if done < len(found):
        raise Stale(f"{len(found) - done:,} were settled otherwise meanwhile; list them again")
    return DONE
