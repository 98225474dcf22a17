"""The money of leads, in SQLite and PostgreSQL alike. Each sort of line is one piece of SQL: bills and reports read the same."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.model.lead_bills import Claim, Entry, Group, GroupTotal, Line, Returned, ReturnStage, Span, Total
from reconciler.model.money import amount_of
from reconciler.store.desk import Desk, Sql, instant, seconds

_SOLD: Final = "outbound JOIN lead ON lead.id = outbound.lead"
_BACK: Final = "lead_return JOIN outbound ON outbound.id = lead_return.outbound JOIN lead ON lead.id = outbound.lead"
_QUARTER: Final = "round({at} / 900 - 0.499999999)"
"""The quarter that a time falls into; see `store.sums`."""


@dataclass(frozen=True, slots=True)
class _Source:
    """Where lines of one sort are read. `billed` is what else must hold of what is on a bill, not of what is counted."""

    table: str
    where: str
    who: str
    at: str
    id: str
    amount: str
    currency: str
    code: str
    contract: str
    account: str = "''"
    note: str = "''"
    billed: str = ""


_SOURCES: Final[Mapping[Entry, _Source]] = {
    Entry.SALE: _Source(
        _SOLD, "outbound.is_test = 0", "outbound.account", "outbound.at", "outbound.id", "outbound.price",
        "outbound.currency", "outbound.code", "outbound.contract", "outbound.account",
    ),
    Entry.CREDIT: _Source(
        _BACK, "lead_return.stage = 'approved'", "lead_return.account", "lead_return.decided_at", "lead_return.id",
        "-lead_return.amount", "lead_return.currency", "outbound.code", "outbound.contract", "outbound.account",
        "lead_return.reason",
    ),
    Entry.TAKEN: _Source(
        "lead", "lead.is_test = 0", "lead.partner", "lead.at", "lead.id", "lead.cost", "lead.currency", "lead.code",
        "lead.contract", billed="lead.cost > 0",
    ),
    Entry.COMMISSION: _Source(
        _SOLD, "outbound.is_test = 0 AND outbound.cost > 0", "lead.partner", "outbound.at", "outbound.id",
        "outbound.cost", "outbound.cost_currency", "outbound.code", "lead.contract", "outbound.account",
    ),
    Entry.REVERSAL: _Source(
        _BACK, "lead_return.stage = 'approved' AND lead_return.cost > 0", "lead_return.partner",
        "lead_return.decided_at", "lead_return.id", "-lead_return.cost", "lead_return.cost_currency", "outbound.code",
        "lead.contract", "outbound.account",
    ),
}  # fmt: skip

_SALE: Final = f"""
SELECT outbound.id, outbound.is_test, outbound.account, lead.partner, outbound.price, outbound.currency, outbound.cost,
       outbound.cost_currency
