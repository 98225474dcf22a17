"""The door of uvicorn: a server in a thread of its own, with limits on all that a client may take."""

import asyncio
import socket
import threading
from dataclasses import dataclass
from typing import Any, Final

import h11
import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.model.errors import Usage
from reconciler.web.assembly import HEAD, PEER

CONNECTIONS: Final = 500
"""At once; whoever comes then hears 503."""
REQUEST: Final = 15.0
"""Seconds in which a request has to be here, from the connection's first moment or the answer before it."""
IDLE: Final = 5
"""Seconds that a connection is kept after an answer."""
LAST: Final = 10
"""Seconds that requests under way are given when the server stops."""


class _Patient(H11Protocol):
    """Cuts off who dribbles: the library waits for a request's end for ever."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        """Begins to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no more."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def on_response_complete(self) -> None:
        """Begins to wait for the next one."""
        super().on_response_complete()
        self._wait()

    def _wait(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(REQUEST, self._give_up)

    def _give_up(self) -> None:
        if self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not self.transport.is_closing():
            self.transport.abort()


@dataclass(frozen=True, slots=True)
class _Peers:
    """Keeps who has connected, before a proxy is believed about whom it speaks for."""

    application: Any

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        client = scope.get("client")
        await self.application({**scope, PEER: client[0] if client else ""}, receive, send)


@dataclass(frozen=True, slots=True)
class Listening:
    """A server that runs."""

    at: str
    _server: uvicorn.Server
    _thread: threading.Thread

    @property
    def is_alive(self) -> bool:
        """Whether it still answers."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Requests under way are answered, for some seconds; no new one is."""
        self._server.should_exit = True
        self._thread.join()


def listen(application: Any, address: str, trusted: str) -> Listening:
    """Serve at HOST:PORT. Usage where nobody can listen there.

    `trusted` are the proxies that are believed about whom they speak for (X-Forwarded-For), with commas; empty: nobody is.
    """
    bound = _bound(address)
    asked = ProxyHeadersMiddleware(application, trusted) if trusted else application
    config = uvicorn.Config(
        _Peers(asked), http=_Patient, ws="none", lifespan="off",
        interface="asgi3", loop="asyncio", log_config=None, log_level="critical", access_log=False, server_header=False,
        limit_concurrency=CONNECTIONS, h11_max_incomplete_event_size=HEAD, timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=LAST, proxy_headers=False,
    )  # fmt: skip
    server = uvicorn.Server(config)
    thread = threading.Thread(target=lambda: asyncio.run(server.serve([bound])), name="http", daemon=True)
    thread.start()
    host, port = bound.getsockname()[:2]
    return Listening(f"[{host}]:{port}" if ":" in host else f"{host}:{port}", server, thread)


def _bound(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    if not (port.isascii() and port.isdecimal()) or int(port) > 65535:
        raise Usage(f"{address!r} is no address to listen at; write 127.0.0.1:8025")
    host = host.strip("[]") or "127.0.0.1"
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, int(port)), family=family, backlog=128)
    except OSError as error:
        raise Usage(f"nobody can listen at {address}: {error.strerror or error}") from None
    # An answer goes out in two pieces: without this the second one waits for 40 ms, on a connection that is kept.
    made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return made
