"""What is read of leads, in SQLite and PostgreSQL alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from reconciler.model.lead_books import Attempts, Baseline, Sold, Taken, Which
from reconciler.model.leads import Lead, LeadStage, Outbound, QueueReason
from reconciler.model.money import amount_of
from reconciler.store.desk import Desk, Rows, Sql, instant, seconds
from reconciler.store.lead_rows import LEAD, OUTBOUND, lead_of, outbound_of

_PLACES: Final = {
    "lead": "SELECT at, id FROM lead WHERE code = ?",
    "outbound": "SELECT at, id FROM outbound WHERE code = ?",
}
_COLUMNS: Final = {
    table: ", ".join(f"{table}.{name}" for name in names.split(", "))
    for table, names in (("lead", LEAD), ("outbound", OUTBOUND))
}
_LEAD: Final = f"SELECT {LEAD} FROM lead WHERE code = ?"
_ATTEMPTS: Final = """
SELECT reason, count(*), max(at) FROM lead_queue WHERE uid = ? AND at >= ? GROUP BY reason ORDER BY reason
"""
_JOIN: Final = """
INSERT INTO lead_baseline (contract, uid, revision, sort, at) VALUES (?, ?, ?, 'joined', ?)
ON CONFLICT (contract, uid) DO NOTHING
"""
_CONFIRM: Final = """
INSERT INTO lead_baseline (contract, uid, revision, sort, at) VALUES (?, ?, ?, 'confirmed', ?)
ON CONFLICT (contract, uid) DO UPDATE SET revision = excluded.revision, sort = excluded.sort, at = excluded.at
WHERE lead_baseline.revision <= excluded.revision
"""
_BASELINES: Final = "SELECT contract, uid, revision, sort, at FROM lead_baseline WHERE uid = ? ORDER BY contract"

Conditions: TypeAlias = tuple[str, list[object]]


class SqlLeadBooks:
    """Implements `lead_books.LeadBooks` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def leads(self, which: Which, after: str = "", limit: int = 50) -> Sequence[Lead]:
        """See `lead_books.LeadBooks`."""
        found = self._desk.reading(lambda sql: _page(sql, "lead", which, after, limit))
        return [lead_of(row) for row in found]

    def sold(self, which: Which, after: str = "", limit: int = 50) -> Sequence[Outbound]:
        """See `lead_books.LeadBooks`."""
        found = self._desk.reading(lambda sql: _page(sql, "outbound", which, after, limit))
        return [outbound_of(row) for row in found]

    def lead(self, code: str) -> Lead | None:
        """See `lead_books.LeadBooks`."""
        found = self._desk.reading(lambda sql: sql.rows(_LEAD, (code,)))
        return lead_of(found[0]) if found else None

    def sales(self, ids: Sequence[int], tests_in: tuple[str, ...] = ()) -> Mapping[int, Outbound]:
        """See `lead_books.LeadBooks`."""
        where, values = _conditions("outbound", Which(tests_in=tests_in))
        statement = f"SELECT {OUTBOUND} FROM outbound WHERE id IN ({', '.join('?' * len(ids))}) AND {where}"
        found = self._desk.reading(lambda sql: sql.rows(statement, (*ids, *values))) if ids else []
        return {one.id: one for one in map(outbound_of, found)}

    def codes(self, leads: Sequence[int]) -> Mapping[int, str]:
        """See `lead_books.LeadBooks`."""
        statement = f"SELECT id, code FROM lead WHERE id IN ({', '.join('?' * len(leads))})"
        return dict(self._desk.reading(lambda sql: sql.rows(statement, leads))) if leads else {}

    def taken(self, which: Which) -> Taken:
        """See `lead_books.LeadBooks`."""
        where, values = _conditions("lead", which)
        statement = f"SELECT stage, is_test, count(*), max(at) FROM lead WHERE {where} GROUP BY stage, is_test"
        found = self._desk.reading(lambda sql: sql.rows(statement, values))
        stages: dict[LeadStage, int] = {}
        for stage, _, leads, _ in sorted(found):
            stages[LeadStage(stage)] = stages.get(LeadStage(stage), 0) + leads
        last = max((at for *_, at in found), default=None)
        tests = sum(leads for _, is_test, leads, _ in found if is_test)
        return Taken(stages, tests, instant(last) if last is not None else None)

    def turnover(self, which: Which) -> Sequence[Sold]:
        """See `lead_books.LeadBooks`."""
        where, values = _conditions("outbound", which)
        statement = f"""
        SELECT outbound.currency, count(*), sum(price) FROM {_source("outbound", which)} WHERE {where}
        GROUP BY outbound.currency ORDER BY outbound.currency
        """
        found = self._desk.reading(lambda sql: sql.rows(statement, values))
        return [Sold(currency, sales, amount_of(int(amount))) for currency, sales, amount in found]

    def attempts(self, uid: int, since: datetime | None = None) -> Sequence[Attempts]:
        """See `lead_books.LeadBooks`."""
        values = (uid, seconds(since) if since else 0.0)
        found = self._desk.reading(lambda sql: sql.rows(_ATTEMPTS, values))
        return [Attempts(QueueReason(reason), times, instant(at)) for reason, times, at in found]

    def join(self, contracts: Sequence[int], uid: int, revision: int, now: datetime) -> int:
        """See `lead_books.LeadBooks`."""
        rows = [(contract, uid, revision, seconds(now)) for contract in sorted(contracts)]
        return self._desk.writing(lambda sql: sql.many(_JOIN, rows)) if rows else 0

    def confirm(self, contract: int, uid: int, revision: int, now: datetime) -> None:
        """See `lead_books.LeadBooks`."""
        self._desk.writing(lambda sql: sql.run(_CONFIRM, (contract, uid, revision, seconds(now))))

    def baselines(self, uid: int) -> Mapping[int, Baseline]:
        """See `lead_books.LeadBooks`."""
        found = self._desk.reading(lambda sql: sql.rows(_BASELINES, (uid,)))
        return {
            contract: Baseline(contract, uid, revision, sort, instant(at))
            for contract, uid, revision, sort, at in found
        }


