"""Who gets no more mail, as a table and as JSON."""

from collections.abc import Iterable, Iterator, Sequence

from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.model.returns import LeftOut, Suppression
from reconciler.views.csv_text import csv_line
from reconciler.views.style import safe


def sentence(one: Suppression) -> str:
    """One of them, said."""
    where = f"for campaigns that name {one.list}" if one.list else "in the whole project"
    return f"{one.address} gets no more mail {where} ({one.reason}, {to_text(one.at)})"


def as_text(found: Sequence[Suppression]) -> str:
    """A line for each; a list's name where it is not for the whole project."""
    if not found:
        return "nobody is suppressed"
    rows = [(one.address, one.reason, to_text(one.at), one.list or "-", one.source or "-") for one in found]
    heads = ("ADDRESS", "REASON", "SINCE", "LIST", "SOURCE")
    widths = [max(len(row[at]) for row in (heads, *rows)) for at in range(len(heads))]
    return "\n".join(
        "  ".join(safe(cell).ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (heads, *rows)
    )


def as_json(found: Sequence[Suppression]) -> str:
    """A list of objects."""
    rows = [
        {"address": one.address, "reason": one.reason, "at": to_text(one.at), "list": one.list, "source": one.source}
        for one in found
    ]
    return canonical.encode(rows).decode()


def left_out_csv(found: Iterable[LeftOut]) -> Iterator[str]:
    """Whom a launch left out, a line each; `list` is empty where it holds for the whole project."""
    yield csv_line(("address", "reason", "list"))
    for one in found:
        yield csv_line((one.key, one.reason, one.list))
