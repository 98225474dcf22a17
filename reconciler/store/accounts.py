"""Debtor accounts, in SQLite and PostgreSQL alike."""

from reconciler.store.account_assignment import Assignment


class SqlAccounts(Assignment):
    """Implements `accounts.Accounts` at the desk of a store."""
