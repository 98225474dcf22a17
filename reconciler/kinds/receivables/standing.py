"""Where an invoice stands: the campaigns that it is and was in, what was said, what comes next, and why nothing does."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.model.enrolments import Communication, Enrolment
from reconciler.model.invoices import Invoice, InvoiceStatus


@dataclass(frozen=True, slots=True)
class Next:
    """The step that comes next: a message, or the end (`action`)."""

    day: int
    channel: str | None
    template: str | None
    action: str | None


@dataclass(frozen=True, slots=True)
class Chapter:
    """A campaign that an invoice is or was in. `next` is None where it has left."""

    campaign: str
    enrolment: Enrolment
    said: Sequence[Communication]
    next: Next | None


@dataclass(frozen=True, slots=True)
class Standing:
    """An invoice of a source, all its campaigns, the first one first; and where it is in none, why."""

    source: str
    invoice: Invoice
    chapters: Sequence[Chapter]
    outside: str = ""


def idle(invoice: Invoice) -> str:
    """Why nobody is written to about an invoice; empty where they may be. (AMB-I6)"""
    if not invoice.listed:
        return "its source does not name it any more"
    if invoice.row.status is not InvoiceStatus.AWAITING_PAYMENT:
        return f"it is {invoice.row.status.value.replace('_', ' ')}"
    return "it is on hold" if invoice.row.held else ""
