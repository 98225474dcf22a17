"""Enrolments and what was said in them, in SQLite and PostgreSQL alike.

Whoever writes here passes the gates of the campaigns concerned first, in their order, and holds them until the transaction is
over: what is looked at in it stays so, and nothing slips in beside a stop.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, assert_never

from reconciler.model.enrolments import (
    Communication,
    Enrolment,
    Entered,
    Exit,
    Granted,
    Leaving,
    Left,
    Look,
    Move,
    Onward,
    Past,
    Placed,
    Resumed,
    Saying,
    Stood,
    Turn,
    Word,
)
from reconciler.model.ref import Ref
from reconciler.model.work import ALWAYS, Posted
from reconciler.store import enrolment_statements as statements
from reconciler.store.desk import Desk, Sql, instant, seconds
from reconciler.store.standing import post

LOST: Final = "the campaign was stopped while it was being said; nobody knows whether it was"
"""What is known of a communication that was begun and never settled."""
_GO: Final = Granted(Word.GO)


class SqlEnrolments:
    """Implements `enrolments.Enrolments` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def get(self, id_: int) -> Enrolment | None:
        """See `enrolments.Enrolments`."""
        return self._desk.reading(lambda sql: _get(sql, id_))

    def of_invoice(self, invoice: int) -> Sequence[Enrolment]:
        """See `enrolments.Enrolments`."""
        return [_enrolment(row) for row in self._desk.reading(lambda sql: sql.rows(statements.OF_INVOICE, (invoice,)))]

    def names(self, campaigns: Sequence[int]) -> Mapping[int, str]:
        """See `enrolments.Enrolments`."""
        asked = sorted(set(campaigns))
        found = self._desk.reading(lambda sql: [sql.rows(statements.NAME, (uid,)) for uid in asked])
        return {uid: _name(rows[0][0]) for uid, rows in zip(asked, found, strict=True) if rows}

    def communications(self, enrolments: Sequence[int]) -> Sequence[Communication]:
        """See `enrolments.Enrolments`."""
        found = (
            self._desk.reading(lambda sql: sql.rows(statements.SAID % _signs(enrolments), enrolments))
            if enrolments
            else []
        )
        return [
            Communication(id_, step, instant(at), via, Saying(stage), said) for id_, step, at, via, stage, said in found
        ]

    def past(self, invoices: Sequence[int]) -> Mapping[int, Past]:
        """See `enrolments.Enrolments`."""
        found = (
            self._desk.reading(lambda sql: sql.rows(statements.PAST % _signs(invoices), invoices)) if invoices else []
        )
        rows = defaultdict(list)
        for row in found:
            rows[row[1]].append((_enrolment(row[:-1]), row[-1]))
        return {invoice: _past(told) for invoice, told in rows.items()}

    def outside(self, after: int, limit: int) -> Sequence[int]:
        """See `enrolments.Enrolments`."""
        return [id_ for (id_,) in self._desk.reading(lambda sql: sql.rows(statements.OUTSIDE, (after, limit)))]

    def look(self) -> Look:
        """See `enrolments.Enrolments`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.LOOK))
        return Look(*found[0]) if found else Look()

    def move(self, before: Look, after: Look, moves: Sequence[Move], now: datetime) -> bool:
        """See `enrolments.Enrolments`."""

        def do(sql: Sql) -> bool:
            sql.run(statements.FIRST_LOOK)
            steps = (after.change, after.circumstances, after.after, before.change, before.circumstances, before.after)
            if not sql.run(statements.LOOKED, steps):
                return False
            shut = _enter_gates(sql, {one.uid for one in moves})
            for one in moves:
                _do(sql, one, now, is_shut=one.uid in shut)
            return True

        return self._desk.writing(do)

    def open(self, uid: int) -> None:
        """See `enrolments.Enrolments`."""
        self._desk.writing(lambda sql: sql.run(statements.OPEN, (uid,)))

    def close(self, uid: int) -> None:
        """See `enrolments.Enrolments`."""

        def do(sql: Sql) -> None:
            _enter_gates(sql, [uid])
            sql.run(statements.SHUT, (uid,))

        self._desk.writing(do)

    def release(self, uid: int, now: datetime) -> int:
        """See `enrolments.Enrolments`."""

        def do(sql: Sql) -> int:
            _enter_gates(sql, [uid])
            sql.run(statements.SHUT, (uid,))
            sql.run(statements.LOST_WORDS, (LOST, uid))
            return sql.run(statements.RELEASE, (seconds(now), uid))

        return self._desk.writing(do)

    def due(self, uid: int, on: date, limit: int) -> Sequence[Enrolment]:
        """See `enrolments.Enrolments`."""
        found = self._desk.reading(lambda sql: sql.rows(statements.DUE, (uid, on.isoformat(), limit)))
        return [_enrolment(row) for row in found]

    def post(self, uid: int, steps: Sequence[Placed]) -> int:
        """See `enrolments.Enrolments`."""

        def do(sql: Sql) -> int:
            if uid in _enter_gates(sql, [uid]) or _state(sql, uid) != statements.ACTIVE:
                return 0
            taken = [
                one
                for one in steps
                if sql.run(statements.POST, (one.turn.enrolment, uid, one.turn.step, one.turn.turn))
            ]
            return post(sql, uid, [_posted(one) for one in taken])

        return self._desk.writing(do)

    def leave(self, uid: int, ids: Sequence[int], why: Exit, now: datetime) -> int:
        """See `enrolments.Enrolments`."""

        def do(sql: Sql) -> int:
            _enter_gates(sql, [uid])
            return sum(sql.run(statements.LEAVE, (why.value, seconds(now), id_, uid)) for id_ in ids)

        return self._desk.writing(do)

    def begin(self, communication: Communication, turn: Turn, change: int, *, harmless: bool) -> Granted:
        """See `enrolments.Enrolments`."""

        def do(sql: Sql) -> Granted:
            granted = _granted(sql, turn, change, harmless=harmless)
            if granted.word is Word.GO and not _stage(sql, turn):
                sql.run(statements.SAY, _said(communication))
            return granted

        return self._desk.writing(do)

    def settle(self, communication: Communication, onward: Onward) -> bool:
        """See `enrolments.Enrolments`."""

        def do(sql: Sql) -> bool:
            one = _entered(sql, communication.enrolment)
            if one is None or not sql.run(statements.SETTLE, _settled(communication)):
                return False
            _go_on(sql, one, communication.step, onward)
            return True

        return self._desk.writing(do)

    def put_off(self, turn: Turn) -> bool:
        """See `enrolments.Enrolments`."""

        def do(sql: Sql) -> bool:
            _entered(sql, turn.enrolment)
            return bool(sql.run(statements.UNSAY, (turn.enrolment, turn.step)))

        return self._desk.writing(do)

    def divert(self, turn: Turn, lane: int, now: datetime) -> bool:
        """See `enrolments.Enrolments`."""

        def do(sql: Sql) -> bool:
            one = _entered(sql, turn.enrolment)
            if one is None or not sql.run(statements.UNSAY, (turn.enrolment, turn.step)):
                return False
            if sql.run(statements.DIVERT, (turn.enrolment, turn.step, turn.turn)):
                other = Turn(turn.enrolment, turn.step, turn.turn + 1)
                post(sql, one.uid, [_posted(Placed(other, lane, now, otherwise=True))])
            return True

        return self._desk.writing(do)

    def pass_over(self, communication: Communication, turn: Turn, change: int, onward: Onward) -> Granted:
        """See `enrolments.Enrolments`."""

        def do(sql: Sql) -> Granted:
            granted = _granted(sql, turn, change, harmless=False)
            one = _get(sql, turn.enrolment)
            if granted.word is not Word.GO or one is None:
                return granted
            sql.run(statements.SAY, _said(communication))
            _go_on(sql, one, turn.step, onward)
            return _GO

        return self._desk.writing(do)


def _enter_gates(sql: Sql, uids: Iterable[int]) -> frozenset[int]:
    """Wait for one's turn at these campaigns, always in the same order; which of them are closed."""
    shut = set()
    for uid in sorted(uids):
        sql.run(statements.ENTER_GATE, (uid,))
        if sql.rows(statements.CLOSED, (uid,))[0][0]:
            shut.add(uid)
    return frozenset(shut)


