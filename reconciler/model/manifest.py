"""What a team wrote: one document of one file, and the catalog of all of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.instant import to_text
from reconciler.model.record import Record
from reconciler.model.ref import Ref


class Entry(Record, frozen=True):
    """A scheduled state: `at` as UTC text (sortable), `text` as written, `index` its place in the manifest's list."""

    at: str
    state: str
    text: str
    zone: str
    index: int


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

    `digest` is over the canonical document; `files` are the content files that count in it; `place` is that of the
    desired state.
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

    def due(self, now: datetime) -> Entry | None:
        """The last entry at or before `now`."""
        if not self.entries:
            return None
        until = to_text(now.replace(microsecond=0))  # entries name whole seconds
        past = [entry for entry in self.entries if entry.at <= until]
        return past[-1] if past else None

    def state_at(self, now: datetime) -> str:
        """The desired state at `now`: the last due entry's, else `state` (DESIGN §3)."""
        due = self.due(now)
        return due.state if due else self.state


@dataclass(frozen=True, slots=True)
class Catalog:
    """All manifests, by ref, with what was found wrong on the way."""

    manifests: Mapping[Ref, Manifest]
    diagnostics: tuple[Diagnostic, ...] = ()
