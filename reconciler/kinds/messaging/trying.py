"""How often a message is tried. Pure."""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from reconciler.hooks.again import wait
from reconciler.kinds.messaging.outcome import Fate, Outcome

ATTEMPTS: Final = 10
"""Attempts of a mail that the server puts off."""
BACKOFF: Final = 60.0
"""Seconds before the second of them; they double."""
REPEATED: Final = 200
"""A webhook whose worker died is called again, for its key makes it one; but not after so many attempts: twice as many as a
manifest may ask for. A mail in doubt is not repeated (AMB-E13)."""


@dataclass(frozen=True, slots=True)
class Tries:
    """How often a message is tried. `is_known`: whoever has it already knows it by its key, and takes it once."""

    most: int
    backoff: timedelta
    is_known: bool

    def bound(self, outcome: Outcome, attempts: int) -> Outcome:
        """An outcome with when the next attempt is due; or as the last word, where it was tried often enough.

        So many attempts were made before this one.
        """
        again = outcome.fate is Fate.LATER or (outcome.fate is Fate.UNKNOWN and self.is_known)
        if again and attempts + 1 < self.most:
            return replace(outcome, fate=Fate.LATER, wait=wait(attempts, self.backoff, outcome.wait))
        return replace(outcome, fate=Fate.REFUSED, wait=None) if outcome.fate is Fate.LATER else outcome


MAILS: Final = Tries(ATTEMPTS, timedelta(seconds=BACKOFF), is_known=False)
"""A mail whose fate nobody knows is not sent again."""
