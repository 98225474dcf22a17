"""What the doors of the dashboard ask of whoever knows its visitors."""

from typing import Protocol

from reconciler.dashboard.visitor import Visitor
from reconciler.web.door import Answer, Ask


class Access(Protocol):
    """Knows who asks."""

    def visitor(self, ask: Ask) -> Visitor | Answer:
        """Who asks; else what is answered to a stranger, whatever they ask for. Needs no store, and no body to be read."""
        ...