def _page(sql: Sql, table: str, which: Which, after: str, limit: int) -> Rows:
    """Rows of a table, the latest first, behind the one with a code; none where nothing has that code."""
    where, values = _conditions(table, which)
    if after:
        place = sql.rows(_PLACES[table], (after,))
        if not place:
            return []
        where, values = f"{where} AND ({table}.at, {table}.id) < (?, ?)", [*values, *place[0]]
    statement = f"""
    SELECT {_COLUMNS[table]} FROM {_source(table, which)} WHERE {where} ORDER BY {table}.at DESC, {table}.id DESC LIMIT ?
    """
    return sql.rows(statement, (*values, limit))


def _source(table: str, which: Which) -> str:
    """What rows are read of: leads sold know their workflow and partner by their inbound lead."""
    by_lead = table == "outbound" and (which.workflow or which.partner)
    return "outbound JOIN lead ON lead.id = outbound.lead" if by_lead else table


def _conditions(table: str, which: Which) -> Conditions:
    """What rows of a table must meet, and the values in it."""
    given: tuple[tuple[str, Any], ...] = (
        (f"{table}.uid = ?", which.uid),
        ("lead.workflow = ?", which.workflow),
        (f"{table}.contract = ?", which.contract),
        ("lead.partner = ?", which.partner),
        ("outbound.account = ?", which.account),
        ("outbound.lead = ?", which.lead),
        (f"{table}.at >= ?", seconds(which.since) if which.since else None),
        (f"{table}.at < ?", seconds(which.until) if which.until else None),
    )
    asked = [(condition, value) for condition, value in given if value]
    seen = f"{table}.is_test = 0"
    if which.tests_in:
        states = ", ".join("?" * len(which.tests_in))
        seen = f"({seen} OR EXISTS (SELECT 1 FROM resource WHERE resource.uid = {table}.uid AND resource.state IN ({states})))"
    return " AND ".join([seen, *(condition for condition, _ in asked)]), [
        *which.tests_in,
        *(value for _, value in asked),
    ]
