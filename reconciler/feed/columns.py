"""The names of columns: each once, none empty, and those that are needed among them."""

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Final

from reconciler.feed.row import Trouble, Unusable

MAX_COLUMNS: Final = 200
MAX_NAME: Final = 100
"""Characters of a column's name, as manifests may write it."""


def check_names(names: Sequence[str], line: int) -> None:
    """Unusable where a name is empty, too long or there twice, or where there are too many."""
    if len(names) > MAX_COLUMNS:
        detail = f"there are {len(names):,} columns; at most {MAX_COLUMNS} are read"
        raise Unusable(Trouble.HEADER, line, detail, "export fewer columns")
    for place, name in enumerate(names, 1):
        if not name:
            raise Unusable(Trouble.HEADER, line, f"column {place} has no name", "name it, or leave the column out")
        if len(name) > MAX_NAME:
            detail = f"the name of column {place} has more than {MAX_NAME} characters"
            raise Unusable(Trouble.HEADER, line, detail, "shorten it; if the file has no header line, write one")
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    if twice:
        detail = f"there is more than one column {', '.join(map(repr, twice))}"
        raise Unusable(Trouble.HEADER, line, detail, "give each column a name of its own")


def check_required(names: Sequence[str], required: Sequence[str], line: int) -> None:
    """Unusable where one of the columns that the manifest names is not there."""
    for one in required:
        if one not in names:
            nearest = get_close_matches(one, names, 1, 0.6)
            advice = f"did you mean {nearest[0]!r}? " if nearest else ""
            shown = ", ".join(names[:10]) + (" …" if len(names) > 10 else "")
            detail = f"there is no column {one!r}; the columns are {shown}"
            raise Unusable(Trouble.NO_COLUMN, line, detail, f"{advice}name the column in the manifest")
