"""Which connection carries which recipient: exact shares, spread evenly over the order (E-44, AMB-E14).

A position's connection depends on the number of recipients, the shares and the position alone: the same before and after a
pause, whatever the batches. In any stretch from the first position on, each connection has its share to within one mail.
"""

from collections.abc import Callable, Mapping, Sequence
from heapq import heappop, heappush
from typing import Any, TypeAlias

Assign: TypeAlias = Callable[[int], int]
"""The connection, by its index, of a position from 0."""


def counts(n: int, shares: Sequence[int]) -> list[int]:
    """`n` recipients in proportion to the shares, exact by largest remainder; of equal remainders the first listed wins."""
    whole = sum(shares)
    if whole <= 0 or min(shares) < 0 or n < 0:
        raise ValueError("shares must be positive together, and none negative")
    found = [n * share // whole for share in shares]
    rest = sorted(range(len(shares)), key=lambda one: (-(n * shares[one] % whole), one))
    for one in rest[: n - sum(found)]:
        found[one] += 1
    return found


def assign(n: int, shares: Sequence[int]) -> Assign:
    """The connection of each of `n` positions, in memory that does not grow with `n`. Quickest where asked in order."""
    return _Spread(counts(n, shares))


def round_robin(connections: int) -> Assign:
    """One after another, in turn."""
    return lambda position: position % connections


def needs_count(smtp: Mapping[str, Any]) -> bool:
    """Whether nobody can say which connection carries a recipient before it is known who they all are."""
    return bool(smtp.get("mode", "single") != "single")


def split_of(smtp: Mapping[str, Any], n: int) -> Assign:
    """The split that a campaign's `smtp` asks for; without a mode it is `single`."""
    connections = smtp["connections"]
    match smtp.get("mode", "single"):
        case "percentage":
            return assign(n, [one["percent"] for one in connections])
        case "roundRobin":
            return round_robin(len(connections))
        case _:
            return lambda _position: 0


def split_counts(smtp: Mapping[str, Any], n: int) -> dict[str, int]:
    """How many of `n` recipients each connection carries, by its name."""
    connections = smtp["connections"]
    match smtp.get("mode", "single"):
        case "percentage":
            found = counts(n, [one["percent"] for one in connections])
        case "roundRobin":
            found = counts(n, [1] * len(connections))
        case _:
            found = [n]
    return {one["name"]: count for one, count in zip(connections, found, strict=True)}


class _Spread:
    """A walk along the positions, from the beginning again where an earlier one is asked for.

    The m-th mail of a connection with c of n may not come before its share reaches m less the bound, nor after it
    passes m - 1 plus the bound. With the bound 1 - 1/(2k - 2) for k connections all these windows can be kept at once
    (Tijdeman, The chairman assignment problem, 1980), and taking the mail whose window closes first keeps them.
    """

    def __init__(self, shares: Sequence[int]) -> None:
        self._counts = {index: count for index, count in enumerate(shares) if count}
        self._n = sum(shares)
        self._parts = max(2 * len(self._counts) - 2, 1)
        """The bound is 1 - 1/parts; with one connection it does not matter."""
        self._restart()

    def __call__(self, position: int) -> int:
        if not 0 <= position < self._n:
            raise IndexError(position)
        if position < self._next - 1:
            self._restart()
        while self._next <= position:
            self._step()
        return self._last

    def _restart(self) -> None:
        self._next, self._last = 0, -1
        self._open: list[tuple[int, int, int]] = []
        self._waiting: list[tuple[int, int, int]] = []
        for index in self._counts:
            self._await(index, 1)

    def _await(self, index: int, mail: int) -> None:
        """The window of a connection's next mail, in positions from 1: from `first` until `last`."""
        if mail <= self._counts[index]:
            heappush(self._waiting, (self._first(index, mail), index, mail))

    def _first(self, index: int, mail: int) -> int:
        return -(-self._n * (self._parts * (mail - 1) + 1) // (self._parts * self._counts[index]))

    def _due(self, index: int, mail: int) -> int:
        return 1 + self._n * (self._parts * mail - 1) // (self._parts * self._counts[index])

    def _step(self) -> None:
        self._next += 1
        while self._waiting and self._waiting[0][0] <= self._next:
            _, index, mail = heappop(self._waiting)
            heappush(self._open, (self._due(index, mail), index, mail))
        _, self._last, mail = heappop(self._open)
        self._await(self._last, mail + 1)
