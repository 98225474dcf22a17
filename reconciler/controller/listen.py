"""The HTTP door of a daemon: metrics, health, and the hint of a git host that there is something to fetch.

It reads nothing but what the loop has left for it, and changes nothing but the alarm: a webhook only says "look now".
"""

import hashlib
import hmac
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from reconciler.controller.passing import Pass
from reconciler.model.errors import Usage
from reconciler.model.ports import Store

MAX_BODY: Final = 1 << 20
"""Bytes of a webhook; git hosts send some kilobytes."""

_HEARD: Final = 16 * MAX_BODY
"""Bytes of one that is too long that are read and dropped, so that its sender comes to read why."""

PATIENCE: Final = 10
"""Seconds that a client may take."""

CLIENTS: Final = 32
"""Clients at once; the next one is turned away."""

_HINTS: Final = 1.0
"""Seconds between two hints that are believed."""


@dataclass(slots=True)
class Pulse:
    """Whether the loop is alive, and whether it has begun to do its work. Implements `daemon.Watching`."""

    limit: float
    """Seconds without a pass after which it is taken for dead."""
    _beat: float = field(default_factory=time.monotonic)
    _ready: bool = False

    def passed(self, _one: Pass, _store: Store, _seconds: float) -> None:
        """See `daemon.Watching`."""
        self._beat, self._ready = time.monotonic(), True

    def failed(self, reason: str, _message: str, _seconds: float) -> None:
        """See `daemon.Watching`: it lives; without its store it is not ready."""
        self._beat = time.monotonic()
        self._ready = self._ready and reason not in ("StoreError", "Busy", "Bug")

    @property
    def is_alive(self) -> bool:
        """Whether a pass ended lately."""
        return time.monotonic() - self._beat < self.limit

    @property
    def is_ready(self) -> bool:
        """Whether a catalog was read and reconciled, and the store answers."""
        return self._ready


@dataclass(frozen=True, slots=True)
class Door:
    """What the server shows and whom it tells."""

    metrics: Callable[[], bytes]
    content_type: str
    pulse: Pulse
    hint: Callable[[], None]
    secret: bytes = b""
    """What webhooks are signed with; without one there is no webhook."""


def serve(address: str, door: Door) -> ThreadingHTTPServer:
    """A server at `HOST:PORT`, in threads of its own. Usage where nobody can listen there."""
    host, _, port = address.rpartition(":")
    if not port.isdigit() or int(port) > 65535:
        raise Usage(f"{address!r} is no address to listen at; write 127.0.0.1:9464")
    try:
        server = _Server((host.strip("[]") or "127.0.0.1", int(port)), door)
    except OSError as error:
        raise Usage(f"nobody can listen at {address}: {error.strerror or error}") from None
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    return server


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], door: "Door") -> None:
        self.address_family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
        self._free = threading.BoundedSemaphore(CLIENTS)
        self.door, self.hints = door, _Hints(door.hint)
        super().__init__(address, _Client)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Turn away whoever comes when all threads are taken."""
        if not self._free.acquire(blocking=False):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        try:
            super().process_request_thread(request, client_address)
        finally:
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away, or talks nonsense, is nothing to talk about."""


class _Client(BaseHTTPRequestHandler):
    """One client."""

    server: _Server
    timeout = PATIENCE
    server_version, sys_version = "muster", ""
    protocol_version = "HTTP/1.0"

    def do_GET(self) -> None:
        """Metrics and health."""
        door = self.server.door
        if self.path == "/metrics":
            self._answer(200, door.metrics(), door.content_type)
        elif self.path == "/healthz":
            self._answer(*(200, b"alive\n") if door.pulse.is_alive else (503, b"no pass has ended for long\n"))
        elif self.path == "/readyz":
            self._answer(*(200, b"ready\n") if door.pulse.is_ready else (503, b"nothing was reconciled yet\n"))
        else:
            self._answer(404, b"there are /metrics, /healthz, /readyz and /webhook\n")

    def do_POST(self) -> None:
        """A hint, if whoever gives it knows the secret."""
        if self.path != "/webhook" or not self.server.door.secret:
            self._answer(404, b"no webhook\n")
            return
        length = self.headers.get("Content-Length", "")
        if not length.isascii() or not length.isdigit() or len(length) > 9:
            self._answer(411, b"say how long the body is\n")
            return
        if int(length) > MAX_BODY:
            self._answer(413, b"too long\n")
            self._hear_out(min(int(length), _HEARD))
            return
        if not _knows(self.server.door.secret, self.headers, self.rfile.read(int(length))):
            self._answer(403, b"not signed with our secret\n")
            return
        # However many come, the loop looks at most once a second; the last of them is looked for, too.
        self.server.hints.give()
        self._answer(202, b"looking\n")

    def log_message(self, *_arguments: Any) -> None:
        """What clients do is not told: metrics are asked for every few seconds."""

    def _hear_out(self, length: int) -> None:
        """Closing on bytes that nobody has read resets the connection, and a client that still sends loses the answer."""
        while length > 0 and (chunk := self.rfile.read1(min(length, 1 << 16))):
            length -= len(chunk)

    def _answer(self, code: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> None:
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        self.wfile.write(body)


class _Hints:
    """Lets a hint through at once, and then at most one a second, however many are given meanwhile."""

    def __init__(self, pass_on: Callable[[], None]) -> None:
        self._pass_on = pass_on
        self._lock = threading.Lock()
        self._last = float("-inf")
        self._waiting = False

    def give(self) -> None:
        with self._lock:
            rest = self._last + _HINTS - time.monotonic()
            if self._waiting:
                return
            self._waiting = rest > 0
            if not self._waiting:
                self._last = time.monotonic()
        if rest > 0:
            timer = threading.Timer(rest, self._late)
            timer.daemon = True
            timer.start()
        else:
            self._pass_on()

    def _late(self) -> None:
        with self._lock:
            self._waiting, self._last = False, time.monotonic()
        self._pass_on()


def _knows(secret: bytes, headers: Any, body: bytes) -> bool:
    """Whether a request is signed as GitHub does, over its body, or carries the secret as GitLab does."""
    signature = headers.get("X-Hub-Signature-256", "").encode("utf-8", "replace")
    token = headers.get("X-Gitlab-Token", "").encode("utf-8", "replace")
    expected = b"sha256=" + hmac.new(secret, body, hashlib.sha256).hexdigest().encode()
    signed = hmac.compare_digest(signature, expected)
    return hmac.compare_digest(hashlib.sha256(token).digest(), hashlib.sha256(secret).digest()) or signed
