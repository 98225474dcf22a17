"""Invoices, in SQLite and PostgreSQL alike."""

from reconciler.store.desk import Desk


class SqlInvoices:
    """Implements `invoices.Invoices` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
