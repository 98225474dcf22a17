"""The columns of a resource, apart from what writes them: whoever only reads a store starts without that."""

from typing import Any, Final

SET: Final = ("state", "satisfied", "flags", "revision", "file", "revised", "head", "forgotten")
"""Columns of a resource that every write sets."""
KEPT: Final[dict[str, Any]] = {
    "applied_at": None,
    "asked": "",
    "holds": "[]",
    "operated": "",
    "entered_at": None,
    "digest": None,
    "document": None,
    "title": "",
    "team": "",
    "held_until": "",
}
"""Columns that a write may leave as they are, by saying None; with what a new row has then, where it may."""
COLUMNS: Final = (*SET, *KEPT, "ref", "uid")
"""What `rows.Outcome` says of a resource, in this order."""
