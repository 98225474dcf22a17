"""The runtime of ReferralCampaigns: what stopping one voids, and what it would void now (R-13, R-14, AMB-R2, AMB-R6, X-10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Beat, Clock, Lookup, Store
from reconciler.model.ref import Ref
from reconciler.model.reward import Owed

VOIDED: Final = "its campaign was stopped"
"""Why a reward is void."""
_OFFERS: Final = frozenset({"offer-to-everyone", "offer-to-known-friends", "pay-only-pending"})
"""Effects of entering a state in which rewards are paid. Whom an offer is shown to, the server reads from the state."""


@dataclass(frozen=True, slots=True)
class ReferralRuntime:
    """Implements `ports.Runtime`."""

    store: Store
    clock: Clock

    def observe(self, ref: Ref, document: Document, beside: Lookup) -> Mapping[str, Any]:
        """See `ports.Runtime`: how many rewards stopping it would void, and what they are worth by currency."""
        try:
            owed = self.store.rewards.owed(self.store.ledger.uid(ref))
        except Permanent:  # not in the store yet
            owed = Owed()
        amounts = {currency: str(amount) for currency, amount in sorted(owed.amounts.items())}
        return {"rewardsAtRisk": owed.count, "rewardsAtRiskAmounts": amounts}

    def performed(self, key: str) -> bool:
        """See `ports.Runtime`."""
        return self.store.ledger.performed(key)

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        """See `ports.Runtime`. What is voided stays so: leaving `stopped` lets rewards be earned, and revives none (AMB-R2)."""
        ledger, now = self.store.ledger, self.clock.now()
        if ledger.performed(key):
            return
        uid = ledger.uid(ref)
        if effect == "void-pending-rewards":
            self.store.rewards.void(uid, VOIDED, now)
        elif effect not in _OFFERS:
            raise Permanent(f"referral has no effect {effect!r}")
        elif self.store.load([ref])[ref].state == "stopped":
            # Between the voiding and the entry of the state somebody may have earned something still.
            self.store.rewards.void(uid, VOIDED, now)
            self.store.rewards.reopen(uid)
        ledger.mark(key, now)
