"""Signs and suppressions, in SQLite and PostgreSQL alike."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.returns import LeftOut, Return, Sign, Suppression
from reconciler.store import ledger_statements as statements
from reconciler.store.desk import Desk, Rows, Sql
from reconciler.store.stretch import Stretch

_RECORD: Final = "INSERT INTO sign (id, uid, key, sign, at, data) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING"
_TALLY: Final = "SELECT sign, count(*), count(DISTINCT key) FROM sign WHERE uid = ? GROUP BY sign ORDER BY sign"
_SIGNS: Final = "SELECT id, uid, key, sign, at, data FROM sign WHERE uid = ? ORDER BY at, id"
_SIGNS_OF: Final = "SELECT id, uid, key, sign, at, data FROM sign WHERE uid = ? AND sign = ? ORDER BY at, id"
_HISTORY: Final = "SELECT id, uid, key, sign, at, data FROM sign WHERE key = ? ORDER BY at DESC, id DESC LIMIT ?"
_SUPPRESS: Final = """
INSERT INTO suppression (address, list, reason, at, source) VALUES (?, ?, ?, ?, ?) ON CONFLICT (address, list) DO NOTHING
"""
_RENEW: Final = """
INSERT INTO suppression (address, list, reason, at, source) VALUES (?, ?, 'list_import', ?, '')
ON CONFLICT (address, list) DO UPDATE SET at = excluded.at WHERE suppression.reason = 'list_import'
"""
_EXPIRE: Final = "DELETE FROM suppression WHERE list = ? AND reason = 'list_import' AND at < ? AND source = ''"
_FORGIVE: Final = "DELETE FROM suppression WHERE address = ? AND list = ?"
_COLUMNS: Final = "address, reason, at, list, source"
_ALL: Final = f"SELECT {_COLUMNS} FROM suppression ORDER BY list, address"
_OF_LIST: Final = f"SELECT {_COLUMNS} FROM suppression WHERE list = ? ORDER BY address"
_DROP: Final = f"""
DELETE FROM unit WHERE uid = ? AND key IN (SELECT address FROM suppression WHERE reason = ? AND list = ?)
  AND {statements.IS_STAGED}
