"""Requests that nobody's browser sends, from somebody who may look and no more.

Most have another request within, which would be an administrator's, were it believed to have come from a proxy.
"""

from typing import Final

HEAD: Final = "Host: muster.shop.example\r\nCookie: signed-in=bo\r\n"
CHUNKED: Final = "Transfer-Encoding: chunked\r\n"
_END: Final = "\r\n0\r\n\r\n"
"""Of the headers, and of a body in chunks."""
_INNER: Final = (
    f"GET /audit HTTP/1.1\r\n{HEAD}X-Auth-Request-Email: cy@shop.example\r\nX-Auth-Request-Groups: platform\r\n"
    "Connection: close\r\n\r\n"
)
_POST: Final = f"POST /leave HTTP/1.1\r\n{HEAD}"
_GET: Final = f"GET /audit HTTP/1.1\r\n{HEAD}Connection: close\r\n"
ODD: Final = {
    "two lengths": f"{_POST}Content-Length: 5\r\n{CHUNKED}{_END}{_INNER}",
    "two lengths, the other first": f"{_POST}{CHUNKED}Content-Length: {len(_INNER) + 5}\r\n{_END}{_INNER}",
    "lengths that differ": f"{_POST}Content-Length: 0\r\nContent-Length: {len(_INNER)}\r\n\r\n{_INNER}",
    "a coding before a blank": f"{_POST}Content-Length: 5\r\nTransfer-Encoding : chunked\r\n{_END}{_INNER}",
    "a coding after a tab": f"{_POST}Transfer-Encoding:\x0bchunked\r\n{_END}{_INNER}",
    "a coding nobody knows": f"{_POST}Transfer-Encoding: xchunked\r\n{_END}{_INNER}",
    "a folded coding": f"{_POST}Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n{_END}{_INNER}",
    "a length in hexadecimal": f"{_POST}Content-Length: 0x0\r\n\r\n{_INNER}",
    "a length with a sign": f"{_POST}Content-Length: +0\r\n\r\n{_INNER}",
    "a chunk of no length": f"{_POST}{CHUNKED}\r\n0x0\r\n\r\n{_INNER}",
    "HTTP/1.0 in chunks": f"POST /leave HTTP/1.0\r\n{HEAD}{CHUNKED}{_END}{_INNER}",
    "two hosts": f"{_GET}Host: evil.example\r\n\r\n",
    "no host": "GET /audit HTTP/1.1\r\nCookie: signed-in=bo\r\nConnection: close\r\n\r\n",
    "another host": f"GET https://evil.example/campaigns HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n",
    "CONNECT": f"CONNECT muster.shop.example:443 HTTP/1.1\r\n{HEAD}\r\n{_INNER}",
    "TRACE": f"TRACE /campaigns HTTP/1.1\r\n{HEAD}Connection: close\r\n\r\n",
    "long headers": f"{_GET}X-Long: {'a' * 2_000_000}\r\n\r\n",
    "HTTP/2 in the clear": f"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n{_INNER}",
    "an upgrade": f"{_GET}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n",
}
