"""What contracts of leads show: a buyer's with its caps and what did not reach it, a partner's with what it sent in.

A buyer's test sales are on neither (L-19); a partner's test leads are, while their version is in test (L-22).
"""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from reconciler.dashboard.leads.figures import ContractFigures, amount, contract_figures
from reconciler.dashboard.leads.rows import lead_rows, sale_rows
from reconciler.dashboard.onward import PAGE
from reconciler.dashboard.panel import Card, Panel, Section
from reconciler.dashboard.personal import curtain
from reconciler.dashboard.render import number
from reconciler.dashboard.visit import Visit
from reconciler.kinds.leads.undelivered import undelivered
from reconciler.kinds.leads.visibility import View
from reconciler.model.resource import Resource


def buyer_panel(visit: Visit, one: Resource) -> Panel:
    """An AccountContract."""
    held = contract_figures(visit, one, View.ACCOUNT_CONTRACT)
    sections = tuple(_sold(held.value)) if held else ()
    cards = tuple(_revenue(held.value)) if held else (Card("Sold", "…", "being counted"),)
    return Panel(tuple(_buys(one.document.get("spec", {}))), None, cards, (*sections, _undelivered(visit, one)))


def partner_panel(visit: Visit, one: Resource) -> Panel:
    """A PartnerContract."""
    held = contract_figures(visit, one, View.PARTNER_CONTRACT)
    cards = tuple(_taken(held.value)) if held else (Card("Leads", "…", "being counted"),)
    market = visit.premises.outlook.market(visit.store)
    leads = tuple(lead_rows(held.value.overview.leads or (), market)) if held else ()
    data = {"leads": leads, "sales": (), "href": "", "is_test": any(lead.is_test for lead in leads)}
    sections = (Section("leads", "The latest leads", "panel_leads_latest.html", data),)
    return Panel(tuple(_sends(one.document.get("spec", {}))), None, cards, sections)


def _buys(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Account", spec.get("account", "")
    yield "Buys from", _version(spec, "and newer ones" if spec.get("allowNewerVersions", True) else "alone")
    if price := spec.get("price"):
        yield "Price", f"{price['amount']} {price['currency']}"
    yield "Verticals", ", ".join(spec.get("verticals", ())) or "all"
    if spec.get("where"):
        yield "Only where", spec["where"]
    yield "Delivered by", ", ".join(one["method"] for one in spec.get("deliveries", ())) or "nothing"


def _sends(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield "Partner", spec.get("partner", "")
    yield "Sends to", _version(spec, "")
    yield "Vertical", spec.get("vertical") or "as the lead says"
    yield "Workflow", spec.get("workflow") or "as the lead says"


def _version(spec: Mapping[str, Any], more: str) -> str:
    return f"{spec.get('campaign', '')} {spec.get('version') or ''} {more}".strip()


def _revenue(told: ContractFigures) -> Iterator[Card]:
    for one in told.overview.turnover or ():
        yield Card("Sold", amount(one.amount, one.currency), f"{number(one.sales)} leads; tests are not among them")
    if not told.overview.turnover:
        yield Card("Sold", "nothing", "tests are not counted")
    for limit in told.limits:
        tone = "bad" if limit.share >= 1 else "warn" if limit.share >= 0.8 else ""
        until = f"until {limit.until:%Y-%m-%d %H:%M}\u202fUTC" if limit.until else ""
        yield Card("Cap", f"{100 * limit.share:.0f} %", f"{limit.said} {until}".strip(), tone=tone)


def _taken(told: ContractFigures) -> Iterator[Card]:
    taken = told.overview.taken
    if taken is None:
        return
    if taken.tests:
        yield Card("Test leads", number(taken.tests), "cost nothing, are on no purchase order", tone="warn")
    last = f"the last {taken.last_at:%Y-%m-%d %H:%M}\u202fUTC" if taken.last_at else "none yet"
    yield Card("Leads", number(taken.total), last)
    for stage, leads in taken.stages.items():
        yield Card(stage.value.capitalize(), number(leads))


def _sold(told: ContractFigures) -> Iterator[Section]:
    data = {
        "leads": None,
        "sales": tuple(sale_rows(told.overview.sold or (), told.overview.codes)),
        "href": "",
        "is_test": False,
    }
    yield Section("sales", "The latest sales", "panel_leads_latest.html", data)


def _undelivered(visit: Visit, one: Resource) -> Section:
    uid = visit.store.ledger.uid(one.ref)
    rows = tuple(islice(undelivered(visit.store, uid), PAGE + 1))
    data = {"rows": rows[:PAGE], "more": len(rows) > PAGE, "ref": one.ref, "seen": curtain(visit)}
    return Section("undelivered", "What did not reach the buyer", "panel_leads_undelivered.html", data)
