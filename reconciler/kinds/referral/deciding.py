"""What people decide about rewards: that they are paid, are not, are tried again, or are given without a rule."""

import re
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from reconciler.kinds.referral.judging import reward_id
from reconciler.kinds.referral.programs import Offering
from reconciler.kinds.referral.states import ALLOWED, MAKEGOOD, allows, makegood
from reconciler.model.errors import Usage
from reconciler.model.ports import Store
from reconciler.model.ref import Ref
from reconciler.model.referral import Role
from reconciler.model.reward import Fate, Origin, Reward

_AMOUNT: Final = re.compile(r"(0|[1-9][0-9]{0,11})(\.[0-9]{1,4})?", re.ASCII)
_CURRENCY: Final = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Good:
    """What is to be made good, in words. Without a `key` amount and reason make it one."""

    person: str
    role: str
    value: str
    currency: str
    reason: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """What was made good: the reward, and whether it was there before. None: nothing, and `why`."""

    reward: Reward | None
    is_known: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True)
class Desk:
    """Who decides (`user:name`), over which store, and when."""

    store: Store
    actor: str
    now: datetime

    def decide(self, id_: str, fate: Fate, reason: str = "") -> Reward | None:
        """Approve or deny a reward; it as it is then. None where it cannot be (see `why_not`)."""
        by = self.actor.partition(":")[2]
        return self.store.rewards.review(
            id_, fate, f"{fate.value} by {by}" + (f": {reason}" if reason else ""), self.now
        )

    def again(self, id_: str) -> bool:
        """Let a reward be paid after all that has failed; False where it has not, or its campaign is stopped."""
        return self.store.rewards.retry(id_, self.now)

    def make_good(self, offering: Offering, ref: Ref, good: Good) -> Made:
        """Give somebody a reward of a campaign that no rule has earned (R-14, AMB-R9). Usage where what is said is wrong."""
        due = self._due(offering, ref, good)
        known = self.store.rewards.get(due.id) is not None
        found = self.store.rewards.make_good(due, [one for one in ALLOWED if allows(one, MAKEGOOD)], self.now)
        if found is not None:
            return Made(found, known)
        state = self.store.heads()[ref].state
        return Made(None, why=f"{ref} is {state}: {makegood(state) or 'it makes nothing good'}")

    def _due(self, offering: Offering, ref: Ref, good: Good) -> Reward:
        if not _AMOUNT.fullmatch(good.value) or not Decimal(good.value):
            raise Usage(f"{good.value[:100]!r} is no amount; write 25.00")
        if not _CURRENCY.fullmatch(good.currency):
            raise Usage(f"{good.currency[:100]!r} is no currency; write USD")
        if self.store.referral.person(offering.uid, Role(good.role), good.person) is None:
            raise Usage(f"{offering.ref} knows no {good.role} {good.person[:100]!r}")
        key = f"makegood:{good.key or f'{good.value} {good.currency} {good.reason}'}"
        campaign = offering.uids[ref]
        return Reward(
            id=reward_id(campaign, key, good.role, good.person),
            uid=offering.uid,
            campaign=campaign,
            key=key,
            rule={"reason": good.reason, "by": self.actor},
            friend=good.person if good.role == Role.FRIEND else "",
            event="",
            event_id="",
            role=good.role,
            beneficiary=good.person,
            value=Decimal(good.value),
            currency=good.currency,
            earned_at=self.now,
            payable_at=self.now,
            fate=Fate.APPROVED,
            reason=good.reason,
            origin=Origin.MAKEGOOD,
        )


def why_not(store: Store, id_: str, what: str) -> str:
    """Why something could not be done about a reward: what it is, and `what` follows from that."""
    found = store.rewards.get(id_)
    now = f"{found.fate.value}{f' ({found.reason})' if found.reason else ''}" if found else "gone"
    return f"{id_} is {now}: {what}"
