"""A campaign's failure log, line by line, so that it may be as long as it is."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from reconciler.kinds.email.failure import Failure
from reconciler.model import canonical
from reconciler.model.instant import to_text
from reconciler.views.csv_text import csv_line
from reconciler.views.style import Style, safe

HEAD: Final = ("at", "what", "address", "connection", "class", "code", "attempts", "text")


def failures_text(found: Iterable[Failure], color: bool) -> Iterator[str]:
    """One line each."""
    style = Style(color)
    for one in found:
        words = " ".join(part for part in (one.what, one.kind, one.code) if part)
        via = f"  through {one.via}" if one.via else ""
        when = to_text(one.at)[:19].replace("T", " ") + "Z"
        yield (
            f"{style.dim(when)}  {safe(one.address)}  {style.warn(safe(words))}{safe(via)}  {safe(one.text)}".rstrip()
            + "\n"
        )


def failures_csv(found: Iterable[Failure]) -> Iterator[str]:
    """A table with `HEAD`."""
    yield csv_line(HEAD)
    for one in found:
        yield csv_line(tuple(_row(one).values()))


def failures_jsonl(found: Iterable[Failure]) -> Iterator[str]:
    """One JSON object a line."""
    for one in found:
        yield canonical.encode(_row(one)).decode() + "\n"


def _row(one: Failure) -> dict[str, Any]:
    cells = (to_text(one.at), one.what, one.address, one.via, one.kind, one.code, one.attempts, one.text)
    return dict(zip(HEAD, cells, strict=True))
