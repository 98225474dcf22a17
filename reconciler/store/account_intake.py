"""What sources say of accounts, in SQLite and PostgreSQL alike; whose they are is `account_assignment`'s. (C-31)"""

from collections.abc import Sequence
from typing import Final

from reconciler.model import canonical
from reconciler.model.accounts import Account, AccountRow
from reconciler.model.money import kept
from reconciler.store.account_rows import COLUMNS, accounts_of
from reconciler.store.desk import Desk, Sql
from reconciler.store.intake import SqlIntake, Table

_GET: Final = f"SELECT {COLUMNS} FROM account WHERE uid = ? AND number = ?"
_NAMED: Final = f"SELECT {COLUMNS} FROM account WHERE number = ? ORDER BY uid"
_CHANGED: Final = f"SELECT {COLUMNS} FROM account WHERE change > ? ORDER BY change LIMIT ?"
_PAGE: Final = f"SELECT {COLUMNS} FROM account WHERE id > ? ORDER BY id LIMIT ?"
_OF_SOURCE: Final = f"SELECT {COLUMNS} FROM account WHERE uid = ? AND id > ? ORDER BY id LIMIT ?"
_BY_ID: Final = f"SELECT {COLUMNS} FROM account WHERE id = ?"


def _said(row: AccountRow) -> Sequence[object]:
    paused, opted_out, data = int(row.paused), int(row.opted_out), canonical.encode(row.data).decode()
    return (row.status, paused, opted_out, row.score, kept(row.balance), row.currency, row.zone, data, row.digest)


def _added(row: AccountRow) -> Sequence[object]:
    return (row.status, *_said(row))


def _changed(row: AccountRow) -> Sequence[object]:
    return (row.status, row.status, *_said(row))


_OWN: Final = ("given_status", "paused", "opted_out", "score", "balance", "currency", "zone", "data", "digest")
_STATUS: Final = "status = CASE WHEN given_status = ? THEN status ELSE ? END"
"""What has happened in between stays, until its source says something else than it did."""
_TABLE: Final = Table(
    "account", ("status", *_OWN), _added, ", ".join([_STATUS, *(f"{name} = ?" for name in _OWN)]), _changed
)


class AccountIntake(SqlIntake[AccountRow]):
    """Implements what `accounts.Accounts` says of rows as they come in, at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, _TABLE)

    def get(self, uid: int, number: str) -> Account | None:
        """See `accounts.Accounts`."""
        return next(iter(self._found(_GET, (uid, number))), None)

    def by_id(self, ids: Sequence[int]) -> Sequence[Account]:
        """See `accounts.Accounts`."""

        def find(sql: Sql) -> list[Account]:
            return [one for id_ in sorted(set(ids)) for one in accounts_of(sql.rows(_BY_ID, (id_,)))]

        return self._desk.reading(find)

    def named(self, number: str) -> Sequence[Account]:
        """See `accounts.Accounts`."""
        return self._found(_NAMED, (number,))

    def page(self, uid: int, after: int, limit: int) -> Sequence[Account]:
        """See `accounts.Accounts`."""
        return self._found(_OF_SOURCE, (uid, after, limit)) if uid else self._found(_PAGE, (after, limit))

    def count(self, uid: int) -> int:
        """See `accounts.Accounts`."""
        of_source = " WHERE uid = ?" if uid else ""
        statement, given = f"SELECT count(*) FROM account{of_source}", (uid,) if uid else ()
        return int(self._desk.reading(lambda sql: sql.rows(statement, given))[0][0])

    def changed_since(self, change: int, limit: int) -> Sequence[Account]:
        """See `accounts.Accounts`."""
        return self._found(_CHANGED, (change, limit))

    def _found(self, statement: str, values: Sequence[object]) -> list[Account]:
        return accounts_of(self._desk.reading(lambda sql: sql.rows(statement, values)))
