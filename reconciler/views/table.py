"""A table for terminals: columns as wide as their widest cell, numbers to the right."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Final

from reconciler.views.style import Style, safe

_MEASURED: Final = 1000
"""Rows that the columns of a table without an end are as wide as."""


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], style: Style, right: Sequence[str] = ()
) -> Iterator[str]:
    """Lines, the heads first; nothing where there are no rows. The columns named in `right` hold numbers."""
    if not rows:
        return
    yield from flowing(heads, rows, style, right)


def flowing(
    heads: Sequence[str], rows: Iterable[Sequence[str]], style: Style, right: Sequence[str] = ()
) -> Iterator[str]:
    """The same, line by line as rows come: as wide as the widest of the first thousand."""
    cells = ([safe(cell) for cell in row] for row in rows)
    first = list(islice(cells, _MEASURED))
    widths = [max(len(row[at]) for row in (heads, *first)) for at in range(len(heads))]
    for number, row in enumerate(chain((heads,), first, cells)):
        padded = (
            cell.rjust(width) if head in right else cell.ljust(width)
            for cell, width, head in zip(row, widths, heads, strict=True)
        )
        line = "  ".join(padded).rstrip()
        yield line if number else style.dim(line)


def listed(lines: Iterator[str], nothing: str) -> Iterator[str]:
    """The lines of a table as they are written; `nothing` where there is none below the heads."""
    head, first = next(lines, ""), next(lines, None)
    if first is None:
        yield f"{nothing}\n"
        return
    for line in chain((head, first), lines):
        yield f"{line}\n"


def short(at: datetime) -> str:
    """An instant to the minute, in UTC, as a table shows it."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%MZ}"
