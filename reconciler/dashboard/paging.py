"""Lists that are at hand whole, shown a page at a time."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from reconciler.dashboard.onward import onward
from reconciler.dashboard.visit import Visit

T = TypeVar("T")
R = TypeVar("R")
MOST: Final = 50
"""What a page shows of a list."""


@dataclass(frozen=True, slots=True)
class Part(Generic[R]):
    """One page of a list: how many there are in all, the place of the first and last shown, and where the others are."""

    slug: str
    count: int
    rows: tuple[R, ...]
    first: int
    last: int
    before: str = ""
    after: str = ""


def part(visit: Visit, slug: str, found: Sequence[T], row: Callable[[T], R], most: int = MOST) -> Part[R]:
    """The page of a list that is asked for under its name; only what stands there is made into rows."""
    last_page = max(0, (len(found) - 1) // most)
    text = visit.asked(slug)
    page = min(int(text) - 1, last_page) if text.isascii() and text.isdigit() and 0 < len(text) < 9 and int(text) else 0
    begin = page * most
    shown = tuple(row(one) for one in found[begin : begin + most])

    def at(number: int) -> str:
        return f"{onward(visit, **{slug: str(number) if number > 1 else ''})}#{slug}"

    before = at(page) if page else ""
    after = at(page + 2) if page < last_page else ""
    return Part(slug, len(found), shown, begin + 1 if shown else 0, begin + len(shown), before, after)
