"""How rows of any sort are taken in from outside, in SQLite and PostgreSQL alike: added, changed, or only seen again."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, Protocol, TypeVar

from reconciler.model import canonical
from reconciler.model.intake import EVERYTHING, REMEMBERED, Became, Reading, Request
from reconciler.store.desk import Desk, Sql, instant, seconds

AT_ONCE: Final = 500
"""Rows that one statement asks for."""


class Numbered(Protocol):
    """A row as a source says it."""

    @property
    def number(self) -> str:
        """What names it in its source."""
        ...

    @property
    def digest(self) -> str:
        """Of all that it says."""
        ...


R = TypeVar("R", bound=Numbered)

_RAISE: Final = """
INSERT INTO row_change (sort, change) VALUES (?, ?)
ON CONFLICT (sort) DO UPDATE SET change = row_change.change + excluded.change
"""
_RAISED: Final = "SELECT change FROM row_change WHERE sort = ?"
_BEGIN: Final = """
INSERT INTO source_reading (uid, reading) VALUES (?, 1)
ON CONFLICT (uid) DO UPDATE SET reading = source_reading.reading + 1
"""
_BEGUN: Final = "SELECT reading FROM source_reading WHERE uid = ?"
_END: Final = "UPDATE source_reading SET read_at = ?, signature = ?, trouble = ? WHERE uid = ?"
_LAST: Final = "SELECT read_at, signature, trouble FROM source_reading WHERE uid = ? AND signature <> ''"
_ANSWERED: Final = "SELECT digest, answer FROM posted_request WHERE uid = ? AND key = ?"
_REMEMBER: Final = "INSERT INTO posted_request (uid, key, digest, answer, at) VALUES (?, ?, ?, ?, ?)"
_FORGET: Final = "DELETE FROM posted_request WHERE uid = ? AND at < ?"


def numbers(sql: Sql, sort: str, count: int) -> int:
    """The first of `count` numbers for changes of rows of this sort; nobody else gets any until this transaction is over.

    To be taken before any of the rows is written: then two writers wait for each other here, and nowhere else.
    """
    sql.run(_RAISE, (sort, count))
    return int(sql.rows(_RAISED, (sort,))[0][0]) - count + 1


def last_number(sql: Sql, sort: str) -> int:
    """The number of the last change of a row of this sort."""
    found = sql.rows(_RAISED, (sort,))
    return int(found[0][0]) if found else 0


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """How rows of one sort are kept: in the table of this name, their own columns in the order in which `values` gives them.

    `changes` says what a row that was there is set to, with the values that `changed` gives.
    """

    name: str
    columns: tuple[str, ...]
    values: Callable[[R], Sequence[object]]
    changes: str
    changed: Callable[[R], Sequence[object]]

    @property
    def known(self) -> str:
        """Asks for what is known of AT_ONCE numbers of a source."""
        return (
            f"WITH asked (number) AS (VALUES {_VALUES}) SELECT one.number, one.id, one.digest, one.listed"
            f" FROM asked CROSS JOIN {self.name} AS one WHERE one.uid = ? AND one.number = asked.number"
        )

    @property
    def seen(self) -> str:
        """Writes down that AT_ONCE rows were seen again."""
        return (
            f"WITH asked (id) AS (VALUES {_VALUES})"
            f" UPDATE {self.name} SET read_at = ?, reading = {_LATER} WHERE id IN (SELECT id FROM asked)"
        )

    @property
    def add(self) -> str:
        """Adds a row."""
        names = ("uid", "number", "read_at", "reading", "changed_at", "change", *self.columns)
        return f"INSERT INTO {self.name} ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})"

    @property
    def alter(self) -> str:
        """Changes a row, which is listed from then on."""
        common = f"read_at = ?, reading = {_LATER}, changed_at = ?, change = ?, listed = 1"
        return f"UPDATE {self.name} SET {common}, {self.changes} WHERE id = ?"

    @property
    def missed(self) -> str:
        """Asks for what a reading has not named."""
        return f"SELECT id FROM {self.name} WHERE uid = ? AND listed = 1 AND reading > 0 AND reading < ? ORDER BY id"

    @property
    def listed(self) -> str:
        """Asks for what is listed of a source."""
        return f"SELECT id FROM {self.name} WHERE uid = ? AND listed = 1 ORDER BY id"

    @property
    def unlist(self) -> str:
        """Lists a row no more."""
        return f"UPDATE {self.name} SET listed = 0, changed_at = ?, change = ? WHERE id = ?"


_LATER: Final = "CASE WHEN reading < ? THEN ? ELSE reading END"
_VALUES: Final = ", ".join(["(?)"] * AT_ONCE)
"""A list of so many signs would be compared one by one with every row, by a plan that PostgreSQL made when there were few."""


class SqlIntake(Generic[R]):
    """Implements `intake.Intake` for one table, at the desk of a store."""

    def __init__(self, desk: Desk, table: Table[R]) -> None:
        self._desk = desk
        self._table = table

    def begin_reading(self, uid: int) -> int:
        """See `intake.Intake`."""

        def begin(sql: Sql) -> int:
            sql.run(_BEGIN, (uid,))
            return int(sql.rows(_BEGUN, (uid,))[0][0])

        return self._desk.writing(begin)

    def take(self, uid: int, rows: Sequence[R], now: datetime, reading: int = 0) -> Sequence[Became]:
        """See `intake.Intake`."""
        became = self._desk.writing(lambda sql: self._all(sql, uid, rows, (seconds(now), reading))) if rows else {}
        return [became[row.number] for row in rows]

    def post(self, uid: int, rows: Sequence[R], now: datetime, request: Request) -> Mapping[str, Became] | None:
        """See `intake.Intake`."""

        def write(sql: Sql) -> Mapping[str, Became] | None:
            numbers(sql, self._table.name, 0)
            sql.run(_FORGET, (uid, seconds(now - REMEMBERED)))
            known = sql.rows(_ANSWERED, (uid, request.key))
            if known:
                return _answer(known[0][1]) if known[0][0] == request.digest else None
            became = self._all(sql, uid, rows, (seconds(now), 0))
            sql.run(_REMEMBER, (uid, request.key, request.digest, canonical.encode(became).decode(), seconds(now)))
            return became

        return self._desk.writing(write)

    def end_reading(self, uid: int, reading: int, found: Reading) -> int:
        """See `intake.Intake`."""
        table, at = self._table, seconds(found.at)

        def end(sql: Sql) -> int:
            numbers(sql, table.name, 0)
            if reading == EVERYTHING:
                sql.run(_BEGIN, (uid,))
            asked = sql.rows(table.listed, (uid,)) if reading == EVERYTHING else sql.rows(table.missed, (uid, reading))
            missed = [id_ for (id_,) in asked]
            first = numbers(sql, table.name, len(missed))
            sql.many(table.unlist, [(at, change, id_) for change, id_ in enumerate(missed, first)])
            sql.run(_END, (at, found.signature, found.trouble, uid))
            return len(missed)

        return self._desk.writing(end)

    def last_reading(self, uid: int) -> Reading | None:
        """See `intake.Intake`."""
        found = self._desk.reading(lambda sql: sql.rows(_LAST, (uid,)))
        return Reading(instant(found[0][0]), *found[0][1:]) if found else None

    def _all(self, sql: Sql, uid: int, rows: Sequence[R], when: tuple[float, int]) -> dict[str, Became]:
        """Rows, however many; of those with one number the last."""
        each = list({row.number: row for row in rows}.values())
        numbers(sql, self._table.name, 0)
        became: dict[str, Became] = {}
        for start in range(0, len(each), AT_ONCE):
            became |= self._taken(sql, uid, each[start : start + AT_ONCE], when)
        return became

    def _taken(self, sql: Sql, uid: int, rows: Sequence[R], when: tuple[float, int]) -> Mapping[str, Became]:
        """AT_ONCE of them, each with a number of its own."""
        table, (at, reading) = self._table, when
        asked = filled([row.number for row in rows])
        known: dict[str, Sequence[Any]] = {number: rest for number, *rest in sql.rows(table.known, (*asked, uid))}
        became = {row.number: _became(row, known.get(row.number)) for row in rows}
        of = {what: [row for row in rows if became[row.number] is what] for what in Became}
        change = numbers(sql, table.name, len(of[Became.ADDED]) + len(of[Became.CHANGED]))
        added = [
            (uid, row.number, at, reading, at, number, *table.values(row))
            for number, row in enumerate(of[Became.ADDED], change)
        ]
        changed = [
            (at, reading, reading, at, number, *table.changed(row), known[row.number][0])
            for number, row in enumerate(of[Became.CHANGED], change + len(added))
        ]
        same = [known[row.number][0] for row in of[Became.SAME]]
        if added:
            sql.many(table.add, added)
        if changed:
            sql.many(table.alter, changed)
        if same:
            sql.run(table.seen, (*filled(same), at, reading, reading))
        return became


def _became(row: Numbered, known: Sequence[Any] | None) -> Became:
    if known is None:
        return Became.ADDED
    _, digest, listed = known
    return Became.SAME if digest == row.digest and listed else Became.CHANGED


def _answer(text: str) -> dict[str, Became]:
    return {number: Became(word) for number, word in canonical.decode(text).items()}


def filled(values: Sequence[object]) -> list[object]:
    """As many values as a statement asks for: which ones are there twice does not matter."""
    return [*values, *([values[-1]] * (AT_ONCE - len(values)))]
