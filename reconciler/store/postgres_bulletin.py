"""Statuses and notices in PostgreSQL."""

from collections.abc import Iterable, Mapping, Sequence

from reconciler.model import canonical
from reconciler.model.bulletin import Passed
from reconciler.model.condition import Status
from reconciler.model.notice import Fate, Notice
from reconciler.model.ref import Ref
from reconciler.store import postgres_statements as statements
from reconciler.store.bulletin import notice_of, row_of
from reconciler.store.desk import instant, seconds
from reconciler.store.postgres_session import Session, Transaction, Work


class PostgresBulletin:
    """Implements `bulletin.Bulletin` in the session of a store."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def put_statuses(self, statuses: Sequence[Status], gone: Sequence[Ref] = ()) -> None:
        """See `bulletin.Bulletin`."""
        if not statuses and not gone:
            return
        # In the order of refs, so that no two who write the same ones wait for each other.
        rows = sorted((str(one.ref), canonical.encode(one).decode()) for one in statuses)

        def do(transaction: Transaction) -> None:
            with transaction.db.cursor() as cursor:
                cursor.executemany(statements.PUT_STATUS, rows)
                cursor.executemany(statements.DROP_STATUS, sorted((str(ref),) for ref in gone))

        self._session.write(Work(do))

    def statuses(self, refs: Iterable[Ref] | None = None) -> Mapping[Ref, Status]:
        """See `bulletin.Bulletin`."""
        some = None if refs is None else [str(ref) for ref in refs]

        def rows() -> list[tuple[str]]:
            if some is None:
                return self._session.read(lambda db: db.execute(statements.STATUSES).fetchall())
            return self._session.read(lambda db: db.execute(statements.STATUS, (some,)).fetchall())

        found = (canonical.decode_as(body, Status) for (body,) in rows())
        return {one.ref: one for one in found}

    def cursor(self, target: str) -> int | None:
        """See `bulletin.Bulletin`."""
        found = self._session.read(lambda db: db.execute(statements.CURSOR, (target,)).fetchone())
        return int(found[0]) if found else None

    def post(self, notices: Sequence[Notice], cursors: Mapping[str, int]) -> None:
        """See `bulletin.Bulletin`."""
        rows = sorted(row_of(one) for one in notices)

        def do(transaction: Transaction) -> None:
            with transaction.db.cursor() as cursor:
                cursor.executemany(statements.POST, rows)
                cursor.executemany(statements.MOVE_CURSOR, sorted(cursors.items()))

        self._session.write(Work(do))

    def claim(self, owner: str, now: str, until: str, limit: int) -> tuple[Notice, ...]:
        """See `bulletin.Bulletin`. Those whose claim's answer is lost come up again when their time in hand is over."""
        values = {"owner": owner, "now": now, "until": until, "limit": limit}

        def do(transaction: Transaction) -> tuple[Notice, ...]:
            return tuple(map(notice_of, transaction.db.execute(statements.CLAIM, values).fetchall()))

        found: tuple[Notice, ...] = self._session.write(Work(do))
        return tuple(sorted(found, key=lambda one: (one.made_at, one.key)))

    def settle(self, notice: Notice, fate: Fate, due_at: str, error: str = "") -> bool:
        """See `bulletin.Bulletin`."""
        row = (fate.value, due_at, error, notice.key, notice.target, notice.owner)
        then = (notice.key, notice.target, fate.value, due_at)

        def do(transaction: Transaction) -> bool:
            return transaction.db.execute(statements.SETTLE, row).rowcount == 1 or transaction.undo()

        done: bool = self._session.write(Work(do, lambda db: bool(db.execute(statements.IS_SETTLED, then).fetchone())))
        return done

    def tally(self) -> Mapping[tuple[str, Fate], int]:
        """See `bulletin.Bulletin`."""
        rows = self._session.read(lambda db: db.execute(statements.TALLY).fetchall())
        return {(target, Fate(fate)): count for target, fate, count in rows}

    def enter(self, one: Passed) -> None:
        """See `bulletin.Bulletin`."""

        def do(transaction: Transaction) -> None:
            transaction.db.execute(statements.ENTER_PASS, (seconds(one.at), one.actor))

        self._session.write(Work(do))

    def last_pass(self) -> Passed | None:
        """See `bulletin.Bulletin`."""
        found = self._session.read(lambda db: db.execute(statements.LAST_PASS).fetchone())
        return Passed(instant(found[0]), found[1]) if found else None

    def dead(self, limit: int) -> tuple[Notice, ...]:
        """See `bulletin.Bulletin`."""
        rows = self._session.read(lambda db: db.execute(statements.DEAD, (limit,)).fetchall())
        return tuple(map(notice_of, rows))