"""
_LEAVE_OUT: Final = f"""
INSERT INTO left_out (uid, key, reason, list) SELECT uid, key, CAST(? AS TEXT), CAST(? AS TEXT) FROM unit
WHERE uid = ? AND key IN (SELECT address FROM suppression WHERE reason = ? AND list = ?) AND {statements.IS_STAGED}
ORDER BY id
"""
_LEAVE_ONE_OUT: Final = f"""
INSERT INTO left_out (uid, key, reason, list) SELECT uid, key, 'list_import', CAST(? AS TEXT) FROM unit
WHERE uid = ? AND key = ? AND {statements.IS_STAGED}
"""
_LEFT_OUT: Final = "SELECT id, key, reason, list FROM left_out WHERE uid = ? AND "
_REASONS: Final = "SELECT DISTINCT reason, list FROM suppression ORDER BY list, reason"


class SqlReturns:
    """Implements `returns.Returns` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def record(self, signs: Sequence[Return]) -> int:
        """See `returns.Returns`."""
        rows = [(one.id, one.uid, one.key, one.sign.value, one.at.timestamp(), _encoded(one.data)) for one in signs]
        return self._desk.writing(lambda sql: sql.many(_RECORD, rows)) if rows else 0

    def tally(self, uid: int) -> Mapping[Sign, tuple[int, int]]:
        """See `returns.Returns`."""
        found = self._desk.reading(lambda sql: sql.rows(_TALLY, (uid,)))
        return {Sign(sign): (times, units) for sign, times, units in found}

    def signs(self, uid: int, sign: Sign | None = None) -> Sequence[Return]:
        """See `returns.Returns`."""
        if sign is None:
            return _signs(self._desk.reading(lambda sql: sql.rows(_SIGNS, (uid,))))
        return _signs(self._desk.reading(lambda sql: sql.rows(_SIGNS_OF, (uid, sign.value))))

    def history(self, key: str, limit: int) -> Sequence[Return]:
        """See `returns.Returns`."""
        return _signs(self._desk.reading(lambda sql: sql.rows(_HISTORY, (key, limit))))

    def suppress(self, suppressions: Sequence[Suppression]) -> int:
        """See `returns.Returns`."""
        rows = [(one.address, one.list, one.reason, one.at.timestamp(), one.source) for one in suppressions]
        return self._desk.writing(lambda sql: _noticed(sql, sql.many(_SUPPRESS, rows))) if rows else 0

    def forgive(self, address: str, list_: str = "") -> bool:
        """See `returns.Returns`."""
        return self._desk.writing(lambda sql: sql.run(_FORGIVE, (address, list_))) == 1

    def renew(self, list_: str, keys: Sequence[str], at: datetime) -> None:
        """See `returns.Returns`."""
        rows = [(key, list_, at.timestamp()) for key in keys]
        self._desk.writing(lambda sql: _noticed(sql, sql.many(_RENEW, rows)))

    def expire(self, list_: str, before: datetime) -> int:
        """See `returns.Returns`."""
        return self._desk.writing(lambda sql: sql.run(_EXPIRE, (list_, before.timestamp())))

    def suppressed(self, keys: Sequence[str], lists: Sequence[str]) -> Mapping[str, Suppression]:
        """See `returns.Returns`."""
        wanted = ("", *lists)
        statement = (
            f"SELECT {_COLUMNS} FROM suppression WHERE address IN ({_places(keys)}) AND list IN ({_places(wanted)})"
            " ORDER BY list DESC"
        )
        found = self._desk.reading(lambda sql: sql.rows(statement, (*keys, *wanted))) if keys else []
        return {one.address: one for one in map(_suppression, found)}

    def drop_suppressed(self, uid: int, lists: Sequence[str]) -> Mapping[str, int]:
        """See `returns.Returns`."""
        wanted = ("", *lists)

        def drop(sql: Sql) -> dict[str, int]:
            counts: dict[str, int] = {}
            for reason, list_ in sql.rows(_REASONS):
                if list_ in wanted:
                    sql.run(_LEAVE_OUT, (reason, list_, uid, reason, list_))
                    counts[reason] = counts.get(reason, 0) + sql.run(_DROP, (uid, reason, list_))
            return {reason: count for reason, count in counts.items() if count}

        return self._desk.writing(drop)

    def drop_listed(self, uid: int, keys: Sequence[str], list_: str) -> int:
        """See `returns.Returns`."""
        found = list(dict.fromkeys(keys))

        def drop(sql: Sql) -> int:
            sql.many(_LEAVE_ONE_OUT, [(list_, uid, key) for key in found])
            return sql.many(statements.DROP, [(uid, key) for key in found])

        return self._desk.writing(drop)

    def left_out(self, uid: int, after: int = 0, limit: int = 50, before: int = 0) -> Sequence[LeftOut]:
        """See `returns.Returns`."""
        part = Stretch(after, limit, before)
        statement = _LEFT_OUT + part.clause("id")
        found = self._desk.reading(lambda sql: sql.rows(statement, (uid, *part.values)))
        return [LeftOut(*row) for row in part.in_order(found)]

    def suppressions(self, list_: str | None = None) -> Sequence[Suppression]:
        """See `returns.Returns`."""
        if list_ is None:
            return [_suppression(row) for row in self._desk.reading(lambda sql: sql.rows(_ALL))]
        return [_suppression(row) for row in self._desk.reading(lambda sql: sql.rows(_OF_LIST, (list_,)))]


def _noticed(sql: Sql, changed: int) -> int:
    """Lanes that are at work look again whom they may not write to."""
    if changed:
        sql.run(statements.TAKE_TURN, (statements.SUPPRESSING,))
    return changed


def _places(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _encoded(data: Mapping[str, Any]) -> str:
    return canonical.encode(data).decode() if data else ""


def _signs(rows: Rows) -> list[Return]:
    return [
        Return(id_, uid, key, Sign(sign), datetime.fromtimestamp(at, UTC), canonical.decode(data) if data else {})
        for id_, uid, key, sign, at, data in rows
    ]


def _suppression(row: Sequence[Any]) -> Suppression:
    address, reason, at, list_, source = row
    return Suppression(address, reason, datetime.fromtimestamp(at, UTC), list_, source)
