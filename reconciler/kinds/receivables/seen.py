"""An invoice as conditions and as templates see it. Pure: of an equal row, day and history it is equal. (I-11)"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from reconciler.model.enrolments import Exit
from reconciler.model.invoices import InvoiceRow


@dataclass(frozen=True, slots=True)
class LastExit:
    """How an invoice has left the campaign that it was in last: why, and the name of that."""

    reason: Exit
    campaign: str


def invoice_seen(row: InvoiceRow, today: date, last_exit: LastExit | None = None) -> dict[str, Any]:
    """`invoice` in CEL: its columns, its amount as a double, the days since it was due, `contact`, and `lastExit`.

    `today` is the date in the creditor's zone. `daysOverdue` is negative before the due date, and missing where nobody knows
    that; `lastExit` is missing where it was in no campaign.
    """
    return {**invoice_told(row, today, last_exit), "amountDue": float(row.amount_due)}


def invoice_told(row: InvoiceRow, today: date, last_exit: LastExit | None = None) -> dict[str, Any]:
    """`invoice` in templates: the same with the amount as exact decimal text."""
    found: dict[str, Any] = dict(row.data)
    found |= {"number": row.number, "status": row.status.value, "onHold": row.held, "currency": row.currency}
    found["amountDue"] = format(row.amount_due, "f")
    found["contact"] = contact_of(row)
    if row.due_on is not None:
        found["dueDate"] = row.due_on.isoformat()
        found["daysOverdue"] = (today - row.due_on).days
    found.pop("lastExit", None)
    if last_exit is not None:
        found["lastExit"] = {"reason": last_exit.reason.value, "campaign": last_exit.campaign}
    return found


def contact_of(row: InvoiceRow) -> Mapping[str, Any]:
    """`contact`: whoever owes it, as far as its source says."""
    found: Mapping[str, Any] = row.data.get("contact", {})
    return found
