"""What comes back from outside work, and who is not to be reached any more. (AMB-E15, AMB-E16)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol


class Sign(StrEnum):
    """What was heard of a unit after it was sent."""

    DELIVERED = "delivered"
    OPENED = "opened"
    CLICKED = "clicked"
    BOUNCED = "bounced"
    """For good: a hard bounce."""
    DEFERRED = "deferred"
    """For now: a soft bounce."""
    BLOCKED = "blocked"
    """By a policy or as spam, whatever the address."""
    COMPLAINED = "complained"
    UNSUBSCRIBED = "unsubscribed"


@dataclass(frozen=True, slots=True)
class Return:
    """One sign. `id` makes it one, however often it is reported; `key` is the unit's, `uid` that of its job."""

    id: str
    uid: int
    key: str
    sign: Sign
    at: datetime
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Suppression:
    """Who is not to be reached: `reason` is hard_bounce, soft_bounce, complaint, unsubscribed, manual or list_import.

    `list` names a SuppressionList; empty: nobody in the project writes to this address.
    """

    address: str
    reason: str
    at: datetime
    list: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Whom a launch did not take in because they are suppressed; `reason` and `list` as in Suppression."""

    id: int
    key: str
    reason: str
    list: str


class Returns(Protocol):
    """Signs and suppressions in the store. Addresses are keys: canonical. Every method that writes is one transaction."""

    def record(self, signs: Sequence[Return]) -> int:
        """Take these down; how many were new."""
        ...

    def tally(self, uid: int) -> Mapping[Sign, tuple[int, int]]:
        """Of each sign, how often it was heard, and of how many units."""
        ...

    def signs(self, uid: int, sign: Sign | None = None) -> Sequence[Return]:
        """What was heard of a job, oldest first."""
        ...

    def history(self, key: str, limit: int) -> Sequence[Return]:
        """What was heard of an address in all jobs, the latest first."""
        ...

    def suppress(self, suppressions: Sequence[Suppression]) -> int:
        """Keep these; how many were new. An older reason stays."""
        ...

    def forgive(self, address: str, list_: str = "") -> bool:
        """Take a suppression away; False where there was none."""
        ...

    def renew(self, list_: str, keys: Sequence[str], at: datetime) -> None:
        """Addresses that stand on a list outside as of `at`; one that is suppressed for another reason stays so."""
        ...

    def expire(self, list_: str, before: datetime) -> int:
        """Take away the addresses of a list outside that were not renewed since; how many that were."""
        ...

    def suppressed(self, keys: Sequence[str], lists: Sequence[str]) -> Mapping[str, Suppression]:
        """Those of `keys` that are suppressed, for whoever asks these lists."""
        ...

    def drop_suppressed(self, uid: int, lists: Sequence[str]) -> Mapping[str, int]:
        """Take everyone suppressed out of a staged job, and keep who that was; how many by reason."""
        ...

    def drop_listed(self, uid: int, keys: Sequence[str], list_: str) -> int:
        """Take those out of a staged job who stand on a list outside, and keep who that was; how many."""
        ...

    def left_out(self, uid: int, after: int = 0, limit: int = 50, before: int = 0) -> Sequence[LeftOut]:
        """Whom a launch has left out so, the first ones after `after`; with `before` instead, the last ones before that."""
        ...

    def suppressions(self, list_: str | None = None) -> Sequence[Suppression]:
        """All of them, or those of one list."""
        ...
