"""Writes the audit: what was asked for, whatever came of it."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Final

from reconciler.model.audit import Entry
from reconciler.model.errors import MusterError
from reconciler.model.ports import Store
from reconciler.model.told import Told
from reconciler.views.style import safe
from reconciler.web.allowance import Allowance

LONGEST: Final = 1000
"""Characters of a detail or a target; of the others, a fifth."""
AT_ONCE: Final = 30
"""Lines that whoever may not write any can cause at once."""
EVERY: Final = 120.0
"""Seconds between two of them in the long run: nobody fills a disk with that."""
_REMEMBERED: Final = 1000


@dataclass(slots=True)
class Auditor:
    """Threads share it; each gives its own store. A line may come twice where the store's answer was lost, never not at all.

    `seconds` never jump.
    """

    say: Told
    seconds: Callable[[], float]
    _allowance: Allowance = field(init=False)
    _untold: "OrderedDict[str, int]" = field(default_factory=OrderedDict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self._allowance = Allowance(self.seconds, AT_ONCE, 1 / EVERY)

    def write(self, store: Store, entry: Entry) -> None:
        """A line. What was done is done: where the store does not take the line, the log has it."""
        line = _tidy(entry)
        try:
            store.audit.write(line)
        except MusterError as error:
            told = {"actor": line.actor, "action": line.action, "target": line.target, "outcome": line.outcome.value}
            self.say("a line of the audit could not be kept", **told, error=str(error))

    def sparingly(self, store: Store, entry: Entry, whose: str) -> None:
        """A line that costs whoever causes it nothing: only so many are kept, and each says how many before it were not."""
        with self._guard:
            if self._allowance.take(whose.encode("utf-8", "replace")):
                self._untold[whose] = self._untold.pop(whose, 0) + 1
                if len(self._untold) > _REMEMBERED:
                    self._untold.popitem(last=False)
                return
            before = self._untold.pop(whose, 0)
        more = f"; {before:,} more before this were not written down" if before else ""
        self.write(store, replace(entry, detail=f"{entry.detail[: LONGEST - len(more)]}{more}"))


def _tidy(entry: Entry) -> Entry:
    """As a store takes it: no character that hides or reorders others, and no end without end."""
    short = LONGEST // 5
    return replace(
        entry,
        actor=safe(entry.actor)[:short],
        client=safe(entry.client)[:short],
        action=safe(entry.action)[:short],
        target=safe(entry.target)[:LONGEST],
        detail=safe(entry.detail)[:LONGEST],
    )
