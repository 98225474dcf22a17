"""A job as others see it, told quickly however many units it has."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from reconciler.model.ref import Ref
from reconciler.model.work import JobView, LaneView, Phase, Resting, Stage
from reconciler.store import ledger_statements as statements
from reconciler.store.desk import Sql, instant
from reconciler.store.troubles import trouble_of

PACE_KEPT: Final = 600
"""Seconds over which the pace is told."""

COUNTED: Final = 20_000
"""Units up to which what is left is counted. Of more than these it is what the lanes have not sent yet of what they had."""

_Counts = Counter[tuple[int, Stage]]


def job_view(sql: Sql, uid: int, now: float) -> JobView | None:
    """See `ledger.Ledger.view`."""
    found = sql.rows(statements.JOB, (uid,))
    if not found:
        return None
    ref, phase, generation, opened_at, total, stands = found[0]
    lanes = sql.rows(statements.LANES, (uid,))
    odd = _counts(sql.rows(statements.ODD_STAGES, (uid,)))
    is_known = phase in (Phase.OPEN, Phase.STOPPED) and sum(units for *_, units in lanes) == total
    count = _told(sql, uid, lanes, odd) if is_known else None
    open_ = count if count is not None else _counts(sql.rows(statements.OPEN_STAGES, (uid,)))
    stages, left = Counter[Stage](), Counter[int]()
    is_staged = phase == Phase.STAGED
    for (lane, stage), units in (open_ + odd).items():
        stages[Stage.STAGED if is_staged else stage] += units
        left[lane] += 0 if stage.is_final else units
    rest = total - sum(stages.values())
    stages[Stage.STAGED if is_staged else Stage.SENT] += max(rest, 0)
    pace = sql.rows(statements.PACES, (uid, int(now) - PACE_KEPT))
    return JobView(
        Ref.canonical(ref),
        Phase(phase),
        generation,
        instant(opened_at) if opened_at else None,
        {stage: units for stage, units in stages.items() if units},
        tuple(_lane_view(row, left.get(row[0], 0), now) for row in lanes),
        {instant(at): int(units) for at, units in pace},
        bool(stands),
    )


def resting(sql: Sql, uids: Sequence[int]) -> list[Resting]:
    """See `ledger.Ledger.resting`."""
    rows = sql.rows(statements.RESTING % ", ".join("?" * len(uids)), uids)
    found = [(uid, number, via, trouble_of(said), due) for uid, number, via, said, due in rows]
    return [
        Resting(uid, number, via, trouble, instant(due) if due else None)
        for uid, number, via, trouble, due in found
        if trouble is not None
    ]


def _counts(rows: Sequence[Sequence[Any]]) -> _Counts:
    return Counter({(lane, Stage(stage)): int(units) for lane, stage, units in rows})


def _told(sql: Sql, uid: int, lanes: Sequence[Sequence[Any]], odd: Mapping[tuple[int, Stage], int]) -> _Counts | None:
    """What is left of many, by lane: what it was given, less what was sent and what went otherwise. None where it is few.

    Where lanes have handed on what they were given, their sizes do not add up to the job's, and this is not asked.
    """
    ended = Counter[int]()
    for (lane, _), units in odd.items():
        ended[lane] += units
    left = {number: int(units) - sent - ended[number] for number, *_, sent, _failed, units in lanes}
    if sum(left.values()) <= COUNTED or min(left.values()) < 0:
        return None
    counts: _Counts = Counter()
    for number, units in left.items():
        sending = int(sql.rows(statements.SENDING, (uid, number))[0][0])
        counts[number, Stage.SENDING], counts[number, Stage.PENDING] = sending, units - sending
    return counts


def _lane_view(row: Sequence[Any], left: int, now: float) -> LaneView:
    number, via, owner, expires_at, due_at, trouble, sent, failed, _ = row
    held = owner if expires_at > now else ""
    return LaneView(
        number,
        via,
        held,
        instant(expires_at) if held else None,
        instant(due_at) if due_at else None,
        trouble_of(trouble),
        sent,
        failed,
        left,
    )
