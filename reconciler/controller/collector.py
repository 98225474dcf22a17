"""A mailbox looked through again and again: each letter is taken up, and acknowledged when it is recorded."""

import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from reconciler.mail.inbox import Inbox, Letter
from reconciler.model.errors import MusterError, Permanent, StoreError, Transient
from reconciler.model.ports import Store
from reconciler.model.told import Told

PAUSE: Final = timedelta(seconds=10)
"""Between two looks."""
TROUBLE: Final = timedelta(minutes=1)
"""After one that failed, where nobody says how long."""


@dataclass(slots=True)
class Collector:
    """One mailbox, in a thread of its own. `take` records a letter for good, or raises; then it comes again."""

    name: str
    open_inbox: Callable[[], Inbox]
    take: Callable[[Store, Letter], None]
    open_store: Callable[[], Store]
    say: Told
    looked: Callable[[str], None] = lambda _name: None
    pause: timedelta = PAUSE
    interrupt: Callable[[], None] = lambda: None
    """Wakes an inbox that waits for letters."""
    _stopping: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin."""
        self._thread = threading.Thread(target=self._run, name=f"mailbox {self.name}", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End after the letter that is in hand."""
        self._stopping.set()
        self.interrupt()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._stopping.wait(self._pass().total_seconds())

    def _pass(self) -> timedelta:
        """One look; how long to wait until the next."""
        try:
            self.once()
        except Transient as error:
            self.say("a mailbox was not looked through", mailbox=self.name, error=str(error))
            return error.delay
        except (Permanent, MusterError, OSError) as error:
            self.say("a mailbox was not looked through", mailbox=self.name, error=_words(error))
            return PAUSE if isinstance(error, MusterError) else TROUBLE
        except Exception:  # noqa: BLE001 - one mailbox's bug must not end the others, nor this one
            self.say("a bug ended a look into a mailbox", mailbox=self.name, traceback=traceback.format_exc())
            return TROUBLE
        self.looked(self.name)
        return self.pause

    def once(self) -> None:
        """Look through it once; what is recorded is acknowledged, also where the look ends early."""
        store = self.open_store()
        try:
            inbox = self.open_inbox()
            try:
                self._take_all(store, inbox)
            except BaseException:
                with suppress(OSError, Transient):
                    inbox.close()
                raise
            inbox.close()
        finally:
            store.close()

    def _take_all(self, store: Store, inbox: Inbox) -> None:
        for letter in inbox.letters():
            try:
                self.take(store, letter)
            except StoreError:
                raise
            except Exception:  # noqa: BLE001 - a letter that we cannot bear must not keep the others from coming in
                self.say("a bug left a letter", mailbox=self.name, traceback=traceback.format_exc())
                continue
            inbox.acknowledge(letter)
            if self._stopping.is_set():
                return


def _words(error: BaseException) -> str:
    """What went wrong, without the names of files that a library puts in."""
    return error.strerror or type(error).__name__ if isinstance(error, OSError) else str(error)
