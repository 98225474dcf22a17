"""Intake of leads, in SQLite and PostgreSQL alike: behind the turnstile of its campaign, each lead in one transaction."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.lead_intake import (
    Barred,
    CapHeld,
    Conflict,
    Done,
    Entry,
    Parking,
    Request,
    Stale,
    Trace,
    Wanted,
)
from reconciler.model.leads import LANES, Lead, Queued, QueueReason, QueueStage
from reconciler.model.money import kept
from reconciler.model.work import ALWAYS, Posted
from reconciler.store import ledger_statements as statements
from reconciler.store.desk import Desk, Sql, instant, seconds
from reconciler.store.standing import post

_REPEATED: Final = "SELECT digest, answer FROM lead_request WHERE contract = ? AND key = ?"
_REMEMBER: Final = "INSERT INTO lead_request (contract, key, digest, answer, at) VALUES (?, ?, ?, ?, ?)"
_WRITTEN: Final = "SELECT 1 FROM lead WHERE code = ?"
_CURRENT: Final = """
SELECT count(*), (SELECT phase FROM job WHERE uid = ?) FROM resource
WHERE NOT forgotten AND ((uid = ? AND revision = ?) OR (uid = ? AND revision = ?))
"""
"""Whether both are as they were, and whether the version's job is being stopped: its state follows."""
_HOLD_ITEM: Final = "UPDATE lead_queue SET stage = 'open' WHERE code = ? AND stage = 'open' AND (? = '' OR body = ?)"
"""Until the end of the transaction nobody else corrects it, releases it, or puts it aside."""
_TWIN: Final = """
SELECT lead.code FROM lead_trace AS trace JOIN lead ON lead.id = trace.lead
WHERE trace.campaign = ? AND trace.workflow = ? AND trace.is_test = ? AND trace.digest = ? AND trace.at >= ?
ORDER BY trace.at DESC, trace.lead DESC LIMIT 1
"""
_LEAVE_TRACE: Final = "INSERT INTO lead_trace (campaign, workflow, is_test, digest, at, lead) VALUES (?, ?, ?, ?, ?, ?)"
_USED: Final = "SELECT leads FROM lead_cap WHERE contract = ? AND is_test = ? AND period = ? AND begins_at = ?"
_COUNT: Final = "SELECT count(*) FROM lead WHERE contract = ? AND is_test = ? AND at >= ?"
_USE: Final = """
INSERT INTO lead_cap (contract, is_test, period, begins_at, leads) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (contract, is_test, period, begins_at) DO UPDATE SET leads = excluded.leads
"""
_INSERT: Final = """
INSERT INTO lead
  (code, uid, contract, partner, workflow, vertical, at, is_test, stage, score, twin, until, cost, currency, fields)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id
"""
_PARK: Final = """
INSERT INTO lead_queue (code, uid, contract, campaign, version, at, stage, reason, detail, body)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (code) DO NOTHING
"""
_PARK_AGAIN: Final = """
UPDATE lead_queue SET uid = ?, contract = ?, campaign = ?, version = ?, reason = ?, detail = ?, body = ?
WHERE code = ? AND stage = 'open' AND (? = '' OR body IN (?, ?))
"""
_RELEASED: Final = "UPDATE lead_queue SET stage = 'released', lead = ?, body = ? WHERE code = ?"
_CORRECT: Final = "UPDATE lead_queue SET body = ? WHERE code = ? AND stage = 'open' AND body IN (?, ?)"
_DISCARD: Final = "UPDATE lead_queue SET stage = 'discarded', body = ? WHERE code = ? AND stage = 'open'"
_QUEUED: Final = "id, code, uid, contract, campaign, version, at, stage, reason, detail, body, lead"
_ITEM: Final = f"SELECT {_QUEUED} FROM lead_queue WHERE code = ?"
_COUNTS: Final = "SELECT campaign, reason, count(*) FROM lead_queue WHERE stage = 'open' GROUP BY campaign, reason"


