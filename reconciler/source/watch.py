"""The door of watchfiles: says that something has changed below some directories, never what.

A trigger and nothing more. What it misses (files in folders that were just made, a network share) is found by the next
look at an interval. It notices by itself when a root was replaced, and watches the new one.
"""

import os
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Final

QUIET: Final = 20
"""Milliseconds without an event after which a burst is over."""

LONGEST: Final = 3_000
"""Milliseconds after which it is told although it goes on."""

LOOK: Final = 500
"""Milliseconds between two looks at whether the roots are still those that are watched."""

AGAIN: Final = 10
"""Seconds until it is tried again where the machine cannot watch."""

_Root = tuple[str, tuple[int, int]]
"""A directory, with what tells it from another that has taken its name."""

_OWN: Final = (f"{os.sep}.muster{os.sep}", f"{os.sep}.git{os.sep}")
"""What changes by our own doing, or without a manifest changing."""


class Watcher:
    """A thread that calls `changed` after every burst of events below `roots()`, which may name other ones later.

    `deaf` is called, once, where the machine cannot watch, or not all of it (its limit of inotify watches, mostly).
    """

    def __init__(
        self, roots: Callable[[], tuple[Path, ...]], changed: Callable[[], None], deaf: Callable[[str], None]
    ) -> None:
        self._roots, self._changed, self._deaf = roots, changed, deaf
        self._stop = threading.Event()
        self._was_deaf = False
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def start(self) -> None:
        """Begin to listen."""
        self._thread.start()

    def stop(self) -> None:
        """End it, and wait for that."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._listen(_standing(self._roots()))
            except (OSError, RuntimeError) as error:
                self._tell(str(error))
                self._stop.wait(AGAIN)

    def _listen(self, roots: "tuple[_Root, ...]") -> None:
        """Until the roots are no longer these."""
        from watchfiles._rust_notify import RustNotify

        paths = [path for path, _ in roots]
        with RustNotify(paths, False, False, 300, True, True) as ears:
            # What happened until now was not heard.
            self._changed()
            self._check(paths)
            while not self._stop.is_set():
                found = ears.watch(LONGEST, QUIET, LOOK, self._stop)
                if isinstance(found, set) and any(_counts(path) for _, path in found):
                    self._changed()
                if _standing(self._roots()) != roots:
                    return

    def _check(self, paths: list[str]) -> None:
        """Tell, if it only hears a part: where the watches run out amid a tree, the library says nothing.

        If there were enough, there is one more.
        """
        from watchfiles._rust_notify import RustNotify

        try:
            RustNotify(paths[:1], False, False, 300, False, False).close()
        except (OSError, RuntimeError) as error:
            self._tell(str(error))

    def _tell(self, why: str) -> None:
        if not self._was_deaf:
            self._was_deaf = True
            self._deaf(why)


def _counts(path: str) -> bool:
    return not any(own in path for own in _OWN)


def _standing(roots: tuple[Path, ...]) -> tuple[_Root, ...]:
    """The roots that exist; what lies in another one is watched with that."""
    found: dict[str, tuple[int, int]] = {}
    for root in roots:
        try:
            stat = os.stat(root)
        except (OSError, ValueError):
            continue
        found[os.path.realpath(root)] = stat.st_dev, stat.st_ino
    return tuple(
        (path, known) for path, known in sorted(found.items()) if not any(path.startswith(o + os.sep) for o in found)
    )
