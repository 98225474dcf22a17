"""What reading sources of invoices or accounts came to."""

from collections.abc import Iterator, Sequence
from typing import Any

from reconciler.kinds.loaded import Loaded
from reconciler.model import canonical
from reconciler.views.style import safe


def taken_text(found: Sequence[Loaded], *, is_import: bool) -> str:
    """A line a source, and below it what was left out, each with its line and a way out."""
    lines = [line for one in found for line in _lines(one, is_import)]
    return "\n".join(lines) or "no source that is applied says where its rows come from"


def _lines(one: Loaded, is_import: bool) -> Iterator[str]:
    taken = one.taken
    gone = "" if is_import else f", {taken.unlisted:,} no longer listed"
    yield f"{one.ref}: {taken.added:,} added, {taken.changed:,} changed, {taken.same:,} the same{gone}"
    if one.left_out:
        yield f"  {one.left_out:,} row{'s' if one.left_out != 1 else ''} left out:"
    where = safe(one.place) or str(one.ref)
    for fault in one.faults:
        line = f":{fault.line}" if fault.line else ""
        yield f"  {where}{line}: {fault.code.value}: {safe(fault.detail)}; {safe(fault.help)}"
    if not one.is_whole:
        yield "  it was not read to its end: " + (
            "what was read was taken" if is_import else "nothing is listed as gone"
        )


def taken_json(found: Sequence[Loaded]) -> str:
    """The same, for programs."""
    return canonical.encode_pretty({"sources": [_of(one) for one in found]})


def _of(one: Loaded) -> dict[str, Any]:
    taken = one.taken
    return {
        "source": str(one.ref),
        "file": one.place or None,
        "whole": one.is_whole,
        "added": taken.added,
        "changed": taken.changed,
        "same": taken.same,
        "unlisted": taken.unlisted,
        "leftOut": one.left_out,
        "faults": [
            {"line": fault.line, "code": fault.code.value, "detail": fault.detail, "help": fault.help}
            for fault in one.faults
        ],
    }
