"""Bills: what a buyer owes for a span of time, or what a partner is owed. (L-16, L-21, L-44)

Amounts in two currencies are never added. A sale that a buyer gave back stays on the bill of the day on which it was sold; its
credit is on that of the day on which the return was approved. The partner's earnings by that sale, fixed or a share of the
price, go back on the same day; what was paid for taking the lead in does not.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from heapq import merge
from typing import Final

from reconciler.model.lead_bills import Entry, LeadBills, Line, Span, Total

_PAGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Bill:
    """What somebody owes or is owed. `totals` has one for each sort of line and currency."""

    who: str
    span: Span
    entries: tuple[Entry, ...]
    totals: Sequence[Total]

    @property
    def sums(self) -> Mapping[str, Decimal]:
        """By currency: what is to be paid."""
        found: dict[str, Decimal] = {}
        for one in self.totals:
            found[one.currency] = found.get(one.currency, Decimal("0.00")) + one.amount
        return dict(sorted(found.items()))


def bill(bills: LeadBills, entries: tuple[Entry, ...], who: str, span: Span) -> Bill:
    """The bill, without its lines. Ask within the snapshot in which its lines are read."""
    return Bill(who, span, entries, [total for entry in entries for total in bills.totals(entry, who, span)])


def lines(bills: LeadBills, one: Bill) -> Iterator[Line]:
    """The lines of a bill, oldest first, page by page as they are read."""
    parts = (_lines(bills, entry, one) for entry in one.entries)
    return merge(*parts, key=lambda line: (line.at, one.entries.index(line.entry), line.id))


def _lines(bills: LeadBills, entry: Entry, one: Bill) -> Iterator[Line]:
    after = None
    while page := bills.lines(entry, one.who, one.span, after, _PAGE):
        yield from page
        after = (page[-1].at, page[-1].id)
