"""A URL taken apart, and nothing in it that a request could be smuggled in by."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

_SAFE: Final = "/:?&=%+,;@~!$'()*-._[]|"
"""Stays as it was written in a path and a query."""


class NoTarget(ValueError):
    """This is not a URL that can be called; says why, without showing it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a call goes to."""

    is_secure: bool
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """What stands in the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_secure else 80) else f"{host}:{self.port}"


def target_of(url: str) -> Target:
    """Where `url` leads. NoTarget where that cannot be told."""
    if any(sign <= " " or sign == "\x7f" for sign in url):
        raise NoTarget("its address holds blanks or control characters")
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").encode("idna").decode(), parts.port
    except (ValueError, UnicodeError):
        raise NoTarget("its address cannot be read") from None
    if parts.scheme not in ("https", "http") or not host:
        raise NoTarget("its address is not an https one")
    if parts.username is not None or port == 0:
        raise NoTarget("its address holds a user or port 0")
    is_secure = parts.scheme == "https"
    path = quote(parts.path or "/", safe=_SAFE) + (f"?{quote(parts.query, safe=_SAFE)}" if parts.query else "")
    return Target(is_secure, host, port or (443 if is_secure else 80), path)
