"""One list, read once: each row's address, and which of the targets on this list it meets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from reconciler.feed.address import Address, NotAnAddress, address_of
from reconciler.feed.row import Fault, Row, Trouble
from reconciler.feed.rows import rows
from reconciler.kinds.email.audience import Listing, Target
from reconciler.kinds.email.condition import Condition, RuleError
from reconciler.model.record import Record


class Contact(Record, frozen=True):
    """A row with an address. `met` answers for each target: true, false, or in words why nobody can say."""

    row: Row
    address: Address
    met: tuple[bool | str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """A list and the targets on it; a list that is read for its addresses alone has none."""

    listing: Listing
    targets: tuple[Target, ...] = ()

    def contacts(self, now: datetime, only: str = "") -> Iterator[Contact | Fault]:
        """Every row with an address, and everything that is wrong, in the list's order; `only` those with this key.

        A condition that cannot be evaluated for a contact is a fault before it; the contact says it too.
        """
        try:
            conditions = [Condition(one.where, self.listing.types, now) if one.where else None for one in self.targets]
        except RuleError as error:
            yield Fault(Trouble.CONDITION, 0, f"a segment's condition is not valid: {error}", "correct it", True)
            return
        email = self.listing.email
        everyone = () if any(conditions) else (True,) * len(conditions)
        for row in rows(self.listing.source, (email,)):
            if isinstance(row, Fault):
                yield row
                continue
            address = _address(row, email)
            if isinstance(address, Fault):
                yield address
                continue
            if only and address.key != only:
                continue
            met = everyone or _met(conditions, row)
            for target, answer in zip(self.targets, met, strict=True):
                if isinstance(answer, str):
                    yield Fault(
                        Trouble.CONDITION, row.line, f"{target.ref}: {answer}", "correct the row or the condition"
                    )
            yield Contact(row, address, met)


def readings(targets: Sequence[Target]) -> list[Reading]:
    """The lists of these targets, each once, in the order in which they are first named."""
    lists = {target.listing.ref: target.listing for target in targets}
    return [Reading(one, tuple(t for t in targets if t.listing.ref == ref)) for ref, one in lists.items()]


def _met(conditions: Sequence[Condition | None], row: Row) -> tuple[bool | str, ...]:
    return tuple(True if one is None else one.holds(row.values) for one in conditions)


def _address(row: Row, column: str) -> Address | Fault:
    value = row.values.get(column)
    if value is None or value == "":
        return Fault(Trouble.NO_ADDRESS, row.line, f"column {column!r} is empty", "write the address, or drop the row")
    try:
        return address_of(str(value))
    except NotAnAddress as error:
        text = str(value)
        shown = repr(text if len(text) <= 80 else text[:79] + "…")
        return Fault(Trouble.BAD_ADDRESS, row.line, f"{shown} is no address: {error}", "correct it, or drop the row")
