"""One invoice: the campaigns that it is and was in, what was said, what comes next, and which rule sets mean it. (I-08, I-12)"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from urllib.parse import quote

from reconciler.dashboard.debtors import columns, remark
from reconciler.dashboard.page import Missing
from reconciler.dashboard.personal import Curtain, curtain
from reconciler.dashboard.render import href
from reconciler.dashboard.visit import Visit
from reconciler.kinds.receivables.finding import sample_of_invoice
from reconciler.kinds.receivables.matched import stored_matches
from reconciler.kinds.receivables.seen import contact_of
from reconciler.kinds.receivables.standing import Chapter, Standing, idle
from reconciler.kinds.receivables.surveying import today
from reconciler.kinds.receivables.whereabouts import standing
from reconciler.model.enrolments import Communication, Saying
from reconciler.model.errors import Permanent
from reconciler.model.invoices import Invoice
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.views.receivables_invoice import next_words
from reconciler.web.door import Answer

SOURCE: Final = "InvoiceSource"
_KNOWN: Final = frozenset({"number", "status", "onHold", "amountDue", "currency", "dueDate", "contact"})
"""Columns that stand on the page by themselves."""
TONES: Final = {Saying.SENT: "good", Saying.FAILED: "bad", Saying.UNKNOWN: "warn", Saying.NOT_REACHED: "warn"}


@dataclass(frozen=True, slots=True)
class Said:
    """What was said for a step, as a row."""

    step: int
    at: datetime
    channel: str
    stage: str
    tone: str
    detail: str


@dataclass(frozen=True, slots=True)
class Told:
    """A campaign that it is or was in."""

    campaign: str
    href: str
    entered: date
    left: datetime | None
    why: str
    said: tuple[Said, ...]
    next: str


def make(visit: Visit) -> Answer:
    """The page. Missing where the source has no such invoice."""
    store, source = visit.store, visit.ask.params["source"]
    with store.snapshot():
        invoice = _invoice(store, source, visit.ask.params["number"])
        now = store.time(visit.now)
        found = standing(store, source, invoice, now)
        day = today(store, now, visit.premises.app.project.timezone)
        sample = sample_of_invoice(store, invoice, source)
        rule_sets, values = stored_matches(store, sample, day), sample.seen(day)
        campaigns = {ref.name: ref for ref in sorted(store.heads("ReceivablesCampaign"))}
    seen = curtain(visit)
    return visit.show(
        "invoice.html",
        source=Ref(SOURCE, source),
        one=invoice,
        idle=idle(invoice),
        overdue=values.get("daysOverdue"),
        outside=found.outside,
        chapters=tuple(_told(found, each, campaigns, seen) for each in found.chapters),
        rule_sets=rule_sets,
        contact=tuple(columns(contact_of(invoice.row), seen)),
        columns=tuple(columns({k: v for k, v in invoice.row.data.items() if k not in _KNOWN}, seen)),
        seen=seen,
    )


def _invoice(store: Store, source: str, number: str) -> Invoice:
    try:
        found = store.invoices.get(store.ledger.uid(Ref(SOURCE, source)), number)
    except Permanent:
        raise Missing(f"There is no InvoiceSource {source[:100]!r}.") from None
    if found is None:
        raise Missing(f"InvoiceSource/{source} has no invoice {number[:100]!r}.")
    return found


def address_of(source: str, number: str) -> str:
    """The page of an invoice."""
    return f"/invoices/{quote(source, safe='')}/{quote(number, safe='')}"


def found_at(store: Store, number: str) -> str:
    """The page of the first invoice of this number; empty where there is none any more."""
    found = store.invoices.named(number)
    names = {store.ledger.uid(ref): ref.name for ref in store.heads(SOURCE)} if found else {}
    return next((address_of(names[one.uid], number) for one in found if one.uid in names), "")


def _told(found: Standing, one: Chapter, campaigns: dict[str, Ref], seen: Curtain) -> Told:
    left, why = one.enrolment.exited_at, one.enrolment.exit
    ref = campaigns.get(one.campaign)
    return Told(
        one.campaign,
        href(ref) if ref else "",
        one.enrolment.entered_on,
        left,
        why.value.replace("_", " ") if why else "",
        tuple(_said(one.said, seen)),
        next_words(found, one, one.next) if one.next else "",
    )


def _said(rows: Iterable[Communication], seen: Curtain) -> Iterator[Said]:
    for each in rows:
        stage = each.stage.value.replace("_", " ")
        yield Said(each.step + 1, each.at, each.channel, stage, TONES.get(each.stage, ""), remark(each.detail, seen))
