"""The accounts of a campaign: score, status, last interaction, and what comes next; page by page. (C-20)"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from reconciler.dashboard.onward import PAGE, onward
from reconciler.dashboard.render import money
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.visit import Visit
from reconciler.kinds.collections.reading import plan_of
from reconciler.model.collection_books import AccountLine, Filter
from reconciler.model.errors import Usage
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
    uid, after = store.ledger.uid(one.ref), place(visit, "after")
    which = Filter(uid, status=visit.asked("status"), step=_step(visit), number=visit.asked("number"))
    lines = store.collection_books.lines(which, after, PAGE + 1)
    sources = {store.ledger.uid(ref): ref.name for ref in store.heads(SOURCE)}
    plan = plan_of(store, one.document.get("spec", {}).get("strategy"))
    return resource_page(
        visit,
        one,
        "collections_accounts.html",
        rows=tuple(_rows(lines[:PAGE], store.time(visit.now), sources)),
        which=which,
        statuses=store.collection_books.statuses(Filter(uid)),
        steps=range(plan.steps if plan else 0),
        then=onward(visit, after=str(lines[PAGE - 1].id)) if len(lines) > PAGE else "",
        first=onward(visit, after="") if after else "",
        everybody=one.ref,
    )


def place(visit: Visit, name: str) -> int:
    """Behind which row the page begins. Usage where that is no number."""
    text = visit.asked(name)
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Usage(f"{text[:40]!r} is no place in this list")
    return int(text or 0)


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
