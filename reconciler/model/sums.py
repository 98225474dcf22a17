"""What the rows of a job add up to, long after its work is over: what reports are made of. (E-25, E-30, E-35, E-41)"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from reconciler.model.ref import Ref
from reconciler.model.returns import Return, Sign
from reconciler.model.work import Stage


@dataclass(frozen=True, slots=True)
class StageSum:
    """So many units of what goes through `via` came to a stage in the quarter of an hour that begins at `at`.

    `at` is None for those that nothing happened to yet.
    """

    via: str
    stage: Stage
    at: datetime | None
    units: int


@dataclass(frozen=True, slots=True)
class SignSum:
    """Of so many units that went through `via` a sign was first heard in the quarter of an hour that begins at `at`.

    `via` is empty where the job has no such unit.
    """

    via: str
    sign: Sign
    at: datetime
    units: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one unit, and what was said of it."""

    id: int
    key: str
    via: str
    stage: Stage
    attempts: int
    at: datetime
    answer: Mapping[str, Any] = field(default_factory=dict)


class Sums(Protocol):
    """Questions about all rows of a job, by its uid. No answer grows with the number of units, but for its limit."""

    def sent(self) -> Mapping[Ref, int]:
        """How many units of each job were ever sent, of all jobs that have lanes."""
        ...

    def refused(self, uid: int) -> int:
        """How many failed units have a bounce for a sign: the server's no is told like one, but nothing of them came back.

        All other sums over signs leave these bounces out.
        """
        ...

    def vias(self, uid: int) -> Sequence[str]:
        """What the lanes of the job go through, in their order."""
        ...

    def stages(self, uid: int) -> Sequence[StageSum]:
        """Every unit, once."""
        ...

    def signs(self, uid: int) -> Sequence[SignSum]:
        """Every unit that a sign was heard of, once for each sign."""
        ...

    def domains(self, uid: int, most: int) -> Mapping[str, Mapping[Stage, int]]:
        """The units by what stands behind the last @ of their keys: those of which there are most, largest first."""
        ...

    def domain_signs(self, uid: int, domains: Sequence[str]) -> Mapping[str, Mapping[Sign, int]]:
        """Of how many units of these domains a sign was heard."""
        ...

    def outcomes(self, uid: int, stage: Stage, after: int, limit: int) -> Sequence[Outcome]:
        """Units with which something went wrong, whose id is above `after`, by id: failed, suppressed, cancelled, unknown."""
        ...

    def heard(self, uid: int, sign: Sign, after: tuple[str, str], limit: int) -> Sequence[Return]:
        """What was heard of units by key and id, behind the one with the key and id `after`."""
        ...

    def clicks(self, uid: int, most: int) -> Mapping[int, int]:
        """By how many units each link was followed, by its number: the ones that were followed most."""
        ...
