"""Carry a project's store into another one: everything, as of one moment, and never two of them in use.

The new store is filled and held against the old one in one transaction. Then three short steps end the move: the new store
is committed, closed; the old one is closed, saying where to go; the new one's closure is taken off. A crash between two of
them leaves at most one store in use, and the same command goes on from there.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.controller.doctor import examine
from reconciler.model import canonical
from reconciler.model.errors import StoreError
from reconciler.store.closure import arriving, moved, refusal
from reconciler.store.contents import TABLES, Movable, Row

_TELL_EVERY: Final = 1_000
"""Rows between two words about the progress."""


@dataclass(frozen=True, slots=True)
class Route:
    """From where to where, by names that may be shown; `keep_writable`: the old store stays in use, this is only a copy."""

    source: str
    target: str
    keep_writable: bool = False


@dataclass(frozen=True, slots=True)
class Moved:
    """What was carried: rows by table, and the mark that both stores have."""

    rows: Mapping[str, int]
    mark: str


@dataclass(slots=True)
class _Carried:
    """Rows on their way: how many, and one digest over all of them in their order."""

    progress: Callable[[int], None]
    rows: int = 0
    told: int = 0
    hash: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def through(self, rows: Iterable[Row]) -> Iterator[Row]:
        """The rows, looked at in passing."""
        for row in rows:
            self.hash.update(canonical.encode(row))
            self.rows += 1
            if self.rows - self.told >= _TELL_EVERY:
                self._tell()
            yield row
        self._tell()

    @property
    def digest(self) -> str:
        """Of what went through."""
        return self.hash.hexdigest()

    def _tell(self) -> None:
        self.progress(self.rows - self.told)
        self.told = self.rows


def move(source: Movable, target: Movable, route: Route, progress: Callable[[int], None] = lambda _rows: None) -> Moved:
    """Carry `source` into `target`, which must be empty. Progress counts every row twice: as it goes, and held against it.

    StoreError where the target is not empty, the source was moved already, or what arrived is not what left; then both are
    as they were. Busy where writers do not let go of the source.
    """
    if route.keep_writable:
        with source.snapshot():
            return _carry(source, target, "", progress)
    if source.closure() == moved(route.target) and target.closure() == arriving(route.source):
        return _end(source, target)  # it was interrupted before its last step
    with source.leaving(moved(route.target)):
        if target.closure() == arriving(route.source):
            _compare(source, target, route)  # it was interrupted before the source was closed
        else:
            _carry(source, target, arriving(route.source), progress)
    return _end(source, target)


def _carry(source: Movable, target: Movable, closure: str, progress: Callable[[int], None]) -> Moved:
    with target.arriving(closure):
        left = {}
        for table in TABLES:
            left[table] = _Carried(progress)
            target.fill(table, left[table].through(source.rows_of(table)))
        for table in TABLES:
            if _digest(target, table, progress) != left[table].digest:
                raise StoreError(f"what arrived in the table {table} is not what left; nothing was written")
        health = examine(target)
        if health.complaints:
            first = health.complaints[0]
            about = f"{len(health.complaints)} complaints, the first about {first.ref or 'the log'}: {first.message}"
            raise StoreError(f"the log does not hold ({about}); `muster doctor` shows them all; nothing was written")
        if target.mark() != source.mark():
            raise StoreError(f"the copy ends with {target.mark()}, the store with {source.mark()}; nothing was written")
        return Moved({table: one.rows for table, one in left.items()}, target.mark())


def _compare(source: Movable, target: Movable, route: Route) -> None:
    """StoreError unless an earlier copy, which was never in use, still is what the source has."""
    with target.snapshot():
        for table in TABLES:
            if _digest(source, table) != _digest(target, table):
                raise StoreError(
                    f"{route.target} holds an earlier copy, and {route.source} has gone on since: empty it, and copy again"
                )


def _end(source: Movable, target: Movable) -> Moved:
    with source.snapshot():
        rows = {table: sum(1 for _ in source.rows_of(table)) for table in TABLES}
        mark = source.mark()
    if target.mark() != mark:
        raise StoreError(refusal("the new one", target.closure()))
    target.put_in_use()
    return Moved(rows, mark)


def _digest(store: Movable, table: str, progress: Callable[[int], None] = lambda _rows: None) -> str:
    carried = _Carried(progress)
    for _ in carried.through(store.rows_of(table)):
        pass
    return carried.digest
