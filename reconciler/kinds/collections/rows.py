"""One row of an AccountSource as an account, or what is wrong with it. (C-31)"""

import re
from collections.abc import Sequence
from typing import Final

from reconciler.feed.row import Fault, Row, Scalar
from reconciler.kinds.sourced import Layout, amount, cells_of, currency, day, number, shown, whole, zone
from reconciler.model.accounts import AccountRow

NEEDED: Final = ("balance",)
"""Columns without which nothing can be said of an account."""
FIRST: Final = "pending_contact"
"""The status of an account whose source says none."""
OPTED_OUT: Final = ("optedOut", "opted_out", "optOut", "opt_out")
"""How sources call it that somebody is not to be contacted: a name that nobody knows must not lead to a call."""
_WORD: Final = re.compile(r"[a-z][a-z0-9_]{0,62}", re.ASCII)
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def account_row(row: Row, layout: Layout) -> AccountRow | Sequence[Fault]:
    """The account that a row is; all that is wrong with it where it is none."""
    name, cells = cells_of(row, layout)
    status = cells.take(cells.column("status"), _status) or FIRST
    balance = cells.need("balance", amount)
    owes_nothing = balance is not None and balance <= 0  # nobody is contacted about nothing
    paused, opted_out = cells.flag("paused") or owes_nothing, cells.flag(*OPTED_OUT)
    score = cells.take("score", number)
    money = cells.take("currency", currency) or layout.currency
    due_on, past_due = cells.take("dueDate", day), cells.take("daysPastDue", whole)
    of_account = cells.take(cells.column("timezone"), zone)
    named = [cells.take(cells.column(one), zone) for one in ("contactTimezone", "contact.timezone", "contact_timezone")]
    of_contact = next(filter(None, named), None)
    place = of_contact or of_account or ""
    data = {
        **cells.rest(),
        "number": name,
        "status": status,
        "paused": paused,
        "optedOut": opted_out,
        "currency": money,
    }
    data |= {"balance": None if balance is None else format(balance, "f"), "timezone": place}
    data |= {} if score is None else {"score": score}
    data |= {} if due_on is None else {"dueDate": due_on.isoformat()}
    data |= {} if past_due is None else {"daysPastDue": past_due}
    data["contact"] |= {"timezone": of_contact} if of_contact else {}
    digest = cells.digest(data)
    if balance is None or cells.faults:
        return cells.faults
    return AccountRow(name, status, paused, opted_out, score, balance, money, place, data, digest)


def _status(value: Scalar) -> str:
    """A status as we write them: `Pending Contact` and pendingContact are pending_contact."""
    found = re.sub(r"[\s-]+", "_", _HUMP.sub("_", str(value).strip())).lower()
    if not _WORD.fullmatch(found):
        raise ValueError(f"{shown(value)} is no status, such as {FIRST}")
    return found