class SqlLeadIntake:
    """Implements `lead_intake.LeadIntake` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def enter(self, entry: Entry) -> Done | Conflict | Stale | Barred:
        """See `lead_intake.LeadIntake`."""
        return self._desk.writing(lambda sql: _enter(sql, entry))

    def park(self, parking: Parking) -> Done | Conflict | Stale:
        """See `lead_intake.LeadIntake`."""
        return self._desk.writing(lambda sql: _park(sql, parking))

    def correct(self, code: str, was: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
        """See `lead_intake.LeadIntake`: where the answer was lost, it is `body` already."""
        written = _json(body)
        return self._desk.writing(lambda sql: sql.run(_CORRECT, (written, code, _json(was), written))) == 1

    def discard(self, code: str, body: Mapping[str, Any]) -> bool:
        """See `lead_intake.LeadIntake`."""
        return self._desk.writing(lambda sql: sql.run(_DISCARD, (_json(body), code))) == 1

    def item(self, code: str) -> Queued | None:
        """See `lead_intake.LeadIntake`."""
        found = self._desk.reading(lambda sql: sql.rows(_ITEM, (code,)))
        return _queued(found[0]) if found else None

    def queue(self, wanted: Wanted, after: int, most: int) -> Sequence[Queued]:
        """See `lead_intake.LeadIntake`."""
        conditions, values = _conditions(wanted)
        statement = f"SELECT {_QUEUED} FROM lead_queue WHERE id > ?{conditions} ORDER BY id LIMIT ?"
        found = self._desk.reading(lambda sql: sql.rows(statement, (after, *values, most)))
        return [_queued(row) for row in found]

    def counts(self) -> Mapping[tuple[str, QueueReason], int]:
        """See `lead_intake.LeadIntake`."""
        found = self._desk.reading(lambda sql: sql.rows(_COUNTS))
        return {(campaign, QueueReason(reason)): count for campaign, reason, count in sorted(found)}


def _enter(sql: Sql, entry: Entry) -> Done | Conflict | Stale | Barred:
    """Where an answer was lost and this is done again, the request, the code or the item says that it was."""
    lead = entry.lead
    sql.run(statements.TAKE_TURN, (f"leads:{entry.campaign}",))
    if entry.request and (before := _repeated(sql, entry.request)):
        return before
    if not entry.request and sql.rows(_WRITTEN, (lead.code,)):
        return Done(entry.answer)
    version, contract = entry.version, entry.contract
    seen = (version.uid, version.uid, version.revision, contract.uid, contract.revision)
    ((current, phase),) = sql.rows(_CURRENT, seen)
    if current != 2 or (entry.item and not _held(sql, entry)):
        return Stale()
    if phase not in (None, "open"):
        return Barred(QueueReason.VERSION_SUNDOWNED)
    used = [(cap, _used(sql, lead, cap)) for cap in entry.caps]
    full = next((cap for cap, count in used if count >= cap.most), None)
    if full:
        return Barred(QueueReason.CONTRACT_CAP, cap=full)
    twin = _twin(sql, lead, entry.trace) if entry.trace else ""
    if twin and entry.trace and entry.trace.rejects:
        return Barred(QueueReason.DUPLICATE, twin)
    id_ = _insert(sql, lead, twin)
    answer = {**entry.answer, "twin": twin} if twin else entry.answer
    for cap, count in used:
        sql.run(_USE, (*_counter(lead, cap), count + 1))
    _follow(sql, entry, id_)
    _remember(sql, entry.request, answer, seconds(lead.at))
    return Done(answer)


def _held(sql: Sql, entry: Entry) -> int:
    was = _kept(entry.was)
    return sql.run(_HOLD_ITEM, (entry.item, was, was))


def _kept(was: Mapping[str, Any] | None) -> str:
    """What an item must keep, as it is written; empty for anything."""
    return "" if was is None else _json(was)


def _follow(sql: Sql, entry: Entry, id_: int) -> None:
    """What comes with a lead: what it is known by, its unit, and the end of what it was in the queue."""
    lead, trace = entry.lead, entry.trace
    if trace:
        key = (trace.campaign, trace.workflow, int(lead.is_test), trace.digest, seconds(lead.at), id_)
        sql.run(_LEAVE_TRACE, key)
    if entry.due_at is not None:
        post(sql, lead.uid, [Posted(f"lead:{id_}", {"lead": id_}, entry.due_at, id_ % LANES, ALWAYS)])
    if entry.item:
        sql.run(_RELEASED, (id_, _json(entry.noted), entry.item))


def _park(sql: Sql, parking: Parking) -> Done | Conflict | Stale:
    one = parking.queued
    sql.run(statements.TAKE_TURN, (f"leads:{one.campaign}",))
    if parking.request and (before := _repeated(sql, parking.request)):
        return before
    body = _json(one.body)
    if parking.item:
        was = _kept(parking.was)
        why = (one.reason.value, one.detail, body, parking.item, was, was, body)
        again = (one.uid, one.contract, one.campaign, one.version, *why)
        return Done(parking.answer) if sql.run(_PARK_AGAIN, again) else Stale()
    row = (one.code, one.uid, one.contract, one.campaign, one.version, seconds(one.at), one.stage.value)
    sql.run(_PARK, (*row, one.reason.value, one.detail, body))
    _remember(sql, parking.request, parking.answer, seconds(one.at))
    return Done(parking.answer)


def _repeated(sql: Sql, request: Request) -> Done | Conflict | None:
    found = sql.rows(_REPEATED, (request.contract, request.key))
    if not found:
        return None
    ((digest, answer),) = found
    return Done(canonical.decode(answer)) if digest == request.digest else Conflict()


def _remember(sql: Sql, request: Request | None, answer: Mapping[str, Any], at: float) -> None:
    if request:
        sql.run(_REMEMBER, (request.contract, request.key, request.digest, _json(answer), at))


def _twin(sql: Sql, lead: Lead, trace: Trace) -> str:
    key = (trace.campaign, trace.workflow, int(lead.is_test), trace.digest, seconds(trace.since))
    found = sql.rows(_TWIN, key)
    return str(found[0][0]) if found else ""


def _used(sql: Sql, lead: Lead, cap: CapHeld) -> int:
    """How many the contract has sent in; counted once, where no lead was counted since the cap or the period began."""
    found = sql.rows(_USED, _counter(lead, cap))
    if found:
        return int(found[0][0])
    return int(sql.rows(_COUNT, (lead.contract, int(lead.is_test), seconds(cap.begins_at)))[0][0])


def _counter(lead: Lead, cap: CapHeld) -> tuple[object, ...]:
    return lead.contract, int(lead.is_test), cap.period, seconds(cap.begins_at)


def _insert(sql: Sql, lead: Lead, twin: str) -> int:
    until = seconds(lead.until) if lead.until else 0.0
    whose = (lead.code, lead.uid, lead.contract, lead.partner, lead.workflow, lead.vertical, seconds(lead.at))
    what = (int(lead.is_test), lead.stage.value, lead.score, twin, until, kept(lead.cost), lead.currency)
    return int(sql.rows(_INSERT, (*whose, *what, _json(lead.fields)))[0][0])


def _conditions(wanted: Wanted) -> tuple[str, list[object]]:
    asked: list[tuple[str, object]] = [
        ("uid", wanted.uid),
        ("contract", wanted.contract),
        ("campaign", wanted.campaign),
        ("reason", wanted.reason.value if wanted.reason else ""),
        ("stage", wanted.stage.value if wanted.stage else ""),
    ]
    given = [(name, value) for name, value in asked if value]
    return "".join(f" AND {name} = ?" for name, _ in given), [value for _, value in given]


def _queued(row: Sequence[Any]) -> Queued:
    id_, code, uid, contract, campaign, version, at, stage, reason, detail, body, lead = row
    held = canonical.decode(body)
    return Queued(
        id_,
        code,
        uid,
        contract,
        campaign,
        version,
        instant(at),
        QueueStage(stage),
        QueueReason(reason),
        detail,
        held,
        lead,
    )


def _json(value: Mapping[str, Any]) -> str:
    return canonical.encode(value).decode()
