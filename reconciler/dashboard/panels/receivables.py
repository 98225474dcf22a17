"""What a receivables campaign shows: what its launch lacks, who is in it, what was said, how it began. (I-10 … I-27)"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from reconciler.dashboard.charts import Part, shares
from reconciler.dashboard.panel import Bar, Card, Panel, Section
from reconciler.dashboard.receiving.figures import Level, level_of
from reconciler.dashboard.receiving.launching import kept_check
from reconciler.dashboard.receiving.steps import steps_of
from reconciler.dashboard.render import href, number
from reconciler.dashboard.visit import Visit
from reconciler.kinds.receivables.batch import Finding
from reconciler.kinds.receivables.guidance import percent_text
from reconciler.kinds.receivables.sheet import Sheet
from reconciler.kinds.receivables.surveying import sheet_of
from reconciler.model.enrolments import Exit, Saying
from reconciler.model.resource import Resource
from reconciler.views.receivables_text import FINDINGS

_OWN: Final = "/resources/{kind}/{name}".count("/")
_TONES: Final = {Finding.LOOK: "bad", Finding.WELL: "good"}
_EXITS: Final = {Exit.PAID: "good", Exit.ARRANGEMENT_FAILED: "bad", Exit.CAMPAIGN_STOPPED: "rest"}
SAID: Final = (Saying.SENT, Saying.NOT_REACHED, Saying.FAILED, Saying.UNKNOWN, Saying.PASSED_OVER, Saying.SENDING)
_DRAFT: Final = "draft"


def panel(visit: Visit, one: Resource) -> Panel:
    """All of it, by the same figures as `muster receivables campaign` and `check`."""
    links = _links(one)
    if visit.path.count("/") > _OWN:  # a page below its own, which has these tabs alone
        return Panel(links=links)
    with visit.store.snapshot():
        level = level_of(visit)
        sheet = sheet_of(visit.store, one, level.day, level.overview)
        steps = steps_of(visit, one, sheet)
    header, workflow = tuple(_header(one.document.get("spec", {}))), _workflow(one, steps)
    if one.state == _DRAFT:
        return Panel(header, None, tuple(_before(level)), (_launch(visit, one), workflow), links)
    told = Section("flow", "Invoices", "panel_receivables_flow.html", _flow(one, sheet, level))
    return Panel(header, _bar(sheet, level), tuple(_cards(one, sheet, level)), (told, workflow), links)


def _links(one: Resource) -> tuple[tuple[str, str], ...]:
    if one.state == _DRAFT:
        return (("Launch", href(one.ref, "launch")),)
    return ("Invoices", href(one.ref, "invoices")), ("First batch", href(one.ref, "first-batch"))


def _header(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    audience, launch = spec.get("audience") or {}, spec.get("launch") or {}
    yield "Workflow", spec.get("workflow") or "none yet"
    source = f" in {audience['source']}" if audience.get("source") else ", in every source"
    yield (
        "Invoices",
        f"those that {audience['ruleSet']} means{source}" if audience.get("ruleSet") else "no rule set yet",
    )
    yield "Priority", f"{audience.get('priority', 100)}; of two campaigns the lower number takes an invoice"
    if spec.get("purpose") == "reEngagement":
        treated = "takes" if spec.get("includePreviouslyTreated") else "does not take"
        yield "Purpose", f"re-engagement; {treated} invoices that were treated before"
    if spec.get("description"):
        yield "Description", spec["description"]
    yield "Sample invoice", launch.get("sampleInvoice") or "none named yet"
    yield "Reviewed by", launch.get("reviewedBy") or "nobody yet"


def _before(level: Level) -> Iterator[Card]:
    """A draft has no invoices; how many it would have the tenant's figure hints at."""
    yield Card("Enrolled", "0", "a draft takes no invoices")
    outside = level.overview.tenant.whole - level.overview.tenant.part
    yield Card("Outside of all campaigns", number(outside), "invoices that could be collected", "/receivables")


def _bar(sheet: Sheet, level: Level) -> Bar | None:
    """Of the invoices that it means today, those that are in it (I-21)."""
    if level.as_of is None or not sheet.share.whole:
        return None
    return Bar("In campaign", sheet.share.part, sheet.share.whole, "of the invoices that its audience means today")


def _cards(one: Resource, sheet: Sheet, level: Level) -> Iterator[Card]:
    flow, invoices = sheet.flow, href(one.ref, "invoices")
    counted = f"as of {level.as_of:%H:%M:%S} UTC" if level.as_of else "being counted"
    yield Card("In Campaign %", percent_text(sheet.share) if level.as_of else "…", counted)
    still = f"{number(flow.suspended)} of them stand still" if flow.suspended else ""
    yield Card("Enrolled", number(flow.enrolled), still, f"{invoices}?where=in")
    yield Card("Due by today", number(sum(flow.due.values())), "a step of the workflow")
    left = sum(flow.exits.values())
    yield Card("Left", number(left), href=f"{invoices}?where=left" if left else "")
    finding = sheet.first.finding
    yield Card("First batch", finding.value, FINDINGS[finding], href(one.ref, "first-batch"), _TONES.get(finding, ""))
    overview = level.overview
    tone = "bad" if overview.alert else ""
    yield Card("All campaigns", percent_text(overview.tenant), f"expected {overview.expected} %", "/receivables", tone)


def _flow(one: Resource, sheet: Sheet, level: Level) -> Mapping[str, Any]:
    invoices = href(one.ref, "invoices")
    parts = [Part("in it", sheet.flow.enrolled, "calm", f"{invoices}?where=in")]
    parts += [
        Part(why.value.replace("_", " "), count, _EXITS.get(why, ""), f"{invoices}?where={why.value}")
        for why, count in sheet.flow.exits.items()
    ]
    gaps = [gap for gap in level.overview.gaps if gap.campaign == str(one.ref)]
    return {"exits": shares("Where its invoices are", parts), "alert": level.overview.alert, "waiting": gaps}


def _workflow(one: Resource, steps: Any) -> Section:
    data = {"steps": steps, "stages": SAID, "ran": one.state != _DRAFT}
    return Section("workflow", "Workflow", "panel_receivables_steps.html", data)


def _launch(visit: Visit, one: Resource) -> Section:
    held = kept_check(visit, one.ref)
    data = {"held": held, "found": held.value.checked if held else None, "href": href(one.ref, "launch")}
    return Section("launch", "Launch checklist", "panel_receivables_launch.html", data)
