"""A collection campaign, and the engine, as people look at them. (C-17 … C-20, C-25)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from reconciler.kinds.collections.foreseen import Way
from reconciler.model.accounts import Account
from reconciler.model.actor import Actor
from reconciler.model.collection_books import Figures, Interaction
from reconciler.model.contact_queue import Item, ItemStage
from reconciler.model.lifecycle import Lifecycle, Transition
from reconciler.model.ref import Ref

_IN_TIME: Final = "not-past-end"
"""The guard of moves that are shut once the end date has passed (AMB-C3, AMB-C4)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """By which strategy a campaign contacts accounts. `type` is empty where it is not there any more."""

    name: str
    type: str = ""
    steps: int = 0
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Dates:
    """The days of a campaign, both included, in a zone; `today` is the date there."""

    start: date
    end: date
    today: date

    @property
    def whole(self) -> int:
        """How many days they are."""
        return (self.end - self.start).days + 1

    @property
    def day(self) -> int:
        """Which of them it is; 0 before the first, the last one afterwards."""
        return min(max((self.today - self.start).days + 1, 0), self.whole)

    @property
    def is_over(self) -> bool:
        """Whether the last of them has passed."""
        return self.today > self.end


@dataclass(frozen=True, slots=True)
class Sheet:
    """A campaign. `since` is when it first became active; `queue` counts what waits, and what ended today in `zone`."""

    ref: Ref
    state: str
    title: str
    objective: str
    plan: Plan | None
    dates: Dates | None
    zone: str
    since: datetime | None
    figures: Figures
    statuses: Mapping[str, int]
    queue: Mapping[ItemStage, int]

    @property
    def is_expired(self) -> bool:
        """Whether it is a draft that cannot be activated with the dates that it has (AMB-C4)."""
        return self.state == "draft" and self.dates is not None and self.dates.is_over

    def moves(self, law: Lifecycle) -> tuple[Transition, ...]:
        """What a person may do with it now, by its dates (C-17)."""
        shut = {_IN_TIME} if self.dates is not None and self.dates.is_over else set()
        return tuple(edge for edge in law.leaving(self.state) if edge.by is Actor.USER and shut.isdisjoint(edge.guards))


@dataclass(frozen=True, slots=True)
class Ahead:
    """What comes next for an account. `why` keeps it from being contacted now, empty: nothing; `until` is when that is over,
    None: nobody can say. `way` are the contacts to come if nobody answers, None where no campaign contacts it.
    """

    why: str
    until: datetime | None = None
    way: Way | None = None


@dataclass(frozen=True, slots=True)
class Story:
    """An account: who it is, whose, what happened, its contacts, and what comes next."""

    account: Account
    campaign: Ref | None
    happened: Sequence[Interaction]
    items: Sequence[Item]
    ahead: Ahead


@dataclass(frozen=True, slots=True)
class Pulse:
    """The cycles in which a worker looks at all campaigns: when one began last, None: never, and how long after it the next one
    does. `is_late`: one is due, and no worker has begun it.
    """

    last: datetime | None
    every: timedelta
    is_late: bool = False

    @property
    def next(self) -> datetime | None:
        """When the next one is due; None where none ever began: as soon as a worker runs."""
        return self.last + self.every if self.last else None


@dataclass(frozen=True, slots=True)
class Blocked:
    """A way out of a campaign that rests because something is wrong with it, such as a mail server that is down.

    `via` is the SmtpConnection, empty: calls of agents. `lanes` of it rest, for `message`; the first is tried again at `until`.
    """

    ref: Ref
    via: str
    lanes: int
    since: datetime
    until: datetime | None
    message: str


@dataclass(frozen=True, slots=True)
class Execution:
    """What the engine does today, by campaign; `brakes` say why nobody is contacted, none where somebody is."""

    today: date
    zone: str
    campaigns: Sequence[tuple[Ref, str, Mapping[ItemStage, int]]]
    waiting: Sequence[tuple[Ref, str, int, datetime]]
    brakes: Sequence[str]
    pulse: Pulse
    blocked: Sequence[Blocked] = ()

    @property
    def totals(self) -> Mapping[ItemStage, int]:
        """All campaigns together."""
        return {stage: sum(counts.get(stage, 0) for *_, counts in self.campaigns) for stage in ItemStage}
