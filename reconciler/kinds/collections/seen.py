"""An account as conditions and as templates see it. Pure: of an equal row and day it is equal. (C-31)"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from reconciler.model.accounts import AccountRow


def account_seen(row: AccountRow, today: date) -> dict[str, Any]:
    """`account` in CEL: its columns, its balance as a double, the days that it is past due, and `contact`.

    `today` is the date in the organisation's zone. `daysPastDue` is what its source says, else since the due date; it is
    missing where nobody knows that.
    """
    return {**account_told(row, today), "balance": float(row.balance)}


def account_told(row: AccountRow, today: date) -> dict[str, Any]:
    """`account` in templates: the same with the balance as exact decimal text."""
    found: dict[str, Any] = dict(row.data)
    found |= {"number": row.number, "status": row.status, "paused": row.paused, "optedOut": row.opted_out}
    found |= {"balance": format(row.balance, "f"), "currency": row.currency, "timezone": row.zone}
    found["contact"] = contact_of(row)
    due_on = row.data.get("dueDate")
    if due_on and "daysPastDue" not in found:
        found["daysPastDue"] = (today - date.fromisoformat(due_on)).days
    return found


def contact_of(row: AccountRow) -> Mapping[str, Any]:
    """`contact`: whoever owes, as far as its source says."""
    found: Mapping[str, Any] = row.data.get("contact", {})
    return found
