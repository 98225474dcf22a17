"""A referral program as people look at it: its campaigns, who takes part, its rewards by name, and why there is one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.model.ref import Ref
from reconciler.model.referral import Taken
from reconciler.model.reward import Fate, Owed, Reward


@dataclass(frozen=True, slots=True)
class CampaignView:
    """A campaign: how often links led to it, and what stopping it would void."""

    ref: Ref
    state: str
    clicks: int
    owed: Owed


@dataclass(frozen=True, slots=True)
class ProgramView:
    """A program with its campaigns; `nowhere` counts clicks while none was live."""

    ref: Ref
    timezone: str
    campaigns: Sequence[CampaignView]
    nowhere: int
    rewards: Mapping[Fate, int]


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody in it, and the codes of an advocate's links."""

    id: str
    since: datetime
    codes: Sequence[str]


@dataclass(frozen=True, slots=True)
class Named:
    """A reward with the names of what it belongs to."""

    reward: Reward
    program: str
    campaign: Ref | None


@dataclass(frozen=True, slots=True)
class Story:
    """Rewards, the event that they came by, and of each campaign its present state, and why it does not pay."""

    rewards: Sequence[Named]
    taken: Taken | None
    campaigns: Mapping[Ref, tuple[str, str]]
