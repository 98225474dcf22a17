"""HTTP servers on this machine that do as a script says, and keep what they were sent.

with serving(lambda found: found.say(b"HTTP/1.1 204 No Content\\r\\n\\r\\n")) as server:
    …call server.url…
    server.requests
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

END = b"\r\n\r\n"


@dataclass(slots=True)
class Request:
    """A request, and the way to answer it. `number` counts from 0, over all connections."""

    line: str
    headers: dict[str, str]
    body: bytes
    number: int
    connection: int
    sock: socket.socket = field(repr=False)

    def say(self, data: bytes) -> None:
        self.sock.sendall(data)

    def answer(self, status: int, body: bytes = b"", *headers: str) -> None:
        """A proper answer, which leaves the connection open."""
        lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *headers]
        self.say("\r\n".join(lines).encode() + END + body)

    def hang_up(self) -> None:
        self.sock.close()


Script = Callable[[Request], None]


@dataclass(slots=True)
class Serving:
    """A running server."""

    script: Script
    listener: socket.socket
    context: ssl.SSLContext | None = None
    requests: list[Request] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __post_init__(self) -> None:
        self.port = self.listener.getsockname()[1]

    @property
    def url(self) -> str:
        return f"{'https' if self.context else 'http'}://127.0.0.1:{self.port}/leads"

    def stop(self) -> None:
        """Take nobody in any more. Who waits for somebody is woken first: a system call that the kernel begins anew would
        look for the file's number, which is another server's by then."""
        with suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()

    def accept(self) -> None:
        with suppress(OSError):
            while True:
                sock, _ = self.listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(sock, self.connections), daemon=True).start()

    def _serve(self, sock: socket.socket, connection: int) -> None:
        with suppress(OSError, ValueError, IndexError):
            wrapped = self.context.wrap_socket(sock, server_side=True) if self.context else sock
            with wrapped:
                while wrapped.fileno() >= 0:
                    found = self._read(wrapped, connection)
                    self.requests.append(found)
                    self.script(found)

    def _read(self, sock: socket.socket, connection: int) -> Request:
        data = bytearray()
        while END not in data:
            if not (chunk := sock.recv(4096)):
                raise ValueError
            data += chunk
        head, _, body = bytes(data).partition(END)
        line, *rest = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value for name, value in (one.split(": ", 1) for one in rest)}
        while len(body) < int(headers.get("content-length", 0)):
            if not (chunk := sock.recv(4096)):
                raise ValueError
            body += chunk
        return Request(line, headers, body, len(self.requests), connection, sock)


@contextmanager
def serving(script: Script, context: ssl.SSLContext | None = None, address: str = "127.0.0.1") -> Iterator[Serving]:
    """A server at a free port, gone afterwards."""
    listener = socket.create_server((address, 0))
    found = Serving(script, listener, context)
    accepting = threading.Thread(target=found.accept, daemon=True)
    accepting.start()
    try:
        yield found
    finally:
        found.stop()
        accepting.join()
