"""What of a list is asked for, as it stands in the address: so it can be shared, gone back to, and taken apart."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar
from urllib.parse import urlencode

from reconciler.dashboard.visit import Visit
from reconciler.model.listing import Archived, Filter, Order, Slice, Spot, plain

MOST: Final = 50
"""Rows of a page."""
_WORD: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SPOT: Final = re.compile(r"([a-z0-9-]{1,63}),([A-Za-z0-9]{1,63}),([1-9][0-9]{0,8}),([0-9TZ:.+-]{0,40})")
_MOST_TEXT: Final = 200
_NO_TEAM: Final = "-"
"""How the address names what has no team; no value of a label is a lone hyphen."""

E = TypeVar("E", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is set: what it says, and the address without it."""

    words: str
    href: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A list that is asked for, at an address."""

    path: str
    filter: Filter
    order: Order
    part: Slice

    @property
    def narrows(self) -> bool:
        """Whether anything is left out that would be shown otherwise."""
        return any(True for _ in self.chips())

    @property
    def is_first(self) -> bool:
        """Whether it is the first page."""
        return not (self.part.after or self.part.before or self.part.last)

    def href(self, **changed: str | None) -> str:
        """This list from its first page on, with one value of a name instead of all that it has; None: with none."""
        pairs = [(name, value) for name, value in self._pairs() if name not in changed]
        text = urlencode([*pairs, *((name, value) for name, value in changed.items() if value)])
        return f"{self.path}?{text}" if text else self.path

    @property
    def again(self) -> str:
        """This very page."""
        if self.part.last:
            return self.href(last="yes")
        if self.part.before:
            return self.turned("before", self.part.before)
        return self.turned("after", self.part.after) or self.href()

    def turned(self, name: str, spot: Spot | None) -> str:
        """Another page of it; empty where there is none."""
        return self.href(**{name: f"{spot.name},{spot.kind},{spot.version},{spot.changed}"}) if spot else ""

    def chips(self) -> Iterator[Chip]:
        """The filters that are set, each with the way to take it off."""
        for name, value in self._pairs():
            if name != "order":
                rest = urlencode([pair for pair in self._pairs() if pair != (name, value)])
                yield Chip(_words(name, value), f"{self.path}?{rest}" if rest else self.path)

    def _pairs(self) -> list[tuple[str, str]]:
        """All that the address says, but for the page."""
        one = self.filter
        many = (("kind", one.kinds), ("state", one.states), ("team", tuple(team or _NO_TEAM for team in one.teams)))
        pairs = [(name, value) for name, values in many for value in values]
        pairs += [("q", one.text)] if one.text else []
        pairs += [("archived", one.archived.value)] if one.archived is not Archived.HIDDEN else []
        pairs += [(name, "yes") for name, is_set in (("held", one.held), ("attention", one.attention)) if is_set]
        return pairs + ([("order", self.order.value)] if self.order is not Order.NAME else [])


def asked(visit: Visit, among: tuple[str, ...] = ()) -> Asked:
    """What the address asks for; what it says that means nothing is not there. `among`: the kinds of the list."""
    wanted = Filter(
        among,
        _named(visit, "kind"),
        _named(visit, "state"),
        tuple("" if team == _NO_TEAM else plain(team)[:_MOST_TEXT] for team in visit.all_asked("team")),
        _one_of(Archived, visit.asked("archived"), Archived.HIDDEN),
        bool(visit.asked("held")),
        bool(visit.asked("attention")),
        plain(visit.asked("q")).strip()[:_MOST_TEXT],
    )
    order = _one_of(Order, visit.asked("order"), Order.NAME)
    after, before = (_spot(visit.asked(name), order) for name in ("after", "before"))
    part = Slice(MOST, None if before else after, before, bool(visit.asked("last")))
    return Asked(visit.ask.path, wanted, order, part)


def _named(visit: Visit, name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(value for value in visit.all_asked(name) if _WORD.fullmatch(value)))


def _one_of(values: type[E], text: str, otherwise: E) -> E:
    return next((value for value in values if value == text), otherwise)


def _spot(text: str, order: Order) -> Spot | None:
    found = _SPOT.fullmatch(text)
    if not found or (order is Order.CHANGE and not found[4]):
        return None
    return Spot(found[1], found[2], int(found[3]), found[4])


def _words(name: str, value: str) -> str:
    if name == "q":
        return f"“{value}”"
    if name == "team":
        return "no team" if value == _NO_TEAM else f"team {value}"
    said = {"archived": {"also": "archived too", "only": "archived only"}.get(value, ""), "held": "held"}
    return said.get(name) or ("needs attention" if name == "attention" else value)
