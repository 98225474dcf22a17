"""Where an invoice stands: the campaigns that it is and was in, what was said, and what comes next. (I-08, I-09, I-12)"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.kinds.receivables.book import Book, packed_of
from reconciler.kinds.receivables.passing import Pass, is_collectable
from reconciler.kinds.receivables.workflow.spec import WorkflowStep
from reconciler.model.enrolments import Communication, Enrolment, Past
from reconciler.model.errors import Permanent
from reconciler.model.invoices import Invoice
from reconciler.model.ports import Store


@dataclass(frozen=True, slots=True)
class Chapter:
    """A campaign that an invoice is or was in. `next` is the step that comes next, None where it has left."""

    campaign: str
    enrolment: Enrolment
    said: Sequence[Communication]
    next: WorkflowStep | None


@dataclass(frozen=True, slots=True)
class Standing:
    """An invoice of a source, all its campaigns, the first one first; and where it is in none, why."""

    source: str
    invoice: Invoice
    chapters: Sequence[Chapter]
    outside: str = ""


def standing(store: Store, source: str, invoice: Invoice, now: datetime) -> Standing:
    """Where an invoice stands now."""
    enrolments = store.enrolments.of_invoice(invoice.id)
    names = store.enrolments.names([one.uid for one in enrolments])
    said = store.enrolments.communications([one.id for one in enrolments])
    chapters = [
        Chapter(names.get(one.uid, ""), one, [each for each in said if each.enrolment == one.id], _next(store, one))
        for one in enrolments
    ]
    is_inside = any(one.exit is None for one in enrolments)
    return Standing(source, invoice, chapters, "" if is_inside else _outside(store, invoice, now))


def _next(store: Store, one: Enrolment) -> WorkflowStep | None:
    if one.exit is not None:
        return None
    steps = packed_of(store.ledger.package(one.uid)).workflow.steps
    return steps[one.step] if one.step < len(steps) else None


def idle(invoice: Invoice) -> str:
    """Why nobody is written to about an invoice; empty where they may be. (AMB-I6)"""
    if not invoice.listed:
        return "its source does not name it any more"
    if invoice.row.held and not is_collectable(invoice):
        return "it is on hold"
    return "" if is_collectable(invoice) else f"it is {invoice.row.status.value.replace('_', ' ')}"


def _outside(store: Store, invoice: Invoice, now: datetime) -> str:
    """Why an invoice is in no campaign."""
    why = idle(invoice)
    if why:
        return why
    try:
        campaigns = Book().campaigns(store)
    except Permanent as error:
        return str(error)
    if not campaigns:
        return "no campaign is active"
    past = store.enrolments.past([invoice.id]).get(invoice.id, Past())
    taker = Pass(store, campaigns, now).taker(invoice, past)
    if taker is not None:
        return f"{taker.ref.name} takes it as soon as a worker looks"
    if past.campaigns:
        return "it was treated before, and no active re-engagement campaign takes it"
    return "no active campaign means it; `muster receivables match` shows every condition"
