"""The runtime of LeadCampaigns: what opens and closes intake, and what starts, rests and ends distribution. (AMB-L2, AMB-L5)"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.kinds.leads.market import Outlook
from reconciler.kinds.leads.outdated import join_contracts, outdating
from reconciler.kinds.standstill import Standstill
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.instant import before, parse_duration, to_text
from reconciler.model.lead_books import Which
from reconciler.model.leads import LANES
from reconciler.model.ports import Beat, Clock, Lookup, Store
from reconciler.model.ref import Ref
from reconciler.model.work import Phase

LATELY: Final = "7d"
"""How far back a lead counts as having come lately, where a version does not say it (AMB-L6)."""


@dataclass(frozen=True, slots=True)
class LeadRuntime:
    """Implements `ports.Runtime`. Which contracts an edit has outdated is never written down: `outdated` reads it."""

    store: Store
    clock: Clock
    standstill: Standstill
    outlook: Outlook = field(default_factory=Outlook)
    """Kept from one effect to the next: a plan may bring about thousands."""

    def observe(self, ref: Ref, document: Document, beside: Lookup) -> Mapping[str, Any]:
        """See `ports.Runtime`: how many leads wait, how lately the last ones came, and whom an edit outdates.

        (L-11, L-30, AMB-L6)
        """
        sales = self.store.lead_sales
        try:
            uid = self.store.ledger.uid(ref)
        except Permanent:  # it is about to be created
            return {"waitingLeads": 0, "leadsLately": 0, **self._outdating(ref, document)}
        last = sales.last(uid)
        found = {
            "waitingLeads": sales.waiting(uid),
            "leadsLately": self._lately(uid, document),
            **self._outdating(ref, document),
        }
        return found | ({"lastLeadAt": to_text(last)} if last else {})

    def _outdating(self, ref: Ref, document: Document) -> Mapping[str, Any]:
        return outdating(self.store, self.outlook.market(self.store), ref, document)

    def _lately(self, uid: int, document: Document) -> int:
        """How many real leads came lately."""
        span = document.get("spec", {}).get("deletion", {}).get("lately", LATELY)
        since = before(self.clock.now(), parse_duration(span))
        return self.store.lead_books.taken(Which(uid=uid, since=since)).total

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
                join_contracts(self.store, self.outlook.market(self.store), ref, now)
            case "flag-outdated-contracts":
                pass  # the report compares what contracts name with the log
            case "retire-test-leads":
                self._retire(ref, uid, beat)
            case "pause-distribution":
                self._stop(ref, uid, Phase.STOPPED, beat)
            case "resume-distribution":
                ledger.enter(uid, Phase.OPEN, now)
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

    def _retire(self, ref: Ref, uid: int, beat: Beat) -> None:
        """What was taken in test is not distributed any more, and nothing that was done with it is told of (AMB-L2)."""
        self.store.lead_sales.end(ref.name, uid, beat)
        self.store.ledger.clear(uid, beat)

    def _end(self, ref: Ref, uid: int, beat: Beat) -> None:
        """What waits never will be distributed."""
        self.store.lead_sales.end(ref.name, uid, beat)
        self.store.ledger.cancel(uid, self.clock.now(), beat)
