"""How `muster leads queue` goes."""

from collections.abc import Iterator
from dataclasses import dataclass
from secrets import token_bytes

import click

from reconciler.app import actor
from reconciler.commands.options import Common, write
from reconciler.commands.reading_leads import zone
from reconciler.controller.verdict import DENIED, DONE
from reconciler.kinds.leads.intake import Intake, Parked, Refused, Taken
from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.queue import Clerk, Correction
from reconciler.model.errors import Stale, Usage
from reconciler.model.lead_intake import Wanted
from reconciler.model.leads import Queued, QueueReason, QueueStage
from reconciler.model.ports import Store
from reconciler.views.lead_queue import item_to_json, queue_table, queue_to_json, render_item
from reconciler.views.style import Style, safe

_PAGE = 200
"""Items that are read at once where all are released."""


@dataclass(frozen=True, slots=True)
class Page:
    """What is listed, as it was written."""

    reason: str = ""
    campaign: str = ""
    stage: str = "open"
    after: str = ""
    limit: int = _PAGE

    def wanted(self) -> Wanted:
        """What the store is asked for."""
        stage = QueueStage(self.stage) if self.stage != "all" else None
        return Wanted(campaign=self.campaign, reason=QueueReason(self.reason) if self.reason else None, stage=stage)


@dataclass(frozen=True, slots=True)
class Change:
    """What is to be changed, as it was written."""

    given: tuple[str, ...]
    gone: tuple[str, ...]
    vertical: str
    workflow: str
    contract: str

    def correction(self) -> Correction:
        """It, read. Usage where it changes nothing, or cannot be read."""
        fields: dict[str, str | None] = dict.fromkeys(self.gone)
        for one in self.given:
            name, sign, value = one.partition("=")
            if not (name and sign):
                raise Usage(f"{one[:80]!r} sets nothing; write FIELD=VALUE")
            fields[name] = value
        readable(*self.given, *self.gone, self.vertical, self.workflow)
        if not (fields or self.vertical or self.workflow or self.contract):
            raise Usage("say what to change: --set FIELD=VALUE, --unset FIELD, --vertical, --workflow or --contract")
        return Correction(fields, self.vertical, self.workflow, self.contract)


def listed(common: Common, page: Page, form: str) -> int:
    """A page of the queue."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        after = _found(store, page.after).id if page.after else 0
        items = store.lead_intake.queue(page.wanted(), after, page.limit)
        leads = store.lead_books.codes([one.lead for one in items if one.lead])
    if form == "json":
        write(queue_to_json(items, leads))
        return DONE
    lines = list(queue_table(items, zone(app), Style(common.color))) or ["nothing is in the queue"]
    write("\n".join(lines))
    if len(items) == page.limit:
        click.echo(f"more may follow: --after {items[-1].code}", err=True)
    return DONE


def shown(common: Common, code: str, form: str) -> int:
    """One item."""
    app = common.app()
    store = app.store()
    item = _found(store, code)
    leads = store.lead_books.codes([item.lead]) if item.lead else {}
    write(item_to_json(item, leads) if form == "json" else render_item(item, leads, zone(app), common.color))
    return DONE


def corrected(common: Common, code: str, change: Change) -> int:
    """Change an item, and say what would still stand in its way."""
    correction = change.correction()
    app = common.app()
    store = app.store_in_use()
    clerk, now = _clerk(store), app.clock.now()
    market = clerk.intake.outlook.market(store)
    if correction.contract and correction.contract not in market.sources:
        raise Usage(f"there is no PartnerContract {correction.contract[:80]!r}")
    item = _found(store, code)
    if item.stage is not QueueStage.OPEN:
        raise Usage(f"{code} is {item.stage.value}, and stays as it is")
    if not clerk.correct(item, correction, now):
        raise Stale(f"{code} was changed by somebody else meanwhile; look at it again")
    left = clerk.outlook(_found(store, code), now)
    if left is None:
        write(f"{code} is corrected; muster leads queue release {code} makes a lead of it")
    else:
        write(f"{code} is corrected, and is no lead still: {left.reason.value}: {safe(left.detail)}")
    return DONE


def released(common: Common, codes: tuple[str, ...], page: Page | None, forgives: bool) -> int:
    """Send items through the door again. Usage where none is named, or one does not exist."""
    if bool(codes) == (page is not None):
        raise Usage("name items by their codes, or say --all")
    app = common.app()
    store = app.store_in_use()
    clerk = _clerk(store)
    items = [_found(store, code) for code in codes] if page is None else _all(store, page)
    code = DONE
    for item in items:
        result = clerk.release(item, app.clock.now(), forgives)
        write(_told(item, result))
        if not isinstance(result, Taken):
            code = DENIED
    return code


def discarded(common: Common, codes: tuple[str, ...], because: str) -> int:
    """Put items aside. Usage where one does not exist, or is not open."""
    readable(because)
    app = common.app()
    store = app.store_in_use()
    clerk = _clerk(store)
    for item in [_found(store, code) for code in codes]:
        if item.stage is not QueueStage.OPEN or not clerk.discard(item, because[:500], app.clock.now()):
            raise Usage(f"{item.code} is not open any more")
        write(f"{item.code} is discarded")
    return DONE


def readable(*texts: str) -> None:
    """Usage where a text of the command line is not UTF-8: nothing could keep it."""
    for text in texts:
        if not text.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in text):
            raise Usage(f"{text[:80]!r} is not UTF-8")


def _clerk(store: Store) -> Clerk:
    return Clerk(Intake(Outlook(), token_bytes), store, actor())


def _found(store: Store, code: str) -> Queued:
    found = store.lead_intake.item(code)
    if found is None:
        raise Usage(f"the queue has no {code[:40]!r}; `muster leads queue` lists what it has")
    return found


def _all(store: Store, page: Page) -> Iterator[Queued]:
    """What is open now, each once, though it leaves the queue meanwhile."""
    last = 0
    while items := store.lead_intake.queue(page.wanted(), last, _PAGE):
        yield from items
        last = items[-1].id


def _told(item: Queued, result: Taken | Parked | Refused) -> str:
    if isinstance(result, Taken):
        return f"{item.code} is the lead {result.code}"
    if isinstance(result, Parked):
        return f"{item.code} is no lead still: {result.reason.value}: {safe(result.detail)}"
    return f"{item.code}: {result.detail}"
