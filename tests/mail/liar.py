"""An SMTP server that misbehaves on purpose, at a named place: what it does there is bytes to say, or one of the acts.

    with liar({"RCPT": b"550 5.1.1 nobody\\r\\n", "END": stall}) as server: …

The places are CONNECT, the verbs, EHLO AGAIN (over TLS), BODY (the message has begun), END (its final dot has come).
"""

import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

Act = Callable[[socket.socket], None]
Script = Mapping[str, "bytes | Act"]
"""What is said or done at a place; after an act the connection is closed."""

_USUAL: Script = {
    "CONNECT": b"220 liar ESMTP\r\n",
    "EHLO": b"250 liar\r\n",
    "STARTTLS": b"220 2.0.0 go on\r\n",
    "END": b"250 2.0.0 taken\r\n",
    "QUIT": b"221 bye\r\n",
}
_MORE = 64 << 10


def hello(*extensions: str) -> bytes:
    """An answer to EHLO that offers these."""
    lines = ("liar", *extensions)
    return b"".join(f"250{'-' if one != lines[-1] else ' '}{one}\r\n".encode() for one in lines)


def hang_up(_one: socket.socket) -> None:
    """Close."""


def reset(one: socket.socket) -> None:
    """Break the connection off: what was not read is lost."""
    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def stall(one: socket.socket) -> None:
    """Say nothing, for as long as the other side stays."""
    while one.recv(_MORE):
        pass


def deaf(until: threading.Event) -> Act:
    """Neither say nor read anything, until the other side is done."""

    def wait(_one: socket.socket) -> None:
        assert until.wait(60)

    return wait


def dribble(one: socket.socket) -> None:
    """A byte now and then, without ever coming to an end."""
    one.settimeout(0.05)
    one.sendall(b"250-")
    while True:
        one.sendall(b"x")
        with suppress(TimeoutError):
            if not one.recv(_MORE):
                return


def flood(one: socket.socket) -> None:
    """One line without an end."""
    while True:
        one.sendall(b"2" * _MORE)


def more_and_more(one: socket.socket) -> None:
    """Lines without an end."""
    while True:
        one.sendall(b"250-and more\r\n" * 1000)


def then(text: bytes, act: Act) -> Act:
    """Say something first."""

    def both(one: socket.socket) -> None:
        one.sendall(text)
        act(one)

    return both


def after_some(act: Act) -> Act:
    """Read a part first: of a message, so that its sender is in the middle of it."""

    def both(one: socket.socket) -> None:
        one.recv(_MORE)
        act(one)

    return both


@dataclass(slots=True)
class Liar:
    """A running one: what it was told, in order, and the messages as they stood on the wire, without the final dot."""

    port: int
    told: list[bytes] = field(default_factory=list)
    messages: list[bytes] = field(default_factory=list)
    part: bytes = b""
    """What had come of a message that did not end."""

    def verbs(self) -> list[str]:
        return [_verb(line) for line in self.told]


@contextmanager
def liar(script: Script, tls: ssl.SSLContext | None = None, implicit: bool = False) -> Iterator[Liar]:
    """A server of this script on 127.0.0.1, for one connection after the other."""
    with socket.create_server(("127.0.0.1", 0), backlog=20) as door:
        server = Liar(int(door.getsockname()[1]))
        thread = threading.Thread(target=_serve, args=(door, server, {**_USUAL, **script}, tls, implicit), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            thread.join(10)
    assert not thread.is_alive(), "the client has not let go"


def _serve(door: socket.socket, server: Liar, script: Script, tls: ssl.SSLContext | None, implicit: bool) -> None:
    while True:
        try:
            one, _ = door.accept()
        except OSError:
            return
        with suppress(OSError):
            if tls and implicit:
                one = tls.wrap_socket(one, server_side=True)
            _Talk(one, server, script, tls).hold()
        one.close()


@dataclass(slots=True)
class _Talk:
    socket: socket.socket
    server: Liar
    script: Script
    tls: ssl.SSLContext | None
    unread: bytes = b""
    sender: bool = False
    accepted: bool = False
    """Whether the next message comes from somebody, and is for somebody."""

    def hold(self) -> None:
        going = self._do("CONNECT")
        while going:
            line = self._until(b"\r\n")
            if line is None:
                return
            self.server.told.append(line)
            going = self._do(_verb(line)) and self._follow(_verb(line))

    def _follow(self, verb: str) -> bool:
        """What a place leads to."""
        if verb == "STARTTLS" and self.tls:
            self.socket, self.unread = self.tls.wrap_socket(self.socket, server_side=True), b""
            self.script = {**self.script, "EHLO": self.script.get("EHLO AGAIN", self.script["EHLO"])}
        if verb in ("MAIL", "RCPT", "RSET"):
            said_yes = self._said(verb).startswith(b"2")
            self.accepted = said_yes and self.sender and verb == "RCPT"
            self.sender = said_yes if verb == "MAIL" else self.sender and verb == "RCPT"
        if verb == "DATA" and self._said(verb).startswith(b"354"):
            return self._message()
        return verb != "QUIT"

    def _message(self) -> bool:
        if "BODY" in self.script and not self._do("BODY"):
            return False
        found = self._until(b"\r\n.\r\n")
        if found is None:
            self.server.part = self.unread
            return False
        self.server.messages.append(found + b"\r\n")
        return self._do("END")

    def _do(self, place: str) -> bool:
        what = self.script.get(place)
        if callable(what):
            what(self.socket)
            return False
        self.socket.sendall(self._said(place))
        return True

    def _said(self, place: str) -> bytes:
        """What is said at a place: what an honest server would, unless the script says otherwise."""
        usual = b"354 go on\r\n" if self.accepted else b"554 5.5.1 no recipients\r\n"
        what = self.script.get(place, usual if place == "DATA" else b"250 2.0.0 ok\r\n")
        assert isinstance(what, bytes)
        return what

    def _until(self, end: bytes) -> bytes | None:
        while end not in self.unread:
            more = self.socket.recv(_MORE)
            if not more:
                return None
            self.unread += more
        text, _, self.unread = self.unread.partition(end)
        return text


def _verb(line: bytes) -> str:
    return line.split(b" ")[0].decode("ascii", "replace").upper()
