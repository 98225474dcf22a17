"""The audit as rows: for spreadsheets, and as JSON lines for whatever collects logs."""

from collections.abc import Sequence
from typing import Any, Final

from reconciler.model import canonical
from reconciler.model.audit import Entry
from reconciler.model.instant import to_text
from reconciler.views.csv_text import csv_line

COLUMNS: Final = ("id", "at", "actor", "role", "client", "action", "target", "outcome", "detail")


def audit_row(entry: Entry) -> dict[str, Any]:
    """One line, by COLUMNS."""
    return {name: getattr(entry, name) for name in COLUMNS} | {
        "at": to_text(entry.at),
        "outcome": entry.outcome.value,
    }


def audit_csv(entries: Sequence[Entry]) -> bytes:
    """All lines below the names of their columns."""
    rows = (audit_row(one).values() for one in entries)
    return "".join((csv_line(COLUMNS), *(csv_line(tuple(row)) for row in rows))).encode()


def audit_lines(entries: Sequence[Entry]) -> bytes:
    """One JSON object a line."""
    return b"".join(canonical.encode(audit_row(one)) + b"\n" for one in entries)
