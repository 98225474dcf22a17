"""How long a page waits for a figure that is dear: a moment where an older one is at hand, somewhat longer where none is."""

from collections.abc import Callable, Hashable
from typing import Final, TypeVar

from reconciler.dashboard.kept import Held
from reconciler.dashboard.visit import Visit
from reconciler.model.ports import Store

T = TypeVar("T")
MOMENT: Final = 0.3
FIRST: Final = 0.7
"""Seconds. What is small is worked out within a moment, and so is never older than it may be."""


def glanced(visit: Visit, key: Hashable, work: Callable[[Store], T], every: float) -> Held[T] | None:
    """See `Kept.glance`."""
    held = visit.premises.kept.glance(key, work, every, MOMENT)
    return held if held is not None else visit.premises.kept.glance(key, work, every, FIRST)
