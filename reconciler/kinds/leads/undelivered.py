"""What was sold and did not arrive, and why. (L-45)

What was sold in test is told of, and sent out again, only while its version is in test: afterwards it is on no list (AMB-L2).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from reconciler.kinds.leads.visibility import MATRIX, View
from reconciler.model.leads import Outbound
from reconciler.model.ports import Store
from reconciler.model.sums import Outcome
from reconciler.model.work import Stage

_PAGE: Final = 500
SHOWN: Final = (Stage.FAILED, Stage.UNKNOWN)
"""Stages in which a lead may not have arrived."""


@dataclass(frozen=True, slots=True)
class Undelivered:
    """A delivery that failed, or of which nobody knows. `number` is its place in the contract."""

    sale: str
    number: int
    by: str
    stage: Stage
    at: datetime
    attempts: int
    why: str


def undelivered(store: Store, uid: int) -> Iterator[Undelivered]:
    """The deliveries of a contract that did not arrive, page by page, in the order in which they were sold."""
    for stage in SHOWN:
        for found in pages(store, uid, stage):
            sales = sales_of(store, found)
            for one in found:
                sale, number = place_of(one.key)
                if sale in sales:
                    by = f"email through {one.via}" if one.via else "webhook"
                    yield Undelivered(sales[sale].code, number, by, one.stage, one.at, one.attempts, _why(one.answer))


def sales_of(store: Store, found: Sequence[Outcome]) -> Mapping[int, Outbound]:
    """The sales whose deliveries these are, by id; those made in test only while that is so (AMB-L2)."""
    return store.lead_books.sales([place_of(one.key)[0] for one in found], MATRIX[View.LEAD].outbound or ())


def pages(store: Store, uid: int, stage: Stage) -> Iterator[Sequence[Outcome]]:
    """The units of a job in a stage, so many at a time."""
    last = 0
    while found := store.sums.outcomes(uid, stage, last, _PAGE):
        yield found
        last = found[-1].id


def place_of(key: str) -> tuple[int, int]:
    """The sale and the delivery that a unit's key names."""
    _, sale, number = key.split(":")
    return int(sale), int(number)


def _why(answer: Mapping[str, object]) -> str:
    return str(answer.get("text") or answer.get("error") or "")
