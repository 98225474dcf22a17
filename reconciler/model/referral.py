"""Who takes part in referral programs, and what is heard of them: advocates, links, clicks, accesses, events. (R-25)

Rows belong to a program or campaign by the uid of its resource. People are known by the ids that the program's own systems
give them; addresses and households are kept as digests, which can be compared and not read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from reconciler.model.reward import Due, Reward

NOBODY = 0
"""The uid in the place of a campaign where none was live."""


class Role(StrEnum):
    """On which side of a link somebody stands."""

    ADVOCATE = "advocate"
    FRIEND = "friend"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in a program, known since `at`. `contact` and `household` are digests; empty where they are not known."""

    uid: int
    role: Role
    id: str
    at: datetime
    contact: str = ""
    household: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """What an advocate shares. `campaign` was shown to the advocate then; NOBODY where none was live."""

    code: str
    uid: int
    advocate: str
    campaign: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Access:
    """A friend's first sight of a campaign's offer, and the link that led there."""

    uid: int
    friend: str
    campaign: int
    code: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FriendEvent:
    """What a friend did: `event` is a step of the journey, `id` makes it one, however often it is reported.

    `said` is the digest of the report: the same id with another one is another event. `verdicts` tell what each rule said.
    """

    uid: int
    id: str
    friend: str
    event: str
    at: datetime
    said: str
    code: str = ""
    verdicts: Sequence[Mapping[str, Any]] = ()


@dataclass(frozen=True, slots=True)
class Clicks:
    """How often links led to a campaign, or to nobody."""

    campaign: int
    clicks: int
    links: int


@dataclass(frozen=True, slots=True)
class Funnel:
    """How far a campaign has led: links shared of it, clicks that came to it, friends who opened its offer.

    `steps` says how many of these friends took each step of a journey since they did.
    """

    links: int = 0
    clicks: int = 0
    friends: int = 0
    steps: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Taken:
    """An event as it is kept, with its rewards. `is_first` where the friend has not reached this step before."""

    event: FriendEvent
    rewards: Sequence[Reward] = field(default=())
    is_first: bool = True


class Referral(Protocol):
    """Participants and events in the store. What is written twice is kept as it was first. A method is one transaction."""

    def enrol(self, person: Person) -> Person:
        """Take somebody in; who is kept. What was not known of them before is filled in, and nothing else changes."""
        ...

    def person(self, uid: int, role: Role, id_: str) -> Person | None:
        """Somebody in a program."""
        ...

    def people(self, uid: int, role: Role, after: str, limit: int) -> Sequence[Person]:
        """Those of a role by id, from the one behind `after`."""
        ...

    def share(self, link: Link) -> Link:
        """An advocate's link of a campaign; the one that is kept, which may have another code."""
        ...

    def link(self, code: str) -> Link | None:
        """The link with this code."""
        ...

    def links(self, uid: int, advocate: str) -> Sequence[Link]:
        """An advocate's links, the oldest first."""
        ...

    def click(self, code: str, campaign: int, at: datetime) -> None:
        """Somebody came by a link, and was led to a campaign or to NOBODY. Counted by the hour."""
        ...

    def clicks(self, uid: int) -> Sequence[Clicks]:
        """The clicks of a program by campaign."""
        ...

    def funnel(self, uid: int, campaign: int) -> Funnel:
        """How far a campaign of a program has led."""
        ...

    def access(self, access: Access) -> Access:
        """A friend sees a campaign's offer; the first time is kept."""
        ...

    def accesses(self, uid: int, friend: str) -> Sequence[Access]:
        """What a friend has seen, the first one first."""
        ...

    def reached(self, uid: int, friend: str) -> Mapping[str, datetime]:
        """When a friend took each step, the first time."""
        ...

    def event(self, uid: int, id_: str) -> Taken | None:
        """An event that was reported, and what it has earned."""
        ...

    def take(self, event: FriendEvent, seen: Mapping[int, int], dues: Sequence[Due], now: datetime) -> Taken | None:
        """Keep an event with what it earns, or give what is kept under its id; its rewards come once, whoever else reports it.

        A step that the friend took before earns nothing. None where a campaign of `seen`, by uid, has not the revision
        any more at which this was judged: judge again. Limits are counted here; a campaign that has voided its rewards
        adds none but void ones.
        """
        ...
