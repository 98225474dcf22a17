"""On what terms somebody holds, as a form has them: the reason, and an end that is picked or said."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from reconciler.controller.terms import after, allowed, at, spoken
from reconciler.dashboard.visit import Visit
from reconciler.model.errors import Usage
from reconciler.model.hold import Hold, hold_until

ENDS: Final = (
    ("1h", "in 1 hour"),
    ("4h", "in 4 hours"),
    ("tomorrow", "tomorrow at 09:00"),
    ("at", "at another time"),
)
"""The ends that a form offers: word and text."""
_MORNING: Final = 9


@dataclass(frozen=True, slots=True)
class Sent:
    """What a form sent, to be shown again where it was refused."""

    reason: str = ""
    end: str = "4h"
    at: str = ""
    typed: str = ""

    @classmethod
    def of(cls, visit: Visit) -> "Sent":
        """The fields of this form."""
        return cls(visit.sent("reason"), visit.sent("end") or "4h", visit.sent("at"), visit.sent("typed"))

    def hold(self, visit: Visit) -> Hold:
        """The hold that is meant, by this visitor. Usage where reason or end will not do."""
        reason, owner = spoken("reason", self.reason), spoken("owner", visit.visitor.name)
        return hold_until(reason, owner, visit.now, self._until(visit))

    def _until(self, visit: Visit) -> datetime:
        zone = zone_of(visit)
        match self.end:
            case "at":
                if not self.at:
                    raise Usage("say at what time it ends")
                return at(self.at, zone, visit.now)
            case "tomorrow":
                day = (visit.now.astimezone(ZoneInfo(zone)) + timedelta(days=1)).date()
                return allowed(datetime(day.year, day.month, day.day, _MORNING, tzinfo=ZoneInfo(zone)), visit.now)
            case "1h" | "4h":
                return after(self.end, visit.now)
        raise Usage("say when it ends: a hold without an end is forgotten")


def zone_of(visit: Visit) -> str:
    """The project's zone, in which local times are meant."""
    return visit.premises.app.project.timezone or "UTC"
