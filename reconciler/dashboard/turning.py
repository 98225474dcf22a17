"""Lists that the store reads a part at a time: turned both ways, and taken away as a file, however long they are."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, Generic, Protocol, TypeVar

from reconciler.dashboard.onward import PAGE, onward
from reconciler.dashboard.visit import Visit
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.web.door import Answer, Piece

SLICE: Final = 1000
"""Rows of a file that are read at a time."""
_END: Final = 1 << 62
"""A number that no row comes to."""


class Numbered(Protocol):
    """A row of such a list: the store has them in the order of their numbers, from 1."""

    @property
    def id(self) -> int:
        """Its number."""
        ...


P = TypeVar("P")
T = TypeVar("T")
N = TypeVar("N", bound=Numbered)
N_co = TypeVar("N_co", bound=Numbered, covariant=True)


class Reads(Protocol[N_co]):
    """Rows of the list, in order: the first ones after `after`; with `before` instead, the last ones before that."""

    def __call__(self, after: int, limit: int, before: int) -> Sequence[N_co]:
        """At most `limit` of them."""
        ...


@dataclass(frozen=True, slots=True)
class Leaf(Generic[N]):
    """One page of a list, and where the others are; empty where there is none that way."""

    rows: Sequence[N]
    first: str = ""
    before: str = ""
    after: str = ""
    last: str = ""


def leaf(visit: Visit, read: Reads[N]) -> Leaf[N]:
    """The page that is asked for. Usage where the address names no place."""
    after, before = place(visit, "after"), place(visit, "before")
    is_last = bool(visit.asked("last"))
    if is_last or before:
        found = read(0, PAGE + 1, _END if is_last else before)
        rows, has_before, has_after = found[-PAGE:], len(found) > PAGE, not is_last
        if not rows and not is_last:  # those before it are gone: it has become the first page
            return _turned(visit, read(0, PAGE + 1, 0), has_before=False)
        return _linked(visit, rows, has_before=has_before, has_after=has_after)
    return _turned(visit, read(after, PAGE + 1, 0), has_before=after > 0)


def place(visit: Visit, name: str) -> int:
    """A number in the address; 0 where there is none. Usage where something else stands there."""
    text = visit.asked(name)
    if text and not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Usage(f"{text[:40]!r} is no place in this list")
    return int(text or 0)


def _turned(visit: Visit, found: Sequence[N], *, has_before: bool) -> Leaf[N]:
    return _linked(visit, found[:PAGE], has_before=has_before, has_after=len(found) > PAGE)


def _linked(visit: Visit, rows: Sequence[N], *, has_before: bool, has_after: bool) -> Leaf[N]:
    def to(**where: str) -> str:
        return onward(visit, **{"after": "", "before": "", "last": ""} | where)

    has_after = has_after and bool(rows)
    return Leaf(
        rows,
        first=to() if has_before else "",
        before=to(before=str(rows[0].id)) if has_before and rows else "",
        after=to(after=str(rows[-1].id)) if has_after else "",
        last=to(last="yes") if has_after else "",
    )


def file_address(visit: Visit) -> str:
    """Where all of the list, as it is narrowed, is a file."""
    return onward(visit, format="csv", after="", before="", last="")


def is_file_asked(visit: Visit) -> bool:
    """Whether the list is to be taken away. Usage for a format that there is not."""
    form = visit.asked("format")
    if form not in ("", "csv"):
        raise Usage(f"{form[:20]!r} is no format of this list; csv is")
    return bool(form)


Part = Callable[[Store, P], tuple[Sequence[T], P | None]]
"""The rows behind a place, some of them, and the place behind these; None behind the last."""


def slices(read: Callable[[Store, int, int], Sequence[N]]) -> Part[int, N]:
    """Parts by the numbers of rows: `read` gives the rows behind one, so many of them or, at the end, fewer."""

    def part(store: Store, after: int) -> tuple[Sequence[N], int | None]:
        found = read(store, after, SLICE)
        return found, found[-1].id if len(found) == SLICE else None

    return part


def csv_file(
    visit: Visit, what: str, first: P, part: Part[P, T], told: Callable[[Sequence[T]], Iterable[str]]
) -> Answer:
    """All rows from the place `first` on as a file: each part is read when the one before it is on its way.

    It is called after the resource and `what` the rows are. `told` makes lines of rows, below a line of names. A row
    that is changed meanwhile is told as it was when it was read.
    """

    def piece(place: P, skipped: int, store: Store) -> Piece:
        found, then = part(store, place)
        text = "".join(islice(told(found), skipped, None))
        return Piece(text.encode(), None if then is None else partial(piece, then, 1))

    begun = piece(first, 0, visit.store)
    name = f"{visit.ref.name}-{visit.ref.version}-{what}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Answer(200, begun.body, "text/csv; charset=utf-8", headers, "file", begun.rest)
