"""An account as it is kept, for programs."""

from typing import Any

from reconciler.model.accounts import Account


def account_told(one: Account, source: str) -> dict[str, Any]:
    """An account with everything that its source says of it; its status is what it is by now."""
    row = one.row
    return {
        "number": row.number, "source": source, "status": row.status, "paused": row.paused,
        "optedOut": row.opted_out or one.declined, "listed": one.listed, "score": row.score, "balance": str(row.balance),
        "currency": row.currency or None, "timezone": row.zone or None, "data": row.data,
    }  # fmt: skip
