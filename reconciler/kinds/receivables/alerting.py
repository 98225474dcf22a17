"""The worker of NotificationSettings: it watches In Campaign %, and sends the mails about alerts. (I-24, I-26)"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from reconciler.kinds.messaging.channels import EMAIL, stored_channel
from reconciler.kinds.messaging.crossing import Crossing, result_of
from reconciler.kinds.messaging.lanes import Lanes
from reconciler.kinds.messaging.outreach import Message, Outcome, Outreach, key_of
from reconciler.kinds.messaging.texts import Text, with_digest
from reconciler.kinds.receivables.watching import Watch
from reconciler.model.ports import Clock, Report, Store
from reconciler.model.secret import Reveal
from reconciler.model.work import Lane, Result, Stage, Unit

TEXT: Final = with_digest(Text("in-campaign-alert", subject="{{ alert.subject }}", text="{{ alert.body }}"))
"""Whole sentences come from whoever posted the mail: what they say was so then."""


class AlertWorker:
    """Implements `ports.Worker` for NotificationSettings, over one store. Use from one thread."""

    def __init__(self, store: Store, reveal: Reveal, clock: Clock) -> None:
        self._store, self._clock, self._watch = store, clock, Watch(store)
        self._lanes = Lanes(store)
        self._crossing = Crossing(store, Outreach(store, reveal), self._lanes)

    def cap(self, via: str) -> int:
        """See `ports.Worker`."""
        return self._lanes.cap(via)

    def work(self, lane: Lane) -> None:
        """See `ports.Worker`. A mail in doubt is not repeated (AMB-E13)."""
        self._crossing.work(lane, _Alerts(self._store, lane))

    def reports(self) -> Iterable[Report]:
        """See `ports.Worker`: nothing to report. Alerts are opened and closed here."""
        self._watch.turn(self._store.time(self._clock.now()))
        return ()


@dataclass(frozen=True, slots=True)
class _Alerts:
    """Implements `crossing.Case`."""

    store: Store
    lane: Lane

    def begin(self, unit: Unit) -> Message | Result:
        """See `crossing.Case`."""
        said = unit.payload
        channel = stored_channel(self.store, said["channel"])
        if channel.medium != EMAIL:
            return Result(Stage.CANCELLED, {"why": f"Channel/{channel.name} carries no mail any more"})
        values = {"alert": {"subject": said["subject"], "body": said["body"]}}
        return Message(key_of(self.lane.ref, said["at"], unit.key), channel, TEXT, {"email": said["to"]}, values)

    def settle(self, unit: Unit, outcome: Outcome) -> Result:
        """See `crossing.Case`."""
        return result_of(outcome, self.lane.now())

    def put_back(self, unit: Unit) -> None:
        """See `crossing.Case`: nothing was written down."""
