"""What happened with many accounts at once, in SQLite and PostgreSQL alike."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from reconciler.model.contact_queue import Past, Sort
from reconciler.store.contact_items import past
from reconciler.store.desk import Desk, instant, seconds

_SINCE: Final = """
SELECT interaction.account, interaction.at, interaction.sort, interaction.medium
FROM account JOIN interaction ON interaction.account = account.id
WHERE account.uid = ? AND interaction.at >= ? AND interaction.sort IN ('contact', 'conversation')
ORDER BY interaction.account, interaction.at, interaction.id
"""


class SqlContactHistory:
    """Implements `contact_history.ContactHistory` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def of_source(self, source: int, since: datetime) -> Mapping[int, tuple[Past, ...]]:
        """See `contact_history.ContactHistory`."""
        rows = self._desk.reading(lambda sql: sql.rows(_SINCE, (source, seconds(since))))
        found: dict[int, list[Past]] = {}
        for account, at, sort, medium in rows:
            found.setdefault(account, []).append(Past(instant(at), Sort(sort), medium))
        return {account: tuple(past) for account, past in found.items()}

    def of_account(self, account: int) -> tuple[Past, ...]:
        """See `contact_history.ContactHistory`."""
        return self._desk.reading(lambda sql: past(sql, account))
