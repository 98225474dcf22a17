"""Around the whole dashboard: the headers of every answer, and nobody is heard who calls it by another's name."""

from collections.abc import Awaitable, Callable, MutableMapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from reconciler.dashboard.access.origin import is_called

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self';"
    " frame-ancestors 'none'; base-uri 'none'"
)
"""What a page may load: what this very server gives, and no script or style that stands in the page itself."""
HEADERS: Final = {
    "content-security-policy": POLICY,
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    # Not no-referrer: browsers would then hide the origin of forms, too, by which we know our own.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "x-robots-tag": "noindex",
}
"""In every answer, instead of whatever else it says there. TLS and its headers are the proxy's."""
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_MISDIRECTED: Final = b"This server is not called like that. See `hosts` under `dashboard` in muster.yaml.\n"


@dataclass(frozen=True, slots=True)
class Guard:
    """An ASGI application around another. `names` are those that the dashboard has besides addresses and localhost."""

    application: Callable[[Message, Receive, Send], Awaitable[None]]
    names: AbstractSet[str]

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """One request."""

        async def sends(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _secured(message.get("headers", ()))}
            await send(message)

        hosts = [value for name, value in scope.get("headers", ()) if name == b"host"]
        if len(hosts) == 1 and is_called(hosts[0].decode("latin-1"), self.names):
            await self.application(scope, receive, sends)
            return
        kind = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
        await sends({"type": "http.response.start", "status": 421, "headers": [*kind, (b"connection", b"close")]})
        await sends({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else _MISDIRECTED})


def _secured(headers: Any) -> list[tuple[bytes, bytes]]:
    kept = [(name, value) for name, value in headers if name.decode("latin-1").lower() not in HEADERS]
    return [*kept, *((name.encode(), value.encode()) for name, value in HEADERS.items())]
