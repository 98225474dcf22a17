"""How the rows of accounts are read: for what is taken in, and for what is assigned and contacted."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.accounts import Account, AccountRow, Position
from reconciler.model.money import amount_of
from reconciler.store.desk import instant, seconds

COLUMNS: Final = (
    "id, uid, number, status, paused, opted_out, declined, listed, change, score, balance, currency, zone, data, digest,"
    " campaign, joined_at, round, step, tries, due_at, attempts, first_at, answered_at, promised_until"
)
"""The columns of an account as `account_of` expects them."""


def account_of(row: tuple[Any, ...]) -> Account:
    """An account, from `COLUMNS`."""
    id_, uid, number, status, paused, opted_out, declined, listed, change, *rest = row
    score, balance, currency, zone, data, digest, campaign, joined_at, *position, promised_until = rest
    said = AccountRow(
        number, status, bool(paused), bool(opted_out), score, amount_of(balance), currency, zone, canonical.decode(data), digest
    )  # fmt: skip
    joined, until = moment(joined_at), moment(promised_until)
    return Account(id_, uid, said, bool(listed), campaign, joined, _position(position), change, bool(declined), until)


def accounts_of(rows: Iterable[tuple[Any, ...]]) -> list[Account]:
    """Several of them."""
    return [account_of(row) for row in rows]


def moment(found: float) -> datetime | None:
    """The instant that is kept as this; 0 is none."""
    return instant(found) if found else None


def kept_moment(given: datetime | None) -> float:
    """An instant as it is kept; none is 0."""
    return seconds(given) if given else 0.0


def _position(found: list[Any]) -> Position:
    run, step, tries, due_at, attempts, first_at, answered_at = found
    return Position(run, step, tries, moment(due_at), attempts, moment(first_at), moment(answered_at))
