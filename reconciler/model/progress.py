"""How far the work of a campaign has come, at an instant: what people watch. (E-46, E-48 to E-51)"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from reconciler.model.returns import Sign
from reconciler.model.work import JobView, LaneView, Phase, Stage

MINUTE: Final = timedelta(minutes=1)
_PACE_SPAN: Final = 10
"""Seconds of one count of the pace."""


class Condition(StrEnum):
    """What a lane is doing."""

    DONE = "done"
    """Nothing is left in it."""
    AT_WORK = "at-work"
    RESTING = "resting"
    """Something went wrong; it is tried again."""
    LATER = "later"
    """It waits for its rate, or for the time of what is next."""
    WAITING = "waiting"
    """It could go on, and nobody is at work on it."""
    STOPPED = "stopped"
    """Its job is not open."""


@dataclass(frozen=True, slots=True)
class Through:
    """What goes through one connection, by its lanes."""

    via: str
    lanes: int = 0
    at_work: int = 0
    resting: int = 0
    sent: int = 0
    failed: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """A job at `now`, with what was heard of its units: of each sign, how often and of how many units.

    `asked` is how many units a minute the campaign and what it goes through allow; None where nobody says.
    """

    job: JobView
    now: datetime
    heard: Mapping[Sign, tuple[int, int]] = field(default_factory=dict)
    asked: float | None = None

    def count(self, stage: Stage) -> int:
        """Units in this stage."""
        return self.job.stages.get(stage, 0)

    @property
    def total(self) -> int:
        """All units (E-48)."""
        return self.job.total

    @property
    def sent(self) -> int:
        """Units sent so far (E-48)."""
        return self.count(Stage.SENT)

    @property
    def left(self) -> int:
        """Units with which something is still to happen."""
        return sum(units for stage, units in self.job.stages.items() if not stage.is_final)

    @property
    def percent(self) -> float:
        """How much has been dealt with, in tenths, never rounded up: 100 means all, also where there is none (E-49).

        What was cancelled has not been dealt with.
        """
        done = self.total - self.left - self.count(Stage.CANCELLED)
        return done * 1000 // self.total / 10 if self.total else 100.0

    @property
    def is_open(self) -> bool:
        """Whether it is being worked on, or would be."""
        return self.job.phase is Phase.OPEN

    @property
    def rate(self) -> float:
        """Units a minute that were sent in the last minute (E-51); 0 while nothing is meant to be sent."""
        if not self.is_open:
            return 0.0
        end = int(self.now.timestamp()) // _PACE_SPAN * _PACE_SPAN
        begin = end - int(MINUTE.total_seconds())
        sent = sum(units for at, units in self.job.pace.items() if at.timestamp() >= begin)
        since = max(begin, self.job.opened_at.timestamp() if self.job.opened_at else begin)
        return sent * 60 / max(self.now.timestamp() - since, 1.0)

    @property
    def time_left(self) -> timedelta | None:
        """How long the rest takes at the present rate; None where that cannot be said."""
        if not self.left:
            return timedelta()
        return timedelta(minutes=self.left / self.rate) if self.rate else None

    @property
    def behind(self) -> float:
        """How many units a minute fewer are sent than is asked, once it is open for a minute."""
        opened_at = self.job.opened_at
        if self.asked is None or not (self.is_open and self.left) or opened_at is None or self.now - opened_at < MINUTE:
            return 0.0
        return max(self.asked - self.rate, 0.0)

    @property
    def lag(self) -> timedelta:
        """How long the lane that waits longest has had nobody to work on it."""
        return max((self._waits(lane) for lane in self.job.lanes), default=timedelta())

    def condition(self, lane: LaneView) -> Condition:
        """What a lane is doing."""
        if not lane.left:
            return Condition.DONE
        if lane.owner:
            return Condition.AT_WORK
        if not self.is_open:
            return Condition.STOPPED
        if lane.trouble:
            return Condition.RESTING
        return Condition.LATER if lane.due_at and lane.due_at > self.now else Condition.WAITING

    def lanes(self, condition: Condition) -> int:
        """How many lanes are doing this."""
        return sum(self.condition(lane) is condition for lane in self.job.lanes)

    @property
    def stuck(self) -> tuple[LaneView, ...]:
        """Lanes that have waited for a worker for longer than a minute."""
        return tuple(lane for lane in self.job.lanes if self._waits(lane) > MINUTE)

    @property
    def resting(self) -> tuple[LaneView, ...]:
        """Lanes in trouble."""
        return tuple(lane for lane in self.job.lanes if lane.left and lane.trouble)

    @property
    def through(self) -> tuple[Through, ...]:
        """The lanes by what they go through, in order."""
        found: dict[str, list[LaneView]] = {}
        for lane in self.job.lanes:
            found.setdefault(lane.via, []).append(lane)
        return tuple(self._through(via, lanes) for via, lanes in sorted(found.items()))

    def units_heard(self, sign: Sign) -> int:
        """Of how many units a sign was heard."""
        return self.heard.get(sign, (0, 0))[1]

    @property
    def delivered(self) -> int:
        """Units that the receiving server accepted and that have not bounced since (AMB-E17)."""
        return delivered(self.sent, self.units_heard(Sign.DELIVERED), self.units_heard(Sign.BOUNCED))

    def _waits(self, lane: LaneView) -> timedelta:
        if self.condition(lane) is not Condition.WAITING:
            return timedelta()
        since = max((at for at in (lane.due_at, self.job.opened_at) if at), default=self.now)
        return max(self.now - since, timedelta())

    def _through(self, via: str, lanes: list[LaneView]) -> Through:
        does = [self.condition(lane) for lane in lanes]
        return Through(
            via,
            len(lanes),
            does.count(Condition.AT_WORK),
            does.count(Condition.RESTING),
            sum(lane.sent for lane in lanes),
            sum(lane.failed for lane in lanes),
            sum(lane.left for lane in lanes),
        )


def delivered(sent: int, confirmed: int, bounced: int) -> int:
    """What arrived and has not bounced since, as far as anybody knows (AMB-E17).

    More may be `confirmed` than is known to be sent: what became of some was unknown.
    """
    return max(max(sent, confirmed) - bounced, 0)
