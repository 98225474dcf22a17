"""On what terms a collection campaign contacts anybody: its state, dates and strategy, and what holds for all campaigns."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.model.canonical import Document

ACTIVE: Final = "active"
"""The state in which accounts are contacted (C-02)."""
_UTC: Final = "UTC"


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of one campaign at one instant, from documents as the store has them: without what is usual.

    `settings` are those of the organisation, None: there are none. `strategy` is the one that the campaign names, None: there
    is none. `is_open` is False also while a step of the campaign is being taken: what it is to become is not known for sure.
    `braked` is why an operator has stopped the engine; empty: nobody has.
    """

    state: str
    is_open: bool
    campaign: Document
    strategy: Document | None
    settings: Document | None
    braked: str = ""

    @property
    def zone(self) -> ZoneInfo:
        """The organisation's: where the days of campaigns begin and end."""
        return zone_of(self.settings)

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
        paused = bool((self.settings or {}).get("spec", {}).get("enginePaused"))
        return self.shut(now) or self.braked or ("the engine is paused by its settings" if paused else "")


def zone_of(settings: Document | None) -> ZoneInfo:
    """The organisation's zone; UTC where no settings say it."""
    return ZoneInfo((settings or {}).get("spec", {}).get("timezone", _UTC))
