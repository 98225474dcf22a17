"""Rewards of referrals: what somebody is owed, by which rule, and what becomes of it. (R-25; AMB-R4, AMB-R6, AMB-R10)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Protocol


class Fate(StrEnum):
    """How far a reward has come."""

    PENDING = "pending"
    """Its waiting period runs, or is over and nobody has paid it yet."""
    REVIEW = "review"
    """A person has to look at it."""
    APPROVED = "approved"
    """To be paid once its waiting period is over."""
    SENDING = "sending"
    """It is being paid: committed before the call, so that nobody voids what may have been paid."""
    FULFILLED = "fulfilled"
    FAILED = "failed"
    """It could not be paid; it may be tried again."""
    VOID = "void"
    """Its campaign was stopped before it was paid. It is never revived."""
    DENIED = "denied"


UNPAID: Final = (Fate.PENDING, Fate.REVIEW, Fate.APPROVED, Fate.FAILED)
"""What stopping a campaign voids."""
UNHEARD: Final = "nobody knows whether it was paid when that was last tried"
"""Why a reward that is being paid is not voided: it may have been."""
LOST: Final = (Fate.VOID, Fate.DENIED)
"""What counts towards no limit."""


class Origin(StrEnum):
    """Why there is a reward."""

    RULE = "rule"
    MAKEGOOD = "makegood"


@dataclass(frozen=True, slots=True)
class Cap:
    """At most `most` rewards of a rule for one person that were earned from `since` until before `until`."""

    most: int
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True)
class Reward:
    """One reward. Unique by campaign, rule, what the friend did, and who benefits; `rule` is copied as it was then."""

    id: str
    uid: int
    """The program's."""
    campaign: int
    """That of the campaign by whose rules it was earned."""
    key: str
    """Which of the campaign's rules: it outlives a change of its value."""
    rule: Mapping[str, Any]
    friend: str
    event: str
    event_id: str
    role: str
    beneficiary: str
    value: Decimal
    currency: str
    earned_at: datetime
    payable_at: datetime
    fate: Fate
    reason: str = ""
    origin: Origin = Origin.RULE
    changed_at: datetime | None = None
    batch: str = ""
    """The export that handed it over."""


@dataclass(frozen=True, slots=True)
class Due:
    """A reward to be, and the limit that it falls under."""

    reward: Reward
    cap: Cap | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rewards are asked for: those of a program, and as far as given of a campaign, fates, or a beneficiary."""

    uid: int
    campaign: int = 0
    fates: Sequence[Fate] = ()
    beneficiary: str = ""
    newest: bool = False
    """Whether those come first that were earned last."""


@dataclass(frozen=True, slots=True)
class Owed:
    """What rewards add up to, by currency."""

    count: int = 0
    amounts: Mapping[str, Decimal] = field(default_factory=dict)


class Rewards(Protocol):
    """Rewards in the store. A method that writes is one transaction, in which it looks at the campaign's state."""

    def get(self, id_: str) -> Reward | None:
        """One reward."""
        ...

    def find(self, wanted: Wanted, after: tuple[datetime, str] | None = None, limit: int = 1000) -> Sequence[Reward]:
        """Rewards by when they were earned, from the one behind `after`."""
        ...

    def count(self, wanted: Wanted) -> int:
        """How many such rewards there are."""
        ...

    def owed(self, campaign: int) -> Owed:
        """What stopping a campaign would void."""
        ...

    def sums(self, campaign: int) -> Mapping[Fate, Owed]:
        """What the rewards of a campaign add up to by state, of the states in which there are any."""
        ...

    def void(self, campaign: int, reason: str, now: datetime) -> int:
        """Void what is not paid, and whatever comes until `reopen`; how many that were."""
        ...

    def reopen(self, campaign: int) -> None:
        """Rewards that are earned from now on may be paid."""
        ...

    def review(self, id_: str, fate: Fate, reason: str, now: datetime) -> Reward | None:
        """Approve a reward that waits for review, or deny one that is not paid; it as it is then. None where it is neither."""
        ...

    def make_good(self, due: Reward, states: Sequence[str], now: datetime) -> Reward | None:
        """A reward that no rule has earned, or the one that has its id already. None where the campaign is in no such state."""
        ...

    def begin(self, id_: str, now: datetime) -> Reward | None:
        """The reward as it is to be paid now, with `Fate.SENDING`; otherwise as it is, and it is not to be paid."""
        ...

    def settle(self, id_: str, fate: Fate, reason: str, now: datetime) -> bool:
        """What became of a reward that was begun. One to be tried again is void where its campaign was stopped meanwhile."""
        ...

    def hand_over(self, uid: int, batch: str, now: datetime, limit: int) -> Sequence[Reward]:
        """Fulfil what is payable, under the name of a batch; all that was handed over under this name, now and before."""
        ...

    def retry(self, id_: str, now: datetime) -> bool:
        """Let one that failed be paid after all; False where it has not failed, or its campaign is stopped."""
        ...

    def payable(self, uid: int, now: datetime, limit: int) -> Sequence[str]:
        """The ids of rewards that are to be put into the job of a program; see `post`."""
        ...

    def unpost(self, id_: str) -> None:
        """Nobody pays this reward from the job any more; it may be put there again."""
        ...

    def post(self, uid: int, now: datetime, limit: int) -> int:
        """Put what is to be paid into the standing job of a program, each reward once; how many that were."""
        ...
