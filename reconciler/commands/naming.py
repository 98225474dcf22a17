"""How a word of the command line finds the kind that it names, and what is said where there is none."""

from collections.abc import Iterable

from reconciler.lifecycle.kind import Kind
from reconciler.model.errors import Usage
from reconciler.source.kinds import Kinds
from reconciler.source.schema import did_you_mean


def kind_named(kinds: Kinds, wanted: str) -> Kind:
    """The kind of this name. Usage with the nearest one where there is none."""
    if wanted not in kinds.table:
        raise unknown("kind", wanted, kinds.table, "`muster explain` lists them")
    return kinds.table[wanted]


def unknown(what: str, wanted: str, known: Iterable[str], way_out: str) -> Usage:
    """The error for a name that means nothing, with the nearest that does, else a way to find one."""
    return Usage(f"there is no {what} {wanted!r}; {did_you_mean(wanted, sorted(known)) or way_out}")
