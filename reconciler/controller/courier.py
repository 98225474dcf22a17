"""Sends the notices that stand in the store: a thread beside the loop, with a store connection of its own.

Each is taken with a lease, sent, and marked. Killed between sending and marking, it is sent again, with the same key: the
receiver of a webhook sees by `Idempotency-Key` that it has it, and mail carries the key in its Message-ID.
"""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from reconciler.controller.receivers import Email, Receiver
from reconciler.controller.send import Refused, send_email, send_webhook
from reconciler.controller.talk import Level, Say
from reconciler.engine.owner import new_owner
from reconciler.model.errors import MusterError
from reconciler.model.instant import to_text
from reconciler.model.notice import Fate, Notice
from reconciler.model.ports import Clock, Store

ATTEMPTS: Final = 8
"""How often a notice is tried before it is given up: over about five hours."""

LEASE: Final = timedelta(seconds=120)
"""How long one attempt may take."""

_FIRST: Final = timedelta(seconds=5)
_LONGEST: Final = timedelta(hours=2)
_AT_ONCE: Final = 10
_IDLE: Final = 2.0
"""Seconds between two looks at what is due."""


@dataclass(slots=True)
class Courier:
    """Sends until it is told to stop."""

    receivers: Mapping[str, Receiver]
    open_store: Callable[[], Store]
    clock: Clock
    say: Say
    _stop: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin, if there is anybody to tell."""
        if self.receivers:
            self._thread = threading.Thread(target=self._run, name="courier", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """End it; what is not sent stays in the store."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=15)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                store = self.open_store()
                try:
                    while not self._stop.is_set():
                        if not self.deliver(store):
                            self._stop.wait(_IDLE)
                finally:
                    store.close()
            except MusterError as error:
                self.say("notices cannot be read", Level.WARNING, error=error)
                self._stop.wait(_IDLE * 5)

    def deliver(self, store: Store) -> int:
        """Send what is due now; how many that were."""
        now = self.clock.now()
        taken = store.bulletin.claim(new_owner(), to_text(now), to_text(now + LEASE), _AT_ONCE)
        for notice in taken:
            self._one(store, notice)
        return len(taken)

    def _one(self, store: Store, notice: Notice) -> None:
        receiver = self.receivers.get(notice.target)
        try:
            if receiver is None:
                raise Refused("there is no such receiver any more", final=True)
            way = receiver.way
            (send_email(way, notice) if isinstance(way, Email) else send_webhook(way, notice))
        except MusterError as error:
            self._failed(store, notice, error)
        else:
            store.bulletin.settle(notice, Fate.SENT, to_text(self.clock.now()))

    def _failed(self, store: Store, notice: Notice, error: MusterError) -> None:
        final = (isinstance(error, Refused) and error.final) or notice.attempts >= ATTEMPTS
        due = self.clock.now() + min(_LONGEST, _FIRST * 4 ** (notice.attempts - 1))
        store.bulletin.settle(notice, Fate.DEAD if final else Fate.PENDING, to_text(due), str(error))
        message = "a notice was given up" if final else "a notice could not be sent"
        level = Level.ERROR if final else Level.WARNING
        self.say(message, level, target=notice.target, about=notice.key, error=error, attempts=notice.attempts)
