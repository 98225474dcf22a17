"""How a lane is claimed, and its windows taken and settled: each a transaction of `ledger.SqlLedger`."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from reconciler.model import canonical
from reconciler.model.work import Claim, Demand, Offer, Rate, Result, Settling, Stage, Unit, Window
from reconciler.store import ledger_statements as statements
from reconciler.store.desk import Rows, Sql, instant, seconds
from reconciler.store.standing import move, uncount
from reconciler.store.troubles import trouble_of

SOON: Final = 0.1
"""Seconds after which a rate is asked again that others are just drawing on."""
PACE_SPAN: Final = 10
"""Seconds of one count of the pace."""


def claimed(sql: Sql, offer: Offer, owner: str, span: tuple[float, float], cap: int) -> Claim | None:
    """See `ledger.Ledger.claim`; `span` is from now until the end of the lease."""
    now, until = span
    if cap:
        sql.run(statements.TAKE_TURN, (f"via:{offer.via}",))
        ((running,),) = sql.rows(statements.RUN_THROUGH, (offer.via, now, offer.uid, offer.number))
        if running >= cap:
            return None
    found = sql.rows(statements.CLAIM, (owner, until, offer.uid, offer.number, offer.owner, owner))
    if not found:
        return None
    if offer.owner:
        sql.run(statements.DOUBT, (now, offer.uid, offer.number))
        sql.run(statements.STOP_SPENDING, (now, now, f"{offer.owner}:", f"{offer.owner};"))
    return Claim(offer.uid, offer.number, offer.ref, offer.via, owner, found[0][0], trouble_of(found[0][1]))


def window(sql: Sql, claim: Claim, settled: Settling | None, demand: Demand, now: float) -> Window | None:
    """See `ledger.Ledger.window`."""
    found = sql.rows(statements.LANE, hands(claim))
    if found and found[0][0] == demand.number:  # this very transaction was made before, and its answer was lost
        return Window(_units(sql.rows(statements.BEGUN, (claim.uid, claim.number, claim.owner))))
    if settled:
        record(sql, claim, settled, now)
    if not found or not sql.rows(statements.GOES_ON, (claim.uid, claim.generation)):
        return None
    size, ready_at = _allowed(sql, demand, now)
    units = _units(sql.rows(statements.DUE, (claim.uid, claim.number, now, size))) if size else ()
    statement = statements.RECOVER if settled and settled.begun else statements.RENEW
    number = demand.number if units else demand.number - 1
    sql.run(statement, (seconds(demand.until), number, *hands(claim)))
    if not units:
        due = sql.rows(statements.NEXT_DUE, (claim.uid, claim.number))[0][0]
        return Window((), instant(max(due, ready_at)) if due is not None else None)
    sql.many(statements.BEGIN, [(claim.owner, now, unit.id) for unit in units])
    for bucket in sorted({rate.bucket for rate in demand.rates}):
        sql.run(statements.SPEND, (bucket, _token(claim, number), len(units), seconds(demand.until)))
    return Window(units)


def spent(sql: Sql, rates: Sequence[Rate], token: str, span: tuple[float, float]) -> datetime | None:
    """See `ledger.Ledger.spend`; `span` is from now until it is over at the latest."""
    now, until = span
    size, ready_at = _allowed(sql, Demand(1, 1, instant(until), tuple(rates)), now)
    if not size:
        return instant(ready_at)
    for bucket in sorted({rate.bucket for rate in rates}):
        sql.run(statements.SPEND, (bucket, token, 1, until))
    return None


def _allowed(sql: Sql, demand: Demand, now: float) -> tuple[int, float]:
    """How many units all rates leave for now, and when it is worth asking again where that is none."""
    size, ready_at = demand.size, 0.0
    for rate in sorted(demand.rates, key=lambda one: one.bucket):  # in order, so that no two wait for each other
        sql.run(statements.TAKE_TURN, (rate.bucket,))
        span = rate.per.total_seconds()
        spent = sql.rows(statements.SPENT, (rate.bucket, now - span))
        left = rate.most - sum(units for _, units in spent)
        if left <= 0:
            ended_at = _free_at(spent, 1 - left)
            # A window that is under way may be over, or give back what it did not need, at any moment.
            ready_at = max(ready_at, ended_at + span if ended_at <= now else now + SOON)
        size = min(size, max(left, 0))
    for bucket in {rate.bucket for rate in demand.rates}:
        longest = max(rate.per.total_seconds() for rate in demand.rates if rate.bucket == bucket)
        sql.run(statements.FORGET_SPENT, (bucket, now - longest))
    return size, ready_at


def _free_at(spent: Rows, wanted: int) -> float:
    """When the oldest of what was spent is over, so far that `wanted` units are free."""
    for ended_at, units in spent:
        wanted -= units
        if wanted <= 0:
            return float(ended_at)
    return float(spent[-1][0])


def record(sql: Sql, claim: Claim, settled: Settling, now: float) -> None:
    """What became of a window's units; the rates count it from the end of its last call on."""
    counts = {}
    for stage in Stage:
        if stage is Stage.UNKNOWN:
            continue
        rows = [
            (stage.value, seconds(one.due_at) if one.due_at else 0.0, now, _answer(one), id_, claim.owner)
            for id_, one in settled.results.items()
            if one.stage is stage
        ]
        statement = statements.SETTLE if stage.is_final else statements.TRY_AGAIN
        counts[stage] = sql.many(statement, rows) if rows else 0
    doubts = [
        (now, _answer(one), id_, claim.owner) for id_, one in settled.results.items() if one.stage is Stage.UNKNOWN
    ]
    if doubts:
        sql.many(statements.SETTLE_DOUBT, doubts)
    _put_back(sql, claim, settled, now)
    sent, failed = counts[Stage.SENT], counts[Stage.FAILED]
    if sent or failed:
        sql.run(statements.TALLY, (sent, failed, claim.uid, claim.number))
    if sent:
        sql.run(statements.PACE, (claim.uid, claim.number, int(now) // PACE_SPAN * PACE_SPAN, sent))
    sql.run(statements.HAVE_SPENT, (seconds(settled.ended_at), settled.begun, _token(claim, settled.number)))


def _put_back(sql: Sql, claim: Claim, settled: Settling, now: float) -> None:
    """What is pending again and was not begun after all."""
    waiting = {id_: one for id_, one in settled.results.items() if one.stage is Stage.PENDING}
    stays = [id_ for id_, one in waiting.items() if not one.counts and one.place is None]
    moves = [(id_, seconds(one.due_at or instant(now)), one.place) for id_, one in waiting.items() if one.place]
    if stays:
        uncount(sql, claim, stays)
    if moves:
        move(sql, claim, moves)


def _units(rows: Rows) -> tuple[Unit, ...]:
    return tuple(Unit(id_, key, attempts, canonical.decode(payload)) for id_, key, attempts, payload in rows)


def hands(claim: Claim) -> tuple[object, ...]:
    """What a statement compares that only the owner of a lane may run."""
    return claim.uid, claim.number, claim.owner, claim.generation


def _token(claim: Claim, number: int) -> str:
    return f"{claim.owner}:{number}"


def _answer(result: Result) -> str:
    return canonical.encode(result.answer).decode() if result.answer else ""
