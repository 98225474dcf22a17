"""A test that a team writes: what is given, what happens, what is expected; and what came of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from reconciler.model.diagnostic import Place
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that happens or is expected: its key, what stands there, and the pointer to it in its document."""

    name: str
    value: Any
    pointer: str


@dataclass(frozen=True, slots=True)
class Case:
    """One document of a test file. Times in it are texts still, local ones in `zone`."""

    name: str
    requirements: tuple[str, ...]
    now: datetime
    zone: str
    given: Mapping[str, Any]
    actions: tuple[Action, ...]
    file: str
    """Relative to the project, or absolute where it lies elsewhere."""
    place: Place
    index: int
    """Which document of its file it is, from 0."""


def as_written(instant: datetime, zone: str) -> str:
    """An instant as a case would write it: local time with its offset, to the second where it is not a full minute."""
    local = instant.astimezone(ZoneInfo(zone))
    return local.isoformat(timespec="minutes" if not (local.second or local.microsecond) else "auto")


@dataclass(frozen=True, slots=True)
class Failure:
    """An expectation that was not met, or a step that could not be taken; `expected` is empty for the latter."""

    place: Place
    what: str
    expected: str
    got: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the log that a case has led to."""

    at: datetime
    ref: Ref
    event: str
    origin: str
    target: str
    by: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a case: it has passed if there are no failures."""

    case: Case
    failures: tuple[Failure, ...]
    happened: tuple[Happened, ...]
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether everything that was expected came about."""
        return not self.failures
