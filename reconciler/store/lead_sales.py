"""Sales of leads, in SQLite and PostgreSQL alike, behind one turnstile a campaign."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final, TypeVar

from reconciler.model.lead_sales import Book, Choice, Counter, Decide, Decision, Deliver, Sold, Standing, Used
from reconciler.model.leads import Lead, Outbound
from reconciler.model.money import kept
from reconciler.store import ledger_statements as statements
from reconciler.store.desk import Desk, Sql, instant, seconds
from reconciler.store.lead_counters import Till
from reconciler.store.lead_rows import LEAD, OUTBOUND, lead_of, outbound_of
from reconciler.store.standing import post, stand

T = TypeVar("T")

CHUNK: Final = 2_000
"""Leads that are ended in one transaction: who takes or sells some gets a turn in between."""

_LEADS: Final = f"SELECT {LEAD} FROM lead WHERE id IN (%s) ORDER BY id"
_BY_CODE: Final = f"SELECT {LEAD} FROM lead WHERE code = ?"
_SALES: Final = f"SELECT {OUTBOUND} FROM outbound WHERE lead IN (%s) ORDER BY id"
_STATE: Final = """
SELECT resource.state, job.phase FROM resource LEFT JOIN job ON job.uid = resource.uid
WHERE resource.uid = ? AND NOT resource.forgotten
"""
_REVISIONS: Final = "SELECT uid, revision FROM resource WHERE uid IN (%s) AND NOT forgotten"
_TURNS: Final = "SELECT contract, turn FROM lead_turn WHERE campaign = ? AND workflow = ? AND is_test = ?"
_TAKE_TURN: Final = """
INSERT INTO lead_turn (campaign, workflow, is_test, contract, turn) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (campaign, workflow, is_test, contract) DO UPDATE SET turn = excluded.turn
"""
_SELL: Final = """
INSERT INTO outbound (code, lead, uid, contract, account, at, is_test, price, currency, cost, cost_currency, shares, rule)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_STAGE: Final = "UPDATE lead SET stage = ? WHERE id = ?"
_OPEN: Final = "stage IN ('waiting', 'manual')"
_END_SOME: Final = f"""
UPDATE lead SET stage = 'ended' WHERE id IN (SELECT id FROM lead WHERE uid = ? AND {_OPEN} ORDER BY id LIMIT ?)
"""
_WAITING: Final = f"SELECT count(*) FROM lead WHERE uid = ? AND {_OPEN}"
_LAST: Final = "SELECT at FROM lead WHERE uid = ? ORDER BY at DESC LIMIT 1"
_SINCE: Final = "SELECT count(*) FROM lead WHERE uid = ? AND at >= ?"


