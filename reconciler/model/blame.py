"""Who made each field of a resource what it is."""

from dataclasses import dataclass
from typing import Any

from reconciler.model.change import ABSENT
from reconciler.model.event import Event
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class BlamedField:
    """One field, by JSON Pointer, and the line of the log that gave it this value, or took it away (`ABSENT`)."""

    path: str
    value: Any
    event: Event

    @property
    def is_gone(self) -> bool:
        """Whether the field was taken away."""
        return self.value is ABSENT


@dataclass(frozen=True, slots=True)
class Blame:
    """The fields of a resource by the name that it has, or had last."""

    ref: Ref
    fields: tuple[BlamedField, ...]
    forgotten: bool = False
