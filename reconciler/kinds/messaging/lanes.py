"""Which lane of a standing job the messages of a Channel go to: webhooks have a few, and each SmtpConnection its own.

lanes = Lanes(store)
lanes.stand(uid, channels, now)                     where a campaign begins: the job, with a lane for each way out
place = lanes.place(uid, channel, turn, now)        where a message goes; `turn`, such as an account's id, spreads them
Posted(key, payload, due_at, place.lane, place.repeats)

Lanes are only ever added. What waits in one finds its connection there, however its Channel is edited since: a message whose
Channel goes another way by the time it is sent is moved (see crossing.py).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from reconciler.kinds.messaging.channels import Channel
from reconciler.kinds.messaging.relay import stored_lanes
from reconciler.model.ports import Store
from reconciler.model.work import Place

WEBHOOKS: Final = 4
"""Lanes of a job for calls: so many are under way at once, and an agent that stalls holds up a quarter of the others."""
MAILS: Final = 8
"""The most lanes of a job through one connection; it is shared with whoever else sends by it."""
REPEATED: Final = 200
"""A webhook whose worker died is called again, for its key makes it one; but not after so many attempts: twice as many as a
channel may ask for. A mail in doubt is not repeated (AMB-E13)."""


@dataclass(slots=True)
class Lanes:
    """The lanes of standing jobs over one store. It remembers those it has seen: they do not change. Use from one thread."""

    store: Store
    _vias: dict[int, tuple[str, ...]] = field(default_factory=dict)

    def stand(self, uid: int, channels: Iterable[Channel], now: datetime) -> None:
        """The job, with lanes for all these; more of them where a connection has become wider since."""
        found = {one.via for one in channels}
        self._vias[uid] = self.store.ledger.widen(uid, {via: self._width(via) for via in found}, now)

    def place(self, uid: int, channel: Channel, turn: int, now: datetime) -> Place:
        """Where the message of this channel goes whose turn it is."""
        return Place(self.lane_of(uid, channel, turn, now), repeats_of(channel))

    def lane_of(self, uid: int, channel: Channel, turn: int, now: datetime) -> int:
        """The number of that lane; it is added to the job where there was none through this connection."""
        if channel.via not in self._vias.get(uid, ()):
            self.stand(uid, [channel], now)
        numbers = [number for number, via in enumerate(self._vias[uid]) if via == channel.via]
        return numbers[turn % len(numbers)]

    def cap(self, via: str) -> int:
        """See `ports.Worker`: a connection has one number of lanes, whoever sends by it; webhooks as many as there are."""
        return stored_lanes(self.store, via) if via else 0

    def _width(self, via: str) -> int:
        return min(stored_lanes(self.store, via), MAILS) if via else WEBHOOKS


def repeats_of(channel: Channel) -> int:
    """How often a message may be begun anew of which nobody knows what became."""
    return 0 if channel.via else REPEATED
