"""Invoices in campaigns, in SQLite and PostgreSQL alike."""

from reconciler.store.desk import Desk


class SqlEnrolments:
    """Implements `enrolments.Enrolments` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
