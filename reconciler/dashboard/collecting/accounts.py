"""The accounts of a campaign: score, status, last interaction, and what comes next; page by page. (C-20)"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from urllib.parse import quote

from reconciler.dashboard.render import money
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.turning import csv_file, file_address, is_file_asked, leaf, place, slices
from reconciler.dashboard.visit import Visit
from reconciler.kinds.collections.reading import plan_of
from reconciler.model.collection_books import AccountLine, Filter
from reconciler.model.ports import Store
from reconciler.views.collection_json import accounts_to_csv
from reconciler.views.collection_text import score, what
from reconciler.web.door import Answer

SOURCE = "AccountSource"


@dataclass(frozen=True, slots=True)
class Row:
    """An account in the list. `next` is what comes next, due at `at` where that is known."""

    number: str
    href: str
    score: str
    status: str
    balance: str
    next: str
    at: datetime | None
    last: str
    last_at: datetime | None


def make(visit: Visit) -> Answer:
    """The page."""
    store, one = visit.store, visit.resource()
    uid = store.ledger.uid(one.ref)
    which = Filter(uid, status=visit.asked("status"), step=_step(visit), number=visit.asked("number"))
    if is_file_asked(visit):
        return _file(visit, which)
    here = leaf(visit, partial(store.collection_books.lines, which))
    sources = {store.ledger.uid(ref): ref.name for ref in store.heads(SOURCE)}
    plan = plan_of(store, one.document.get("spec", {}).get("strategy"))
    return resource_page(
        visit,
        one,
        "collections_accounts.html",
        rows=tuple(_rows(here.rows, store.time(visit.now), sources)),
        which=which,
        statuses=store.collection_books.statuses(Filter(uid)),
        steps=range(plan.steps if plan else 0),
        leaf=here,
        file=file_address(visit),
    )


def _file(visit: Visit, which: Filter) -> Answer:
    """The same accounts as the command line writes them; nothing of it says who they are."""
    campaigns = {which.campaign: visit.ref}

    def read(there: Store, after: int, limit: int) -> Sequence[AccountLine]:
        return there.collection_books.lines(which, after, limit)

    return csv_file(visit, "accounts", 0, slices(read), lambda found: accounts_to_csv(found, campaigns))


def _step(visit: Visit) -> int | None:
    """The step that is asked for, from 0; people count from 1."""
    found = place(visit, "step")
    return found - 1 if found else None


def _rows(lines: Sequence[AccountLine], now: datetime, sources: dict[int, str]) -> Iterator[Row]:
    for one in lines:
        words, at = _next(one, now)
        yield Row(
            one.number,
            address_of(sources.get(one.source, ""), one.number),
            score(one.score),
            one.status,
            money(one.balance, one.currency),
            words,
            at,
            what(one.last) if one.last else "",
            one.last.at if one.last else None,
        )


def address_of(source: str, number: str) -> str:
    """The page of an account."""
    return f"/accounts/{quote(source, safe='')}/{quote(number, safe='')}"


def _next(one: AccountLine, now: datetime) -> tuple[str, datetime | None]:
    """As the command line says it."""
    if one.open is not None:
        return f"step {one.step + 1}, {one.open.value}", None
    if not one.is_contactable or not one.campaign or one.due_at is None:
        return "", None
    return (f"step {one.step + 1}, due", None) if one.due_at <= now else (f"step {one.step + 1}", one.due_at)
