"""Who did what through the dashboard, in SQLite and PostgreSQL alike."""

from collections.abc import Sequence
from typing import Any, Final

from reconciler.model.audit import Entry, Outcome, Sought
from reconciler.store.desk import Desk, instant, seconds

_WRITE: Final = """
INSERT INTO audit (at, actor, role, client, action, target, outcome, detail) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""
_COLUMNS: Final = "id, at, actor, role, client, action, target, outcome, detail"
_LINE: Final = f"SELECT {_COLUMNS} FROM audit WHERE id = ?"
_LARGEST: Final = (1 << 63) - 1
"""What both databases take for a number."""


class SqlAudit:
    """Implements `audit.Audit` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def write(self, entry: Entry) -> int:
        """See `audit.Audit`."""
        values = (
            *(seconds(entry.at), entry.actor, entry.role, entry.client),
            *(entry.action, entry.target, entry.outcome.value, entry.detail),
        )
        return int(self._desk.writing(lambda sql: sql.rows(_WRITE, values))[0][0])

    def find(self, sought: Sought, limit: int) -> Sequence[Entry]:
        """See `audit.Audit`."""
        wanted: list[tuple[str, object]] = [
            (f"{name} = ?", value)
            for name in ("actor", "action", "outcome", "target")
            if (value := getattr(sought, name))
        ]
        if sought.before:
            wanted.append(("id < ?", min(sought.before, _LARGEST)))
        where = f"WHERE {' AND '.join(text for text, _ in wanted)}" if wanted else ""
        statement = f"SELECT {_COLUMNS} FROM audit {where} ORDER BY id DESC LIMIT ?"
        values = (*(value for _, value in wanted), limit)
        return [_entry(row) for row in self._desk.reading(lambda sql: sql.rows(statement, values))]

    def line(self, id_: int) -> Entry | None:
        """See `audit.Audit`."""
        if not 0 < id_ <= _LARGEST:
            return None
        rows = self._desk.reading(lambda sql: sql.rows(_LINE, (id_,)))
        return _entry(rows[0]) if rows else None


def _entry(row: Sequence[Any]) -> Entry:
    id_, at, actor, role, client, action, target, outcome, detail = row
    return Entry(instant(at), actor, role, client, action, target, Outcome(outcome), detail, id_)
