"""One row of an InvoiceSource as an invoice, or what is wrong with it. (AMB-I6)"""

import re
from collections.abc import Sequence
from typing import Final

from reconciler.feed.row import Fault, Row, Scalar
from reconciler.kinds.sourced import Layout, amount, cells_of, currency, day, shown, whole
from reconciler.model.invoices import InvoiceRow, InvoiceStatus

NEEDED: Final = ("status", "amountDue")
"""Columns without which nothing can be said of an invoice."""
HELD: Final = ("onHold", "on_hold", "hold")
"""How sources call it that an invoice is on hold: a name that nobody knows must not lead to a letter."""
_BY_LETTERS: Final = {re.sub("[^a-z]", "", one.value): one for one in InvoiceStatus}


def invoice_row(row: Row, layout: Layout) -> InvoiceRow | Sequence[Fault]:
    """The invoice that a row is; all that is wrong with it where it is none."""
    number, cells = cells_of(row, layout)
    status = cells.need("status", _status)
    due = cells.need("amountDue", amount)
    # Nobody is written to about nothing: a credit, or what is paid and not booked as such.
    owes_nothing = status is InvoiceStatus.AWAITING_PAYMENT and due is not None and due <= 0
    held = cells.flag(*HELD) or owes_nothing
    money = cells.take("currency", currency) or layout.currency
    due_on = cells.take("dueDate", day)
    overdue = cells.take("daysOverdue", whole)
    data = {**cells.rest(), "number": number, "status": status and status.value, "onHold": held, "currency": money}
    data |= {"amountDue": None if due is None else format(due, "f")}
    data |= {"dueDate": due_on.isoformat()} if due_on else {} if overdue is None else {"daysOverdue": overdue}
    digest = cells.digest(data)
    if status is None or due is None or cells.faults:
        return cells.faults
    return InvoiceRow(number, status, held, due, money, due_on, data, digest)


def _status(value: Scalar) -> InvoiceStatus:
    found = _BY_LETTERS.get(re.sub("[^a-z]", "", str(value).lower()))
    if found is None:
        raise ValueError(f"{shown(value)} is no status; write {', '.join(InvoiceStatus)}")
    return found
