"""A door that goes on talking: server-sent events, for whoever may hear them."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from reconciler.model.errors import MusterError
from reconciler.model.ports import Store
from reconciler.web.assembly import ALWAYS, asked_by, response_of
from reconciler.web.desks import Desks, Full
from reconciler.web.door import Answer, Ask, plain

HEADERS: Final = {**ALWAYS, "Cache-Control": "no-store, no-transform", "X-Accel-Buffering": "no"}
"""A proxy that compresses or collects would keep what is said until there is enough of it."""

Admits = Callable[[Ask, Store], Answer | None]
"""What is answered to whoever may not listen."""
Opens = Callable[[Ask, asyncio.AbstractEventLoop], AsyncIterator[str] | None]
"""What whoever asks hears; None where too many listen."""


def stream(path: str, admits: Admits, opens: Opens, desks: Desks) -> Route:
    """Events at this path."""

    async def endpoint(request: Request) -> Response:
        ask = asked_by(request)
        try:
            sent_away = await asyncio.wrap_future(desks.submit(lambda store: admits(ask, store)))
        except (Full, MusterError):
            return response_of(plain(503, "busy; try again", Retry_After="30"))
        if sent_away is not None:
            return response_of(sent_away)
        events = opens(ask, asyncio.get_running_loop())
        if events is None:
            return response_of(plain(503, "too many listen; try again", Retry_After="30"))
        return StreamingResponse(events, media_type="text/event-stream", headers=HEADERS)

    return Route(path, endpoint, methods=["GET"])
