"""Inbound leads: all of them, those of one version or workflow, and each with why it went to whom. (L-13, L-14, L-22)"""

from dataclasses import dataclass
from datetime import datetime

from reconciler.dashboard.leads.figures import amount, workflow_figures
from reconciler.dashboard.leads.rows import lead_rows, sale_rows
from reconciler.dashboard.onward import PAGE, onward
from reconciler.dashboard.page import Missing, Page
from reconciler.dashboard.personal import curtain, fields
from reconciler.dashboard.resource.frame import resource_page
from reconciler.dashboard.visit import Visit
from reconciler.kinds.leads.explaining import explain
from reconciler.kinds.leads.market import Market, Version
from reconciler.kinds.leads.reading import inbound, outbound
from reconciler.kinds.leads.sight import seen_lead
from reconciler.kinds.leads.visibility import View
from reconciler.model.errors import Usage
from reconciler.model.instant import parse_instant
from reconciler.model.lead_books import Which
from reconciler.model.leads import Lead
from reconciler.views.lead_explained import verdicts
from reconciler.web.door import Answer

_SALES = 100
"""Sales of one lead that are shown; no workflow shares it with more."""


@dataclass(frozen=True, slots=True)
class Listing:
    """A page of leads, and where one goes on from it."""

    leads: tuple[Lead, ...]
    then: str
    first: str


def _all(visit: Visit) -> Answer:
    market = visit.premises.outlook.market(visit.store)
    which = Which(
        uid=_version(market, visit.asked("campaign")),
        partner=visit.asked("partner"),
        since=_instant(visit, "from"),
        until=_instant(visit, "to"),
    )
    listing = _listing(visit, View.INBOUND_LIST, which)
    return visit.show(
        "leads.html", rows=tuple(lead_rows(listing.leads, market)), listing=listing,
        campaigns=[str(one.ref).partition("/")[2] for one in _choices(market)], here_first="/leads",
    )  # fmt: skip


def _of_version(visit: Visit) -> Answer:
    one = visit.resource()
    market, workflow = visit.premises.outlook.market(visit.store), visit.asked("workflow")
    which = Which(uid=visit.store.ledger.uid(one.ref), workflow=workflow)
    listing = _listing(visit, View.WORKFLOW if workflow else View.CAMPAIGN, which)
    names = [flow["name"] for flow in one.document.get("spec", {}).get("workflows", ())]
    return resource_page(
        visit, one, "leads_of_version.html", rows=tuple(lead_rows(listing.leads, market)), listing=listing,
        workflows=names, workflow=workflow, told=workflow_figures(visit, one, workflow) if workflow else None,
    )  # fmt: skip


def _listing(visit: Visit, view: View, which: Which) -> Listing:
    after = visit.asked("after")
    leads = tuple(inbound(visit.store.lead_books, view, which, after, PAGE + 1))
    then = onward(visit, after=leads[PAGE - 1].code) if len(leads) > PAGE else ""
    return Listing(leads[:PAGE], then, onward(visit, after="") if after else "")


def _lead(visit: Visit) -> Answer:
    market, code = visit.premises.outlook.market(visit.store), visit.ask.params["code"]
    found = seen_lead(visit.store, market, code)
    if found is None:
        raise Missing(f"There is no lead {code[:40]}, or it was a test of a version that is in test no more.")
    lead, version = found
    now = visit.store.time(visit.now)
    sold = outbound(visit.store.lead_books, View.LEAD, Which(lead=lead.id), limit=_SALES)
    told = explain(visit.store.lead_sales, market, lead, now)
    seen = curtain(visit)
    return visit.show(
        "lead.html",
        lead=lead,
        row=next(lead_rows([lead], market)),
        version=version,
        cost=amount(lead.cost, lead.currency) if lead.cost else "",
        fields=tuple(fields(lead.fields, types_of(version), seen)),
        seen=seen,
        sold=tuple(sale_rows(sold, {lead.id: lead.code})),
        told=told,
        verdicts=tuple(verdicts(told)) if told else (),
    )


def types_of(version: Version | None) -> dict[str, str]:
    """The types of the fields of a version, by name."""
    return {one.name: one.type for one in version.spec.fields} if version else {}


def _choices(market: Market) -> list[Version]:
    """Versions that one may choose among: those that may have leads, at most as many as a list can hold."""
    some = [one for found in market.campaigns.values() for one in found.values() if one.state != "draft"]
    return sorted(some, key=lambda one: one.ref)[:200]


def _version(market: Market, text: str) -> int:
    """The uid of a version that was asked for, the highest where no number is written; 0 for none."""
    if not text:
        return 0
    name, _, number = text.partition("@")
    versions = market.campaigns.get(name, {})
    if number and not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Usage(f"{text[:100]!r} is no version of a LeadCampaign")
    chosen = int(number) if number else max(versions, default=0)
    if chosen not in versions:
        raise Usage(f"there is no LeadCampaign {text[:100]!r}")
    return versions[chosen].uid


def _instant(visit: Visit, name: str) -> datetime | None:
    text = visit.asked(name)
    try:
        return parse_instant(text, visit.premises.app.project.timezone or "UTC") if text else None
    except ValueError as error:
        raise Usage(str(error)) from None


PAGES = (
    Page("leads", "/leads", _all),
    Page("lead", "/leads/inbound/{code}", _lead),
    Page("leads-of-version", "/resources/LeadCampaign/{name}/leads", _of_version),
)
