"""How much one rendering may do: a fixed amount of work, spent by every loop, every text made and every text written.

Work is counted, not timed: the same template and values have the same end on every machine. An unmetered template of a
few lines holds a processor for days or takes all memory (ADR 24).
"""

from typing import Final

MAX_WORK: Final = 100_000
"""Units of one rendering: an expression's node in one turn of a loop, or 64 characters made."""

MAX_TEXT: Final = 65_536
"""Longest value that goes into an expression or comes out of one, in characters."""

MAX_OUTPUT: Final = 1_048_576
"""Longest html or text of one mail, in characters."""

MAX_LIST: Final = 1_000
"""Most items of a list written in a template, those of lists inside it counted."""


class TooMuch(Exception):
    """The template asks for more work, or makes longer texts, than a mail may."""


class Fuel:
    """What is left for one rendering."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_WORK

    def burn(self, units: int) -> None:
        """Spend `units`. Raises TooMuch when they are not there."""
        self.left -= units
        if self.left < 0:
            raise TooMuch("it takes too much work; are there loops inside loops?")

    def made(self, length: int) -> None:
        """Pay for a text of `length` characters, before it is made where its length is known before."""
        if length > MAX_TEXT:
            raise TooMuch(f"a value of more than {MAX_TEXT:,} characters")
        self.burn(1 + length // 64)
