"""The runtime of EmailCampaigns: what a launch, a pause and an end do, in the order of E-42 to E-47."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.kinds.email.audience import audience_of
from reconciler.kinds.email.estimate import estimate
from reconciler.kinds.email.mailing import mailing_of, packed
from reconciler.kinds.email.recipients import Resolution, resolve
from reconciler.kinds.email.refreshing import refresh
from reconciler.kinds.email.relay import lanes_of
from reconciler.kinds.email.shelf import Shelf
from reconciler.kinds.email.split import split_of
from reconciler.kinds.email.staging import Candidate, Staging
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Beat, Clock, Lookup, Store
from reconciler.model.ref import Ref
from reconciler.model.returns import Returns
from reconciler.model.work import Phase

RUNNING: Final = "running"
"""The state in which mails go out."""
_NAP: Final = 0.02
"""Seconds between two looks at lanes that are to stop."""


@dataclass(frozen=True, slots=True)
class EmailRuntime:
    """Implements `ports.Runtime`. `scratch` opens a ledger for counting, which forgets."""

    store: Store
    clock: Clock
    shelf: Callable[[Lookup], Shelf]
    scratch: Callable[[], Store]

    def observe(self, ref: Ref, document: Document, beside: Lookup) -> Mapping[str, Any]:
        """See `ports.Runtime`. How many recipients a launch would reach now (E-05)."""
        return {"estimatedRecipients": self.estimated(document, beside).total}

    def estimated(self, document: Document, beside: Lookup) -> Resolution:
        """What the targets come to now."""
        spec = document.get("spec", {})
        audience = audience_of(spec, self.shelf(beside).find())
        store = self.scratch()
        try:
            return estimate(audience, None, Counting(store, self.store.returns), self.clock.now()).resolution
        finally:
            store.close()

    def refresh(self) -> None:
        """See `ports.Refreshing`: suppression lists that have changed since a launch."""
        refresh(self.store, self.shelf(self._lookup), self.clock.now(), lambda: None)

    def performed(self, key: str) -> bool:
        """See `ports.Runtime`."""
        return self.store.ledger.performed(key)

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        """See `ports.Runtime`."""
        ledger, now = self.store.ledger, self.clock.now()
        if ledger.performed(key):
            return
        uid = ledger.uid(ref)
        match effect:
            case "snapshot-recipients":
                self._snapshot(ref, uid, now, beat)
            case "assign-connections":
                self._assign(ref, uid, beat)
            case "start-sending":
                ledger.enter(uid, Phase.OPEN, now)
            case "stop-sending":
                self._stop(uid, beat)
            case "cancel-unsent":
                ledger.enter(uid, Phase.CLOSED, now)
                ledger.cancel(uid, now, beat)
            case _:
                raise Permanent(f"e-mail has no effect {effect!r}")
        ledger.mark(key, now)

    def _snapshot(self, ref: Ref, uid: int, now: datetime, beat: Beat) -> None:
        """Whom it reaches and what it says, as of now: whatever changes later changes nothing of it (AMB-E5, E-13)."""
        document, shelf = self._stored(ref), self.shelf(self._lookup)
        mailing = mailing_of(ref, uid, document, shelf)
        audience = audience_of(document.get("spec", {}), shelf.find())
        ledger = self.store.ledger
        ledger.prepare(uid, RUNNING, beat)
        found = resolve(audience, Gathering(self.store, uid, beat), now)
        if found.broken:
            first = found.broken[0]
            line = f" line {first.fault.line}" if first.fault.line else ""
            raise Permanent(f"{first.ref}{line}: {first.fault.detail}; {first.fault.help}")
        ledger.pack(uid, packed(mailing))

    def _assign(self, ref: Ref, uid: int, beat: Beat) -> None:
        """Each recipient its connection, and of that one of its lanes (E-44)."""
        smtp = self._stored(ref).get("spec", {})["smtp"]
        ledger, shelf = self.store.ledger, self.shelf(self._lookup)
        names = [one["name"] for one in smtp["connections"]]
        widths = [lanes_of(shelf.document("SmtpConnection", name)[1]) for name in names]
        vias = [name for name, width in zip(names, widths, strict=True) for _ in range(width)]
        ledger.assign(uid, vias, _in_turn(split_of(smtp, ledger.size(uid)), widths), beat)

    def _stop(self, uid: int, beat: Beat) -> None:
        """Nothing begins any more once this returns: every lane has let go, or its lease has run out (AMB-E6)."""
        ledger = self.store.ledger
        ledger.enter(uid, Phase.STOPPED, self.clock.now())
        while ledger.at_work(uid, self.store.time(self.clock.now())):
            beat()
            time.sleep(_NAP)

    def _stored(self, ref: Ref) -> Document:
        found = self._lookup(ref)
        if found is None:
            raise Permanent(f"{ref} is not in the store")
        return found

    def _lookup(self, ref: Ref) -> Document | None:
        found = self.store.load([ref]).get(ref)
        return found.document if found else None


def _in_turn(connection_of: Callable[[int], int], widths: Sequence[int]) -> Callable[[int], int]:
    """The lane of each position, asked in order from 0: those of a connection take turns."""
    first = [sum(widths[:index]) for index in range(len(widths))]
    met = [0] * len(widths)

    def lane(position: int) -> int:
        if position == 0:
            met[:] = [0] * len(widths)
        connection = connection_of(position)
        met[connection] += 1
        return first[connection] + (met[connection] - 1) % widths[connection]

    return lane


@dataclass(frozen=True, slots=True)
class Gathering(Staging):
    """Recipients gathered as units of a staged job, in the store that knows whom it must not mail."""

    store: Store
    uid: int
    beat: Beat

    def add(self, batch: Sequence[Candidate]) -> int:
        """See `staging.Staging`."""
        self.beat()
        rows = [(one.key, {"to": one.mailbox, "contact": canonical.verbatim(one.contact)}) for one in batch]
        return self.store.ledger.add(self.uid, rows)

    def remove(self, keys: Sequence[str], reason: str) -> int:
        """See `staging.Staging`."""
        self.beat()
        return self.store.ledger.drop(self.uid, keys)

    def remove_standing(self, lists: Sequence[str]) -> Mapping[str, int]:
        """See `staging.Staging`."""
        self.beat()
        return self.store.returns.drop_suppressed(self.uid, lists)


@dataclass(frozen=True, slots=True)
class Counting(Staging):
    """Recipients counted in a store that forgets; the one that knows whom it must not mail is only asked."""

    scratch: Store
    known: Returns

    def add(self, batch: Sequence[Candidate]) -> int:
        """See `staging.Staging`."""
        return self.scratch.ledger.add(0, [(one.key, {}) for one in batch])

    def remove(self, keys: Sequence[str], reason: str) -> int:
        """See `staging.Staging`."""
        return self.scratch.ledger.drop(0, keys)

    def remove_standing(self, lists: Sequence[str]) -> Mapping[str, int]:
        """See `staging.Staging`."""
        counts: dict[str, int] = {}
        for one in self.known.suppressions():
            if one.list in ("", *lists):
                counts[one.reason] = counts.get(one.reason, 0) + self.scratch.ledger.drop(0, [one.address])
        return {reason: count for reason, count in counts.items() if count}
