"""Invoices, as their sources say: what is owed, until when, and how it stands with it. (I-01, AMB-I2, AMB-I6)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from reconciler.model.intake import Intake


class InvoiceStatus(StrEnum):
    """How it stands with an invoice."""

    AWAITING_PAYMENT = "awaiting_payment"
    ON_PAYMENT_ARRANGEMENT = "on_payment_arrangement"
    PAID = "paid"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice as its source says it. `data` is every column, known ones included, and `contact`; `digest` of all of it.

    In `data` amounts are exact decimal texts, days YYYY-MM-DD, times RFC 3339 in UTC.
    """

    number: str
    status: InvoiceStatus
    held: bool
    amount_due: Decimal
    currency: str
    due_on: date | None
    data: Mapping[str, Any]
    digest: str


@dataclass(frozen=True, slots=True)
class Invoice:
    """An invoice as it is kept. `uid` is its source's; `listed`: the last whole reading of that named it."""

    id: int
    uid: int
    row: InvoiceRow
    listed: bool
    changed_at: datetime
    change: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which invoices are asked for; what is left empty does not narrow it."""

    uid: int = 0
    status: InvoiceStatus | None = None
    listed: bool | None = None
    held: bool | None = None


class Invoices(Intake[InvoiceRow], Protocol):
    """The rows of invoices. Every method that writes is one transaction. Times are UTC."""

    def get(self, uid: int, number: str) -> Invoice | None:
        """One invoice of a source."""
        ...

    def by_id(self, ids: Sequence[int]) -> Sequence[Invoice]:
        """These invoices, by id; those that there are."""
        ...

    def named(self, number: str) -> Sequence[Invoice]:
        """The invoices of all sources that have this number, by source."""
        ...

    def page(self, wanted: Wanted, after: int, limit: int) -> Sequence[Invoice]:
        """Invoices by id, from the one after `after` on."""
        ...

    def count(self, wanted: Wanted) -> int:
        """How many there are."""
        ...

    def changed_since(self, change: int, limit: int) -> Sequence[Invoice]:
        """What has changed after this change, by its `change`: the last one's is where to go on."""
        ...

    def change(self) -> int:
        """The number of the last change of any invoice; whatever is committed later has a higher one."""
        ...
