"""Where recipients are gathered: in the ledger for a launch, in a file that vanishes for an estimate."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from reconciler.kinds.email.staging import Candidate, Staging
from reconciler.model import canonical
from reconciler.model.ports import Beat, Store
from reconciler.model.returns import Returns

ASKED: Final = 1000
"""Recipients of whom the store is asked at a time whether it must not mail them."""


@dataclass(frozen=True, slots=True)
class Gathering(Staging):
    """Recipients gathered as units of a staged job, in the store that knows whom it must not mail."""

    store: Store
    uid: int
    beat: Beat
    lanes: int = 0
    """See `ledger.Ledger.add`."""

    def add(self, batch: Sequence[Candidate]) -> int:
        """See `staging.Staging`."""
        self.beat()
        rows = [(one.key, {"to": one.mailbox, "contact": canonical.verbatim(one.contact)}) for one in batch]
        return self.store.ledger.add(self.uid, rows, self.lanes)

    def remove(self, keys: Sequence[str], list_: str = "") -> int:
        """See `staging.Staging`."""
        self.beat()
        if list_:
            return self.store.returns.drop_listed(self.uid, keys, list_)
        return self.store.ledger.drop(self.uid, keys)

    def remove_standing(self, lists: Sequence[str]) -> Mapping[str, int]:
        """See `staging.Staging`."""
        self.beat()
        return self.store.returns.drop_suppressed(self.uid, lists)


class Keys(Protocol):
    """A set of keys that is thrown away afterwards: `store.passing`."""

    def add(self, keys: Sequence[str]) -> int:
        """Those that are not in it yet; how many that were."""
        ...

    def remove(self, keys: Sequence[str]) -> int:
        """Those that are in it; how many that were."""
        ...

    def batches(self, size: int) -> Iterator[list[str]]:
        """All of them, so many at a time; those handed on may be removed meanwhile."""
        ...

    def close(self) -> None:
        """Forget them."""
        ...


@dataclass(frozen=True, slots=True)
class Counting(Staging):
    """Recipients counted and forgotten; the store that knows whom it must not mail is only asked. `beat` hears of each batch."""

    keys: Keys
    known: Returns
    beat: Beat

    def add(self, batch: Sequence[Candidate]) -> int:
        """See `staging.Staging`."""
        self.beat()
        return self.keys.add([one.key for one in batch])

    def remove(self, keys: Sequence[str], list_: str = "") -> int:
        """See `staging.Staging`."""
        self.beat()
        return self.keys.remove(keys)

    def remove_standing(self, lists: Sequence[str]) -> Mapping[str, int]:
        """See `staging.Staging`."""
        counts: Counter[str] = Counter()
        for batch in self.keys.batches(ASKED):
            self.beat()
            found = self.known.suppressed(batch, lists)
            counts.update(one.reason for one in found.values())
            self.keys.remove(list(found))
        return counts
