"""The ledger: rows of outside work, in SQLite and PostgreSQL alike. See `model.work` for the words.

A lane belongs to whoever has its lease, by a token of one execution. Every window compares it, so that who has lost a lane
writes nothing about what is next, only about what it has done.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final, Protocol, TypeVar

from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ref import Ref
from reconciler.model.work import (
    Claim,
    Demand,
    JobView,
    LaneView,
    Offer,
    Phase,
    Result,
    Settling,
    Stage,
    Trouble,
    Unit,
    Window,
)
from reconciler.store import ledger_statements as statements

CHUNK: Final = 5_000
"""Rows that one transaction writes where there are many: others get their turn in between."""
SOON: Final = 0.1
"""Seconds after which a rate is asked again that others are just drawing on."""
PACE_SPAN: Final = 10
"""Seconds of one count of the pace."""
PACE_KEPT: Final = 600
"""Seconds over which the pace is told."""

T = TypeVar("T")
Rows = list[tuple[Any, ...]]


class Sql(Protocol):
    """A transaction, in which statements of `ledger_statements` are run."""

    def rows(self, statement: str, values: Sequence[object] = ()) -> Rows:
        """What a statement gives."""
        ...

    def run(self, statement: str, values: Sequence[object] = ()) -> int:
        """How many rows a statement has changed."""
        ...

    def many(self, statement: str, rows: Sequence[Sequence[object]]) -> int:
        """How many rows it has changed, run once for each of these values."""
        ...


class Desk(Protocol):
    """Where transactions are made. One that writes may be made again where its answer was lost: it must bear that."""

    def reading(self, question: Callable[[Sql], T]) -> T:
        """Ask."""
        ...

    def writing(self, work: Callable[[Sql], T]) -> T:
        """Write, all or nothing."""
        ...


class SqlLedger:
    """Implements `work.Ledger` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def performed(self, key: str) -> bool:
        """See `work.Ledger`."""
        return self._desk.reading(lambda sql: bool(sql.rows(statements.PERFORMED, (key,))))

    def mark(self, key: str, now: datetime) -> None:
        """See `work.Ledger`."""
        self._desk.writing(lambda sql: sql.run(statements.MARK, (key, _seconds(now))))

    def uid(self, ref: Ref) -> int:
        """See `work.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.UID, (str(ref),)))
        if not found:
            raise Permanent(f"{ref} is not in the store")
        return int(found[0][0])

    def prepare(self, uid: int, works_in: str, beat: Callable[[], None]) -> None:
        """See `work.Ledger`."""

        def begin(sql: Sql) -> None:
            found = sql.rows(statements.PHASE, (uid,))
            if found and found[0][0] != Phase.STAGED:
                raise Permanent("its work was begun before; it is not begun anew")
            sql.run(statements.PREPARE, (uid, works_in))
            sql.run(statements.DROP_LANES, (uid,))

        self._desk.writing(begin)
        self._in_chunks(lambda sql: sql.run(statements.DROP_SOME, (uid, CHUNK)), beat)

    def add(self, uid: int, rows: Sequence[tuple[str, Document]]) -> int:
        """See `work.Ledger`."""
        found = [(uid, key, canonical.encode(payload).decode()) for key, payload in rows]
        return self._desk.writing(lambda sql: sql.many(statements.ADD, found))

    def drop(self, uid: int, keys: Sequence[str]) -> int:
        """See `work.Ledger`."""
        return self._desk.writing(lambda sql: sql.many(statements.DROP, [(uid, key) for key in keys]))

    def assign(self, uid: int, vias: Sequence[str], lane_of: Callable[[int], int], beat: Callable[[], None]) -> int:
        """See `work.Ledger`."""
        lanes = [(uid, number, via) for number, via in enumerate(vias)]
        self._desk.writing(lambda sql: sql.many(statements.ADD_LANE, lanes))
        position = 0
        for ids in self._ids(uid):
            rows = [(lane_of(position + index), found) for index, found in enumerate(ids)]
            self._desk.writing(lambda sql, rows=rows: sql.many(statements.ASSIGN, rows))  # type: ignore[misc]
            position += len(ids)
            beat()
        self._desk.writing(lambda sql: sql.run(statements.TOTAL, (position, uid)))
        return position

    def _ids(self, uid: int) -> Iterator[list[int]]:
        """The units of a job in the order in which they were added, chunk by chunk."""
        least = self._desk.reading(lambda sql: sql.rows(statements.FIRST_ID, (uid,)))[0][0]
        while found := self._desk.reading(lambda sql: sql.rows(statements.IDS, (least, uid, CHUNK))):  # noqa: B023
            yield [row[0] for row in found]
            least = found[-1][0] + 1

    def size(self, uid: int) -> int:
        """See `work.Ledger`."""
        return int(self._desk.reading(lambda sql: sql.rows(statements.COUNT, (uid,)))[0][0])

    def pack(self, uid: int, package: Document) -> None:
        """See `work.Ledger`."""
        text = canonical.encode(package).decode()
        self._desk.writing(lambda sql: sql.run(statements.PACK, (text, uid)))

    def package(self, uid: int) -> Document:
        """See `work.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.PACKAGE, (uid,)))
        return canonical.decode(found[0][0]) if found else {}

    def enter(self, uid: int, phase: Phase, now: datetime) -> None:
        """See `work.Ledger`."""
        self._desk.writing(lambda sql: sql.run(statements.ENTER, (phase.value, _seconds(now), uid)))

    def cancel(self, uid: int, now: datetime, beat: Callable[[], None]) -> int:
        """See `work.Ledger`."""
        return self._in_chunks(lambda sql: sql.run(statements.CANCEL_SOME, (_seconds(now), uid, CHUNK)), beat)

    def at_work(self, uid: int, now: datetime) -> tuple[str, ...]:
        """See `work.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.AT_WORK, (uid, _seconds(now))))
        return tuple(owner for (owner,) in found)

    def offers(self, now: datetime, limit: int) -> tuple[Offer, ...]:
        """See `work.Ledger`."""
        at = _seconds(now)
        return _offers(self._desk.reading(lambda sql: sql.rows(statements.OFFERS, (at, at, at, limit))))

    def neglected(self, now: datetime) -> tuple[Offer, ...]:
        """See `work.Ledger`."""
        return _offers(self._desk.reading(lambda sql: sql.rows(statements.NEGLECTED, (_seconds(now),))))

    def is_idle(self) -> bool:
        """See `work.Ledger`."""
        return not self._desk.reading(lambda sql: sql.rows(statements.BUSY))

    def claim(self, offer: Offer, owner: str, now: datetime, until: datetime, cap: int) -> Claim | None:
        """See `work.Ledger`."""
        return self._desk.writing(lambda sql: _claim(sql, offer, owner, (_seconds(now), _seconds(until)), cap))

    def window(self, claim: Claim, settled: Settling | None, demand: Demand, now: datetime) -> Window | None:
        """See `work.Ledger`."""
        return self._desk.writing(lambda sql: _window(sql, claim, settled, demand, _seconds(now)))

    def goes_on(self, claim: Claim) -> bool:
        """See `work.Ledger`."""
        values = claim.uid, claim.generation
        return self._desk.reading(lambda sql: bool(sql.rows(statements.GOES_ON, values)))

    def release(
        self, claim: Claim, settled: Settling | None, due_at: datetime | None, trouble: Trouble | None, now: datetime
    ) -> None:
        """See `work.Ledger`."""

        def let_go(sql: Sql) -> None:
            if settled:
                _record(sql, claim, settled, _seconds(now))
            sql.run(statements.GIVE_BACK, (claim.uid, claim.number, claim.owner))
            again = _seconds(due_at or now)
            sql.run(statements.RELEASE, (again, _trouble_text(trouble), *_hands(claim)))

        self._desk.writing(let_go)

    def retry_unknown(self, uid: int, number: int) -> int:
        """See `work.Ledger`."""
        return self._desk.writing(lambda sql: sql.run(statements.RETRY_UNKNOWN, (uid, number)))

    def in_trouble(self, uid: int) -> bool:
        """See `work.Ledger`."""
        return self._desk.reading(lambda sql: bool(sql.rows(statements.IN_TROUBLE, (uid,))))

    def first_answer(self, uid: int, stage: Stage) -> Mapping[str, Any]:
        """See `work.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.FIRST_ANSWER, (uid, stage.value)))
        return canonical.decode(found[0][0]) if found and found[0][0] else {}

    def view(self, uid: int, now: datetime) -> JobView | None:
        """See `work.Ledger`."""
        return self._desk.reading(lambda sql: _view(sql, uid, _seconds(now)))

    def drained(self, kind: str) -> tuple[tuple[int, Ref], ...]:
        """See `work.Ledger`."""
        return self._jobs(statements.DRAINED, kind)

    def jobs(self) -> tuple[tuple[int, Ref, Phase], ...]:
        """See `work.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.JOBS))
        return tuple((uid, Ref.canonical(ref), Phase(phase)) for uid, ref, phase in found)

    def open_jobs(self, kind: str) -> tuple[tuple[int, Ref], ...]:
        """See `work.Ledger`."""
        return self._jobs(statements.OPEN_JOBS, kind)

    def _jobs(self, statement: str, kind: str) -> tuple[tuple[int, Ref], ...]:
        found = self._desk.reading(lambda sql: sql.rows(statement, (f"{kind}/%",)))
        return tuple((uid, Ref.canonical(ref)) for uid, ref in found)

    def _in_chunks(self, work: Callable[[Sql], int], beat: Callable[[], None]) -> int:
        """Write until there is nothing more to write; how many rows that were."""
        total = 0
        while found := self._desk.writing(work):
            total += found
            beat()
        return total


def _claim(sql: Sql, offer: Offer, owner: str, span: tuple[float, float], cap: int) -> Claim | None:
    now, until = span
    if cap:
        sql.run(statements.TAKE_TURN, (f"via:{offer.via}",))
        ((running,),) = sql.rows(statements.RUN_THROUGH, (offer.via, now, offer.uid, offer.number))
        if running >= cap:
            return None
    found = sql.rows(statements.CLAIM, (owner, until, offer.uid, offer.number, offer.owner))
    if not found:
        return None
    if offer.owner:
        sql.run(statements.DOUBT, (now, offer.uid, offer.number))
        sql.run(statements.STOP_SPENDING, (now, now, f"{offer.owner}:", f"{offer.owner};"))
    return Claim(offer.uid, offer.number, offer.ref, offer.via, owner, found[0][0], _trouble(found[0][1]))


def _window(sql: Sql, claim: Claim, settled: Settling | None, demand: Demand, now: float) -> Window | None:
    found = sql.rows(statements.LANE, _hands(claim))
    if found and found[0][0] == demand.number:  # this very transaction was made before, and its answer was lost
        return Window(_units(sql.rows(statements.BEGUN, (claim.uid, claim.number, claim.owner))))
    if settled:
        _record(sql, claim, settled, now)
    if not found or not sql.rows(statements.GOES_ON, (claim.uid, claim.generation)):
        return None
    size, ready_at = _allowed(sql, demand, now)
    units = _units(sql.rows(statements.DUE, (claim.uid, claim.number, now, size))) if size else ()
    statement = statements.RECOVER if settled and settled.begun else statements.RENEW
    number = demand.number if units else demand.number - 1
    sql.run(statement, (_seconds(demand.until), number, *_hands(claim)))
    if not units:
        due = sql.rows(statements.NEXT_DUE, (claim.uid, claim.number))[0][0]
        return Window((), _instant(max(due, ready_at)) if due is not None else None)
    sql.many(statements.BEGIN, [(claim.owner, now, unit.id) for unit in units])
    for bucket in sorted({rate.bucket for rate in demand.rates}):
        sql.run(statements.SPEND, (bucket, _token(claim, number), len(units), _seconds(demand.until)))
    return Window(units)


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


def _record(sql: Sql, claim: Claim, settled: Settling, now: float) -> None:
    """What became of a window's units; the rates count it from the end of its last call on."""
    counts = {}
    for stage in Stage:
        rows = [
            (stage.value, _seconds(one.due_at) if one.due_at else 0.0, now, _answer(one), id_, claim.owner)
            for id_, one in settled.results.items()
            if one.stage is stage
        ]
        counts[stage] = sql.many(statements.SETTLE, rows) if rows else 0
    sent, failed = counts[Stage.SENT], counts[Stage.FAILED]
    if sent or failed:
        sql.run(statements.TALLY, (sent, failed, claim.uid, claim.number))
    if sent:
        sql.run(statements.PACE, (claim.uid, claim.number, int(now) // PACE_SPAN * PACE_SPAN, sent))
    sql.run(statements.HAVE_SPENT, (_seconds(settled.ended_at), settled.begun, _token(claim, settled.number)))


def _view(sql: Sql, uid: int, now: float) -> JobView | None:
    found = sql.rows(statements.JOB, (uid,))
    if not found:
        return None
    ref, phase, generation, opened_at, total = found[0]
    stages: Counter[Stage] = Counter()
    left: Counter[int] = Counter()
    for lane, stage, count in sql.rows(statements.OPEN_STAGES, (uid,)):
        stages[Stage(stage)] += count
        left[lane] += count
    stages.update({Stage(stage): count for stage, count in sql.rows(statements.ODD_STAGES, (uid,))})
    rest = total - sum(stages.values())
    stages[Stage.STAGED if phase == Phase.STAGED else Stage.SENT] = max(rest, 0)
    pace = sql.rows(statements.PACES, (uid, int(now) - PACE_KEPT))
    return JobView(
        Ref.canonical(ref),
        Phase(phase),
        generation,
        _instant(opened_at) if opened_at else None,
        {stage: count for stage, count in stages.items() if count},
        tuple(_lane_view(row, left.get(row[0], 0), now) for row in sql.rows(statements.LANES, (uid,))),
        {_instant(at): int(units) for at, units in pace},
    )


def _lane_view(row: Sequence[Any], left: int, now: float) -> LaneView:
    number, via, owner, expires_at, due_at, trouble, sent, failed = row
    held = owner if expires_at > now else ""
    return LaneView(
        number,
        via,
        held,
        _instant(expires_at) if held else None,
        _instant(due_at) if due_at else None,
        _trouble(trouble),
        sent,
        failed,
        left,
    )


def _offers(rows: Rows) -> tuple[Offer, ...]:
    return tuple(Offer(uid, number, Ref.canonical(ref), via, owner) for uid, number, ref, via, owner in rows)


def _units(rows: Rows) -> tuple[Unit, ...]:
    return tuple(Unit(id_, key, attempts, canonical.decode(payload)) for id_, key, attempts, payload in rows)


def _hands(claim: Claim) -> tuple[object, ...]:
    return claim.uid, claim.number, claim.owner, claim.generation


def _token(claim: Claim, number: int) -> str:
    return f"{claim.owner}:{number}"


def _answer(result: Result) -> str:
    return canonical.encode(result.answer).decode() if result.answer else ""


def _trouble_text(trouble: Trouble | None) -> str:
    if trouble is None:
        return ""
    body: Mapping[str, object] = {
        "since": _seconds(trouble.since),
        "permanent": trouble.is_permanent,
        "message": trouble.message,
    }
    return canonical.encode(body).decode()


def _trouble(text: str) -> Trouble | None:
    if not text:
        return None
    body = canonical.decode(text)
    return Trouble(_instant(body["since"]), body["permanent"], body["message"])


def _seconds(moment: datetime) -> float:
    return moment.timestamp()


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
