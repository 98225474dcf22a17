"""How much a client that is known may ask: so many at once, and so many a second in the long run."""

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
            left, at = self._left.get(client, (float(self.most), now))
            left = min(float(self.most), left + (now - at) * self.rate)
            taken = left >= 1
            self._left[client] = (left - 1 if taken else left), now
            self._left.move_to_end(client)
            if len(self._left) > _REMEMBERED:
                self._left.popitem(last=False)
        return 0.0 if taken else (1 - left) / self.rate
