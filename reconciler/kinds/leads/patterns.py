"""Regular expressions of manifests over other people's text: given up where they take too long.

The standard library cannot be stopped once it has begun: `^(a|a)*$` takes minutes for forty letters. `regex` looks at a
clock on the way, for 3 µs a match, and lets other threads run meanwhile.
"""

from typing import Final

import regex

PATIENCE: Final = 0.05
"""Seconds that one match may take; it is seen late where a pattern is very bad, after 0.1 at most of those that were tried."""


class Unchecked(Exception):
    """Nobody can say whether a text is met, and why."""


class Matcher:
    """One pattern, found anywhere in a text."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._pattern = _compiled(text)

    def is_met(self, text: str) -> bool:
        """Whether it is found. Unchecked where that would take too long."""
        if self._pattern is None:
            raise Unchecked("its pattern cannot be used; tell whom you send it to")
        try:
            return self._pattern.search(text, timeout=PATIENCE, concurrent=True) is not None
        except TimeoutError:
            raise Unchecked("it takes too long to be checked") from None


def _compiled(text: str) -> "regex.Pattern[str] | None":
    try:
        return regex.compile(text, regex.V0)
    except regex.error:  # the standard library has taken it, or the manifest would not be here
        return None
