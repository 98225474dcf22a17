"""Debtor accounts, in SQLite and PostgreSQL alike."""

from reconciler.store.account_assignment import Assignment
from reconciler.store.account_intake import AccountIntake


class SqlAccounts(AccountIntake, Assignment):
    """Implements `accounts.Accounts` at the desk of a store."""
