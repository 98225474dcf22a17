"""Where pages listen: /live, for whoever may see pages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from starlette.routing import Route

from reconciler.dashboard.access.origin import is_part_of_another
from reconciler.dashboard.access.port import Access
from reconciler.dashboard.live import Live, told
from reconciler.model.ports import Store
from reconciler.web.desks import Desks
from reconciler.web.door import Answer, Ask, plain
from reconciler.web.streaming import stream


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a dashboard."""

    live: Live
    access: Access

    def route(self, desks: Desks) -> Route:
        """What is served."""
        return stream("/live", self._admits, self._opens, desks)

    def close(self) -> None:
        """See `Live.close`."""
        self.live.close()

    def _admits(self, ask: Ask, _store: Store) -> Answer | None:
        visitor = self.access.visitor(ask)
        if isinstance(visitor, Answer):
            return visitor
        return plain(403, "this is no part of another site's pages") if is_part_of_another(ask) else None

    def _opens(self, ask: Ask, loop: asyncio.AbstractEventLoop) -> AsyncIterator[str] | None:
        visitor, since = self.access.visitor(ask), 0.0
        if isinstance(visitor, Answer):  # they have left meanwhile
            return None
        with suppress(ValueError):
            since = float(ask.query.get("since", ""))
        line = self.live.line(loop, since, visitor.name)
        return told(self.live, line) if line else None
