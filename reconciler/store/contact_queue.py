"""The queue of contacts, in SQLite and PostgreSQL alike. See `model.contact_queue` for the words.

Its gate is the campaign's job: who queues, posts or shuts passes it, one after another. Who begins or settles a contact has
its account for itself. Nobody who has an account waits for a gate.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final

from reconciler.model.contact_queue import (
    Begun,
    Decide,
    Heard,
    Item,
    Outcome,
    Places,
    Told,
)
from reconciler.model.contact_terms import Brake, Engine
from reconciler.model.work import Place, Posted
from reconciler.store import contact_statements as statements
from reconciler.store.account_assignment import GATE
from reconciler.store.contact_hearing import told as hear
from reconciler.store.contact_items import account as account_of
from reconciler.store.contact_items import begun_before, item_of, unit_key
from reconciler.store.contact_making import begin, settle
from reconciler.store.contact_repeating import withdraw
from reconciler.store.contact_terms import engine_of, last_brake, terms_of
from reconciler.store.desk import Desk, Sql, seconds
from reconciler.store.standing import post, stand

AT_ONCE: Final = 50_000
"""Contacts that one transaction queues: whoever pauses the campaign does not wait for more."""


class SqlContactQueue:
    """Implements `contact_queue.ContactQueue` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def enqueue(self, uid: int, now: datetime, most: int | None = None) -> int:
        """See `contact_queue.ContactQueue`."""
        total = 0
        while most is None or total < most:
            part = AT_ONCE if most is None else min(AT_ONCE, most - total)
            queued = self._desk.writing(partial(_enqueued, uid, now, part))
            total += queued
            if queued < part:
                break
        return total

    def shut(self, uid: int, now: datetime) -> str:
        """See `contact_queue.ContactQueue`."""
        return self._desk.reading(lambda sql: terms_of(sql, uid)).shut(now)

    def rest(self, uid: int, now: datetime) -> str:
        """See `contact_queue.ContactQueue`."""
        return self._desk.reading(lambda sql: terms_of(sql, uid)).rest(now)

    def due(self, uid: int, now: datetime) -> bool:
        """See `contact_queue.ContactQueue`."""

        def look(sql: Sql) -> bool:
            return bool(sql.rows(statements.DUE, (uid, seconds(now), 1))) and not terms_of(sql, uid).rest(now)

        return self._desk.reading(look)

    def post(self, uid: int, now: datetime, limit: int, place: Places) -> int:
        """See `contact_queue.ContactQueue`."""

        def do(sql: Sql) -> int:
            if not sql.run(GATE, (uid,)) or terms_of(sql, uid).rest(now):
                return 0
            found = sql.rows(statements.DUE, (uid, seconds(now), limit))
            sql.many(statements.POSTED, [(id_,) for id_, *_ in found])
            units = [_posted(id_, turn, place(step, account), now) for id_, step, account, turn in found]
            return post(sql, uid, units)

        return self._desk.writing(do)

    def begin(self, item: int, turn: int, decide: Decide, now: datetime) -> Begun | Item | None:
        """See `contact_queue.ContactQueue`."""
        return self._desk.writing(lambda sql: begin(sql, (item, turn), decide, now))

    def settle(self, item: int, outcome: Outcome, now: datetime) -> bool:
        """See `contact_queue.ContactQueue`."""
        return self._desk.writing(lambda sql: settle(sql, item, outcome, now))

    def withdraw(self, item: int, due_at: datetime, now: datetime) -> bool:
        """See `contact_queue.ContactQueue`."""
        return self._desk.writing(lambda sql: withdraw(sql, item, due_at, now))

    def lost(self, limit: int) -> Sequence[Begun]:
        """See `contact_queue.ContactQueue`."""

        def look(sql: Sql) -> list[Begun]:
            found = map(item_of, sql.rows(statements.LOST, (limit,)))
            return [Begun(item, account_of(sql, item.account), begun_before(sql, item)) for item in found]

        return self._desk.reading(look)

    def pick_up(self) -> int:
        """See `contact_queue.ContactQueue`."""
        return self._desk.writing(lambda sql: sql.run(statements.STRANDED))

    def cancel(self, uid: int, reason: str, now: datetime) -> int:
        """See `contact_queue.ContactQueue`."""

        def do(sql: Sql) -> int:
            stand(sql, uid, (), seconds(now))  # a draft has no gate yet that could be shut
            sql.run(statements.SHUT, (uid,))
            sql.run(statements.CANCEL_UNITS, (seconds(now), uid))
            return sql.run(statements.CANCEL, (seconds(now), reason, uid))

        return self._desk.writing(do)

    def open(self, uid: int, now: datetime) -> None:
        """See `contact_queue.ContactQueue`."""

        def do(sql: Sql) -> None:
            stand(sql, uid, (), seconds(now))
            sql.run(statements.OPEN, (uid,))
            sql.run(statements.AFRESH, (uid,))

        self._desk.writing(do)

    def told(self, uid: int, number: str, told: Told, now: datetime) -> Heard:
        """See `contact_queue.ContactQueue`."""
        return self._desk.writing(lambda sql: hear(sql, (uid, number), told, now))

    def break_promises(self, now: datetime) -> int:
        """See `contact_queue.ContactQueue`."""
        if not self._desk.reading(lambda sql: sql.rows(statements.ANY_BROKEN, (seconds(now),))):
            return 0
        return self._desk.writing(lambda sql: sql.run(statements.BROKEN, (seconds(now),)))

    def brake(self, brake: Brake) -> None:
        """See `contact_queue.ContactQueue`."""
        row = int(brake.is_on), brake.reason, brake.actor, seconds(brake.at)
        self._desk.writing(lambda sql: sql.run(statements.BRAKE, row))

    def braked(self) -> Brake | None:
        """See `contact_queue.ContactQueue`."""
        return self._desk.reading(last_brake)

    def engine(self) -> Engine:
        """See `contact_queue.ContactQueue`."""
        return self._desk.reading(engine_of)


def _enqueued(uid: int, now: datetime, most: int, sql: Sql) -> int:
    if not sql.run(GATE, (uid,)) or terms_of(sql, uid).shut(now):
        return 0
    return sql.run(statements.ENQUEUE, (seconds(now), uid, seconds(now), most))


def _posted(item: int, turn: int, place: Place, now: datetime) -> Posted:
    return Posted(unit_key(item, turn), {"item": item, "turn": turn}, now, place.lane, place.repeats)
