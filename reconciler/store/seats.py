"""Who came into a group last: what is compared besides the rows of resources, which do not hold what is between them.

Two who exclude each other have no row in common, and neither may exist yet. So each group has a row of its own, by the
name of the group, which everybody who comes in compares and sets in the transaction of his step. Who leaves does not: by
that nobody's entry becomes wrong.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from reconciler.model import canonical
from reconciler.model.ports import Write
from reconciler.model.ref import Ref


def named_seats(writes: Iterable[Write]) -> list[str]:
    """The groups that these writes come into, in the order in which everybody locks them."""
    return sorted({seat.key for write in writes for seat in write.seats})


def reserved(intents: Iterable[Sequence[Any]]) -> tuple[tuple[str, str], ...]:
    """The groups into which somebody is about to come, and who, by the writes of open intents: one column of JSON."""
    writes = (canonical.decode_as(text, Write) for (text,) in intents)
    return tuple((seat.key, write.entry) for write in writes for seat in write.seats)


@dataclass(frozen=True, slots=True)
class Seats:
    """The groups of one transaction, as they were when it began: by the group the last entry's serial and name."""

    found: dict[str, tuple[int, str]] = field(default_factory=dict)
    reserved: tuple[tuple[str, str], ...] = ()

    def refused(self, writes: Iterable[Write]) -> Iterable[Ref]:
        """The resources that these writes would let into groups, and may not."""
        return [write.ref for write in writes if not self.admit(write)] if self is not NO_SEATS else ()

    def admit(self, write: Write) -> bool:
        """Whether nobody has come into the groups of `write` whom its judge has not seen, nor is about to.

        What this transaction itself writes was judged together, and does not count.
        """
        for seat in write.seats:
            serial, last = self.found.get(seat.key, (0, ""))
            if serial > seat.seen and last not in seat.known:
                return False
            if any(key == seat.key and entry not in seat.known for key, entry in self.reserved):
                return False
        return True


NO_SEATS = Seats()
"""Of writes that come into no group."""
