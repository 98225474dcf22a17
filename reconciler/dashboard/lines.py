"""Where pages listen: /live, for whoever may see pages."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass

from starlette.routing import Route

from reconciler.dashboard.access.port import Access
from reconciler.dashboard.live import Live, told
from reconciler.model.ports import Store
from reconciler.web.desks import Desks
from reconciler.web.door import Answer, Ask
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
        return visitor if isinstance(visitor, Answer) else None

    def _opens(self, ask: Ask, loop: asyncio.AbstractEventLoop) -> AsyncIterator[str] | None:
        since = 0.0
        with suppress(ValueError):
            since = float(ask.query.get("since", ""))
        line = self.live.line(loop, since)
        return told(self.live, line) if line else None
