"""Finding out where an invoice stands. (I-08, I-09, I-12)"""

from datetime import datetime

from reconciler.kinds.receivables.book import Book, packed_of
from reconciler.kinds.receivables.passing import Pass
from reconciler.kinds.receivables.standing import Chapter, Next, Standing, idle
from reconciler.model.enrolments import Enrolment, Past
from reconciler.model.errors import Permanent
from reconciler.model.invoices import Invoice
from reconciler.model.ports import Store


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


def _next(store: Store, one: Enrolment) -> Next | None:
    if one.exit is not None:
        return None
    steps = packed_of(store.ledger.package(one.uid)).workflow.steps
    if one.step >= len(steps):
        return None
    step = steps[one.step]
    return Next(step.day, step.channel, step.template, step.action)


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
