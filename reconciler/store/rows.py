"""Compare and set: the rows that writes touch are read once, changed in memory, and written in bulk.

Every store does it inside one transaction that holds these rows, so what was read stays true until it is written.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.model import canonical
from reconciler.model.event import GENESIS, chain
from reconciler.model.hold import holds_to_json
from reconciler.model.instant import to_text
from reconciler.model.listing import held_until, searched, team_of
from reconciler.model.ports import Write
from reconciler.model.ref import Ref
from reconciler.store.columns import KEPT
from reconciler.store.seats import NO_SEATS, Seats


@dataclass(slots=True)
class Outcome:
    """What the writes of one transaction come to, as values for the store's statements, to be written in this order."""

    lost: tuple[Ref, ...] = ()
    given_up: list[tuple[str, int]] = field(default_factory=list)
    """Names that resources had before, each with its uid."""
    renamed: list[tuple[str, int]] = field(default_factory=list)
    """New names of stored resources, one after another: the next one may take the name that this one gives up."""
    updates: list[tuple[Any, ...]] = field(default_factory=list)
    """Stored resources, by COLUMNS; None leaves what is there."""
    inserts: list[tuple[Any, ...]] = field(default_factory=list)
    """Resources that do not exist yet, by COLUMNS."""
    events: list[tuple[Any, ...]] = field(default_factory=list)
    """Lines for the log: uid, sequence, ref, previous, hash, body."""
    seats: dict[str, str] = field(default_factory=dict)
    """By the group, who came into it last."""


@dataclass(slots=True)
class _Row:
    """A resource between two of its writes; `values` are what the last one set, none where it has only been read."""

    uid: int
    revision: int
    head: str
    forgotten: bool = False
    stored: bool = False
    values: tuple[Any, ...] = ()
    applied_at: str | None = None
    entered_at: str | None = None
    digest: str | None = None
    document: str | None = None
    asked: str | None = None
    holds: str | None = None
    operated: str | None = None
    title: str | None = None
    team: str | None = None
    held_until: str | None = None

    @property
    def kept(self) -> tuple[str | None, ...]:
        """What its writes have said of KEPT."""
        named = (self.applied_at, self.asked, self.holds, self.operated, self.entered_at, self.digest, self.document)
        return (*named, self.title, self.team, self.held_until)


def named(writes: Iterable[Write]) -> list[str]:
    """The refs whose rows these writes compare: what `Rows` wants to be given."""
    return sorted({str(ref) for write in writes for ref in (write.ref, write.renamed_to) if ref is not None})


class Rows:
    """The rows of one transaction."""

    def __init__(
        self, found: Iterable[Sequence[Any]], held: Iterable[str], uids: Iterator[int], seats: Seats = NO_SEATS
    ) -> None:
        """`found`: ref, uid, revision, head, forgotten of what is stored. What is `held` loses. `uids`: for what is new.

        `seats`: the groups that the writes come into.
        """
        self._rows = {ref: _Row(uid, revision, head, bool(gone), True) for ref, uid, revision, head, gone in found}
        self._held = frozenset(held)
        self._uids = uids
        self._seats = seats
        self._outcome = Outcome()

    def set_all(self, writes: Sequence[Write]) -> Outcome:
        """Set what the writes say, each if its comparison holds; of a resource that may not come in, none."""
        lost: dict[Ref, None] = {}
        out: set[Ref | None] = set(self._seats.refused(writes))
        for write in writes:
            # A resource that lost once is out, by its new name too: a later revision of its row may be somebody else's.
            if write.ref in out or not self._set(write):
                lost[write.ref] = None
                out |= {write.ref, write.renamed_to}
        outcome = self._outcome
        outcome.lost = tuple(lost)
        for ref, row in self._rows.items():
            if row.values:
                (outcome.updates if row.stored else outcome.inserts).append((*row.values, *row.kept, ref, row.uid))
        return outcome

    def _set(self, write: Write) -> bool:
        ref, renamed = str(write.ref), str(write.renamed_to) if write.renamed_to else ""
        row = self._compared(ref, write.revision)
        if row is None or ref in self._held or renamed in self._held or renamed in self._rows:
            return False
        if write.seats:
            self._outcome.seats.update((seat.key, write.entry) for seat in write.seats)
        if renamed:
            self._rename(ref, renamed, row)
        body, document = _encoded(write)
        previous, row.head = row.head, chain(row.head, body)
        row.revision, row.forgotten = row.revision + 1, write.forgotten
        at = to_text(write.at)
        sets = ",".join(write.satisfied), ",".join(write.flags)
        row.values = (write.state, *sets, row.revision, write.file, write.commit, row.head, row.forgotten)
        if write.entered or row.revision == 1:
            row.entered_at, row.operated = at, write.operated
        if not write.aside or row.revision == 1:
            row.applied_at = at
        row.asked = write.asked or row.asked
        if write.holds is not None:
            row.holds = canonical.encode(holds_to_json(write.holds)).decode()
            row.held_until = held_until(write.holds)
        if document is not None:
            row.digest, row.document = write.digest, document
        if write.document is not None:
            row.title, row.team = searched(write.document), team_of(write.document)
        self._rows[renamed or ref] = row
        self._outcome.events.append((row.uid, row.revision, renamed or ref, previous, row.head, body.decode()))
        return True

    def _compared(self, ref: str, revision: int) -> _Row | None:
        """The row that a write of this revision may change; None where the comparison is lost."""
        row = self._rows.get(ref)
        if revision == 0 and row is None:
            return _Row(next(self._uids), 0, GENESIS, **KEPT)
        if row is None:
            return None
        # A forgotten supporting resource is made again in its old row: its chain goes on.
        fits = row.forgotten if revision == 0 else row.revision == revision and not row.forgotten
        return row if fits else None

    def _rename(self, ref: str, renamed: str, row: _Row) -> None:
        self._rows.pop(ref, None)
        self._outcome.given_up.append((ref, row.uid))
        if row.stored:
            self._outcome.renamed.append((renamed, row.uid))


def _encoded(write: Write) -> tuple[bytes, str | None]:
    """The event's body and the row's document; a body that holds this very document has it encoded once for both."""
    if write.document is None:
        return canonical.encode(write.body), None
    document, body = canonical.encode(write.document), write.body
    if body.get("document") is write.document:
        body = {**body, "document": canonical.verbatim(document)}
    return canonical.encode(body), document.decode()
