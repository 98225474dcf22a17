"""What is stored, as people look through it: page by page, by what they look for, and how many there are of each."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from reconciler.model.canonical import Document
from reconciler.model.hold import Holds
from reconciler.model.record import Record
from reconciler.model.ref import Ref

MOST_WORDS: Final = 5
"""Words of a search that count."""
MOST_BESIDES: Final = 2_000
"""Resources that a filter may name for attention: looking for them takes a few hundredths of a second."""
_MOST_TEXT: Final = 200
"""Characters of a title that are kept for the search."""


class Archived(StrEnum):
    """What is shown of what has been put away: a resource with the flag `archived`, or in a state of that name."""

    HIDDEN = "hidden"
    ALSO = "also"
    ONLY = "only"


class Order(StrEnum):
    """By what resources are put in order; each order is total."""

    NAME = "name"
    """By name, kind and version."""
    CHANGE = "change"
    """The one that was written last comes first."""


@dataclass(frozen=True, slots=True)
class Besides:
    """What needs attention though no stored condition says so; of `refs` the first MOST_BESIDES count.

    `stands`: everything of a kind and in a state, pair by pair.
    """

    refs: tuple[Ref, ...] = ()
    stands: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Filter:
    """Which resources are meant. Of what is empty, any will do; but a deleted one is shown only where that state is named."""

    among: tuple[str, ...] = ()
    """Kinds that are looked at at all; counts too are of these alone."""
    kinds: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    teams: tuple[str, ...] = ()
    """Values of the label `team`."""
    archived: Archived = Archived.HIDDEN
    held: bool = False
    """Only what somebody holds, as a whole."""
    attention: bool = False
    """Only what has drifted, or will not get on by itself, as the last pass of a daemon has found; and `besides`."""
    text: str = ""
    """Words that all stand in the name or the title, in whatever case."""
    besides: Besides = Besides()

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the search, as names and titles are kept for it."""
        return tuple(folded(self.text).split()[:MOST_WORDS])


class Spot(Record, frozen=True):
    """Where a page ends: what its last row is put in order by. `changed` is UTC text; empty where names alone count."""

    name: str
    kind: str
    version: int
    changed: str = ""


@dataclass(frozen=True, slots=True)
class Slice:
    """Which part of what is meant: `most` rows after one spot, or before one; neither: the first ones."""

    most: int
    after: Spot | None = None
    before: Spot | None = None
    last: bool = False
    """The last ones, whatever the spots say."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A part of what is meant, in order."""

    refs: tuple[Ref, ...]
    before: Spot | None
    """Where what comes before it ends; None where nothing does."""
    after: Spot | None
    """Where it ends itself; None where nothing comes after it."""


@dataclass(frozen=True, slots=True)
class Facets:
    """How many resources are meant, and how many there would be with another kind, state or team in the filter."""

    total: int
    kinds: Mapping[str, int]
    states: Mapping[str, int]
    teams: Mapping[str, int]
    """Those without the label are under the empty text."""


class Listing(Protocol):
    """The resources of a store, to look through. Nothing here reads them all into memory."""

    def look(self, wanted: Filter, part: Slice, order: Order, now: datetime) -> tuple[Listed, Facets]:
        """Both of what follows at once."""
        ...

    def page(self, wanted: Filter, part: Slice, order: Order, now: datetime) -> Listed:
        """A part of what is meant; `now` says which holds are over."""
        ...

    def facets(self, wanted: Filter, now: datetime) -> Facets:
        """How many there are."""
        ...

    def has_any(self, among: Sequence[str] = ()) -> bool:
        """Whether there are any of these kinds, or of all, in whatever state."""
        ...


def folded(text: str) -> str:
    """A text as it is searched: in small letters, each sign in one spelling; what no text of a store can have is left out."""
    if text.isascii():  # nearly all; this is asked of each resource that is written
        return plain(text).lower()
    return unicodedata.normalize("NFKC", plain(text)).casefold()


def title_of(document: Document) -> str:
    """What a resource is called in plain words: its title, else its description; empty where it has neither.

    Some kinds have no title: without their description, rows of the list and of the calendar would have a name alone. A
    heading does not ask this: above the page of a resource stands its title or its name, and what describes it below.
    """
    spec = document.get("spec")
    if not isinstance(spec, Mapping):
        return ""
    return _text(spec.get("title")) or _text(spec.get("description"))


def team_of(document: Document) -> str:
    """The value of its label `team`; empty where it has none."""
    metadata = document.get("metadata")
    labels = metadata.get("labels") if isinstance(metadata, Mapping) else None
    return plain(_text(labels.get("team"))) if isinstance(labels, Mapping) else ""


def searched(document: Document) -> str:
    """A resource's title as the search knows it."""
    return folded(title_of(document)[:_MOST_TEXT])


def held_until(holds: Holds) -> str:
    """Until when it is held as a whole, as UTC text; empty where it is not."""
    return max((one.until for one in holds if not one.paths), default="")


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def plain(text: str) -> str:
    """A text without what nobody sees, and no store can look for."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)
