"""What became of a file of leads."""

from dataclasses import dataclass, field
from typing import Final

MOST: Final = 10_000
"""Lines of which it is kept what became of them; the queue has the others."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is no lead: parked under `code`, or not even that where it has none."""

    line: int
    reason: str
    detail: str
    code: str = ""


@dataclass(slots=True)
class Tally:
    """What became of a file. `others` counts the lines that are not kept in `lines`; `fault` is why nothing was begun."""

    rows: int = 0
    taken: int = 0
    missed: int = 0
    lines: list[Line] = field(default_factory=list)
    fault: Line | None = None

    def miss(self, line: Line) -> None:
        """One more that is no lead."""
        self.missed += 1
        if len(self.lines) < MOST:
            self.lines.append(line)
