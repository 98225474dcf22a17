"""The runtime of EmailCampaigns: what a launch, a pause and an end do, in the order of E-42 to E-47."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from reconciler.kinds.email.audience import audience_of, found_on
from reconciler.kinds.email.estimate import Estimate, estimate
from reconciler.kinds.email.gathering import Counting, Gathering, Keys
from reconciler.kinds.email.mailing import OwnServer, mailing_of, packed
from reconciler.kinds.email.recipients import Located, resolve
from reconciler.kinds.email.refreshing import refresh
from reconciler.kinds.email.split import needs_count, split_of
from reconciler.kinds.messaging.relay import lanes_of
from reconciler.kinds.shelf import Shelf
from reconciler.kinds.standstill import Standstill
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Beat, Clock, Lookup, Store
from reconciler.model.ref import Ref
from reconciler.model.work import Phase

RUNNING: Final = "running"
"""The state in which mails go out."""


@dataclass(frozen=True, slots=True)
class EmailRuntime:
    """Implements `ports.Runtime`. `scratch` gives keys to count by, which are forgotten.

    `is_gone` says of the owner of a lease whether it is known to be at work no more.
    """

    store: Store
    clock: Clock
    shelf: Callable[[Lookup], Shelf]
    scratch: Callable[[], Keys]
    is_gone: Callable[[str], bool]
    server: OwnServer | None = None

    def observe(self, ref: Ref, document: Document, beside: Lookup) -> Mapping[str, Any]:
        """See `ports.Runtime`. How many recipients a launch would reach now (E-05), and whether links would lead anywhere.

        Permanent where a list is broken, with its name, line and way out: how many it would reach is not known then.
        """
        found = self.estimated(document, beside).resolution
        refuse(found.broken)
        return {"estimatedRecipients": found.total, "hasServer": self.server is not None}

    def estimated(self, document: Document, beside: Lookup, beat: Beat = lambda: None) -> Estimate:
        """What the targets come to now, counted as a launch counts."""
        spec = document.get("spec", {})
        audience = audience_of(spec, found_on(self.shelf(beside)))
        keys = self.scratch()
        try:
            return estimate(audience, spec.get("smtp"), Counting(keys, self.store.returns, beat), self.clock.now())
        finally:
            keys.close()

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
                self._snapshot(ref, uid, beat)
            case "assign-connections":
                self._assign(ref, uid, beat)
            case "start-sending":
                ledger.enter(uid, Phase.OPEN, now)
            case "stop-sending":
                self._standstill.bring(uid, Phase.STOPPED, beat)
            case "cancel-unsent":
                self._standstill.bring(uid, Phase.CLOSED, beat)
                ledger.cancel(uid, now, beat)
            case _:
                raise Permanent(f"e-mail has no effect {effect!r}")
        ledger.mark(key, now)

    def _snapshot(self, ref: Ref, uid: int, beat: Beat) -> None:
        """Whom it reaches and what it says, as of now: whatever changes later changes nothing of it (AMB-E5, E-13).

        Everything that a launch needs is looked at first, so that what is wrong leaves nothing behind (E-42).
        """
        document, shelf = self._stored(ref), self.shelf(self._lookup)
        spec = document.get("spec", {})
        mailing = mailing_of(ref, uid, document, shelf, self.server)
        widths = [lanes_of(shelf.document("SmtpConnection", one["name"])[1]) for one in spec["smtp"]["connections"]]
        audience = audience_of(spec, found_on(shelf))
        ledger = self.store.ledger
        ledger.prepare(uid, RUNNING, beat)
        gathering = Gathering(self.store, uid, beat, 0 if needs_count(spec["smtp"]) else widths[0])
        refuse(resolve(audience, gathering, self._begun(ref)).broken)
        ledger.pack(uid, packed(mailing))

    def _begun(self, ref: Ref) -> datetime:
        """The launch's instant: whoever goes on with it after a crash reads conditions as of the same one."""
        return next((one.begun_at for one in self.store.intents() if one.ref == ref), self.clock.now())

    def _assign(self, ref: Ref, uid: int, beat: Beat) -> None:
        """Each recipient its connection, and of that one of its lanes (E-44)."""
        smtp = self._stored(ref).get("spec", {})["smtp"]
        ledger, shelf = self.store.ledger, self.shelf(self._lookup)
        names = [one["name"] for one in smtp["connections"]]
        widths = [lanes_of(shelf.document("SmtpConnection", name)[1]) for name in names]
        vias = [name for name, width in zip(names, widths, strict=True) for _ in range(width)]
        lane_of = _in_turn(split_of(smtp, ledger.size(uid)), widths) if needs_count(smtp) else None
        ledger.assign(uid, vias, lane_of, beat)

    @property
    def _standstill(self) -> Standstill:
        return Standstill(self.store, self.clock, self.is_gone)

    def _stored(self, ref: Ref) -> Document:
        found = self._lookup(ref)
        if found is None:
            raise Permanent(f"{ref} is not in the store")
        return found

    def _lookup(self, ref: Ref) -> Document | None:
        found = self.store.load([ref]).get(ref)
        return found.document if found else None


def refuse(broken: Sequence[Located]) -> None:
    """Permanent where a list is not whole: nothing may be sent then."""
    if broken:
        first = broken[0]
        line = f" line {first.fault.line}" if first.fault.line else ""
        more = f" (and {len(broken) - 1} more)" if len(broken) > 1 else ""
        raise Permanent(f"{first.ref}{line}: {first.fault.detail}; {first.fault.help}{more}")


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
