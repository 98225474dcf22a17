"""Rewards of referrals, in SQLite and PostgreSQL alike.

Whoever adds, voids or begins to pay the rewards of a campaign passes its gate, one after another, and holds it until the
transaction is over. So a limit is counted by one at a time, and nothing slips in beside a stop.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.money import amount_of, kept
from reconciler.model.reward import LOST, UNHEARD, UNPAID, Due, Fate, Origin, Owed, Reward, Wanted
from reconciler.model.work import Posted
from reconciler.store.desk import Desk, Sql, instant, seconds
from reconciler.store.standing import post

STOPPED: Final = "its campaign was stopped before it was paid"
"""Why a reward is void that comes when its campaign's rewards have been voided."""
_PAYS: Final = ("live", "paused", "ended")
"""The states in which a campaign's rewards are paid (R-10, R-13)."""

_COLUMNS: Final = (
    "id, uid, campaign, key, rule, friend, event, event_id, role, beneficiary, value, currency, earned_at, payable_at,"
    " fate, reason, origin, changed_at, batch"
)


def _in(values: Sequence[object]) -> str:
    return ", ".join(f"'{value}'" for value in values)


_ENTER: Final = """
INSERT INTO referral_gate (campaign, turn, closed) VALUES (?, 1, 0)
ON CONFLICT (campaign) DO UPDATE SET turn = referral_gate.turn + 1
"""
_CLOSED: Final = "SELECT closed FROM referral_gate WHERE campaign = ?"
_SHUT: Final = "UPDATE referral_gate SET closed = ? WHERE campaign = ?"
_STATE: Final = "SELECT state FROM resource WHERE uid = ? AND NOT forgotten"
_ADD: Final = f"INSERT INTO referral_reward ({_COLUMNS}) VALUES ({', '.join('?' * 19)}) ON CONFLICT DO NOTHING"
_EARNED: Final = f"""
SELECT count(*) FROM referral_reward
WHERE campaign = ? AND key = ? AND beneficiary = ? AND earned_at >= ? AND earned_at < ?
    AND fate NOT IN ({_in([one.value for one in LOST])}) AND origin = '{Origin.RULE.value}'
"""
_GET: Final = f"SELECT {_COLUMNS} FROM referral_reward WHERE id = ?"
_OF_EVENT: Final = f"SELECT {_COLUMNS} FROM referral_reward WHERE uid = ? AND event_id = ? ORDER BY id"
_UNPAID: Final = _in([one.value for one in UNPAID])
_OPEN: Final = "fate IN ('pending', 'review', 'approved', 'failed', 'sending')"
"""What the index of unpaid rewards is about."""
_OWED: Final = f"""
SELECT currency, count(*), sum(value) FROM referral_reward
WHERE campaign = ? AND fate IN ({_UNPAID}) AND {_OPEN} GROUP BY currency ORDER BY currency
"""
_SUMS: Final = """
SELECT fate, currency, count(*), sum(value) FROM referral_reward
WHERE campaign = ? GROUP BY fate, currency ORDER BY fate, currency
"""
_VOID: Final = f"""
UPDATE referral_reward SET fate = 'void', reason = ?, changed_at = ? WHERE campaign = ? AND fate IN ({_UNPAID}) AND {_OPEN}
"""
_CHANGE: Final = "UPDATE referral_reward SET fate = ?, reason = ?, changed_at = ?, batch = ? WHERE id = ? AND fate = ?"
_OF_BATCH: Final = (
    f"SELECT {_COLUMNS} FROM referral_reward WHERE uid = ? AND batch = ? AND batch <> '' ORDER BY earned_at, id"
)
_PAYABLE: Final = f"""
SELECT referral_reward.id, round FROM referral_reward JOIN resource ON resource.uid = referral_reward.campaign
    AND NOT resource.forgotten AND resource.state IN ({_in(_PAYS)})
WHERE referral_reward.uid = ? AND fate IN ('pending', 'approved') AND {_OPEN} AND payable_at <= ?
ORDER BY payable_at, id LIMIT ?
"""
_UNPOSTED: Final = _PAYABLE.replace("ORDER BY", "AND posted = 0 ORDER BY")
_POSTED: Final = "UPDATE referral_reward SET posted = 1 WHERE id = ?"
_AGAIN: Final = "UPDATE referral_reward SET round = round + 1, posted = 0 WHERE id = ?"
_CRASHES: Final = 1000
"""How often a reward is begun anew whose worker was lost: its key makes that harmless."""


