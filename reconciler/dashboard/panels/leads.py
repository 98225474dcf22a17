"""What a version of a lead campaign shows: its leads, what they came to, who buys and who sends in. (L-12 to L-30)

Tests are shown while the version is in test, each marked, and are no part of any amount (L-13, L-14, L-23).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

from reconciler.dashboard.charts import Chart, bars
from reconciler.dashboard.leads.figures import VersionFigures, amount, version_figures
from reconciler.dashboard.leads.rows import lead_rows, sale_rows
from reconciler.dashboard.panel import Card, Panel, Section
from reconciler.dashboard.render import href, number
from reconciler.dashboard.spans import over_days
from reconciler.dashboard.visit import Visit
from reconciler.kinds.leads.turnover import whole
from reconciler.model.lead_books import Sold
from reconciler.model.leads import LeadStage
from reconciler.model.resource import Resource

_OPEN: Final = (LeadStage.WAITING, LeadStage.MANUAL)


def panel(visit: Visit, one: Resource) -> Panel:
    """All of it; a draft has no leads and no contracts (L-04, L-05)."""
    spec = one.document.get("spec", {})
    header, flow = tuple(_header(spec)), _workflows(one, spec)
    if one.state == "draft":
        return Panel(header, None, (Card("Leads", "none", "a draft takes no leads"),), (flow,))
    held = version_figures(visit, one)
    links = (("Leads", href(one.ref, "leads")),)
    if held is None:
        return Panel(header, None, (Card("Leads", "…", "being counted"),), (flow,), links)
    told = held.value
    sections = (_latest(visit, one, told), _by_day(told), _buyers(told), flow)
    return Panel(header, None, tuple(_cards(one, told)), sections, links)


def _header(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if spec.get("category"):
        yield "Category", spec["category"]
    yield "Verticals", ", ".join(spec.get("verticals", ())) or "none"
    yield "Fields", ", ".join(one["name"] for one in spec.get("fields", ())) or "none"


def _cards(one: Resource, told: VersionFigures) -> Iterator[Card]:
    yield from _leads(one, told)
    yield from _money(told)
    yield from _turned_away(one, told)


def _leads(one: Resource, told: VersionFigures) -> Iterator[Card]:
    taken = told.overview.taken
    if taken is None:
        return
    if taken.tests:
        yield Card("Test leads", number(taken.tests), "charged to nobody, in no report", tone="warn")
    last = f"the last {taken.last_at:%Y-%m-%d %H:%M}\u202fUTC" if taken.last_at else "none yet"
    yield Card("Leads taken", number(taken.total), last, href(one.ref, "leads"))
    waiting = sum(taken.stages.get(stage, 0) for stage in _OPEN)
    by_hand = taken.stages.get(LeadStage.MANUAL, 0)
    yield Card(
        "Waiting", number(waiting), f"{number(by_hand)} of them for a person" if by_hand else "to be distributed"
    )
    sold, unsold = taken.stages.get(LeadStage.SOLD, 0), taken.stages.get(LeadStage.UNSOLD, 0)
    yield Card("Sold", number(sold), "inbound leads that somebody bought")
    yield Card("Unsold", number(unsold), "nobody took them in time")
    if ended := taken.stages.get(LeadStage.ENDED, 0):
        yield Card("Ended", number(ended), "not distributed any more")


def _money(told: VersionFigures) -> Iterator[Card]:
    """By currency: two are never added. Only what is real has a price."""
    for currency, one in sorted(whole(told.days).money.items()):
        returned = f", {number(one.returns)} given back" if one.returns else ""
        yield Card("Revenue", amount(one.sold + one.credited, currency), f"{number(one.sales)} sales{returned}")
        yield Card("Costs", amount(one.cost, currency), "owed to partners")
        yield Card(
            "Margin", amount(one.margin, currency), tone="bad" if one.margin < 0 else "good" if one.margin else ""
        )


def _turned_away(one: Resource, told: VersionFigures) -> Iterator[Card]:
    """What was sent in and not taken; once a version is out of use, whether somebody still sends to it (L-30)."""
    times = sum(attempt.times for attempt in told.overview.attempts)
    if times:
        reasons = ", ".join(f"{number(each.times)} {each.reason.value}" for each in told.overview.attempts)
        yield Card("Not taken", number(times), reasons, f"/leads/queue?campaign={one.ref.name}", "warn")
    if told.use.since is not None:
        last = told.use.last_attempt_at
        note = f"the last {last:%Y-%m-%d %H:%M}\u202fUTC" if last else "it is not used any more"
        yield Card(
            f"Sent in since {one.state}", number(told.use.times), note, tone="warn" if told.use.times else "good"
        )


def _latest(visit: Visit, one: Resource, told: VersionFigures) -> Section:
    market = visit.premises.outlook.market(visit.store)
    data = {
        "leads": tuple(lead_rows(told.overview.leads or (), market)),
        "sales": tuple(sale_rows(told.overview.sold or (), told.overview.codes)),
        "href": href(one.ref, "leads"),
        "is_test": one.state == "test",
    }
    return Section("leads", "The latest leads", "panel_leads_latest.html", data)


def _by_day(told: VersionFigures) -> Section:
    return Section("days", "Day by day", "panel_leads_days.html", {"days": days_of(told)})


def days_of(told: VersionFigures) -> Chart:
    """Leads taken in and sold, by day of the campaign's zone; real ones alone (L-23)."""
    found = (
        (
            date.fromisoformat(row.key[0]),
            (float(row.leads), float(sum(each.sales for each in row.money.values()))),
        )
        for row in told.days
    )
    return bars("Real leads by day", ("taken", "sales"), over_days(found))


def _buyers(told: VersionFigures) -> Section:
    rows = tuple(
        (
            each.buyer,
            href(each.buyer.ref),
            [amount(one.amount, one.currency) for one in each.sold],
            _sales(each.sold),
            each.limits,
        )
        for each in told.buyers
    )
    sources = tuple((each, href(each.ref)) for each in told.sources)
    data = {"buyers": rows, "more": told.more_buyers, "sources": sources}
    return Section("contracts", "Contracts", "panel_leads_contracts.html", data)


def _sales(sold: Sequence[Sold]) -> int:
    return sum(one.sales for one in sold)


def _workflows(one: Resource, spec: Mapping[str, Any]) -> Section:
    rows = tuple(
        (flow, _ways(flow.get("distribution", {})), f"{href(one.ref, 'leads')}?workflow={flow['name']}")
        for flow in spec.get("workflows", ())
    )
    return Section(
        "workflows", "Workflows", "panel_leads_workflows.html", {"rows": rows, "is_draft": one.state == "draft"}
    )


def _ways(distribution: Mapping[str, Any]) -> str:
    """How leads of a workflow reach buyers, in words."""
    mode = {"directPost": "at once", "pingPost": "to the best bid", "manual": "by a person"}
    parts = [mode.get(distribution.get("mode", ""), "")]
    if distribution.get("shareCount", 1) > 1:
        parts.append(f"to {distribution['shareCount']} buyers")
    rules = [one["rule"] for one in distribution.get("select", ())]
    parts.append(f"by {', then '.join(rules)}" if rules else "")
    if window := distribution.get("window"):
        parts.append(f"offered every {window['retryEvery']} for {window['for']}")
    return ", ".join(part for part in parts if part)
