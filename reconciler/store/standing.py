"""Jobs that stand open: units come to them one by one, in the transaction in which there begins to be something to do."""

from collections.abc import Mapping, Sequence
from typing import Final

from reconciler.model import canonical
from reconciler.model.work import Claim, Place, Posted
from reconciler.store.desk import Sql, seconds

_STAND: Final = """
INSERT INTO job (uid, phase, generation, works_in, opened_at) VALUES (?, 'open', 1, '', ?) ON CONFLICT (uid) DO NOTHING
"""
_LANE: Final = """
INSERT INTO lane (uid, number, via) VALUES (?, ?, ?) ON CONFLICT (uid, number) DO UPDATE SET via = excluded.via
WHERE lane.via <> excluded.via AND excluded.via <> ''
"""
"""A lane that goes through nothing today keeps what it went through: what waits in it knows no other way."""
_HOLD: Final = "UPDATE job SET generation = generation WHERE uid = ?"
"""Until the end of the transaction nobody else adds lanes to the job."""
_VIAS: Final = "SELECT via FROM lane WHERE uid = ? ORDER BY number"
_POST: Final = """
INSERT INTO unit (uid, key, lane, stage, due_at, payload, repeats) VALUES (?, ?, ?, 'pending', ?, ?, ?)
ON CONFLICT (uid, key) DO NOTHING
"""
_COUNT: Final = "UPDATE job SET total = total + ? WHERE uid = ?"
_COUNT_IN_LANE: Final = """
UPDATE lane SET units = units + 1, due_at = CASE WHEN trouble = '' AND due_at > ? THEN ? ELSE due_at END
WHERE uid = ? AND number = ?
"""
"""A lane that waits for something later is looked at again; one that rests because something went wrong goes on resting."""
_MOVE: Final = """
UPDATE unit SET lane = ?, repeats = ?, attempts = attempts - 1
WHERE id = ? AND uid = ? AND lane = ? AND owner = ? AND stage = 'pending'
"""
_UNCOUNT: Final = """
UPDATE unit SET attempts = attempts - 1 WHERE id = ? AND uid = ? AND lane = ? AND owner = ? AND stage = 'pending'
"""
"""Only what its owner has begun and put back: what another was given in between is another attempt."""
_GIVE_AWAY: Final = "UPDATE lane SET units = units - ? WHERE uid = ? AND number = ?"

_RECOUNT: Final = "UPDATE job SET total = (SELECT count(*) FROM unit WHERE unit.uid = job.uid) WHERE uid = ?"
_RECOUNT_LANES: Final = """
UPDATE lane SET sent = 0, failed = 0,
  units = (SELECT count(*) FROM unit WHERE unit.uid = lane.uid AND unit.lane = lane.number)
WHERE uid = ?
"""
_NO_PACE: Final = "DELETE FROM pace WHERE uid = ?"


def stand(sql: Sql, uid: int, vias: Sequence[str], now: float) -> None:
    """See `ledger.Ledger.stand`."""
    sql.run(_STAND, (uid, now))
    sql.many(_LANE, [(uid, number, via) for number, via in enumerate(vias)])


def widen(sql: Sql, uid: int, lanes: Mapping[str, int], now: float) -> tuple[str, ...]:
    """See `ledger.Ledger.widen`."""
    sql.run(_STAND, (uid, now))
    sql.run(_HOLD, (uid,))
    vias = [via for (via,) in sql.rows(_VIAS, (uid,))]
    wanted = [via for via, count in sorted(lanes.items()) for _ in range(count - vias.count(via))]
    sql.many(_LANE, [(uid, number, via) for number, via in enumerate(wanted, len(vias))])
    return (*vias, *wanted)


def post(sql: Sql, uid: int, units: Sequence[Posted]) -> int:
    """See `ledger.Ledger.post`; for whoever writes down in one transaction what makes these units, and them."""
    met = 0
    for unit in sorted(units, key=lambda one: one.lane):  # in order, so that no two wait for each other
        due = seconds(unit.due_at)
        payload = canonical.encode(unit.payload).decode()
        if sql.run(_POST, (uid, unit.key, unit.lane, due, payload, unit.repeats)):
            sql.run(_COUNT_IN_LANE, (due, due, uid, unit.lane))
            met += 1
    if met:
        sql.run(_COUNT, (met, uid))
    return met


def move(sql: Sql, claim: Claim, places: Sequence[tuple[int, float, Place]]) -> None:
    """Units of a lane that were not begun after all go on at these places: each by its id, and when it is due."""
    moved = [
        (due, place.lane)
        for id_, due, place in places
        if sql.run(_MOVE, (place.lane, place.repeats, id_, *_whose(claim)))
    ]
    for number in sorted({claim.number, *(to for _, to in moved)}):  # in order, so that no two wait for each other
        if number == claim.number:
            sql.run(_GIVE_AWAY, (len(moved), claim.uid, number))
        for due in (due for due, to in moved if to == number):
            sql.run(_COUNT_IN_LANE, (due, due, claim.uid, number))


def uncount(sql: Sql, claim: Claim, ids: Sequence[int]) -> None:
    """Units of a lane that wait were not begun after all."""
    sql.many(_UNCOUNT, [(id_, *_whose(claim)) for id_ in ids])


def _whose(claim: Claim) -> tuple[object, ...]:
    return claim.uid, claim.number, claim.owner


def recount(sql: Sql, uid: int) -> None:
    """Count anew what a job has, of whose units none is done any more."""
    for statement in (_RECOUNT, _RECOUNT_LANES, _NO_PACE):
        sql.run(statement, (uid,))
