"""What reading a source of invoices or accounts came to."""

from collections.abc import Sequence
from dataclasses import dataclass

from reconciler.feed.row import Fault
from reconciler.model.intake import Taken
from reconciler.model.ref import Ref


@dataclass(frozen=True, slots=True)
class Loaded:
    """What reading a source came to. `left_out` counts the rows with a fault, of which `faults` holds the first.

    `place` is the file that was read; empty where it was none.
    """

    ref: Ref
    taken: Taken
    place: str = ""
    faults: Sequence[Fault] = ()
    left_out: int = 0
    is_whole: bool = True

    @property
    def trouble(self) -> str:
        """Why not everything could be taken, in words; empty where it was."""
        if not self.faults:
            return ""
        one = self.faults[0]
        line = f" line {one.line}" if one.line else ""
        more = f" (and {self.left_out - 1:,} more)" if self.left_out > 1 else ""
        return f"{self.ref}{line}: {one.detail}; {one.help}{more}"
