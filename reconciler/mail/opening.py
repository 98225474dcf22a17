"""From nothing to a connection that takes messages: connect, EHLO, STARTTLS, AUTH."""

import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from reconciler.mail.answer import Answer, Failed, Kind, Stage, answered
from reconciler.mail.auth import log_in
from reconciler.mail.reply import Reply
from reconciler.mail.server import Server, Tls
from reconciler.mail.wire import Lost, Wire, distrust, reason

_NAME: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[A-Za-z0-9.:]+\]")
_TAKEN: Final = 220
"""The code of a greeting, and of a server ready for TLS."""


@dataclass(frozen=True, slots=True)
class Session:
    """A connection that takes messages, and what its server can do: keyword in capitals → parameters."""

    wire: Wire
    extensions: Mapping[str, str]


@dataclass(slots=True)
class Opening:
    """One attempt. `certificates` is asked for what is trusted, where it is needed."""

    server: Server
    certificates: Callable[[], ssl.SSLContext]
    stage: Stage = Stage.CONNECT
    wire: Wire | None = None

    def session(self) -> Session:
        """The connection. Failed with the reason where there is none."""
        try:
            wire = self._connected()
            self._said(wire.reply(), _TAKEN)
            extensions = self._hello(wire)
            if self.server.tls is Tls.STARTTLS:
                self._start_tls(wire, extensions)
                extensions = self._hello(wire)
            if self.server.user or self.server.password:
                self.stage = Stage.AUTH
                log_in(wire, self.server, extensions.get("AUTH", ""))
            return Session(wire, extensions)
        except (Failed, Lost, ssl.SSLCertVerificationError) as error:
            if self.wire:
                self.wire.close()
            raise self._failed(error) from None

    def _failed(self, error: Exception) -> Failed:
        if isinstance(error, Failed):
            return error
        if isinstance(error, ssl.SSLCertVerificationError):
            return Failed(Answer(Kind.UNUSABLE, self.stage, text=distrust(error)))
        return Failed(Answer(Kind.DOWN, self.stage, text=str(error)))

    def _connected(self) -> Wire:
        until = time.monotonic() + self.server.limit.total_seconds()
        sock = _socket(self.server, until)
        self.wire = wire = Wire(sock, self.server.timeout.total_seconds())
        wire.allow(until - time.monotonic())
        if self.server.tls is Tls.IMPLICIT:
            wire.encrypt(self.certificates(), self.server.host)
        return wire

    def _hello(self, wire: Wire) -> Mapping[str, str]:
        """What the server can do; what it said before TLS counts no more afterwards (RFC 3207)."""
        self.stage = Stage.HELLO
        name = self.server.hello_name or _own_name(wire)
        if not _NAME.fullmatch(name):
            raise Failed(Answer(Kind.UNUSABLE, Stage.HELLO, text="the name for EHLO is no domain"))
        wire.write(f"EHLO {name}\r\n".encode("ascii"))
        reply = wire.reply()
        if reply.code >= 500 and self.server.tls is not Tls.STARTTLS:  # an old one, of before 1995
            wire.write(f"HELO {name}\r\n".encode("ascii"))
            self._said(wire.reply(), 250)
            return {}
        self._said(reply, 250)
        return dict(_extension(line) for line in reply.lines[1:])

    def _start_tls(self, wire: Wire, extensions: Mapping[str, str]) -> None:
        self.stage = Stage.STARTTLS
        if "STARTTLS" not in extensions:
            raise Failed(Answer(Kind.UNUSABLE, self.stage, text="STARTTLS extension not supported by server"))
        wire.write(b"STARTTLS\r\n")
        self._said(wire.reply(), _TAKEN)
        wire.encrypt(self.certificates(), self.server.host)

    def _said(self, reply: Reply, wanted: int) -> Reply:
        if reply.code != wanted:
            raise Failed(answered(self.stage, reply, self.server.secrets()))
        return reply


def _socket(server: Server, until: float) -> socket.socket:
    """Connected to the first of the server's addresses that answers. Looking them up is bounded by the resolver alone."""
    why = "it has no address"
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM)
    except (OSError, ValueError) as error:
        raise Lost(reason(error)) from None
    for family, kind, protocol, _, address in found:
        left = min(server.timeout.total_seconds(), until - time.monotonic())
        sock = socket.socket(family, kind, protocol)
        try:
            sock.settimeout(max(left, 1e-3))
            sock.connect(address)
        except OSError as error:
            sock.close()
            why = reason(error)
        else:
            return sock
    raise Lost(why)


def _own_name(wire: Wire) -> str:
    """This machine's full name, without asking anybody; else its address, as RFC 5321 wants it."""
    name = socket.gethostname()
    if "." in name and _NAME.fullmatch(name):
        return name
    ours = wire.addresses()[0].partition("%")[0]
    return f"[IPv6:{ours}]" if ":" in ours else f"[{ours}]"


def _extension(line: str) -> tuple[str, str]:
    """A line of EHLO's answer. Some write `AUTH=LOGIN`."""
    word, _, rest = (
        line.replace("=", " ", 1).partition(" ") if line.upper().startswith("AUTH=") else line.partition(" ")
    )
    return word.upper(), rest.strip()
