"""The runtime of LeadCampaigns: what opens and closes intake, and what starts, rests and ends distribution. (AMB-L2, AMB-L5)"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from reconciler.kinds.leads.distributing import ALWAYS
from reconciler.kinds.standstill import Standstill
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.instant import to_text
from reconciler.model.leads import LANES
from reconciler.model.ports import Beat, Clock, Lookup, Store
from reconciler.model.ref import Ref
from reconciler.model.work import Phase

LATELY: Final = timedelta(days=7)
"""How far back a lead counts as having come lately (AMB-L6)."""

Note = Callable[[Store, Ref, datetime], None]
"""Writes down what a version means for the contracts of its campaign."""


@dataclass(frozen=True, slots=True)
class LeadRuntime:
    """Implements `ports.Runtime`. `join` notes that contracts join a version, `flag` that an edit may have outdated some."""

    store: Store
    clock: Clock
    standstill: Standstill
    join: Note = lambda _store, _ref, _now: None
    flag: Note = lambda _store, _ref, _now: None

    def observe(self, ref: Ref, document: Document, beside: Lookup) -> Mapping[str, Any]:
        """See `ports.Runtime`: how many leads wait, and how lately the last ones came (L-30, AMB-L6)."""
        sales = self.store.lead_sales
        try:
            uid = self.store.ledger.uid(ref)
        except Permanent:  # it is about to be created
            return {"waitingLeads": 0, "leadsLately": 0}
        last = sales.last(uid)
        found = {"waitingLeads": sales.waiting(uid), "leadsLately": sales.since(uid, self.clock.now() - LATELY)}
        return found | ({"lastLeadAt": to_text(last)} if last else {})

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
            case "open-test-intake" | "open-intake":
                ledger.stand(uid, [""] * LANES, now)
            case "close-intake":
                self._close(ref, uid)
            case "join-contracts":
                self.join(self.store, ref, now)
            case "flag-outdated-contracts":
                self.flag(self.store, ref, now)
            case "retire-test-leads":
                self._end(ref, uid, beat)
            case "pause-distribution":
                self._stop(ref, uid, Phase.STOPPED, beat)
            case "resume-distribution":
                self._resume(uid)
            case "end-distribution":
                self._stop(ref, uid, Phase.CLOSED, beat)
                self._end(ref, uid, beat)
            case _:
                raise Permanent(f"leads have no effect {effect!r}")
        ledger.mark(key, now)

    def _close(self, ref: Ref, uid: int) -> None:
        """No lead is taken any more once this returns: intake looks at the phase behind the turnstile. (L-43)"""
        self.store.ledger.enter(uid, Phase.STOPPED, self.clock.now())
        self.store.lead_sales.wait_for_turn(ref.name)

    def _stop(self, ref: Ref, uid: int, phase: Phase, beat: Beat) -> None:
        """Nothing is sold any more once this returns, by lanes or by hand; what was sold is still delivered (AMB-L5)."""
        self.standstill.bring(uid, phase, beat)
        self.store.lead_sales.wait_for_turn(ref.name)

    def _resume(self, uid: int) -> None:
        """Waiting leads are distributed again, those too that a worker had in hand when it stopped."""
        self.store.ledger.enter(uid, Phase.OPEN, self.clock.now())
        for number in range(LANES):
            self.store.ledger.retry_unknown(uid, number, ALWAYS)

    def _end(self, ref: Ref, uid: int, beat: Beat) -> None:
        """What waits never will be distributed."""
        self.store.lead_sales.end(ref.name, uid, beat)
        self.store.ledger.cancel(uid, self.clock.now(), beat)