class SqlLeadSales:
    """Implements `lead_sales.LeadSales` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def leads(self, ids: Sequence[int]) -> Mapping[int, Lead]:
        """See `lead_sales.LeadSales`."""
        return self._desk.reading(lambda sql: _leads(sql, ids))

    def find(self, code: str) -> Lead | None:
        """See `lead_sales.LeadSales`."""
        found = self._desk.reading(lambda sql: sql.rows(_BY_CODE, (code,)))
        return lead_of(found[0]) if found else None

    def look(self, book: Book, lead: int, now: datetime, question: Callable[[Standing], T]) -> T | None:
        """See `lead_sales.LeadSales`."""

        def ask(sql: Sql) -> T | None:
            found = _leads(sql, [lead]).get(lead)
            return question(_Counter.of(sql, book, now, [lead]).standing(found)) if found else None

        return self._desk.reading(ask)

    def used(self, counters: Sequence[Counter]) -> Sequence[Used]:
        """See `lead_sales.LeadSales`."""

        def ask(sql: Sql) -> list[Used]:
            till = Till(sql)
            return [till.used(counter, False) for counter in counters]

        return self._desk.reading(ask)

    def sell(
        self, book: Book, leads: Sequence[int], now: datetime, decide: Decide, deliver: Deliver
    ) -> tuple[Sold, ...] | None:
        """See `lead_sales.LeadSales`."""

        def work(sql: Sql) -> tuple[Sold, ...] | None:
            take_turn(sql, book.campaign)
            if not _is_current(sql, book):
                return None
            counter = _Counter.of(sql, book, now, leads)
            for lead in _leads(sql, leads).values():
                counter.decide(lead, decide)
            return counter.close(deliver)

        return self._desk.writing(work) if leads else ()

    def wait_for_turn(self, campaign: str) -> None:
        """See `lead_sales.LeadSales`."""
        self._desk.writing(lambda sql: take_turn(sql, campaign))

    def end(self, campaign: str, uid: int, beat: Callable[[], None]) -> int:
        """See `lead_sales.LeadSales`."""

        def some(sql: Sql) -> int:
            take_turn(sql, campaign)
            return sql.run(_END_SOME, (uid, CHUNK))

        total = 0
        while found := self._desk.writing(some):
            total += found
            beat()
        return total

    def waiting(self, uid: int) -> int:
        """See `lead_sales.LeadSales`."""
        return int(self._desk.reading(lambda sql: sql.rows(_WAITING, (uid,)))[0][0])

    def last(self, uid: int) -> datetime | None:
        """See `lead_sales.LeadSales`."""
        found = self._desk.reading(lambda sql: sql.rows(_LAST, (uid,)))
        return instant(found[0][0]) if found else None

    def since(self, uid: int, at: datetime) -> int:
        """See `lead_sales.LeadSales`."""
        return int(self._desk.reading(lambda sql: sql.rows(_SINCE, (uid, seconds(at))))[0][0])


def take_turn(sql: Sql, campaign: str) -> None:
    """From here to the end of the transaction nobody else takes or sells leads of the campaign."""
    sql.run(statements.TAKE_TURN, (f"leads:{campaign}",))


@dataclass(slots=True)
class _Counter:
    """Where the leads of one version are sold, in one transaction. What no later sale asks for is written when it closes."""

    sql: Sql
    book: Book
    now: datetime
    state: str
    is_open: bool
    sales: dict[int, tuple[Outbound, ...]]
    till: Till
    turns: dict[tuple[str, bool], dict[int, int]] = field(default_factory=dict)
    given: set[tuple[str, bool, int]] = field(default_factory=set)
    decided: list[tuple[Lead, Decision]] = field(default_factory=list)

    @classmethod
    def of(cls, sql: Sql, book: Book, now: datetime, leads: Sequence[int]) -> "_Counter":
        """As the store has it now."""
        found = sql.rows(_STATE, (book.uid,))
        state, phase = found[0] if found else ("", None)
        return cls(sql, book, now, state, phase == "open", _sales(sql, leads), Till(sql))

    def standing(self, lead: Lead) -> Standing:
        """What is known of a lead."""

        def used(counter: Counter) -> Used:
            return self.till.used(counter, lead.is_test)

        sold = self.sales.get(lead.id, ())
        return Standing(lead, self.state, self.is_open, self.now, sold, self._turns(lead), used)

    def decide(self, lead: Lead, decide: Decide) -> None:
        """Decide on a lead, after those before it."""
        decision = decide(self.standing(lead))
        self.decided.append((lead, decision))
        for choice in decision.choices:
            self.till.count(self._outbound(lead, choice, 0))
            if choice.takes_turn:
                turns = self._turns(lead)
                turns[choice.contract] = max(turns.values(), default=0) + 1
                self.given.add((lead.workflow, lead.is_test, choice.contract))

    def close(self, deliver: Deliver) -> tuple[Sold, ...]:
        """Write down what was decided, all at once."""
        made = [
            self._outbound(lead, choice, len(self.sales.get(lead.id, ())) + number)
            for lead, decision in self.decided
            for number, choice in enumerate(decision.choices, 1)
        ]
        if made:
            self.sql.many(_SELL, [_row(one) for one in made])
            self._deliver({one.code for one in made}, deliver)
        stages = [(decision.stage.value, lead.id) for lead, decision in self.decided if decision.stage != lead.stage]
        turns = [
            (self.book.campaign, workflow, int(is_test), contract, self.turns[workflow, is_test][contract])
            for workflow, is_test, contract in sorted(self.given)
        ]
        for statement, rows in ((_STAGE, stages), (_TAKE_TURN, turns)):
            if rows:
                self.sql.many(statement, rows)
        self.till.keep()
        return tuple(
            Sold(replace(lead, stage=decision.stage), self.sales.get(lead.id, ()), decision.again)
            for lead, decision in self.decided
        )

    def _deliver(self, made: set[str], deliver: Deliver) -> None:
        """Post what is delivered of these sales, which have their numbers by now."""
        leads = {lead.id: lead for lead, _ in self.decided}
        self.sales = _sales(self.sql, list(leads))
        standing = set[int]()
        for outbound in sorted((one for sold in self.sales.values() for one in sold), key=lambda one: one.id):
            goods = deliver(outbound, leads[outbound.lead]) if outbound.code in made else None
            if goods and goods.units:
                if goods.contract not in standing:
                    stand(self.sql, goods.contract, goods.vias, seconds(self.now))
                    standing.add(goods.contract)
                post(self.sql, goods.contract, goods.units)

    def _outbound(self, lead: Lead, choice: Choice, number: int) -> Outbound:
        return Outbound(
            0, f"{lead.code}-{number}", lead.id, lead.uid, choice.contract, choice.account, self.now, lead.is_test,
            choice.price, choice.currency, choice.cost, choice.rule, choice.cost_currency, choice.shares,
        )  # fmt: skip

    def _turns(self, lead: Lead) -> dict[int, int]:
        key = lead.workflow, lead.is_test
        if key not in self.turns:
            rows: list[Any] = self.sql.rows(_TURNS, (self.book.campaign, lead.workflow, int(lead.is_test)))
            self.turns[key] = dict(rows)
        return self.turns[key]


def _is_current(sql: Sql, book: Book) -> bool:
    wanted = {**book.contracts, book.uid: book.revision}
    return dict(sql.rows(_REVISIONS % ", ".join("?" * len(wanted)), tuple(wanted))) == wanted


def _sales(sql: Sql, leads: Sequence[int]) -> dict[int, tuple[Outbound, ...]]:
    found: dict[int, tuple[Outbound, ...]] = {}
    for row in sql.rows(_SALES % ", ".join("?" * len(leads)), leads):
        one = outbound_of(row)
        found[one.lead] = (*found.get(one.lead, ()), one)
    return found


def _row(one: Outbound) -> tuple[object, ...]:
    return (
        one.code, one.lead, one.uid, one.contract, one.account, seconds(one.at), int(one.is_test), kept(one.price),
        one.currency, kept(one.cost), one.cost_currency, one.shares, one.rule,
    )  # fmt: skip


def _leads(sql: Sql, ids: Sequence[int]) -> dict[int, Lead]:
    rows: list[tuple[Any, ...]] = sql.rows(_LEADS % ", ".join("?" * len(ids)), ids) if ids else []
    return {row[0]: lead_of(row) for row in rows}
