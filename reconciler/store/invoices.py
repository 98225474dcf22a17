"""Invoices, in SQLite and PostgreSQL alike."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.invoices import Invoice, InvoiceRow, InvoiceStatus, Wanted
from reconciler.model.money import amount_of, kept
from reconciler.store.desk import Desk, Sql, instant
from reconciler.store.intake import SqlIntake, Table, last_number

COLUMNS: Final = "id, uid, number, status, held, listed, amount_due, currency, due_on, data, digest, changed_at, change"
"""The columns of an invoice as `invoice_of` expects them."""
_GET: Final = f"SELECT {COLUMNS} FROM invoice WHERE uid = ? AND number = ?"
_NAMED: Final = f"SELECT {COLUMNS} FROM invoice WHERE number = ? ORDER BY uid"
_CHANGED: Final = f"SELECT {COLUMNS} FROM invoice WHERE change > ? ORDER BY change LIMIT ?"


def _values(row: InvoiceRow) -> Sequence[object]:
    data, due_on = canonical.encode(row.data).decode(), row.due_on.isoformat() if row.due_on else ""
    return (row.status.value, int(row.held), kept(row.amount_due), row.currency, due_on, data, row.digest)


_OWN: Final = ("status", "held", "amount_due", "currency", "due_on", "data", "digest")
_TABLE: Final = Table("invoice", _OWN, _values, ", ".join(f"{name} = ?" for name in _OWN), _values)


class SqlInvoices(SqlIntake[InvoiceRow]):
    """Implements `invoices.Invoices` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk, _TABLE)

    def get(self, uid: int, number: str) -> Invoice | None:
        """See `invoices.Invoices`."""
        return next(iter(self._found(_GET, (uid, number))), None)

    def by_id(self, ids: Sequence[int]) -> Sequence[Invoice]:
        """See `invoices.Invoices`."""

        def find(sql: Sql) -> list[Invoice]:
            found = (sql.rows(f"SELECT {COLUMNS} FROM invoice WHERE id = ?", (id_,)) for id_ in sorted(set(ids)))
            return [invoice_of(row) for rows in found for row in rows]

        return self._desk.reading(find)

    def named(self, number: str) -> Sequence[Invoice]:
        """See `invoices.Invoices`."""
        return self._found(_NAMED, (number,))

    def page(self, wanted: Wanted, after: int, limit: int) -> Sequence[Invoice]:
        """See `invoices.Invoices`."""
        where, given = _where(wanted)
        return self._found(
            f"SELECT {COLUMNS} FROM invoice WHERE {where} AND id > ? ORDER BY id LIMIT ?", (*given, after, limit)
        )

    def count(self, wanted: Wanted) -> int:
        """See `invoices.Invoices`."""
        where, given = _where(wanted)
        return int(self._desk.reading(lambda sql: sql.rows(f"SELECT count(*) FROM invoice WHERE {where}", given))[0][0])

    def changed_since(self, change: int, limit: int) -> Sequence[Invoice]:
        """See `invoices.Invoices`."""
        return self._found(_CHANGED, (change, limit))

    def change(self) -> int:
        """See `invoices.Invoices`."""
        return self._desk.reading(lambda sql: last_number(sql, "invoice"))

    def _found(self, statement: str, values: Sequence[object]) -> list[Invoice]:
        return invoices_of(self._desk.reading(lambda sql: sql.rows(statement, values)))


def invoices_of(rows: Iterable[tuple[Any, ...]]) -> list[Invoice]:
    """Several of them."""
    return [invoice_of(row) for row in rows]


def invoice_of(row: tuple[Any, ...]) -> Invoice:
    """An invoice, from `COLUMNS`."""
    id_, uid, number, status, held, listed, amount_due, currency, due_on, data, digest, changed_at, change = row
    due = date.fromisoformat(due_on) if due_on else None
    said = InvoiceRow(
        number, InvoiceStatus(status), bool(held), amount_of(amount_due), currency, due, canonical.decode(data), digest
    )
    return Invoice(id_, uid, said, bool(listed), instant(changed_at), change)


def _where(wanted: Wanted) -> tuple[str, list[object]]:
    """What is asked for, as a condition and its values."""
    asked: dict[str, object] = {
        "uid": wanted.uid or None,
        "status": wanted.status.value if wanted.status else None,
        "listed": None if wanted.listed is None else int(wanted.listed),
        "held": None if wanted.held is None else int(wanted.held),
    }
    given = {name: value for name, value in asked.items() if value is not None}
    return " AND ".join(["1 = 1", *(f"{name} = ?" for name in given)]), list(given.values())
