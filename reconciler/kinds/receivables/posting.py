"""Steps that have become due: put into the job of their campaign, or, where they end the workflow, done at once. (AMB-I8)"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.kinds.hours import next_open
from reconciler.kinds.messaging.channels import stored_channel
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.kinds.receivables.book import Campaign
from reconciler.model.enrolments import Enrolment, Exit, Placed, Turn
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store

AT_ONCE: Final = 500
"""Steps that are posted in one transaction."""


@dataclass(frozen=True, slots=True)
class Postman:
    """Puts what is due into lanes, for one campaign at one instant."""

    store: Store
    lanes: Lanes
    campaign: Campaign
    now: datetime

    def batch(self) -> bool:
        """Take a batch; False where nothing is due, or somebody else was faster."""
        campaign = self.campaign
        due = self.store.enrolments.due(campaign.uid, campaign.today(self.now), AT_ONCE)
        over = [one.id for one in due if self._is_over(one)]
        left = self.store.enrolments.leave(campaign.uid, over, Exit.WORKFLOW_FINISHED, self.now) if over else 0
        steps = self._placed([one for one in due if not self._is_over(one)])
        posted = self.store.enrolments.post(campaign.uid, steps) if steps else 0
        return bool(left or posted)

    def _is_over(self, one: Enrolment) -> bool:
        steps = self.campaign.steps
        return one.step >= len(steps) or steps[one.step].action == "exit"

    def _placed(self, due: list[Enrolment]) -> list[Placed]:
        """Within the hours of the workflow: a step that is due outside them waits for the next."""
        at = next_open(self.campaign.packed.workflow.hours, self.campaign.zone, self.now)
        return [Placed(Turn(one.id, one.step, one.turn), self._lane(one), at) for one in due]

    def _lane(self, one: Enrolment) -> int:
        channel = self.campaign.steps[one.step].channel or ""
        return lane_of(self.store, self.lanes, self.campaign.uid, (channel, one.id), self.now)


def lane_of(store: Store, lanes: Lanes, uid: int, whose: tuple[str, int], now: datetime) -> int:
    """The lane of a campaign for a channel, and whose turn it is there; the first where that channel is not there.

    What waits in it says so, until the channel is there again.
    """
    name, turn = whose
    try:
        return lanes.lane_of(uid, stored_channel(store, name), turn, now)
    except Permanent:
        return 0
