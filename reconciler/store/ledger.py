"""The ledger: rows of outside work, in SQLite and PostgreSQL alike. See `model.work` for the words.

A lane belongs to whoever has its lease, by a token of one execution. Every window compares it, so that who has lost a lane
writes nothing about what is next, only about what it has done.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ref import Ref
from reconciler.model.work import (
    Claim,
    Demand,
    Doubt,
    JobHead,
    JobView,
    Offer,
    Phase,
    Posted,
    Rate,
    Resting,
    Settling,
    Stage,
    Trouble,
    Window,
)
from reconciler.store import ledger_statements as statements
from reconciler.store.desk import Desk, Rows, Sql, instant, seconds
from reconciler.store.ledger_view import job_view, resting
from reconciler.store.ledger_windows import claimed, hands, record, spent, window
from reconciler.store.standing import post, recount, stand, widen
from reconciler.store.troubles import trouble_text

CHUNK: Final = 5_000
"""Rows that one transaction writes where there are many: others get their turn in between."""


class SqlLedger:
    """Implements `ledger.Ledger` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def performed(self, key: str) -> bool:
        """See `ledger.Ledger`."""
        return self._desk.reading(lambda sql: bool(sql.rows(statements.PERFORMED, (key,))))

    def mark(self, key: str, now: datetime) -> None:
        """See `ledger.Ledger`."""
        self._desk.writing(lambda sql: sql.run(statements.MARK, (key, seconds(now))))

    def uid(self, ref: Ref) -> int:
        """See `ledger.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.UID, (str(ref),)))
        if not found:
            raise Permanent(f"{ref} is not in the store")
        return int(found[0][0])

    def prepare(self, uid: int, works_in: str, beat: Callable[[], None]) -> None:
        """See `ledger.Ledger`."""

        def begin(sql: Sql) -> None:
            found = sql.rows(statements.PHASE, (uid,))
            if found and found[0][0] != Phase.STAGED:
                raise Permanent("its work was begun before; it is not begun anew")
            sql.run(statements.PREPARE, (uid, works_in))
            sql.run(statements.DROP_LANES, (uid,))
            sql.run(statements.FORGET_LEFT_OUT, (uid,))

        self._desk.writing(begin)
        self._in_chunks(lambda sql: sql.run(statements.DROP_SOME, (uid, CHUNK)), beat)

    def add(self, uid: int, rows: Sequence[tuple[str, Document]], lanes: int = 0) -> int:
        """See `ledger.Ledger`."""
        stage, turns = (Stage.PENDING.value, lanes) if lanes else (Stage.STAGED.value, 1)
        found = [
            (uid, key, place % turns, stage, canonical.encode(payload).decode())
            for place, (key, payload) in enumerate(rows)
        ]
        return self._desk.writing(lambda sql: sql.many(statements.ADD, found))

    def drop(self, uid: int, keys: Sequence[str]) -> int:
        """See `ledger.Ledger`."""
        return self._desk.writing(lambda sql: sql.many(statements.DROP, [(uid, key) for key in keys]))

    def assign(
        self, uid: int, vias: Sequence[str], lane_of: Callable[[int], int] | None, beat: Callable[[], None]
    ) -> int:
        """See `ledger.Ledger`."""
        lanes = [(uid, number, via) for number, via in enumerate(vias)]
        self._desk.writing(lambda sql: sql.many(statements.ADD_LANE, lanes))
        if lane_of is not None:
            self._give_lanes(uid, lane_of, beat)

        def finish(sql: Sql) -> int:
            sql.run(statements.FOLD, (len(lanes), len(lanes), uid, len(lanes)))
            sizes: dict[int, int] = dict(sql.rows(statements.ASSIGNED, (uid,)))
            sql.many(statements.LANE_SIZE, [(sizes.get(number, 0), uid, number) for _, number, _ in lanes])
            sql.run(statements.TOTAL, (sum(sizes.values()), uid))
            return sum(sizes.values())

        return self._desk.writing(finish)

    def _give_lanes(self, uid: int, lane_of: Callable[[int], int], beat: Callable[[], None]) -> None:
        position = 0
        for ids in self._ids(uid):
            rows = [(lane_of(position + index), found) for index, found in enumerate(ids)]
            self._desk.writing(lambda sql, rows=rows: sql.many(statements.ASSIGN, rows))  # type: ignore[misc]
            position += len(ids)
            beat()

    def _ids(self, uid: int) -> Iterator[list[int]]:
        """The units of a job in the order in which they were added, chunk by chunk."""
        least = self._desk.reading(lambda sql: sql.rows(statements.FIRST_ID, (uid,)))[0][0]
        while found := self._desk.reading(lambda sql: sql.rows(statements.IDS, (least, uid, CHUNK))):  # noqa: B023
            yield [row[0] for row in found]
            least = found[-1][0] + 1

    def stand(self, uid: int, vias: Sequence[str], now: datetime) -> None:
        """See `ledger.Ledger`."""
        self._desk.writing(lambda sql: stand(sql, uid, vias, seconds(now)))

    def widen(self, uid: int, lanes: Mapping[str, int], now: datetime) -> tuple[str, ...]:
        """See `ledger.Ledger`."""
        return self._desk.writing(lambda sql: widen(sql, uid, lanes, seconds(now)))

    def post(self, uid: int, units: Sequence[Posted]) -> int:
        """See `ledger.Ledger`."""
        return self._desk.writing(lambda sql: post(sql, uid, units))

    def size(self, uid: int) -> int:
        """See `ledger.Ledger`."""
        return int(self._desk.reading(lambda sql: sql.rows(statements.COUNT, (uid,)))[0][0])

    def pack(self, uid: int, package: Document) -> None:
        """See `ledger.Ledger`."""
        text = canonical.encode(package).decode()
        self._desk.writing(lambda sql: sql.run(statements.PACK, (text, uid)))

    def package(self, uid: int) -> Document:
        """See `ledger.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.PACKAGE, (uid,)))
        return canonical.decode(found[0][0]) if found else {}

    def enter(self, uid: int, phase: Phase, now: datetime) -> None:
        """See `ledger.Ledger`."""

        def begin(sql: Sql) -> None:
            sql.run(statements.ENTER, (phase.value, seconds(now), uid))
            if phase is Phase.OPEN:
                sql.run(statements.AFRESH, (uid,))

        self._desk.writing(begin)

    def cancel(self, uid: int, now: datetime, beat: Callable[[], None]) -> int:
        """See `ledger.Ledger`."""
        return self._in_chunks(lambda sql: sql.run(statements.CANCEL_SOME, (seconds(now), uid, CHUNK)), beat)

    def clear(self, uid: int, beat: Callable[[], None]) -> None:
        """See `ledger.Ledger`."""
        self._in_chunks(lambda sql: sql.run(statements.DROP_SOME, (uid, CHUNK)), beat)
        self._desk.writing(lambda sql: recount(sql, uid))

    def doubt(self, uid: int, now: datetime) -> int:
        """See `ledger.Ledger`."""
        return self._desk.writing(lambda sql: sql.run(statements.IN_DOUBT, (seconds(now), uid)))

    def at_work(self, uid: int, now: datetime) -> tuple[str, ...]:
        """See `ledger.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.AT_WORK, (uid, seconds(now))))
        return tuple(owner for (owner,) in found)

    def offers(self, now: datetime, limit: int) -> tuple[Offer, ...]:
        """See `ledger.Ledger`."""
        at = seconds(now)
        return _offers(self._desk.reading(lambda sql: sql.rows(statements.OFFERS, (at, at, at, limit))))

    def neglected(self, now: datetime) -> tuple[Offer, ...]:
        """See `ledger.Ledger`."""
        return _offers(self._desk.reading(lambda sql: sql.rows(statements.NEGLECTED, (seconds(now),))))

    def is_idle(self) -> bool:
        """See `ledger.Ledger`."""
        return not self._desk.reading(lambda sql: sql.rows(statements.BUSY))

    def claim(self, offer: Offer, owner: str, now: datetime, until: datetime, cap: int) -> Claim | None:
        """See `ledger.Ledger`."""
        return self._desk.writing(lambda sql: claimed(sql, offer, owner, (seconds(now), seconds(until)), cap))

    def window(self, claim: Claim, settled: Settling | None, demand: Demand, now: datetime) -> Window | None:
        """See `ledger.Ledger`."""
        return self._desk.writing(lambda sql: window(sql, claim, settled, demand, seconds(now)))

    def stirred(self) -> bool:
        """See `ledger.Ledger`."""
        return self._desk.stirred()

    def goes_on(self, claim: Claim) -> int:
        """See `ledger.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.GOES_ON, (claim.uid, claim.generation)))
        return int(found[0][0]) if found else 0

    def release(
        self, claim: Claim, settled: Settling | None, due_at: datetime | None, trouble: Trouble | None, now: datetime
    ) -> None:
        """See `ledger.Ledger`."""

        def let_go(sql: Sql) -> None:
            if settled:
                record(sql, claim, settled, seconds(now))
            sql.run(statements.GIVE_BACK, (claim.uid, claim.number, claim.owner))
            sql.run(statements.RELEASE, (seconds(due_at or now), trouble_text(trouble), *hands(claim)))

        self._desk.writing(let_go)

    def retry_unknown(self, uid: int, number: int, attempts: int) -> int:
        """See `ledger.Ledger`."""
        return self._desk.writing(lambda sql: sql.run(statements.RETRY_UNKNOWN, (uid, number, attempts)))

    def unknown(self, uid: int) -> Iterator[Doubt]:
        """See `ledger.Ledger`."""
        last = 0
        while found := self._desk.reading(lambda sql: sql.rows(statements.UNKNOWN, (uid, last, CHUNK))):  # noqa: B023
            for id_, key, via, at, attempts, answer in found:
                yield Doubt(id_, key, via, instant(at), attempts, canonical.decode(answer) if answer else {})
            last = found[-1][0]

    def resend(self, ids: Sequence[int], state: str) -> int:
        """See `ledger.Ledger`."""
        return self._desk.writing(lambda sql: sql.many(statements.RESEND, [(id_, state) for id_ in ids]))

    def mend(self, uid: int, payloads: Mapping[str, Document], stage: Stage = Stage.FAILED) -> int:
        """See `ledger.Ledger`."""
        rows = [(canonical.encode(payload).decode(), uid, key, stage) for key, payload in sorted(payloads.items())]
        return self._desk.writing(lambda sql: sql.many(statements.MEND, rows)) if rows else 0

    def annotate(self, answers: Mapping[int, Mapping[str, Any]]) -> int:
        """See `ledger.Ledger`."""
        rows = [(canonical.encode(answer).decode(), id_) for id_, answer in answers.items()]
        return self._desk.writing(lambda sql: sql.many(statements.ANNOTATE, rows))

    def spend(self, rates: Sequence[Rate], token: str, now: datetime, until: datetime) -> datetime | None:
        """See `ledger.Ledger`."""
        return self._desk.writing(lambda sql: spent(sql, rates, token, (seconds(now), seconds(until))))

    def have_spent(self, token: str, now: datetime) -> None:
        """See `ledger.Ledger`."""
        self._desk.writing(lambda sql: sql.run(statements.HAVE_SPENT, (seconds(now), 1, token)))

    def move(self, uid: int, via: str, lanes: Sequence[int]) -> int:
        """See `ledger.Ledger`."""
        return self._desk.writing(lambda sql: _moved(sql, uid, via, lanes))

    def in_trouble(self, uid: int) -> bool:
        """See `ledger.Ledger`."""
        return self._desk.reading(lambda sql: bool(sql.rows(statements.IN_TROUBLE, (uid,))))

    def resting(self, uids: Sequence[int]) -> Sequence[Resting]:
        """See `ledger.Ledger`."""
        return self._desk.reading(lambda sql: resting(sql, uids)) if uids else ()

    def first_answer(self, uid: int, stage: Stage) -> Mapping[str, Any]:
        """See `ledger.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.FIRST_ANSWER, (uid, stage.value)))
        return canonical.decode(found[0][0]) if found and found[0][0] else {}

    def key_of(self, uid: int, unit: int) -> str:
        """See `ledger.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.KEY_OF, (unit, uid)))
        return str(found[0][0]) if found else ""

    def sent_to(self, key: str) -> Mapping[int, datetime]:
        """See `ledger.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.SENT_TO, (key,)))
        return {uid: instant(at) for uid, at in found if at is not None}

    def view(self, uid: int, now: datetime) -> JobView | None:
        """See `ledger.Ledger`."""
        return self._desk.reading(lambda sql: job_view(sql, uid, seconds(now)))

    def drained(self, kind: str) -> tuple[tuple[int, Ref], ...]:
        """See `ledger.Ledger`."""
        return self._jobs(statements.DRAINED, kind)

    def jobs(self) -> tuple[JobHead, ...]:
        """See `ledger.Ledger`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.JOBS))
        return tuple(JobHead(uid, Ref.canonical(ref), Phase(phase), bool(over)) for uid, ref, phase, over in found)

    def open_jobs(self, kind: str) -> tuple[tuple[int, Ref], ...]:
        """See `ledger.Ledger`."""
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


def _moved(sql: Sql, uid: int, via: str, lanes: Sequence[int]) -> int:
    moved = 0
    for (number,) in sql.rows(statements.OUT, (uid, via)):
        if not sql.run(statements.HOLD_LANE, (uid, number)):
            continue  # somebody has just taken it up: another time
        ((left,),) = sql.rows(statements.WAITING_IN, (uid, number))
        sql.run(statements.LANE_SIZE, (0, uid, number))  # from here on what is left of the job is counted
        for turn, lane in enumerate(lanes):
            share = left * (turn + 1) // len(lanes) - left * turn // len(lanes)
            moved += sql.run(statements.MOVE, (lane, uid, number, share)) if share else 0
    return moved


def _offers(rows: Rows) -> tuple[Offer, ...]:
    return tuple(Offer(uid, number, Ref.canonical(ref), via, owner) for uid, number, ref, via, owner in rows)
