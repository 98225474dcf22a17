"""Who tries too often is sent away for a while."""

from collections.abc import Callable
from dataclasses import InitVar, dataclass, field
from ipaddress import IPv6Address, ip_address

from reconciler.web.allowance import Allowance


@dataclass(slots=True)
class Patience:
    """Lets an address fail `most` times at once, and then once every `every` seconds. Threads may share it."""

    clock: InitVar[Callable[[], float]]
    """Seconds that never jump."""
    most: InitVar[int] = 20
    every: InitVar[float] = 3.0
    _failures: Allowance = field(init=False)

    def __post_init__(self, clock: Callable[[], float], most: int, every: float) -> None:
        self._failures = Allowance(clock, most, 1 / every)

    def failed(self, client: str) -> None:
        """Somebody has shown what is not ours."""
        self._failures.take(_network(client))

    def is_over(self, client: str) -> bool:
        """Whether this address has failed too often."""
        return self._failures.wait(_network(client)) > 0


def _network(client: str) -> bytes:
    """An IPv4 address, or the /64 that one household has of IPv6."""
    try:
        found = ip_address(client)
    except ValueError:
        return client.encode("utf-8", "replace")
    return str(int(found) >> 64 if isinstance(found, IPv6Address) else found).encode()
