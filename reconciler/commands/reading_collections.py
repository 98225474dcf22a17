"""What the views of collections show, read from the store in one moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from reconciler.commands.options import Common
from reconciler.commands.reading_leads import resource
from reconciler.kinds.collections.organisation import organisation
from reconciler.kinds.collections.reading import KIND, execution, sheet
from reconciler.kinds.collections.telling import story_of
from reconciler.model.accounts import Account
from reconciler.model.collection_books import AccountLine, Filter
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.views.collection_json import (
    accounts_to_csv,
    accounts_to_json,
    execution_to_json,
    sheet_to_json,
    story_to_json,
)
from reconciler.views.collection_text import accounts_text, execution_text, sheet_text, story_text
from reconciler.views.style import Style, safe
from reconciler.views.table import listed

SOURCE: Final = "AccountSource"
_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list is narrowed to, as it was written; empty: by nothing."""

    campaign: str = ""
    source: str = ""
    status: str = ""


def campaign_view(common: Common, campaign: str, form: str) -> str:
    """A campaign. Usage where there is no such one."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        ref, _, _ = resource(store, KIND, campaign)
        one = sheet(store, ref, store.time(app.clock.now()))
    moves = one.moves(app.kinds().table[KIND].lifecycle)
    return sheet_to_json(one, moves) if form == "json" else sheet_text(one, moves, common.color)


def accounts_listed(common: Common, asked: Asked, form: str) -> Iterator[str]:
    """Accounts, page by page. Usage where what it is narrowed to is not there."""
    app = common.app()
    store = app.store()
    which = Filter(
        resource(store, KIND, asked.campaign)[1] if asked.campaign else 0,
        resource(store, SOURCE, asked.source)[1] if asked.source else 0,
        asked.status,
    )
    lines, campaigns = _lines(store, which), {store.ledger.uid(ref): ref for ref in _refs(store, KIND)}
    match form:
        case "json":
            return accounts_to_json(lines, campaigns)
        case "csv":
            return accounts_to_csv(lines, campaigns)
    look = (organisation(store).spec.timezone, Style(common.color))
    return listed(accounts_text(lines, campaigns, store.time(app.clock.now()), look), "no accounts")


def account_view(common: Common, number: str, source: str, form: str) -> str:
    """One account's story. Usage where there is none, or several."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        story = story_of(store, _account(store, number, source), store.time(app.clock.now()))
        zone = organisation(store).spec.timezone
    return story_to_json(story) if form == "json" else story_text(story, zone, common.color)


def execution_view(common: Common, form: str) -> str:
    """The engine today."""
    app = common.app()
    store = app.store()
    with store.snapshot():
        one = execution(store, store.time(app.clock.now()))
    return execution_to_json(one) if form == "json" else execution_text(one, common.color)


def _account(store: Store, number: str, source: str) -> Account:
    refs = [resource(store, SOURCE, source)[0]] if source else _refs(store, SOURCE)
    found = [(ref, one) for ref in refs if (one := store.accounts.get(store.ledger.uid(ref), number))]
    if len(found) == 1:
        return found[0][1]
    if not found:
        raise Usage(f"there is no account {safe(number[:100])!r}" + (f" in {source}" if source else ""))
    raise Usage(f"several sources have an account {safe(number[:100])!r}: say --source {found[0][0].name}")


def _refs(store: Store, kind: str) -> list[Ref]:
    return sorted(store.heads(kind))


def _lines(store: Store, which: Filter) -> Iterator[AccountLine]:
    after = 0
    while page := store.collection_books.lines(which, after, _PAGE):
        yield from page
        after = page[-1].id
