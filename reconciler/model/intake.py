"""Rows that come in from outside and are kept as their source says them: invoices, accounts. (AMB-I6, C-31)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol, TypeVar

R_contra = TypeVar("R_contra", contravariant=True)


class Became(StrEnum):
    """What became of a row that came in."""

    ADDED = "added"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking rows in came to."""

    added: int = 0
    changed: int = 0
    same: int = 0
    unlisted: int = 0
    """How many a whole reading has named no more."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The last whole reading of a source: when, by what it is known that the source has not changed since, and what it left out.

    `trouble`: why rows were left out, in words; empty where none was.
    """

    at: datetime
    signature: str
    trouble: str = ""


@dataclass(frozen=True, slots=True)
class Request:
    """By what a request is known that may come twice: the key that its sender gave, and a digest of what it says."""

    key: str
    digest: str


REMEMBERED: Final = timedelta(days=7)
"""For how long a key is known."""
EVERYTHING: Final = 0
"""Instead of a reading's number: the end of one that has named nothing, so that not even what was posted stays listed."""


class Intake(Protocol[R_contra]):
    """Takes rows of one sort in. Every method that writes is one transaction. Times are UTC.

    A whole reading of a source names everything that it holds. Rows that only were posted belong to no reading, so none
    misses them; what a reading has named once is missed by the next one that does not.
    """

    def begin_reading(self, uid: int) -> int:
        """The number of a reading of a source that begins now: greater than that of any before."""
        ...

    def take(self, uid: int, rows: Sequence[R_contra], now: datetime, reading: int = 0) -> Sequence[Became]:
        """Add or change these rows of a source, each by its number; what became of each. 0: they belong to no reading.

        What is the same as before is only seen again. Of two rows with one number the later one counts.
        """
        ...

    def post(self, uid: int, rows: Sequence[R_contra], now: datetime, request: Request) -> Mapping[str, Became] | None:
        """`take` rows that belong to no reading, once for each key; what became of each number.

        Under a key that is known nothing is taken again: the answer is that of the first time, None where it said something
        else then.
        """
        ...

    def end_reading(self, uid: int, reading: int, found: Reading) -> int:
        """This reading was whole: what it has not named is listed no more; how many those are. See EVERYTHING."""
        ...

    def last_reading(self, uid: int) -> Reading | None:
        """The last whole reading of a source; None where there was none."""
        ...
