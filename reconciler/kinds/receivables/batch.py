"""The first invoices that a campaign has processed, looked at before more follow. (I-19)"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from reconciler.model.enrolments import Exit, Saying
from reconciler.model.in_campaign import Processed

FIRST: Final = 50
"""How many are the first batch, where nobody says otherwise."""
_WRONG: Final = frozenset({Saying.FAILED, Saying.UNKNOWN})
_TOLD: Final = frozenset({Saying.SENT, Saying.SENDING})


class Finding(StrEnum):
    """What to make of a batch."""

    EMPTY = "empty"
    """No invoice has come in yet."""
    WAITING = "waiting"
    """Nothing is wrong so far, but some have not been dealt with yet."""
    LOOK = "look"
    """Something went wrong: look at it before more follow."""
    WELL = "well"
    """Everybody was reached, or has left."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Invoices, by what became of each; one counts once."""

    invoices: tuple[Processed, ...]

    @property
    def reached(self) -> int:
        """Invoices about which somebody was told something, and nothing went wrong."""
        return sum(_is_told(one) and not _is_wrong(one) for one in self.invoices)

    @property
    def failed(self) -> int:
        """Invoices of which a communication has failed, or is in doubt."""
        return sum(map(_is_wrong, self.invoices))

    @property
    def unreached(self) -> int:
        """Invoices of which every step so far was passed over."""
        return sum(bool(one.said) and not _is_told(one) and not _is_wrong(one) for one in self.invoices)

    @property
    def waiting(self) -> int:
        """Invoices about which nothing was said yet, and that are still in."""
        return sum(not one.said and one.exit is None for one in self.invoices)

    @property
    def exits(self) -> Mapping[Exit, int]:
        """How many have left, by why."""
        return dict(sorted(Counter(one.exit for one in self.invoices if one.exit is not None).items()))

    @property
    def finding(self) -> Finding:
        """What to make of it."""
        if not self.invoices:
            return Finding.EMPTY
        if self.failed or self.unreached:
            return Finding.LOOK
        return Finding.WAITING if self.waiting else Finding.WELL


def batch_of(invoices: Sequence[Processed]) -> Batch:
    """Those that came in first."""
    return Batch(tuple(invoices))


def _is_told(one: Processed) -> bool:
    return any(each.stage in _TOLD for each in one.said)


def _is_wrong(one: Processed) -> bool:
    return any(each.stage in _WRONG for each in one.said)
