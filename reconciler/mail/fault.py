"""What can be wrong with a letter, for everybody (`Fault`), and with one recipient of it (`Unfit`): both are values."""

from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a letter can be sent to nobody: the part that is wrong, its line (from 1) where it is a template, and why."""

    part: str
    message: str
    line: int | None = None

    def __str__(self) -> str:
        return f"{_place(self.part, self.line)}: {self.message}"


class Why(StrEnum):
    """The classes of what is wrong with one recipient."""

    ADDRESS = "address"
    """Not an address that mail can be sent to."""
    SMTPUTF8 = "smtputf8"
    """The part before the @ is not ASCII: it needs an extension (RFC 6531) that few servers have."""
    VARIABLE = "variable"
    """The template asks for a value that this recipient does not have."""
    TEMPLATE = "template"
    """The template cannot be filled in with this recipient's values."""
    TOO_MUCH = "too-much"
    """Filling in the template takes more work, or gives more text, than a mail may have."""
    TEXT = "text"
    """A value holds what is not text: half of a surrogate pair."""


@dataclass(frozen=True, slots=True)
class Unfit:
    """Why one recipient cannot be sent this letter. `name` is the variable that is missing, where that is known."""

    why: Why
    message: str
    part: str | None = None
    line: int | None = None
    name: str | None = None

    def __str__(self) -> str:
        return f"{_place(self.part, self.line)}: {self.message}" if self.part else self.message


def _place(part: str, line: int | None) -> str:
    return f"{part}, line {line}" if line else part
