"""Whose turn it is to look through a collection campaign: of many workers one, once in a cycle. (C-26)"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Begun:
    """The cycle that was begun last. `until` is the end of the lease of whoever is at it, None: it is over."""

    at: datetime
    until: datetime | None


class ContactCycles(Protocol):
    """The cycles of campaigns, by uid; 0 is what concerns all. Every method that writes is one transaction. Times are UTC."""

    def take(self, uid: int, every: timedelta, lease: timedelta, now: datetime) -> bool:
        """Begin a cycle, if the last one began `every` ago or longer, and nobody is seen to be at it; whether it is ours.

        Who is not done after `lease` is taken for gone, and another begins it anew.
        """
        ...

    def keep(self, uid: int, lease: timedelta, now: datetime) -> None:
        """It goes on: nobody else begins it before `lease` is over."""
        ...

    def done(self, uid: int) -> None:
        """The cycle that was begun is over."""
        ...

    def last(self, uid: int) -> Begun | None:
        """The cycle that was begun last; None where none ever was."""
        ...
