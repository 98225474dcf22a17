"""A closed store: nothing more is written into it, because it was moved, or is a copy whose move has not ended."""

from typing import Final

MOVED: Final = "moved to "
"""Then comes where."""
ARRIVING: Final = "arriving from "
"""Then comes whence."""


def moved(to: str) -> str:
    """The closure of a store that was left."""
    return MOVED + to


def arriving(source: str) -> str:
    """The closure of a copy until the store that it was made from is closed."""
    return ARRIVING + source


def refusal(name: str, closure: str) -> str:
    """What a writer is told."""
    if closure.startswith(MOVED):
        to = closure.removeprefix(MOVED)
        return f"the store {name} was moved to {to}; use that one: --store, MUSTER_STORE or `store` in muster.yaml"
    source = closure.removeprefix(ARRIVING)
    return f"the store {name} is a copy of {source} that was not ended; run the same `muster store copy` again"
