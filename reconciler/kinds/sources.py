"""The sources of one kind, as they are applied: each by its name, read when it is due, and which have a key."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from reconciler.feed.source import Source
from reconciler.kinds.loaded import Loaded
from reconciler.kinds.shelf import Shelf
from reconciler.kinds.sourced import SourceSpec, layout_of
from reconciler.kinds.taking_in import Origin, Parse, is_due, read_whole, retire
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.intake import Intake
from reconciler.model.ports import Beat, Store
from reconciler.model.ref import Ref
from reconciler.store.intake import Numbered

R = TypeVar("R", bound=Numbered)
IN_USE: Final = "present"


@dataclass(frozen=True, slots=True)
class Sources(Generic[R]):
    """All sources of `kind`. `read` makes a spec of JSON; `intake` is where a store takes their rows."""

    kind: str
    read: Callable[[bytes], SourceSpec]
    parse: Parse[R]
    needed: tuple[str, ...]
    intake: Callable[[Store], Intake[R]]

    def in_use(self, store: Store) -> list[str]:
        """Their names, in order."""
        return self._names(store, is_used=True)

    def spec(self, document: Document) -> SourceSpec:
        """What a manifest says, defaults included."""
        return self.read(canonical.encode(document.get("spec", {})))

    def origin(self, store: Store, name: str) -> tuple[Origin[R], SourceSpec] | None:
        """One that is in use; None where none of that name is."""
        ref = Ref(self.kind, name)
        found = store.load([ref]).get(ref)
        if found is None or found.state != IN_USE:
            return None
        spec = self.spec(found.document)
        return Origin(ref, store.ledger.uid(ref), layout_of(spec), self.parse, self.needed), spec

    def load(self, store: Store, shelf: Shelf, names: Sequence[str], now: datetime, beat: Beat) -> Sequence[Loaded]:
        """Read these to their ends, those of them that say where their rows come from; none named: all in use.

        Permanent where one is not in use, or its file is not there.
        """
        opened = [self._opened(store, shelf, name) for name in names or self.in_use(store)]
        return [read_whole(self.intake(store), *one, now, beat) for one in opened if one is not None]

    def refresh(self, store: Store, shelf: Shelf, now: datetime, beat: Beat) -> None:
        """Read again what has changed, and list nothing more of those that were taken out of use.

        Permanent, with source, line and way out, where not everything could be taken: the others are read all the same, and
        of a source that is not whole what was known stays in force.
        """
        troubles = []
        for name in self.in_use(store):
            try:
                troubles.append(self._refreshed(store, shelf, name, now, beat))
            except Permanent as error:
                troubles.append(str(error))
        for name in self._names(store, is_used=False):
            retire(self.intake(store), store.ledger.uid(Ref(self.kind, name)), now)
        said = [one for one in troubles if one]
        if said:
            raise Permanent(said[0] + (f" (and {len(said) - 1} more sources)" if len(said) > 1 else ""))

    def _names(self, store: Store, *, is_used: bool) -> list[str]:
        heads = store.heads()
        return sorted(
            ref.name for ref, one in heads.items() if ref.kind == self.kind and (one.state == IN_USE) == is_used
        )

    def _opened(self, store: Store, shelf: Shelf, name: str) -> tuple[Origin[R], Source] | None:
        """A source and where its rows come from; None where they are only posted."""
        found = self.origin(store, name)
        if found is None:
            raise Permanent(f"{self.kind}/{name} is not in use; apply its manifest first")
        origin, spec = found
        if spec.source is None:
            return None
        written: dict[str, Any] = spec.source.model_dump(mode="json", by_alias=True, exclude_none=True)
        return origin, shelf.source(origin.ref, written)

    def _refreshed(self, store: Store, shelf: Shelf, name: str, now: datetime, beat: Beat) -> str:
        """Read one again where that is due; why not everything was taken when it was read last."""
        opened = self._opened(store, shelf, name)
        if opened is None:
            return ""
        if is_due(self.intake(store), *opened, now):
            return read_whole(self.intake(store), *opened, now, beat).trouble
        last = self.intake(store).last_reading(opened[0].uid)
        return last.trouble if last else ""
