"""Who tries too often is sent away for a while: a bucket for each address, in bounded memory."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address

_REMEMBERED = 10_000
"""Addresses in mind; the one that was quiet for the longest is forgotten first."""


@dataclass(slots=True)
class Patience:
    """Lets an address fail `most` times at once, and then once every `every` seconds. Threads may share it."""

    clock: Callable[[], float]
    """Seconds that never jump."""
    most: int = 20
    every: float = 3.0
    _left: "OrderedDict[str, tuple[float, float]]" = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def failed(self, client: str) -> None:
        """Somebody has shown what is not ours."""
        key, now = _network(client), self.clock()
        with self._guard:
            self._left[key] = max(self._now(key, now) - 1, 0.0), now
            self._left.move_to_end(key)
            if len(self._left) > _REMEMBERED:
                self._left.popitem(last=False)

    def is_over(self, client: str) -> bool:
        """Whether this address has failed too often."""
        key = _network(client)
        with self._guard:
            return self._now(key, self.clock()) < 1

    def _now(self, key: str, now: float) -> float:
        left, at = self._left.get(key, (float(self.most), now))
        return min(self.most, left + (now - at) / self.every)


def _network(client: str) -> str:
    """An IPv4 address, or the /64 that one household has of IPv6."""
    try:
        found = ip_address(client)
    except ValueError:
        return client
    return str(int(found) >> 64) if isinstance(found, IPv6Address) else client
