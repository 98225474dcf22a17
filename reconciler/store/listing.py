"""Resources to look through, in SQLite and PostgreSQL alike: from a narrow table that triggers keep beside `resource`."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from reconciler.model.instant import to_text
from reconciler.model.lifecycle import DELETED
from reconciler.model.listing import MOST_BESIDES, Archived, Besides, Facets, Filter, Listed, Order, Slice, Spot
from reconciler.model.ref import Ref
from reconciler.store.desk import Desk, Rows, Sql

MOST_VALUES: Final = 32
"""Kinds, states or teams that a filter may name; what is beyond is not looked at."""
_ORDERS: Final = {Order.NAME: "name, kind, version", Order.CHANGE: "changed, name, kind, version"}
_FORWARD: Final = {Order.NAME: True, Order.CHANGE: False}
"""Whether an order goes up."""
_REF: Final = "kind || '/' || name || '@' || CAST(version AS TEXT)"
_CONCERNED: Final = "SELECT ref FROM status WHERE attention = 1"
_AMONG: Final = "kind || ''"
"""These are nearly all: no index is to be chosen for their sake, but the one that has the order."""
_WORD: Final = "instr(sought, ?) > 0"

_KEYS: Final[Mapping[Order, Callable[[Spot], tuple[Any, ...]]]] = {
    Order.NAME: attrgetter("name", "kind", "version"),
    Order.CHANGE: attrgetter("changed", "name", "kind", "version"),
}
FEW: Final = 1_000
"""Rows up to which what was found is counted and put in order here, rather than looked for twice."""
SOME: Final = 5_000
"""The same of what needs attention, which is looked for by name: looking at all rows for it takes longer than a page may."""
_AT_ONCE: Final = 512
"""Names in one question: a power of two."""
_COLUMNS: Final = "kind, state, team, name, version, changed"

_Clauses = list[tuple[str, tuple[object, ...]]]


class SqlListing:
    """Implements `listing.Listing` at the desk of a store."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def look(self, wanted: Filter, part: Slice, order: Order, now: datetime) -> tuple[Listed, Facets]:
        """See `listing.Listing`. What finds few is looked for once: both come from what was found."""
        rows = self._found(wanted, now)
        if rows is None:
            return self.page(wanted, part, order, now), self.facets(wanted, now)
        counted = Counter((row[0], row[1], row[2]) for row in rows)
        fit = {key for key in counted if _fits(wanted, *key)}
        meant = [Spot(row[3], row[0], row[4], row[5]) for row in rows if (row[0], row[1], row[2]) in fit]
        return _cut(meant, part, order), _facets(wanted, [(*key, count) for key, count in counted.items()])

    def _found(self, wanted: Filter, now: datetime) -> Rows | None:
        """All that counts are taken of, where a filter makes that few; None where it does not."""
        if wanted.attention:
            return self._desk.reading(lambda sql: _concerned(sql, wanted, now))
        if not (wanted.words or wanted.held):
            return None
        where, given = _joined(_of_all(wanted, now))
        statement = f"SELECT {_COLUMNS} FROM listed WHERE {where} LIMIT {FEW + 1}"
        rows = self._desk.reading(lambda sql: sql.rows(statement, given))
        return rows if len(rows) <= FEW else None

    def page(self, wanted: Filter, part: Slice, order: Order, now: datetime) -> Listed:
        """See `listing.Listing`."""
        columns, is_back = _ORDERS[order], part.last or part.before is not None
        goes_up = _FORWARD[order] is not is_back
        clauses = [*_of_all(wanted, now), *_of_facets(wanted)]
        if order is Order.NAME and wanted.among:
            clauses[0] = _among(_AMONG, wanted.among)[0]
        spot = None if part.last else part.before or part.after
        if spot is not None:
            values = (spot.name, spot.kind, spot.version)
            signs = ", ".join("?" for _ in columns.split(","))
            beyond = (*((spot.changed,) if order is Order.CHANGE else ()), *values)
            clauses.append((f"({columns}) {'>' if goes_up else '<'} ({signs})", beyond))
        where, given = _joined(clauses)
        sorting = ", ".join(f"{one} {'ASC' if goes_up else 'DESC'}" for one in columns.split(", "))
        statement = f"SELECT name, kind, version, changed FROM listed WHERE {where} ORDER BY {sorting} LIMIT ?"
        rows = self._desk.reading(lambda sql: sql.rows(statement, (*given, part.most + 1)))
        spots = [Spot(name, kind, version, changed) for name, kind, version, changed in rows]
        return _listed(spots, part, is_back)

    def has_any(self, among: Sequence[str] = ()) -> bool:
        """See `listing.Listing`."""
        where, given = _joined(_among("kind", among))
        return bool(self._desk.reading(lambda sql: sql.rows(f"SELECT 1 FROM listed WHERE {where} LIMIT 1", given)))

    def facets(self, wanted: Filter, now: datetime) -> Facets:
        """See `listing.Listing`."""
        where, given = _joined(_of_all(wanted, now))
        statement = f"SELECT kind, state, team, count(*) FROM listed WHERE {where} GROUP BY kind, state, team"
        rows = self._desk.reading(lambda sql: sql.rows(statement, given))
        return _facets(wanted, rows)


