"""How a resource fares, for people and machines that ask: conditions, as Kubernetes has them."""

from enum import StrEnum

from reconciler.model.record import Record
from reconciler.model.ref import Ref


class Aspect(StrEnum):
    """What a condition is about."""

    READY = "Ready"
    """Its state is the one that is asked for."""
    SYNCED = "Synced"
    """Everything that its manifest asks for is stored."""
    DRIFTED = "Drifted"
    """What runs is not what was applied."""
    HELD = "Held"
    """Somebody keeps the reconciler from it."""
    STALLED = "Stalled"
    """It will not get on by itself: somebody has to do something."""


class Truth(StrEnum):
    """Whether a condition holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(Record, frozen=True):
    """`reason` is one word in CamelCase, `since` when the truth last changed, as UTC text."""

    aspect: Aspect
    truth: Truth
    reason: str
    message: str = ""
    since: str = ""


class Status(Record, frozen=True):
    """The conditions of a resource, in the order of `Aspect`.

    `revision` is that of the stored resource that they are about (observedGeneration; 0: it is not stored), and `commit` the
    one of the catalog at which they became so.
    """

    ref: Ref
    conditions: tuple[Condition, ...]
    revision: int = 0
    commit: str = ""

    def truth(self, aspect: Aspect) -> Truth:
        """Whether one of them holds."""
        return next((one.truth for one in self.conditions if one.aspect is aspect), Truth.UNKNOWN)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is to be said of it: ready, synced, and nothing else."""
        return self.truth(Aspect.READY) is Truth.TRUE and not any(
            self.truth(aspect) is Truth.TRUE for aspect in (Aspect.DRIFTED, Aspect.HELD, Aspect.STALLED)
        )

    @property
    def headline(self) -> Condition:
        """The condition to show where there is room for one: what stands in the way, else whether it is ready."""
        for aspect in (Aspect.STALLED, Aspect.HELD, Aspect.DRIFTED):
            for one in self.conditions:
                if one.aspect is aspect and one.truth is Truth.TRUE:
                    return one
        return self.conditions[0]
