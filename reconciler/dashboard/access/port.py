"""What the doors of the dashboard ask of whoever knows its visitors."""

from typing import Protocol

from reconciler.dashboard.visitor import Visitor
from reconciler.model.ports import Store
from reconciler.web.door import Answer, Ask, Door


class Access(Protocol):
    """Knows who asks."""

    def visitor(self, ask: Ask, store: Store) -> Visitor | Answer:
        """Who asks; else what is answered to a stranger."""
        ...

    def is_sealed(self, ask: Ask, visitor: Visitor, sent: str) -> bool:
        """Whether a form that changes something comes from a page of ours, with the seal that it has `sent`."""
        ...

    def doors(self) -> tuple[Door, ...]:
        """Where one comes in, and goes out again."""
        ...
