"""Debtor accounts, in SQLite and PostgreSQL alike."""

from reconciler.store.desk import Desk


class SqlAccounts:
    """Implements `accounts.Accounts` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