class SqlRewards:
    """Implements `reward.Rewards` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def get(self, id_: str) -> Reward | None:
        """See `reward.Rewards`."""
        return self._desk.reading(lambda sql: _get(sql, id_))

    def find(self, wanted: Wanted, after: tuple[datetime, str] | None = None, limit: int = 1000) -> Sequence[Reward]:
        """See `reward.Rewards`."""
        where, given = _where(wanted)
        behind, order = ("<", "earned_at DESC, id DESC") if wanted.newest else (">", "earned_at, id")
        if after:
            where.append(f"(earned_at, id) {behind} (?, ?)")
            given += [seconds(after[0]), after[1]]
        statement = f"SELECT {_COLUMNS} FROM referral_reward WHERE {' AND '.join(where)} ORDER BY {order} LIMIT ?"
        return _rewards(self._desk.reading(lambda sql: sql.rows(statement, (*given, limit))))

    def count(self, wanted: Wanted) -> int:
        """See `reward.Rewards`."""
        where, given = _where(wanted)
        statement = f"SELECT count(*) FROM referral_reward WHERE {' AND '.join(where)}"
        return int(self._desk.reading(lambda sql: sql.rows(statement, given))[0][0])

    def owed(self, campaign: int) -> Owed:
        """See `reward.Rewards`."""
        found = self._desk.reading(lambda sql: sql.rows(_OWED, (campaign,)))
        return Owed(sum(row[1] for row in found), {row[0]: amount_of(int(row[2])) for row in found})

    def sums(self, campaign: int) -> Mapping[Fate, Owed]:
        """See `reward.Rewards`."""
        found: dict[Fate, Owed] = {}
        for fate, currency, count, value in self._desk.reading(lambda sql: sql.rows(_SUMS, (campaign,))):
            before = found.get(Fate(fate), Owed())
            found[Fate(fate)] = Owed(before.count + int(count), {**before.amounts, currency: amount_of(int(value))})
        return found

    def void(self, campaign: int, reason: str, now: datetime) -> int:
        """See `reward.Rewards`."""

        def shut(sql: Sql) -> int:
            enter_gates(sql, [campaign])
            sql.run(_SHUT, (1, campaign))
            return sql.run(_VOID, (reason, seconds(now), campaign))

        return self._desk.writing(shut)

    def reopen(self, campaign: int) -> None:
        """See `reward.Rewards`."""

        def do(sql: Sql) -> None:
            enter_gates(sql, [campaign])
            sql.run(_SHUT, (0, campaign))

        self._desk.writing(do)

    def review(self, id_: str, fate: Fate, reason: str, now: datetime) -> Reward | None:
        """See `reward.Rewards`."""

        def decide(sql: Sql) -> Reward | None:
            one = _entered(sql, id_)
            if one is None or one.fate not in ((Fate.REVIEW,) if fate is Fate.APPROVED else UNPAID):
                return None
            _change(sql, one, (fate, reason), now)
            return _get(sql, id_)

        return self._desk.writing(decide)

    def make_good(self, due: Reward, states: Sequence[str], now: datetime) -> Reward | None:
        """See `reward.Rewards`."""

        def make(sql: Sql) -> Reward | None:
            closed = enter_gates(sql, [due.campaign])
            known = _get(sql, due.id)
            if known is not None:
                return known
            if closed or _state(sql, due.campaign) not in states:
                return None
            sql.run(_ADD, _row(due, now))
            return _get(sql, due.id)

        return self._desk.writing(make)

    def begin(self, id_: str, now: datetime) -> Reward | None:
        """See `reward.Rewards`."""
        return self._desk.writing(lambda sql: _begin(sql, id_, now))

    def settle(self, id_: str, fate: Fate, reason: str, now: datetime) -> bool:
        """See `reward.Rewards`."""

        def record(sql: Sql) -> bool:
            one = _entered(sql, id_)
            if one is None or one.fate is not Fate.SENDING:
                return False
            is_void = fate in UNPAID and _is_stopped(sql, one.campaign)
            _change(sql, one, (Fate.VOID, STOPPED) if is_void else (fate, reason), now)
            return True

        return self._desk.writing(record)

    def hand_over(self, uid: int, batch: str, now: datetime, limit: int) -> Sequence[Reward]:
        """See `reward.Rewards`."""

        def do(sql: Sql) -> list[Reward]:
            enter_gates(sql, [uid])  # the program's own: one export after another
            found = _rewards(sql.rows(_OF_BATCH, (uid, batch)))
            payable = [] if found else [id_ for id_, _ in sql.rows(_PAYABLE, (uid, seconds(now), limit))]
            # All gates in their order first: no two exports wait for each other.
            enter_gates(sql, {one.campaign for id_ in payable if (one := _get(sql, id_))})
            for id_ in payable:
                one = _begin(sql, id_, now)
                if one is not None and one.fate is Fate.SENDING:
                    _change(sql, one, (Fate.FULFILLED, "handed over"), now, batch)
            return found or _rewards(sql.rows(_OF_BATCH, (uid, batch)))

        return self._desk.writing(do)

    def retry(self, id_: str, now: datetime) -> bool:
        """See `reward.Rewards`."""

        def do(sql: Sql) -> bool:
            one = _entered(sql, id_)
            if one is None or one.fate is not Fate.FAILED or _is_stopped(sql, one.campaign):
                return False
            _change(sql, one, (Fate.APPROVED, "to be tried again"), now)
            sql.run(_AGAIN, (id_,))
            return True

        return self._desk.writing(do)

    def post(self, uid: int, now: datetime, limit: int) -> int:
        """See `reward.Rewards`."""

        def do(sql: Sql) -> int:
            found = sql.rows(_UNPOSTED, (uid, seconds(now), limit))
            sql.many(_POSTED, [(id_,) for id_, _ in found])
            return post(
                sql, uid, [Posted(f"{id_}:{turn}", {"reward": id_}, now, repeats=_CRASHES) for id_, turn in found]
            )

        return self._desk.writing(do)

    def payable(self, uid: int, now: datetime, limit: int) -> Sequence[str]:
        """See `reward.Rewards`."""
        found = self._desk.reading(lambda sql: sql.rows(_UNPOSTED, (uid, seconds(now), limit)))
        return [id_ for id_, _ in found]

    def unpost(self, id_: str) -> None:
        """See `reward.Rewards`."""
        self._desk.writing(lambda sql: sql.run(_AGAIN, (id_,)))


def _where(wanted: Wanted) -> tuple[list[str], list[object]]:
    """What is asked for, as conditions and their values."""
    where, given = ["uid = ?"], list[object]([wanted.uid])
    if wanted.campaign:
        where.append("campaign = ?")
        given.append(wanted.campaign)
    if wanted.fates:
        where.append(f"fate IN ({', '.join('?' * len(wanted.fates))})")
        given += [one.value for one in wanted.fates]
    if wanted.beneficiary:
        where.append("beneficiary = ?")
        given.append(wanted.beneficiary)
    return where, given


def enter_gates(sql: Sql, campaigns: Collection[int]) -> frozenset[int]:
    """Wait for one's turn at these campaigns, always in the same order; which of them are closed."""
    closed = set()
    for campaign in sorted(campaigns):
        sql.run(_ENTER, (campaign,))
        if sql.rows(_CLOSED, (campaign,))[0][0]:
            closed.add(campaign)
    return frozenset(closed)