def _concerned(sql: Sql, wanted: Filter, now: datetime) -> Rows | None:
    """What needs attention, looked for by name and by stand; None where that is much."""
    known = sql.rows(f"{_CONCERNED} LIMIT {SOME + 1}")
    if len(known) > SOME:
        return None
    meant = {*(str(ref) for ref in wanted.besides.refs[:MOST_BESIDES]), *(text for (text,) in known)}
    rest = _of_all(replace(wanted, attention=False, among=()), now)
    # These are nearly all: by name, and not by kind, the few are found.
    among = _among(_AMONG, wanted.among)
    found = {text: row for row in _named(sql, meant, [*among, *rest]) if (text := _text(row)) in meant}
    for kind, state in wanted.besides.stands:
        where, given = _joined([("kind = ? AND state = ?", (kind, state)), *among, *rest])
        rows = sql.rows(f"SELECT {_COLUMNS} FROM listed WHERE {where} LIMIT {SOME + 1}", given)
        if len(rows) > SOME:
            return None
        found |= {_text(row): row for row in rows}
    return list(found.values())


def _named(sql: Sql, texts: Iterable[str], rest: _Clauses) -> Iterator[tuple[Any, ...]]:
    """Rows that are called as these refs are, of any kind and version, some hundred names at once."""
    names = sorted({text.partition("/")[2].partition("@")[0] for text in texts})
    for begin in range(0, len(names), _AT_ONCE):
        where, given = _joined([*_any("name", names[begin : begin + _AT_ONCE]), *rest])
        yield from sql.rows(f"SELECT {_COLUMNS} FROM listed WHERE {where}", given)


def _text(row: tuple[Any, ...]) -> str:
    """The ref of a row, as a text."""
    return f"{row[0]}/{row[3]}@{row[4]}"


def _facets(wanted: Filter, rows: Iterable[Sequence[Any]]) -> Facets:
    """From rows of kind, state, team, and how many there are of these."""
    kinds, states, teams = Counter[str](), Counter[str](), Counter[str]()
    total = 0
    for kind, state, team, count in rows:
        fits_kind = not wanted.kinds or kind in wanted.kinds
        fits_state = state in wanted.states if wanted.states else state != DELETED
        fits_team = not wanted.teams or team in wanted.teams
        kinds[kind] += count * (fits_state and fits_team)
        states[state] += count * (fits_kind and fits_team)
        teams[team] += count * (fits_kind and fits_state)
        total += count * (fits_kind and fits_state and fits_team)
    return Facets(total, _there(kinds), _there(states), _there(teams))


