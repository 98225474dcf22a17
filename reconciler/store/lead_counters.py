"""How much a buyer's contract has taken in a period: counted once, and from there on only what came after. (ADR 35)

A row says up to which sale it has counted; what is read is the row and the sales after it. So nothing has to keep rows in
step with sales: one that is missing, because a cap was added in the middle of a month, or late, is made up for when it is
read. Sales of one campaign are made one after another, so that their ids rise in the order in which they are seen.
"""

from dataclasses import dataclass, field
from typing import Final

from reconciler.model.lead_sales import Counter, Used
from reconciler.model.leads import Outbound
from reconciler.model.money import amount_of, kept
from reconciler.store.desk import Sql, seconds

WORTH: Final = 100
"""Sales that are counted again and again rather than written down: the row of one who buys little is never made."""
_ENDLESS: Final = 1e18
"""A time after all others, in seconds."""

_KEPT: Final = """
SELECT leads, amount, counted FROM lead_use WHERE contract = ? AND is_test = ? AND period = ? AND begins_at = ? AND currency = ?
"""
_SUMS: Final = "count(*), coalesce(sum(CASE WHEN currency = ? THEN price ELSE 0 END), 0)"
_ALL: Final = f"SELECT {_SUMS} FROM outbound WHERE contract = ? AND is_test = ? AND at >= ? AND at < ?"
_AFTER: Final = f"""
SELECT {_SUMS} FROM outbound WHERE contract = ? AND is_test = ? AND id > ? AND +at >= ? AND +at < ?
"""
"""The signs keep the databases from the index of times: a few sales are younger than the last one counted."""
_LAST: Final = "SELECT coalesce(max(id), 0) FROM outbound WHERE contract = ? AND is_test = ?"
_KEEP: Final = """
INSERT INTO lead_use (contract, is_test, period, begins_at, currency, leads, amount, counted) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (contract, is_test, period, begins_at, currency)
DO UPDATE SET leads = excluded.leads, amount = excluded.amount, counted = excluded.counted
"""


@dataclass(slots=True)
class Till:
    """What was taken, as one transaction sees it: read once, and what it sells itself added."""

    sql: Sql
    _known: dict[tuple[Counter, bool], Used] = field(default_factory=dict)
    _late: set[tuple[Counter, bool]] = field(default_factory=set)
    """Those that took many sales to count."""
    _made: list[Outbound] = field(default_factory=list)
    """Sales of this transaction: they are written when it closes, and stand in no table before."""

    def used(self, counter: Counter, is_test: bool) -> Used:
        """What was taken up to now."""
        key = counter, is_test
        if key not in self._known:
            self._known[key] = self._counted(counter, is_test)
            for sale in self._made:
                self._add(key, sale)
        return self._known[key]

    def count(self, sale: Outbound) -> None:
        """One sale more, made in this transaction."""
        for key in self._known:
            self._add(key, sale)
        self._made.append(sale)

    def keep(self) -> None:
        """Write down what took long to count; within a transaction that writes, behind the turnstile."""
        for counter, is_test in sorted(self._late, key=lambda one: _key(*one)):
            used = self._known[counter, is_test]
            ((last,),) = self.sql.rows(_LAST, (counter.contract, int(is_test)))
            self.sql.run(_KEEP, (*_key(counter, is_test), used.leads, kept(used.amount), last))

    def _add(self, key: tuple[Counter, bool], sale: Outbound) -> None:
        counter, is_test = key
        if counter.contract == sale.contract and is_test == sale.is_test and counter.covers(sale.at):
            used = self._known[key]
            price = sale.price if counter.currency == sale.currency else 0
            self._known[key] = Used(used.leads + 1, used.amount + price)

    def _counted(self, counter: Counter, is_test: bool) -> Used:
        begins, ends = _bounds(counter)
        row = self.sql.rows(_KEPT, _key(counter, is_test))
        whose = counter.currency, counter.contract, int(is_test)
        if row:
            ((leads, amount, counted),) = row
            ((more, price),) = self.sql.rows(_AFTER, (*whose, counted, begins, ends))
        else:
            leads, amount = 0, 0
            ((more, price),) = self.sql.rows(_ALL, (*whose, begins, ends))
        if more >= WORTH:
            self._late.add((counter, is_test))
        return Used(leads + more, amount_of(amount + int(price)))


def _bounds(counter: Counter) -> tuple[float, float]:
    begins = seconds(counter.begins_at) if counter.begins_at else 0.0
    return begins, seconds(counter.ends_at) if counter.ends_at else _ENDLESS


def _key(counter: Counter, is_test: bool) -> tuple[int, int, str, float, str]:
    return counter.contract, int(is_test), counter.period, _bounds(counter)[0], counter.currency
