"""Who signs people in before a proxy asks: answers as oauth2-proxy does with --reverse-proxy and --set-xauthrequest.

It is a stand-in: whoever says `Cookie: signed-in=ana` is Ana. What it was asked is kept.
"""

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

PEOPLE: Final = {
    "ana": ("ana@shop.example", "everybody,staff"),
    "bo": ("bo@shop.example", "everybody"),
    "cy": ("cy@shop.example", "platform"),
    "dora": ("dora@shop.example", ""),
    "nemo": ("", ""),
}
"""The address and the groups of each; empty: none is known."""
FORM: Final = "Sign in with the provider"


@dataclass(frozen=True, slots=True)
class Signing:
    """It listens at `at`."""

    at: str
    asked: list[tuple[str, Mapping[str, str]]] = field(default_factory=list)
    """Every request: its path and its headers, whose names are small."""


@contextmanager
def signing() -> Iterator[Signing]:
    """It, for a while."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            who = PEOPLE.get(self.headers.get("Cookie", "").partition("signed-in=")[2].partition(";")[0])
            if self.path.partition("?")[0] == "/oauth2/auth":
                self._says(202 if who else 401, b"" if who else b"Unauthorized\n", who)
            else:
                self._says(200, f"<!doctype html><title>{FORM}</title>".encode(), None)

        def _says(self, status: int, body: bytes, who: tuple[str, str] | None) -> None:
            self.send_response(status)
            for name, value in zip(("Email", "Groups"), who or ("", ""), strict=True):
                if value:
                    self.send_header(f"X-Auth-Request-{name}", value)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Signing(f"127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
