"""Invoices as a table, as CSV, as JSON lines in a list."""

from collections.abc import Iterable, Iterator
from typing import Any

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.invoices import Invoice
from reconciler.views.csv_text import csv_line
from reconciler.views.style import Style
from reconciler.views.table import flowing, listed

Found = Iterable[tuple[str, Invoice]]
"""Invoices, each with the name of its source."""


def invoices_text(found: Found, color: bool) -> Iterator[str]:
    """A table, line by line."""
    heads = ("NUMBER", "STATUS", "AMOUNT DUE", "DUE", "SOURCE", "")
    rows = (
        (row.number, row.status.value, f"{row.amount_due} {row.currency}", str(row.due_on or ""), source, _apart(one))
        for source, one in found
        for row in [one.row]
    )
    yield from listed(flowing(heads, rows, Style(color), ("AMOUNT DUE",)), "no such invoice")


def invoices_csv(found: Found) -> Iterator[str]:
    """A table. Amounts are numbers, a credit's with its sign."""
    yield csv_line(("number", "status", "amount_due", "currency", "due_on", "source", "held", "listed", "changed_at"))
    for source, one in found:
        row = one.row
        amounts = (row.amount_due, row.currency, str(row.due_on or ""))
        flags = (str(row.held).lower(), str(one.listed).lower())
        yield csv_line((row.number, row.status.value, *amounts, source, *flags, to_text(one.changed_at)))


def invoices_json(found: Found) -> Iterator[str]:
    """A list of objects, one a line."""
    first = True
    for source, one in found:
        yield ("[" if first else ",") + canonical.encode_as_written(invoice_told(one, source)) + "\n"
        first = False
    yield "[]\n" if first else "]\n"


def invoice_told(one: Invoice, source: str) -> dict[str, Any]:
    """An invoice with everything that its source says of it."""
    row = one.row
    return {
        "number": row.number, "source": source, "status": row.status.value, "onHold": row.held, "listed": one.listed,
        "amountDue": str(row.amount_due), "currency": row.currency or None,
        "dueDate": row.due_on.isoformat() if row.due_on else None, "changedAt": to_text(one.changed_at),
        "data": row.data,
    }  # fmt: skip


def _apart(one: Invoice) -> str:
    """Why nobody is written to about it."""
    return ", ".join(word for word, so in (("on hold", one.row.held), ("not listed", not one.listed)) if so)
