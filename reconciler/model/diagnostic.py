"""What is wrong, or worth knowing, in the user's files: a value with a place and a way out, never an exception."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from reconciler.model.record import Record


class Severity(StrEnum):
    """An error stops the run with exit 3; a warning never does."""

    ERROR = "error"
    WARNING = "warning"


class Place(Record, frozen=True, order=True):
    """A position in a file: path relative to the project, line and column from 1; 0 where the file as a whole is meant."""

    file: str = ""
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. `summary` is constant per code; `detail` says it of this case; `help` is the way out."""

    severity: Severity
    code: str
    summary: str
    detail: str = ""
    place: Place = Place()
    help: str = ""
    ref: str = ""

    def sort_key(self) -> tuple[bool, Place, str, str]:
        """Errors first, then by place, then by code and text: a total order for whatever is shown."""
        return (self.severity is not Severity.ERROR, self.place, self.code, self.detail)


def in_order(found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Without repetitions, sorted by `Diagnostic.sort_key`."""
    return tuple(sorted(set(found), key=Diagnostic.sort_key))


def has_errors(found: Iterable[Diagnostic]) -> bool:
    """Whether any of them stops the run."""
    return any(one.severity is Severity.ERROR for one in found)
