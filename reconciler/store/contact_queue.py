"""Whom to contact, in SQLite and PostgreSQL alike."""

from reconciler.store.desk import Desk


class SqlContactQueue:
    """Implements `contact_queue.ContactQueue` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
