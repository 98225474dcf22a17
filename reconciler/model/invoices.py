"""Invoices, as their sources say: what is owed, until when, and how it stands with it. (I-01, AMB-I2, AMB-I6)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol


class InvoiceStatus(StrEnum):
    """How it stands with an invoice."""

    AWAITING_PAYMENT = "awaiting_payment"
    ON_PAYMENT_ARRANGEMENT = "on_payment_arrangement"
    PAID = "paid"
    VOIDED = "voided"


@dataclass(frozen=True, slots=True)
class InvoiceRow:
    """An invoice as its source says it. `data` is every column as rules and templates see it; `digest` of all of it."""

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
class Taken:
    """What taking rows in came to."""

    added: int = 0
    changed: int = 0
    same: int = 0
    unlisted: int = 0


class Invoices(Protocol):
    """The rows of invoices. Every method that writes is one transaction. Times are UTC."""

    def take(self, uid: int, rows: Sequence[InvoiceRow], now: datetime) -> Taken:
        """Add or change these invoices of a source, each by its number; what is the same as before is only seen again."""
        ...

    def unlist(self, uid: int, before: datetime, now: datetime) -> int:
        """What a whole reading of the source that began at `before` has not named is listed no more; how many those are."""
        ...

    def get(self, uid: int, number: str) -> Invoice | None:
        """One invoice of a source."""
        ...
