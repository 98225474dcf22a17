"""The door of uvicorn: a server in a thread of its own, with limits on all that a client may take."""

import asyncio
import socket
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from struct import pack
from typing import Any, Final, cast

import h11
import uvicorn
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.model.errors import Usage
from reconciler.web.assembly import ALWAYS, HEAD, PEER

CONNECTIONS: Final = 500
"""At once; whoever comes then hears 503."""
REQUEST: Final = 15.0
"""Seconds in which a request has to be here, from the connection's first moment or the answer before it; and in which
something at least of an answer has to be taken."""
IDLE: Final = 5
"""Seconds that a connection is kept after an answer."""
LAST: Final = 10
"""Seconds that requests under way are given when the server stops."""
_LAST_ONE: Final = ((b"content-type", b"text/plain; charset=utf-8"), (b"connection", b"close"))

_AT_ONCE: Final = pack("ii", 1, 0)
"""The option by which the end of a connection is a reset."""

_Headers = Sequence[tuple[bytes, bytes]]


class _Patient(H11Protocol):
    """Cuts off who dribbles, and who does not take what is answered: the library waits for both for ever.

    `own` stand in what is answered before the application is asked.
    """

    _deadline: asyncio.TimerHandle | None = None
    _left = 0

    def __init__(self, own: _Headers, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._own, self._application = own, partial(self._whole, self.app)

    def connection_made(self, transport: Any) -> None:
        """Begins to wait for the first request."""
        super().connection_made(transport)
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Waits no more."""
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Somebody speaks. Where too many are here, nobody is let in."""
        is_crowded = max(len(self.connections), len(self.tasks)) >= CONNECTIONS
        self.app = self._busy if is_crowded else self._application
        super().data_received(data)

    def on_response_complete(self) -> None:
        """Begins to wait for the next one."""
        super().on_response_complete()
        self._wait()

    def send_400_response(self, msg: str) -> None:
        """This is no request. In the midst of an answer nothing more can be said, and the library would fail at it."""
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):
            head = h11.Response(status_code=400, headers=[*self._own, *_LAST_ONE], reason=b"Bad Request")
            for event in (head, h11.Data(data=b"this is no request\n"), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        self.transport.close()

    async def _whole(self, application: Any, scope: Any, receive: Any, send: Any) -> None:
        """The answer, or a reset where it breaks off: in HTTP/1.0, as nginx speaks it, its end is that of the connection."""
        try:
            await application(scope, receive, send)
        except BaseException:
            is_under_way = self.conn.our_state is h11.SEND_BODY and not self.transport.is_closing()
            if is_under_way and scope["http_version"] == "1.0":
                self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
                self.transport.abort()
            raise

    async def _busy(self, _scope: Any, _receive: Any, send: Any) -> None:
        await _refused(send, 503, b"busy; try again\n", [*self._own, (b"retry-after", b"5")])

    def _wait(self) -> None:
        self._left = 0
        self._look_later()

    def _look_later(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        self._deadline = self.loop.call_later(REQUEST, self._look)

    def _look(self) -> None:
        left, is_closing = self.transport.get_write_buffer_size(), self.transport.is_closing()
        is_owing = self.conn.their_state in (h11.IDLE, h11.SEND_BODY) and not (left or is_closing)
        if is_owing or (left and left == self._left):
            self.transport.abort()
        elif left or not is_closing:
            self._left = left
            self._look_later()


async def _refused(send: Any, status: int, text: bytes, headers: _Headers) -> None:
    """The last answer of a connection."""
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *_LAST_ONE]})
    await send({"type": "http.response.body", "body": text})


@dataclass(frozen=True, slots=True)
class _Outermost:
    """Keeps who has connected, before a proxy is believed about whom it speaks for.

    A request that says twice how long it is, is refused: a proxy that takes the other length would have what follows pass as
    somebody else's request.
    """

    application: Any
    own: _Headers

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if {b"content-length", b"transfer-encoding"} <= {name for name, _ in scope["headers"]}:
            await _refused(send, 400, b"this has two lengths\n", self.own)
            return
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


def listen(application: Any, address: str, trusted: str, headers: Mapping[str, str] = ALWAYS) -> Listening:
    """Serve at HOST:PORT. Usage where nobody can listen there.

    `trusted` are the proxies that are believed about whom they speak for (X-Forwarded-For), with commas; empty: nobody is.
    `headers` stand in what is answered without asking the application.
    """
    bound = _bound(address)
    own = [(name.lower().encode(), value.encode()) for name, value in {**headers, "cache-control": "no-store"}.items()]
    asked = ProxyHeadersMiddleware(application, trusted) if trusted else application
    config = uvicorn.Config(
        _Outermost(asked, own), http=cast(Any, partial(_Patient, own)),
        ws="none", lifespan="off", interface="asgi3", loop="asyncio", log_config=None, log_level="critical",
        access_log=False, server_header=False, h11_max_incomplete_event_size=HEAD, timeout_keep_alive=IDLE,
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