FROM {_SOLD} WHERE outbound.code = ?
"""
_STANDING: Final = """
SELECT stage, claimed_at, claimed_by, reason FROM lead_return WHERE outbound = ? AND stage <> 'denied'
"""
_CLAIM: Final = """
INSERT INTO lead_return (outbound, account, partner, amount, currency, cost, cost_currency, stage, reason, claimed_by, claimed_at)
VALUES (?, ?, ?, ?, ?, ?, ?, 'claimed', ?, ?, ?) ON CONFLICT DO NOTHING
"""
_DECIDE: Final = """
UPDATE lead_return SET stage = ?, decided_by = ?, decided_at = ?, note = ?
WHERE stage = 'claimed' AND outbound = (SELECT id FROM outbound WHERE code = ?)
"""
_RETURNED: Final = """
lead_return.id, outbound.code, lead_return.account, lead_return.stage, lead_return.reason, lead_return.claimed_at,
lead_return.claimed_by, lead_return.amount, lead_return.currency, lead_return.decided_at, lead_return.decided_by,
lead_return.note
"""
_LATEST: Final = f"""
SELECT {_RETURNED} FROM lead_return JOIN outbound ON outbound.id = lead_return.outbound WHERE outbound.code = ?
ORDER BY lead_return.id DESC LIMIT 1
"""
_IN_STAGE: Final = f"""
SELECT {_RETURNED} FROM lead_return JOIN outbound ON outbound.id = lead_return.outbound
WHERE lead_return.stage = ? AND lead_return.id > ? ORDER BY lead_return.id LIMIT ?
"""


class SqlLeadBills:
    """Implements `lead_bills.LeadBills` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def lines(
        self, entry: Entry, who: str, span: Span, after: tuple[datetime, int] | None = None, limit: int = 1000
    ) -> Sequence[Line]:
        """See `lead_bills.LeadBills`."""
        one = _SOURCES[entry]
        place = (seconds(after[0]), after[1]) if after else (0.0, 0)
        statement = f"""
        SELECT {one.at}, {one.id}, {one.code}, lead.code, lead.uid, {one.contract}, {one.amount}, {one.currency}, {one.note}
        FROM {one.table} WHERE {_billed(one)} AND ({one.at}, {one.id}) > (?, ?) ORDER BY {one.at}, {one.id} LIMIT ?
        """
        values = (who, seconds(span.since), seconds(span.until), *place, limit)
        return [_line(entry, row) for row in self._desk.reading(lambda sql: sql.rows(statement, values))]

    def totals(self, entry: Entry, who: str, span: Span) -> Sequence[Total]:
        """See `lead_bills.LeadBills`."""
        one = _SOURCES[entry]
        statement = f"""
        SELECT currency, count(*), sum(amount)
        FROM (SELECT {one.currency} AS currency, {one.amount} AS amount FROM {one.table} WHERE {_billed(one)}) AS part
        GROUP BY currency ORDER BY currency
        """
        values = (who, seconds(span.since), seconds(span.until))
        found = self._desk.reading(lambda sql: sql.rows(statement, values))
        return [Total(entry, currency, lines, amount_of(int(amount))) for currency, lines, amount in found]

    def grouped(self, entry: Entry, group: Group, span: Span, uid: int = 0) -> Sequence[GroupTotal]:
        """See `lead_bills.LeadBills`."""
        one = _SOURCES[entry]
        version = f" AND {'lead' if one.table == 'lead' else 'outbound'}.uid = ?" if uid else ""
        head, tail = _keys(one, group)
        statement = f"""
        SELECT head, tail, currency, count(*), sum(amount)
        FROM (SELECT {head} AS head, {tail} AS tail, {one.currency} AS currency, {one.amount} AS amount
              FROM {one.table} WHERE {one.where} AND {one.at} >= ? AND {one.at} < ?{version}) AS part
        GROUP BY head, tail, currency ORDER BY head, tail, currency
        """
        values = (seconds(span.since), seconds(span.until), *((uid,) if uid else ()))
        found = self._desk.reading(lambda sql: sql.rows(statement, values))
        return [
            GroupTotal(_key(group, key, more), Total(entry, currency, lines, amount_of(int(amount))))
            for key, more, currency, lines, amount in found
        ]

    def claim(self, code: str, reason: str, by: str, now: datetime) -> Claim:
        """See `lead_bills.LeadBills`."""
        return self._desk.writing(lambda sql: _claimed(sql, code, reason, by, seconds(now)))

    def decide(self, code: str, stage: ReturnStage, by: str, now: datetime, note: str = "") -> Returned | None:
        """See `lead_bills.LeadBills`."""

        def work(sql: Sql) -> Returned | None:
            sql.run(_DECIDE, (stage.value, by, seconds(now), note, code))
            found = sql.rows(_LATEST, (code,))
            return _returned(found[0]) if found else None

        return self._desk.writing(work)

    def returns(self, stage: ReturnStage, after: int = 0, limit: int = 1000) -> Sequence[Returned]:
        """See `lead_bills.LeadBills`."""
        found = self._desk.reading(lambda sql: sql.rows(_IN_STAGE, (stage.value, after, limit)))
        return [_returned(row) for row in found]


def _billed(one: _Source) -> str:
    """What holds of every line of somebody in a span of time, whose values come in this order: who, since, until."""
    also = f" AND {one.billed}" if one.billed else ""
    return f"{one.where}{also} AND {one.who} = ? AND {one.at} >= ? AND {one.at} < ?"


def _keys(one: _Source, group: Group) -> tuple[str, str]:
    """What lines are grouped by, in two parts."""
    match group:
        case Group.CAMPAIGN:
            return "lead.uid", "''"
        case Group.WORKFLOW:
            return "lead.uid", "lead.workflow"
        case Group.VERTICAL:
            return "lead.vertical", "''"
        case Group.ACCOUNT:
            return one.account, "''"
        case Group.PARTNER:
            return "lead.partner", "''"
        case Group.QUARTER:
            return _QUARTER.format(at=one.at), "''"


def _key(group: Group, key: Any, more: str) -> tuple[str, ...]:
    if group is Group.QUARTER:
        return (str(int(key) * 900),)
    return (str(key), more) if group is Group.WORKFLOW else (str(key),)


def _claimed(sql: Sql, code: str, reason: str, by: str, now: float) -> Claim:
    found = sql.rows(_SALE, (code,))
    if not found:
        return Claim.UNKNOWN
    outbound, is_test, *money = found[0]
    if is_test:
        return Claim.TEST
    if sql.run(_CLAIM, (outbound, *money, reason, by, now)):
        return Claim.TAKEN
    standing = sql.rows(_STANDING, (outbound,))
    if not standing:
        return Claim.OPEN  # it was denied a moment ago: whoever still wants to can claim it again
    stage, *claimed = standing[0]
    if stage == ReturnStage.APPROVED:
        return Claim.APPROVED
    # A transaction whose answer was lost is made again: then the claim in its way is its own.
    return Claim.TAKEN if claimed == [now, by, reason] else Claim.OPEN


def _line(entry: Entry, row: Sequence[Any]) -> Line:
    at, id_, code, lead, uid, contract, amount, currency, note = row
    return Line(entry, instant(at), id_, code, lead, uid, contract, amount_of(amount), currency, note)


def _returned(row: Sequence[Any]) -> Returned:
    id_, code, account, stage, reason, claimed_at, claimed_by, amount, currency, decided_at, decided_by, note = row
    return Returned(
        id_,
        code,
        account,
        ReturnStage(stage),
        reason,
        instant(claimed_at),
        claimed_by,
        amount_of(amount),
        currency,
        instant(decided_at) if decided_at else None,
        decided_by,
        note,
    )
