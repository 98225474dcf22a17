"""How much one visitor may ask: a page that stands open asks little, a person no more than they can read."""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Final

from reconciler.dashboard.visitor import Visitor
from reconciler.web.allowance import Allowance
from reconciler.web.door import Ask

LOOKS: Final = (600, 50.0)
"""Requests at once, and a second in the long run."""
ACTS: Final = (60, 0.2)
"""The same of those that change something."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Threads share it."""

    looks: Allowance
    acts: Allowance

    @classmethod
    def usual(cls, seconds: Callable[[], float]) -> "Limits":
        """`seconds` never jump."""
        return cls(Allowance(seconds, *LOOKS), Allowance(seconds, *ACTS))

    def wait(self, ask: Ask, visitor: Visitor) -> int:
        """Seconds until this may be asked again; 0: at once."""
        key = visitor.name.encode("utf-8", "replace")
        return ceil(self.looks.take(key) or (self.acts.take(key) if ask.method == "POST" else 0.0))
