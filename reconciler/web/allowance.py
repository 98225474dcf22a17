"""How much a client may ask: so many at once, and so many a second in the long run."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

_REMEMBERED = 10_000
"""Clients in mind; the one that was quiet for the longest is forgotten first, which gives it no less."""


@dataclass(slots=True)
class Allowance:
    """A bucket for each client that holds `most` requests, and is filled with `rate` a second. Threads may share it."""

    clock: Callable[[], float]
    """Seconds that never jump."""
    most: int = 600
    rate: float = 100.0
    _left: "OrderedDict[bytes, tuple[float, float]]" = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def take(self, client: bytes) -> float:
        """Take one: 0 where there was one, else the seconds until there is."""
        now = self.clock()
        with self._guard:
            left = self._now(client, now)
            self._left[client] = (left - 1 if left >= 1 else left), now
            self._left.move_to_end(client)
            if len(self._left) > _REMEMBERED:
                self._left.popitem(last=False)
        return self._wait(left)

    def wait(self, client: bytes) -> float:
        """Seconds until there is one; 0 where there is. It takes none."""
        with self._guard:
            return self._wait(self._now(client, self.clock()))

    def _now(self, client: bytes, now: float) -> float:
        left, at = self._left.get(client, (float(self.most), now))
        return min(float(self.most), left + (now - at) * self.rate)

    def _wait(self, left: float) -> float:
        return 0.0 if left >= 1 else (1 - left) / self.rate