def _do(sql: Sql, move: Move, now: datetime, *, is_shut: bool) -> None:
    match move:
        case Entered(invoice, change, uid, on, due_on):
            if not is_shut and _state(sql, uid) == statements.ACTIVE:
                sql.run(statements.ENTER, (uid, seconds(now), on.isoformat(), due_on.isoformat(), invoice, change))
        case Left(id_, uid, why):
            sql.run(statements.LEAVE, (why.value, seconds(now), id_, uid))
        case Stood(id_, uid, since, arranged):
            sql.run(statements.STAND, (since.isoformat(), int(arranged), id_, uid))
        case Resumed(id_, _, on):
            one = _get(sql, id_)
            if one is not None and one.still_since is not None:
                stood = max(on - one.still_since, on - on)
                due_on = one.due_on + stood
                sql.run(statements.RUN, (one.still_days + stood.days, due_on.isoformat(), id_))
        case _:
            assert_never(move)


def _granted(sql: Sql, turn: Turn, change: int, *, harmless: bool) -> Granted:
    """Whether a step may be said, or passed over, now. One that may not is given back, for when it may."""
    one = _entered(sql, turn.enrolment)
    if one is None:
        return Granted(Word.NO_LONGER, "it is not there any more")
    stage = _stage(sql, turn)
    if stage not in (None, Saying.SENDING):
        return Granted(Word.DONE, stage.value)
    ((now, *how),) = sql.rows(statements.INVOICE, (one.invoice,)) or [(change, "", 0, 0)]
    why = _hindrance(sql, one, turn) or _idle(one, *how)
    if stage is Saying.SENDING and (why or not harmless):
        return Granted(Word.LOST, why)
    if why:
        sql.run(statements.TAKE_BACK, (turn.enrolment, turn.step, turn.turn))
        return Granted(Word.NO_LONGER, why)
    return _GO if now == change else Granted(Word.LOOK_AGAIN)