def add(sql: Sql, due: Due, now: datetime, *, is_closed: bool) -> None:
    """A reward, within the transaction that has passed its campaign's gate; nothing where there is one already."""
    one, fate, reason = due.reward, due.reward.fate, due.reward.reason
    if fate in UNPAID and is_closed:
        fate, reason = Fate.VOID, STOPPED
    elif fate in UNPAID and due.cap is not None:
        span = seconds(due.cap.since), seconds(due.cap.until)
        ((earned,),) = sql.rows(_EARNED, (one.campaign, one.key, one.beneficiary, *span))
        if earned >= due.cap.most:
            fate, reason = Fate.DENIED, f"the limit of {due.cap.most} is reached"
    row = list(_row(one, now))
    row[14:16] = fate.value, reason
    sql.run(_ADD, row)


def of_event(sql: Sql, uid: int, event_id: str) -> Sequence[Reward]:
    """What an event has earned."""
    return _rewards(sql.rows(_OF_EVENT, (uid, event_id)))


def _begin(sql: Sql, id_: str, now: datetime) -> Reward | None:
    one = _entered(sql, id_)
    if one is None:
        return None
    if one.fate in (Fate.PENDING, Fate.APPROVED, Fate.SENDING) and _is_stopped(sql, one.campaign):
        # What was begun before may have been paid: that is not said to be void.
        lost = one.fate is Fate.SENDING
        said = "its campaign was stopped while it was being paid; nobody knows whether it was" if lost else STOPPED
        _change(sql, one, (Fate.FAILED if lost else Fate.VOID, said), now)
    elif one.fate in (Fate.PENDING, Fate.APPROVED) and one.payable_at <= now:
        _change(sql, one, (Fate.SENDING, ""), now)
    elif one.fate is Fate.SENDING:
        _change(sql, one, (Fate.SENDING, one.reason or UNHEARD), now)
    return _get(sql, id_)


