"""What a collection campaign shows: how far its contacts have come, and what came of them. (C-17 … C-20, C-30)"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from reconciler.dashboard.charts import Part, shares
from reconciler.dashboard.collecting.engine import NOTES, OPEN
from reconciler.dashboard.panel import Bar, Card, Panel, Section
from reconciler.dashboard.render import href, number
from reconciler.dashboard.visit import Visit
from reconciler.kinds.collections.reading import ACTIVE, RUNS, plan_of, sheet
from reconciler.kinds.collections.sheet import Sheet
from reconciler.model.accounts import ESCALATED, PAID
from reconciler.model.contact_queue import ItemStage
from reconciler.model.ref import Ref
from reconciler.model.resource import Resource
from reconciler.views.collection_text import dates_words, plan_words

_OWN: Final = "/resources/{kind}/{name}".count("/")
_TONES: Final = {PAID: "good", ESCALATED: "warn"}


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the strategy, from 1, and how many accounts come to it next."""

    number: int
    channel: Ref
    action: str
    template: Ref
    wait: str
    retries: str
    when: str
    accounts: int


def panel(visit: Visit, one: Resource) -> Panel:
    """All of it, by the same figures as `muster collections campaign`."""
    store = visit.store
    links = (("Accounts", href(one.ref, "accounts")), ("Forecast", href(one.ref, "forecast")))
    if visit.path.count("/") > _OWN:  # a page below its own, which has these tabs alone
        return Panel(links=links)
    with store.snapshot():
        found = sheet(store, one.ref, store.time(visit.now))
        uid = store.ledger.uid(one.ref)
        rest = store.contact_queue.rest(uid, store.time(visit.now)) if one.state == ACTIVE else ""
        steps = tuple(_steps(visit, one, store.collection_books.steps(uid)))
    sections = [_queue(found, one, rest), _strategy(found, steps)]
    figures = found.figures
    bar = (
        Bar("Contacted", figures.contacted, figures.total, "by one completed contact or more")
        if figures.total
        else None
    )
    return Panel(tuple(_header(found)), bar, tuple(_cards(found)), tuple(sections), links)


def _header(one: Sheet) -> Iterator[tuple[str, str]]:
    yield "Strategy", plan_words(one.plan) if one.plan else "none yet"
    yield "Dates", dates_words(one) or "none yet"
    if one.objective:
        yield "Objective", one.objective


def _cards(one: Sheet) -> Iterator[Card]:
    """C-19; promises and recovered count from the first activation (AMB-C12)."""
    figures, since = one.figures, f"since {one.since:%Y-%m-%d}" if one.since else "counted from its activation on"
    accounts = href(one.ref, "accounts")
    yield Card("Total accounts", number(figures.total), href=accounts)
    yield Card("Contacted", number(figures.contacted), f"of {number(figures.total)}")
    yield Card("Contact rate", f"{figures.rate} %")
    yield Card("Promises", number(figures.promises), since, tone="good" if figures.promises else "")
    if not figures.recovered:
        yield Card("Recovered amount", "0", since)
    for currency, amount in figures.recovered.items():
        yield Card(f"Recovered amount, {currency}", number(amount), since, tone="good")
    for stage in OPEN:
        yield Card(stage.value.capitalize(), number(one.queue.get(stage, 0)), NOTES[stage], "/execution")


def _queue(one: Sheet, resource: Resource, rest: str) -> Section:
    accounts = href(one.ref, "accounts")
    parts = [
        Part(status, count, _TONES.get(status, ""), f"{accounts}?status={status}")
        for status, count in one.statuses.items()
    ]
    ended = [(stage.value, one.queue.get(stage, 0)) for stage in ItemStage if stage not in OPEN]
    data: dict[str, Any] = {
        "statuses": shares("Accounts by status", parts),
        "open": [(stage.value, one.queue.get(stage, 0)) for stage in OPEN],
        "ended": ended,
        "rest": rest,
        "runs": resource.state in RUNS,
    }
    return Section("queue", "Accounts and queue", "panel_collections_queue.html", data)


def _strategy(one: Sheet, steps: tuple[Step, ...]) -> Section:
    data = {"plan": one.plan, "ref": Ref("Strategy", one.plan.name) if one.plan else None, "steps": steps}
    return Section("strategy", "Strategy", "panel_collections_strategy.html", data)


def _steps(visit: Visit, one: Resource, counts: Any) -> Iterator[Step]:
    plan = plan_of(visit.store, one.document.get("spec", {}).get("strategy"))
    ref = Ref("Strategy", plan.name) if plan else None
    found = visit.store.load([ref]).get(ref) if ref else None
    written = found.document.get("spec", {}).get("steps", ()) if found else ()
    for at, step in enumerate(written):
        retries = f"{step['retries']}, {step.get('retryDelay', '1d')} apart" if step.get("retries") else "none"
        channel, template = Ref("Channel", step["channel"]), Ref("Template", step["template"])
        said = step.get("action", ""), step.get("wait", "0d"), step.get("when", "")
        yield Step(at + 1, channel, said[0], template, said[1], retries, said[2], counts.get(at, 0))
