"""How we prove to a server who we are: RFC 4954 with PLAIN, LOGIN and CRAM-MD5.

Only over TLS, or to this machine itself. A password is offered once: a second attempt with one that was refused only
locks the account sooner.
"""

import hmac
import ipaddress
from base64 import b64decode
from collections.abc import Callable, Mapping
from typing import Final

from reconciler.mail.answer import Answer, Failed, Kind, Stage, answered
from reconciler.mail.reply import Reply
from reconciler.mail.server import Server, coded_text
from reconciler.mail.wire import Lost, Wire

_LOGGED_IN: Final = 235
_GO_ON: Final = 334
_NO_SUCH_WAY: Final = 504
"""The mechanism was offered, but there is none: nothing secret was judged, another may be tried."""

_Line = Callable[[Server, str], str]
"""What is written, given the server's challenge."""


def log_in(wire: Wire, server: Server, offered: str) -> None:
    """Log in by the first mechanism that is offered and safe. Failed where there is none, or the server says no."""
    if not wire.encrypted and not loopback(wire.addresses()[1]):
        raise _useless("no user and password without TLS")
    if "\0" in server.user + server.password:
        raise _useless("a user or password with a NUL")
    names, reply = offered.upper().split(), None
    for name in _OVER_TLS if wire.encrypted else _IN_CLEAR:
        if name in names:
            reply = _converse(wire, server, name)
            if reply.code != _NO_SUCH_WAY:
                break
    if reply is None:
        raise _useless("the server offers no way to log in that we speak")
    if reply.code != _LOGGED_IN:
        raise Failed(answered(Stage.AUTH, reply, server.secrets()))


def loopback(address: str) -> bool:
    """Whether an address is this machine itself."""
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _useless(text: str) -> Failed:
    return Failed(Answer(Kind.UNUSABLE, Stage.AUTH, text=text))


def _converse(wire: Wire, server: Server, name: str) -> Reply:
    """Say what the mechanism says to each challenge, until the server has decided."""
    challenge = ""
    for line in _WAYS[name]:
        wire.write(line(server, challenge).encode("ascii") + b"\r\n")
        reply = wire.reply()
        if reply.code != _GO_ON:
            return reply
        challenge = reply.text
    raise Lost("the server asks for more than there is")


def _digest(server: Server, challenge: str) -> str:
    try:
        asked = b64decode(challenge, validate=True)
    except ValueError:
        raise Lost("the answer is no SMTP") from None
    return coded_text(
        f"{server.user} {hmac.new(server.password.encode('utf-8', 'surrogateescape'), asked, 'md5').hexdigest()}"
    )


_WAYS: Final[Mapping[str, tuple[_Line, ...]]] = {
    "PLAIN": (lambda server, _: f"AUTH PLAIN {coded_text(f'{chr(0)}{server.user}{chr(0)}{server.password}')}",),
    "LOGIN": (
        lambda server, _: "AUTH LOGIN",
        lambda server, _: coded_text(server.user),
        lambda server, _: coded_text(server.password),
    ),
    "CRAM-MD5": (lambda server, _: "AUTH CRAM-MD5", _digest),
}
_OVER_TLS: Final = ("PLAIN", "LOGIN", "CRAM-MD5")
_IN_CLEAR: Final = ("CRAM-MD5", "PLAIN", "LOGIN")