def _entered(sql: Sql, id_: str) -> Reward | None:
    """The reward as it is once one has passed its campaign's gate."""
    found = _get(sql, id_)
    if found is None:
        return None
    enter_gates(sql, [found.campaign])
    return _get(sql, id_)


def _is_stopped(sql: Sql, campaign: int) -> bool:
    return bool(sql.rows(_CLOSED, (campaign,))[0][0]) or _state(sql, campaign) not in _PAYS


def _state(sql: Sql, campaign: int) -> str:
    found = sql.rows(_STATE, (campaign,))
    return str(found[0][0]) if found else ""


def _change(sql: Sql, one: Reward, what: tuple[Fate, str], now: datetime, batch: str = "") -> None:
    """Another fate, and why."""
    fate, reason = what
    sql.run(_CHANGE, (fate.value, reason, seconds(now), batch or one.batch, one.id, one.fate.value))


def _get(sql: Sql, id_: str) -> Reward | None:
    found = sql.rows(_GET, (id_,))
    return _reward(found[0]) if found else None


def _rewards(rows: Sequence[tuple[Any, ...]]) -> list[Reward]:
    return [_reward(row) for row in rows]


def _row(one: Reward, now: datetime) -> tuple[object, ...]:
    return (
        one.id, one.uid, one.campaign, one.key, canonical.encode(one.rule).decode(), one.friend, one.event, one.event_id,
        one.role, one.beneficiary, kept(one.value), one.currency, seconds(one.earned_at), seconds(one.payable_at),
        one.fate.value, one.reason, one.origin.value, seconds(now), one.batch,
    )  # fmt: skip


def _reward(row: tuple[Any, ...]) -> Reward:
    id_, uid, campaign, key, rule, friend, event, event_id, role, beneficiary, value, currency, *rest = row
    earned, payable, fate, reason, origin, changed, batch = rest
    return Reward(
        id_, uid, campaign, key, canonical.decode(rule), friend, event, event_id, role, beneficiary, amount_of(value),
        currency, instant(earned), instant(payable), Fate(fate), reason, Origin(origin), instant(changed), batch,
    )  # fmt: skip
