"""What was just done, told once more on the page that comes next: whoever has sent a form sees what came of it."""

import threading
from collections import OrderedDict
from secrets import token_urlsafe
from typing import Final

MOST: Final = 1000
"""How many are kept. They are for the next page; the log and the audit keep what lasts."""


class Sayings:
    """Sentences by a key that nobody guesses, each for one visitor. Threads may share it."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._kept: OrderedDict[str, tuple[str, str]] = OrderedDict()

    def keep(self, visitor: str, text: str) -> str:
        """The key under which this visitor finds it."""
        key = token_urlsafe(9)
        with self._guard:
            self._kept[key] = visitor, text
            while len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return key

    def of(self, visitor: str, key: str) -> str:
        """What was said to them; empty where nothing was, or to somebody else."""
        with self._guard:
            whom, text = self._kept.get(key, ("", ""))
        return text if whom == visitor else ""