def _fits(wanted: Filter, kind: str, state: str, team: str) -> bool:
    return _facets(wanted, [(kind, state, team, 1)]).total == 1


def _cut(meant: list[Spot], part: Slice, order: Order) -> Listed:
    """The part of a few rows that is asked for, as `SqlListing.page` has it of many."""
    key, is_back = _KEYS[order], part.last or part.before is not None
    goes_up = _FORWARD[order] is not is_back
    spot = None if part.last else part.before or part.after
    found = sorted((one for one in meant if spot is None or _lies_beyond(key(one), key(spot), goes_up)), key=key)
    return _listed((found if goes_up else found[::-1])[: part.most + 1], part, is_back)


def _lies_beyond(one: tuple[object, ...], spot: tuple[object, ...], goes_up: bool) -> bool:
    return one > spot if goes_up else one < spot


def _there(counts: Counter[str]) -> dict[str, int]:
    return {name: counts[name] for name in sorted(counts) if counts[name]}


def _of_all(wanted: Filter, now: datetime) -> _Clauses:
    """What holds for pages and for all counts."""
    clauses = _among("kind", wanted.among)
    if wanted.archived is not Archived.ALSO:
        clauses.append(("archived = ?", (int(wanted.archived is Archived.ONLY),)))
    if wanted.held:
        # Holds end at whole seconds.
        clauses.append(("held_until > ?", (to_text(now.replace(microsecond=0)),)))
    if wanted.attention:
        clauses.append(_attention(wanted.besides))
    return clauses + [(_WORD, (word,)) for word in wanted.words]


def _attention(besides: Besides) -> tuple[str, tuple[object, ...]]:
    """What has a condition that asks for it, or is named besides."""
    refs = [str(ref) for ref in besides.refs[:MOST_BESIDES]]
    stands = [("kind = ? AND state = ?", pair) for pair in besides.stands]
    either = [(f"{_REF} IN ({_CONCERNED})", ()), *_any(_REF, refs), *stands]
    return f"({' OR '.join(clause for clause, _ in either)})", tuple(value for _, values in either for value in values)


def _of_facets(wanted: Filter) -> _Clauses:
    """What a count of kinds, states or teams leaves out, each for itself."""
    states = _among("state", wanted.states) or [("state <> ?", (DELETED,))]
    return [*_among("kind", wanted.kinds), *states, *_among("team", wanted.teams)]


def _among(column: str, values: Sequence[str]) -> _Clauses:
    """Any of these values, as many as a filter may name."""
    return _any(column, list(dict.fromkeys(values))[:MOST_VALUES])


def _any(column: str, values: Sequence[str]) -> _Clauses:
    """Any of these values. Lists are filled up to few lengths, so that there are few statements."""
    if not values:
        return []
    found = list(dict.fromkeys(values))
    length = 1 << (len(found) - 1).bit_length()
    signs = ", ".join("?" * length)
    return [(f"{column} IN ({signs})", (*found, *found[-1:] * (length - len(found))))]


def _joined(clauses: _Clauses) -> tuple[str, tuple[object, ...]]:
    where = " AND ".join(clause for clause, _ in clauses) or "1 = 1"
    return where, tuple(value for _, values in clauses for value in values)


def _listed(spots: list[Spot], part: Slice, is_back: bool) -> Listed:
    """The rows of a page, of which one more was asked for, to see whether there is another page."""
    goes_on, spots = len(spots) > part.most, spots[: part.most]
    if is_back:
        spots.reverse()
    refs = tuple(Ref(one.kind, one.name, one.version) for one in spots)
    if not spots:
        return Listed((), None, None)
    has_before = goes_on if is_back else part.after is not None
    has_after = not part.last if is_back else goes_on
    return Listed(refs, spots[0] if has_before else None, spots[-1] if has_after else None)
