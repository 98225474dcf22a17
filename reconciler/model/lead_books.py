"""What is read of leads: lists of both sides, what they add up to, and what was sent to a version that takes none. (L-45)

Who sees which of them is not decided here: `tests_in` names the states of a version in which leads that were taken in test
are seen too; without it only real ones are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from reconciler.model.leads import Lead, LeadStage, Outbound, QueueReason


@dataclass(frozen=True, slots=True)
class Which:
    """Which leads: every condition that is given holds. From `since` on, before `until`.

    `uid` is the version's, `contract` the partner's for inbound leads and the buyer's for those sold.
    """

    uid: int = 0
    workflow: str = ""
    contract: int = 0
    partner: str = ""
    account: str = ""
    lead: int = 0
    since: datetime | None = None
    until: datetime | None = None
    tests_in: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Taken:
    """How many inbound leads there are, by stage; how many of them are tests, and when the last one came."""

    stages: Mapping[LeadStage, int]
    tests: int
    last_at: datetime | None

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.stages.values())


@dataclass(frozen=True, slots=True)
class Sold:
    """How many leads were sold at prices in one currency, and for how much in all."""

    currency: str
    sales: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Attempts:
    """How often somebody has sent something to a version in vain, for one reason, and when last."""

    reason: QueueReason
    times: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Baseline:
    """The revision of a version that a contract was last fitted to: when it joined, or was confirmed."""

    contract: int
    uid: int
    revision: int
    sort: str
    at: datetime


class LeadBooks(Protocol):
    """Questions about leads. No answer grows with the number of leads, but for its limit. `after` is the code of the last
    one seen. Ask what belongs together within one snapshot of the store.
    """

    def leads(self, which: Which, after: str = "", limit: int = 50) -> Sequence[Lead]:
        """Inbound leads, the latest first."""
        ...

    def sold(self, which: Which, after: str = "", limit: int = 50) -> Sequence[Outbound]:
        """Leads sold, the latest first."""
        ...

    def lead(self, code: str) -> Lead | None:
        """The inbound lead of this code."""
        ...

    def sales(self, ids: Sequence[int], tests_in: tuple[str, ...] = ()) -> Mapping[int, Outbound]:
        """These sales by id, those that there are; those made in test where their version is in one of these states."""
        ...

    def codes(self, leads: Sequence[int]) -> Mapping[int, str]:
        """What inbound leads are called outside, by id."""
        ...

    def taken(self, which: Which) -> Taken:
        """What the inbound leads add up to."""
        ...

    def turnover(self, which: Which) -> Sequence[Sold]:
        """What was sold, by currency."""
        ...

    def attempts(self, uid: int, since: datetime | None = None) -> Sequence[Attempts]:
        """What was sent to a version and not taken, by reason."""
        ...

    def join(self, contracts: Sequence[int], uid: int, revision: int, now: datetime) -> int:
        """These contracts join a version as of this revision; how many are new there. What is written of others stays."""
        ...

    def confirm(self, contract: int, uid: int, revision: int, now: datetime) -> None:
        """Somebody has looked: the contract fits the version as of this revision."""
        ...

    def baselines(self, uid: int) -> Mapping[int, Baseline]:
        """By contract: what was written down of how it fits a version."""
        ...
