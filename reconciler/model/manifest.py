"""What a team wrote: one document of one file, and the catalog of all of them."""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final

from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.instant import from_text, to_text
from reconciler.model.record import Record
from reconciler.model.ref import Ref

_AT: Final = attrgetter("at")


class Entry(Record, frozen=True):
    """A scheduled state: `at` as UTC text (sortable), `text` as written, `index` its place in the manifest's list.

    `line` and `column` say where it stands in the manifest's file.
    """

    at: str
    state: str
    text: str
    zone: str
    index: int
    line: int = 0
    column: int = 0
    file: str = ""
    """The environment's file, where it comes from there."""

    @property
    def instant(self) -> datetime:
        """When it comes due."""
        return from_text(self.at)


class Mention(Record, frozen=True):
    """A reference as the document has it: which of the kind's references (by index), the name and version it gives."""

    reference: int
    name: str
    version: int = 0


class NamedFile(Record, frozen=True):
    """A file beside the manifest that its document names: `use` is content (counts) or data (does not)."""

    document: int
    path: str
    use: str
    pointer: str


class Manifest(Record, frozen=True):
    """A manifest without its document, which is read only where something is decided about it.

    `entries` are in the order of their instants. `digest` is over the canonical document, content files included;
    `place` is that of the desired state.
    """

    ref: Ref
    state: str
    digest: str
    place: Place
    index: int = 0
    flags: tuple[str, ...] = ()
    entries: tuple[Entry, ...] = ()
    moved_from: str = ""
    mentions: tuple[Mention, ...] = ()
    layers: tuple[int, ...] = ()
    """The patches of the environment that lie over it, by their index."""
    base: str = ""
    """Its file, where `place` is in another one."""

    @property
    def file(self) -> str:
        """The file that it stands in; what lies over it may stand elsewhere."""
        return self.base or self.place.file

    @property
    def former(self) -> Ref | None:
        """The ref that it says it had under another name."""
        return Ref(self.ref.kind, self.moved_from, self.ref.version) if self.moved_from else None

    def past(self, now: datetime) -> list[Entry]:
        """The entries at or before `now`, oldest first."""
        if not self.entries:
            return []
        until = to_text(now.replace(microsecond=0))  # entries name whole seconds
        return list(self.entries[: bisect_right(self.entries, until, key=_AT)])

    def has_entry_between(self, after: str, until: str) -> bool:
        """Whether an entry comes due later than one instant, and by the other; both as UTC text."""
        first = bisect_right(self.entries, after, key=_AT)
        return first < len(self.entries) and self.entries[first].at <= until

    def due(self, now: datetime) -> Entry | None:
        """The last entry at or before `now`."""
        past = self.past(now)
        return past[-1] if past else None

    def place_of(self, entry: int) -> Place:
        """Where the entry with this index stands; that of the desired state for -1."""
        found = next((one for one in self.entries if one.index == entry), None)
        return Place(found.file or self.file, found.line, found.column) if found else self.place

    def state_at(self, now: datetime) -> str:
        """The desired state at `now`: the last due entry's, else `state` (DESIGN §3)."""
        due = self.due(now)
        return due.state if due else self.state


@dataclass(frozen=True, slots=True)
class Catalog:
    """All manifests, by ref, with what was found wrong on the way."""

    manifests: Mapping[Ref, Manifest]
    diagnostics: tuple[Diagnostic, ...] = ()
