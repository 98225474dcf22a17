"""What an effect would lose, as far as that is known when a plan is made (X-10)."""

from typing import Any

from reconciler.model.record import Record
from reconciler.model.requirement import Requirement


class Risk(Record, frozen=True):
    """One loss: the effect that brings it about, in words what is lost, and the facts that say so."""

    effect: str
    message: str
    requirement: Requirement = ()
    facts: tuple[tuple[str, Any], ...] = ()
