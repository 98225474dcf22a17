"""The report of turnover: what was taken in and sold, for how much, and what it cost. Tests are in none of it. (L-23, L-44)"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.model.lead_bills import Entry, Group, GroupTotal, LeadBills, Span


class By(StrEnum):
    """What a report has a row for."""

    CAMPAIGN = "campaign"
    WORKFLOW = "workflow"
    VERTICAL = "vertical"
    ACCOUNT = "account"
    PARTNER = "partner"
    DAY = "day"
    MONTH = "month"


_FORMATS: Final = {By.DAY: "%Y-%m-%d", By.MONTH: "%Y-%m"}


@dataclass(slots=True)
class Money:
    """What happened in one currency. `credited` and the part of `cost` that was taken back are negative."""

    sales: int = 0
    sold: Decimal = Decimal("0.00")
    returns: int = 0
    credited: Decimal = Decimal("0.00")
    cost: Decimal = Decimal("0.00")

    @property
    def margin(self) -> Decimal:
        """What is left."""
        return self.sold + self.credited - self.cost


@dataclass(slots=True)
class Row:
    """A row of the report. Leads taken in are counted whatever they cost; money is by currency."""

    key: tuple[str, ...]
    leads: int = 0
    money: dict[str, Money] = field(default_factory=dict)


def turnover(bills: LeadBills, by: By, span: Span, zone: ZoneInfo, uid: int = 0) -> Sequence[Row]:
    """The report, by key, of all versions or of one. Days and months are the zone's. Ask within one snapshot of the store.

    What is by account has no leads taken in: they are nobody's until they are sold.
    """
    group = Group.QUARTER if by in _FORMATS else Group(by.value)
    rows: dict[tuple[str, ...], Row] = {}
    for entry in Entry:
        for one in bills.grouped(entry, group, span, uid):
            key = (_local(one.key[0], zone, _FORMATS[by]),) if by in _FORMATS else one.key
            if key != ("",):
                _add(rows.setdefault(key, Row(key)), one)
    return [rows[key] for key in sorted(rows)]


def whole(rows: Iterable[Row]) -> Row:
    """What they add up to."""
    found = Row(("",))
    for row in rows:
        found.leads += row.leads
        for currency, one in row.money.items():
            mine = found.money.setdefault(currency, Money())
            mine.sales += one.sales
            mine.returns += one.returns
            mine.sold += one.sold
            mine.credited += one.credited
            mine.cost += one.cost
    return found


def _add(row: Row, one: GroupTotal) -> None:
    total = one.total
    if total.entry is Entry.TAKEN:
        row.leads += total.lines
    if not total.currency:
        return  # leads for which nobody is paid
    money = row.money.setdefault(total.currency, Money())
    match total.entry:
        case Entry.SALE:
            money.sales += total.lines
            money.sold += total.amount
        case Entry.CREDIT:
            money.returns += total.lines
            money.credited += total.amount
        case Entry.TAKEN | Entry.COMMISSION | Entry.REVERSAL:
            money.cost += total.amount


def _local(quarter: str, zone: ZoneInfo, form: str) -> str:
    return datetime.fromtimestamp(int(quarter), UTC).astimezone(zone).strftime(form)