def _hindrance(sql: Sql, one: Enrolment, turn: Turn) -> str:
    """Why a unit has nothing to say, whatever the invoice; empty where it may."""
    if one.exit is not None:
        return f"the invoice has left the campaign: {one.exit.value}"
    if (one.step, one.turn) != (turn.step, turn.turn):
        return "another unit has this step"
    is_open = not sql.rows(statements.CLOSED, (one.uid,))[0][0] and _state(sql, one.uid) == statements.ACTIVE
    return "" if is_open else "its campaign is not active"


def _idle(one: Enrolment, status: str, held: int, listed: int) -> str:
    """Why nothing is said about an invoice now; empty where it may be (AMB-I6)."""
    if not status:
        return "the invoice is not there any more"
    if status != "awaiting_payment":
        return f"the invoice is {status.replace('_', ' ')}"
    if held:
        return "the invoice is on hold"
    if not listed:
        return "its source does not name the invoice any more"
    return "its clock stands still" if one.still_since else ""


def _go_on(sql: Sql, one: Enrolment, step: int, onward: Onward) -> None:
    """From a step that is over to the next one; one that has left stays where it was."""
    if one.step != step or one.exit is not None:
        return
    then = onward(one)
    left = (then.exit.value if then.exit else "", seconds(then.exited_at) if then.exited_at else 0)
    said = (then.said_on.isoformat() if then.said_on else "", then.said_day)
    sql.run(statements.ONWARD, (then.step, then.due_on.isoformat(), *said, *left, one.id, step))


def _entered(sql: Sql, id_: int) -> Enrolment | None:
    """The enrolment as it is once one has passed its campaign's gate."""
    found = _get(sql, id_)
    if found is None:
        return None
    _enter_gates(sql, [found.uid])
    return _get(sql, id_)


def _stage(sql: Sql, turn: Turn) -> Saying | None:
    found = sql.rows(statements.STAGE, (turn.enrolment, turn.step))
    return Saying(found[0][0]) if found else None


def _state(sql: Sql, uid: int) -> str:
    found = sql.rows(statements.STATE, (uid,))
    return str(found[0][0]) if found else ""


def _get(sql: Sql, id_: int) -> Enrolment | None:
    found = sql.rows(statements.GET, (id_,))
    return _enrolment(found[0]) if found else None


def _posted(one: Placed) -> Posted:
    """Doing it twice is harmless: `begin` knows what was begun before."""
    payload = {
        "enrolment": one.turn.enrolment,
        "step": one.turn.step,
        "turn": one.turn.turn,
        "otherwise": one.otherwise,
    }
    return Posted(one.turn.key, payload, one.due_at, one.lane, ALWAYS)


def _said(one: Communication) -> tuple[object, ...]:
    return one.enrolment, one.step, seconds(one.at), one.channel, one.stage.value, one.detail


def _settled(one: Communication) -> tuple[object, ...]:
    return seconds(one.at), one.stage.value, one.detail, one.enrolment, one.step


def _past(told: Sequence[tuple[Enrolment, str]]) -> Past:
    """From the enrolments of an invoice, the one that ended last at the end."""
    opened, name = next(((one, _name(ref)) for one, ref in told if one.exit is None), (None, ""))
    ended = [(one, ref) for one, ref in told if one.exit is not None]
    return Past(opened, name, frozenset(one.uid for one, _ in told), _leaving(*ended[-1]) if ended else None)


def _leaving(one: Enrolment, ref: str) -> Leaving:
    assert one.exit is not None
    assert one.exited_at is not None
    return Leaving(one.uid, _name(ref), one.exit, one.exited_at, one.said_on)


def _name(ref: str) -> str:
    return Ref.canonical(ref).name if ref else ""


def _signs(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _enrolment(row: Sequence[Any]) -> Enrolment:
    id_, invoice, uid, entered_at, entered_on, still_days, still_since, arranged, step, due_on, *rest = row
    said_on, said_day, posted, turn, exited_at, left = rest
    return Enrolment(
        id_, invoice, uid, instant(entered_at), date.fromisoformat(entered_on), still_days, _day(still_since),
        bool(arranged), step, date.fromisoformat(due_on), _day(said_on), said_day, bool(posted), turn,
        instant(exited_at) if exited_at else None, Exit(left) if left else None,
    )  # fmt: skip


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None
