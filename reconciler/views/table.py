"""A table for terminals: columns as wide as their widest cell, numbers to the right."""

from collections.abc import Iterator, Sequence

from reconciler.views.style import Style, safe


def table(
    heads: Sequence[str], rows: Sequence[Sequence[str]], style: Style, right: Sequence[str] = ()
) -> Iterator[str]:
    """Lines, the heads first; nothing where there are no rows. The columns named in `right` hold numbers."""
    if not rows:
        return
    cells = [[safe(cell) for cell in row] for row in rows]
    widths = [max(len(row[at]) for row in (heads, *cells)) for at in range(len(heads))]
    for number, row in enumerate((heads, *cells)):
        padded = (
            cell.rjust(width) if head in right else cell.ljust(width)
            for cell, width, head in zip(row, widths, heads, strict=True)
        )
        line = "  ".join(padded).rstrip()
        yield line if number else style.dim(line)
