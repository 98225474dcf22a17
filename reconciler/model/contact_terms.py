"""On what terms a collection campaign contacts anybody: its state, dates and strategy, and what holds for all campaigns."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.model.canonical import Document
from reconciler.model.instant import to_text

ACTIVE: Final = "active"
"""The state in which accounts are contacted (C-02)."""
GONE: Final = "the organisation's settings were deleted"
"""Why nobody is contacted, where there were settings and are none."""
_UTC: Final = "UTC"


@dataclass(frozen=True, slots=True)
class Brake:
    """Whether an operator has put the brake on everybody's queue, who, when and why. (AMB-C13)"""

    is_on: bool
    reason: str
    actor: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Stop:
    """Why nobody is contacted in any campaign: `why` for who waits in a queue, `told` for who can end it."""

    why: str
    told: str


@dataclass(frozen=True, slots=True)
class Engine:
    """What holds for all campaigns alike: the organisation's settings as `ref` has them, and how the brake was left.

    `settings` None: there are none. `were_deleted`: there were some.
    """

    settings: Document | None = None
    ref: str = ""
    were_deleted: bool = False
    brake: Brake | None = None

    @property
    def stops(self) -> tuple[Stop, ...]:
        """Everything that keeps the engine from contacting anybody; none where it runs. (AMB-C13)"""
        found = []
        if self.were_deleted:  # limits, hours and brakes went with them: nobody is contacted without what held before
            found.append(Stop(GONE, f"{GONE}; apply some again, limits and hours are in them"))
        if self.brake is not None and self.brake.is_on:
            who = f"{self.brake.actor}, {to_text(self.brake.at)}"
            found.append(Stop(f"the engine is paused: {self.brake.reason}", f"{self.brake.reason} ({who})"))
        if (self.settings or {}).get("spec", {}).get("enginePaused"):
            found.append(Stop("the engine is paused by its settings", f"enginePaused in {self.ref}"))
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one campaign at one instant, from documents as the store has them: without what is usual.

    `strategy` is the one that the campaign names, None: there is none. `is_open` is False also while a step of the campaign is
    being taken: what it is to become is not known for sure.
    """

    state: str
    is_open: bool
    campaign: Document
    strategy: Document | None
    engine: Engine = field(default_factory=Engine)

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's: where the days of campaigns begin and end."""
        return zone_of(self.engine.settings)

    def shut(self, now: datetime) -> str:
        """Why nothing is queued or contacted now, in words; empty where something is. (C-02, AMB-C3, AMB-C5, AMB-C11)"""
        spec = self.campaign.get("spec", {})
        today, starts, ends = now.astimezone(self.zone).date().isoformat(), spec.get("startDate"), spec.get("endDate")
        if self.state != ACTIVE:
            return f"the campaign is {self.state or 'gone'}"
        if not self.is_open:
            return "its queue is shut"
        if not starts or not ends:
            return "it has no dates"
        if today < starts:
            return f"it begins on {starts}"
        if today > ends:
            return f"its end date, {ends}, has passed"
        if self.strategy is None:
            return "it has no strategy"
        return "" if self.strategy.get("spec", {}).get("enabled", True) else "its strategy is switched off"

    def rest(self, now: datetime) -> str:
        """Why nothing is contacted now, though it may be queued; empty where something is. (AMB-C13)"""
        return self.shut(now) or next((one.why for one in self.engine.stops), "")


def zone_of(settings: Document | None) -> ZoneInfo:
    """The organisation's zone; UTC where no settings say it."""
    return ZoneInfo((settings or {}).get("spec", {}).get("timezone", _UTC))
