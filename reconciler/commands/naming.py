"""How a word of the command line finds the kind that it names, and what is said where there is none."""

from collections.abc import Iterable
from difflib import get_close_matches

from reconciler.lifecycle.kind import Kind
from reconciler.model.errors import Usage
from reconciler.source.definitions import Kinds


def kind_named(kinds: Kinds, wanted: str) -> Kind:
    """The kind of this name. Usage with the nearest one where there is none."""
    if wanted not in kinds.table:
        raise Usage(f"there is no kind {wanted!r}{nearest(wanted, kinds.table)}; `muster explain` lists them")
    return kinds.table[wanted]


def nearest(wanted: str, known: Iterable[str]) -> str:
    """`, did you mean …?`, whatever the case of the letters; nothing where no known word is near."""
    folded = {one.lower(): one for one in known}
    close = get_close_matches(wanted.lower(), list(folded), n=1)
    return f", did you mean {folded[close[0]]!r}?" if close else ""
