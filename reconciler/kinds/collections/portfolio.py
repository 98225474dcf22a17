"""The accounts that a plan looks at: those that the store has of a source; of one that was not read yet, those in its file."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from reconciler.kinds.collections.account_source.spec import AccountSourceSpec
from reconciler.kinds.collections.rows import NEEDED, account_row
from reconciler.kinds.shelf import Shelf
from reconciler.kinds.sourced import layout_of
from reconciler.kinds.taking_in import Origin, peek
from reconciler.model import canonical
from reconciler.model.accounts import Account, Position
from reconciler.model.errors import Permanent
from reconciler.model.ports import Lookup, Store
from reconciler.model.ref import Ref

_AT_ONCE: Final = 1000


@dataclass(frozen=True, slots=True)
class Portfolio:
    """Where accounts are looked for. `beside` gives the documents of the plan."""

    store: Store
    shelf: Shelf
    beside: Lookup

    def accounts(self, name: str) -> Iterator[Account] | None:
        """The accounts of a source, listed ones only; None where nobody knows them yet.

        Permanent where its file is not there.
        """
        ref = Ref("AccountSource", name)
        document = self.beside(ref)
        if document is None:
            return None
        uid = self._uid(ref)
        if uid and (self.store.accounts.last_reading(uid) or self.store.accounts.count(uid)):
            return self._stored(uid)
        spec = AccountSourceSpec.model_validate_json(canonical.encode(document.get("spec", {})))
        if spec.source is None:
            return None
        written: dict[str, Any] = spec.source.model_dump(mode="json", by_alias=True, exclude_none=True)
        origin = Origin(ref, uid, layout_of(spec), account_row, NEEDED)
        rows = peek(origin, self.shelf.source(ref, written))
        return (Account(0, uid, row, True, 0, None, Position()) for row in rows)

    def _uid(self, ref: Ref) -> int:
        try:
            return self.store.ledger.uid(ref)
        except Permanent:  # not in the store yet
            return 0

    def _stored(self, uid: int) -> Iterator[Account]:
        after = 0
        while page := self.store.accounts.page(uid, after, _AT_ONCE):
            yield from (one for one in page if one.listed)
            after = page[-1].id
