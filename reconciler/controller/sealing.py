"""Seals of the log: verified while doctor reads it, and made of what it found whole.

A seal is made afterwards, of events that are committed and do not change any more, so nobody waits for it.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from reconciler.model.event import Event
from reconciler.model.health import Complaint, Health
from reconciler.model.instant import to_text
from reconciler.model.log_seal import EMPTY, LogSeal, extended
from reconciler.model.ports import Store


@dataclass(slots=True)
class SealCheck:
    """Holds the log, event by event, against seals that the store keeps and seals that were noted elsewhere."""

    kept: tuple[LogSeal, ...]
    noted: Iterable[str] = ()
    events: int = 0
    hash: str = EMPTY
    """The hash over the events so far."""
    _broken: list[LogSeal] = field(default_factory=list)
    _sound: int = 0
    """Up to which event the last seal holds that does."""
    _met: set[str] = field(default_factory=set)

    def see(self, event: Event) -> None:
        """The next event."""
        self.events += 1
        self.hash = extended(self.hash, event.hash)
        if self.hash in self.noted:
            self._met.add(self.hash)
        while self.kept and self.kept[0].serial <= self.events:
            seal, self.kept = self.kept[0], self.kept[1:]
            if seal.hash != self.hash:
                self._broken.append(seal)
            elif not self._broken:
                self._sound = seal.serial

    def complaints(self) -> Iterator[Complaint]:
        """What does not hold, once every event was seen."""
        for seal in self._broken[:1]:
            where = f"events {self._sound + 1} to {seal.serial} are not those that were sealed {seal.made_at}"
            yield Complaint("", f"{where}: the log was rewritten")
        for seal in self.kept[-1:]:
            missing = seal.serial - self.events
            found = f"the log ends with event {self.events}, but was sealed {seal.made_at} up to event {seal.serial}"
            yield Complaint("", f"{found}: {missing} lines are missing")
        for hashed in sorted({*self.noted} - self._met):
            yield Complaint("", f"this log never had the seal {hashed}: it was cut or rewritten, or is another one")


def seal(store: Store, health: Health, at: datetime) -> bool:
    """Keep the seal of a log that was found whole, unless one over as many events is kept; whether it was kept now."""
    if health.complaints or not health.events or any(one.serial == health.events for one in store.log_seals()):
        return False
    return store.add_log_seal(LogSeal(health.events, health.seal, to_text(at)))
