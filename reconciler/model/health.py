"""What doctor finds: whether the log holds, and what became of the steps that a crash left open."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Complaint:
    """Something that does not hold; `ref` is empty where it is about the log as a whole."""

    ref: str
    message: str


@dataclass(frozen=True, slots=True)
class Health:
    """What doctor found. `seal` is one hash over the whole log (see `log_seal`): note it, and ask for it later."""

    events: int
    resources: int
    seal: str
    complaints: tuple[Complaint, ...]


class Settlement(StrEnum):
    """How an intent ended."""

    FINISHED = "finished"
    UNDONE = "undone"
    OPEN = "open"


@dataclass(frozen=True, slots=True)
class Settled:
    """One intent and what became of it."""

    ref: Ref
    event: str
    settlement: Settlement
    message: str = ""
    delay: timedelta | None = None
    """For how long the runtime asks not to be tried again, where it failed; None where it did not."""
