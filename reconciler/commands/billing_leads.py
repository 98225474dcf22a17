"""Bills, the report of turnover and returns of leads, read from the store in one moment."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from typing import Final
from zoneinfo import ZoneInfo

import click

from reconciler.app import App, actor
from reconciler.commands.options import Common, write
from reconciler.commands.reading_leads import instant, zone
from reconciler.controller.verdict import ILLEGAL
from reconciler.kinds.leads.billing import bill, lines
from reconciler.kinds.leads.market import Market, Outlook
from reconciler.kinds.leads.turnover import By
from reconciler.kinds.leads.turnover import turnover as turned_over
from reconciler.model.errors import Usage
from reconciler.model.lead_bills import OF_BUYERS, OF_PARTNERS, Claim, Entry, Returned, ReturnStage, Span
from reconciler.model.ports import Store

Between = tuple[str | None, str | None]

_REFUSED: Final = {
    Claim.TEST: "it was a test: nobody was charged for it",
    Claim.OPEN: "it is claimed already, and waits for a decision",
    Claim.APPROVED: "it was given back already",
}


def statement(common: Common, account: str, between: Between, form: str) -> Iterator[str]:
    """What a buyer owes."""
    return _begun(_billed(common, OF_BUYERS, account, between, form))


def purchase_order(common: Common, partner: str, between: Between, form: str) -> Iterator[str]:
    """What a partner is owed."""
    return _begun(_billed(common, OF_PARTNERS, partner, between, form))


def reported(common: Common, by: str, between: Between, form: str) -> Iterator[str]:
    """The report of turnover."""
    app = common.app()
    store, span = app.store(), _span(app, between)
    with store.snapshot():
        rows = turned_over(store.lead_bills, By(by), span, ZoneInfo(zone(app)))
        market = Outlook().market(store)
    names = {str(uid): name for uid, name in _names(market).items()} if by in ("campaign", "workflow") else {}
    match form:
        case "json":
            from reconciler.views.bill_rows import turnover_to_json

            yield turnover_to_json(rows, names)
        case "csv":
            from reconciler.views.bill_rows import turnover_to_csv

            yield from turnover_to_csv(rows, names)
        case _:
            from reconciler.views.bill_text import render_turnover

            yield render_turnover(By(by), rows, names, common.color)


def claimed(common: Common, sale: str, reason: str) -> int:
    """Claim that a sale is given back; the exit code. Usage where there is no such sale."""
    app = common.app()
    if not reason.strip():
        raise Usage("say why it is given back")
    found = app.store().lead_bills.claim(sale, reason, actor(), app.clock.now())
    if found is Claim.UNKNOWN:
        raise Usage(f"no lead was sold by the code {sale[:100]!r}")
    if found is not Claim.TAKEN:
        return _refused(f"{sale} cannot be given back: {_REFUSED[found]}")
    write(f"{sale} waits for a decision: muster leads approve {sale}, or muster leads deny {sale}")
    return 0


def decided(common: Common, sale: str, approves: bool, note: str) -> int:
    """Approve or deny a return; the exit code. Usage where there is none."""
    app, by = common.app(), actor()
    now, stage = app.clock.now(), ReturnStage.APPROVED if approves else ReturnStage.DENIED
    found = app.store().lead_bills.decide(sale, stage, by, now, note)
    if found is None:
        raise Usage(f"nobody gives {sale[:100]!r} back: muster leads return {sale[:100]} --reason …")
    if (found.stage, found.decided_by, found.decided_at) != (stage, by, now):
        return _refused(f"{sale} does not wait for a decision: it was {found.stage} by {found.decided_by}")
    from reconciler.views.bill_text import returned_text

    write(returned_text(found))
    return 0


def returned(common: Common, stage: str, form: str) -> str:
    """The returns in a stage."""
    app = common.app()
    store, found = app.store(), list[Returned]()
    with store.snapshot():
        while page := store.lead_bills.returns(ReturnStage(stage), found[-1].id if found else 0):
            found += page
    if form == "json":
        from reconciler.views.bill_rows import returns_to_json

        return returns_to_json(found)
    from reconciler.views.bill_text import render_returns

    return render_returns(found, zone(app), common.color)


def _refused(why: str) -> int:
    click.echo(why, err=True)
    return ILLEGAL


def _begun(parts: Iterator[str]) -> Iterator[str]:
    """The same parts, the first one made: what is wrong is said before a file is written over."""
    return chain((next(parts),), parts)


def _billed(common: Common, entries: tuple[Entry, ...], who: str, between: Between, form: str) -> Iterator[str]:
    """A bill, in parts as its lines are read. Usage where nobody is called so."""
    app = common.app()
    store, span = app.store(), _span(app, between)
    with store.snapshot():
        market = Outlook().market(store)
        one = bill(store.lead_bills, entries, who, span)
        _check_known(store, market, entries, who)
        found, names = lines(store.lead_bills, one), _names(market)
        match form:
            case "json":
                from reconciler.views.bill_rows import bill_to_json

                yield from bill_to_json(one, found, names)
            case "csv":
                from reconciler.views.bill_rows import bill_to_csv

                yield from bill_to_csv(found, names)
            case _:
                from reconciler.views.bill_text import bill_lines

                yield from bill_lines(one, found, zone(app), common.color)


def _check_known(store: Store, market: Market, entries: tuple[Entry, ...], who: str) -> None:
    """Usage where neither a contract nor a line, at any time, is anybody's of this name."""
    if entries == OF_BUYERS:
        named = any(one.spec.account == who for one in market.buyers.values())
    else:
        named = any(one.spec.partner == who for one in market.sources.values())
    always = Span(datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))
    if not named and not any(store.lead_bills.lines(entry, who, always, limit=1) for entry in entries):
        raise Usage(f"there is no {'account' if entries == OF_BUYERS else 'partner'} {who[:100]!r}")


def _names(market: Market) -> dict[int, str]:
    versions = {one.uid: str(one.ref) for found in market.campaigns.values() for one in found.values()}
    buyers = {one.uid: str(one.ref) for one in market.buyers.values()}
    return versions | buyers | {one.uid: str(one.ref) for one in market.sources.values()}


def _span(app: App, between: Between) -> Span:
    """What is asked for; else from this month's first on, to the first of the month after. Usage where that is no span."""
    here = app.clock.now().astimezone(ZoneInfo(zone(app)))
    since = instant(between[0] or f"{here:%Y-%m}-01", app)
    month = (here.year, here.month + 1) if here.month < 12 else (here.year + 1, 1)
    until = instant(between[1] or f"{month[0]:04}-{month[1]:02}-01", app)
    assert since and until
    if since >= until:
        raise Usage("--from must be before --to")
    return Span(since, until)
