"""An SMTP server that notes when each final dot came, to the microsecond: for exact rates, and for "twice".

It takes several connections at once, a thread each, offers PIPELINING, and checks nothing.

    with smtp_counter() as counter:
        …send to 127.0.0.1, counter.port…
        counter.taken
"""

import re
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

_STEP = 64 << 10


@dataclass(frozen=True, slots=True)
class Taken:
    """A message, and when its final dot was read: by the machine's clock, and by one that never jumps (seconds)."""

    at: datetime
    monotonic: float
    sender: str
    recipient: str
    message: bytes
    connection: int
    """The how-manyeth connection brought it, from 0."""


def yes(_one: Taken) -> bytes:
    return b"250 2.0.0 taken"


@dataclass(slots=True)
class Counter:
    """A running server. `answer` says what is said to a final dot, and may wait; what is not a 2xx is not counted."""

    port: int
    answer: Callable[[Taken], bytes] = yes
    taken: deque[Taken] = field(default_factory=deque)
    """In the order of the final dots."""
    connections: int = 0

    def count(self) -> int:
        return len(self.taken)

    def recipients(self) -> list[str]:
        return [one.recipient for one in tuple(self.taken)]

    def twice(self) -> set[str]:
        """To whom more than one message went."""
        found = self.recipients()
        return {one for one in found if found.count(one) > 1} if len(set(found)) < len(found) else set()

    def most_within(self, seconds: float) -> int:
        """The most messages in any span of this length: what a limit of so many per span is held against."""
        times = sorted(one.monotonic for one in tuple(self.taken))
        most = first = 0
        for last, at in enumerate(times):
            while at - times[first] >= seconds:
                first += 1
            most = max(most, last - first + 1)
        return most


@contextmanager
def smtp_counter(answer: Callable[[Taken], bytes] = yes) -> Iterator[Counter]:
    """A server on a free port of 127.0.0.1, gone afterwards with all its connections."""
    with socket.create_server(("127.0.0.1", 0), backlog=200) as door:
        counter = Counter(int(door.getsockname()[1]), answer)
        open_now: set[socket.socket] = set()
        thread = threading.Thread(target=_welcome, args=(door, counter, open_now), daemon=True)
        thread.start()
        try:
            yield counter
        finally:
            with suppress(OSError):
                door.shutdown(socket.SHUT_RDWR)
            thread.join()
            for one in tuple(open_now):
                with suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)


def _welcome(door: socket.socket, counter: Counter, open_now: set[socket.socket]) -> None:
    with suppress(OSError):
        while True:
            one, _ = door.accept()
            open_now.add(one)
            number, counter.connections = counter.connections, counter.connections + 1
            threading.Thread(target=_serve, args=(one, counter, number, open_now), daemon=True).start()


def _serve(one: socket.socket, counter: Counter, number: int, open_now: set[socket.socket]) -> None:
    with one, suppress(OSError, EOFError):
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        one.sendall(b"220 counter ESMTP\r\n")
        _Conversation(one, counter, number).hold()
    open_now.discard(one)


@dataclass(slots=True)
class _Conversation:
    socket: socket.socket
    counter: Counter
    number: int
    unread: bytearray = field(default_factory=bytearray)
    sender: str = ""
    recipient: str = ""

    def hold(self) -> None:
        while True:
            answers = bytearray()
            while (line := self._until(b"\r\n", wait=not answers)) is not None:
                verb = line[:4].upper()
                answers += self._said(verb, line)
                if verb == b"DATA":
                    self.socket.sendall(answers)
                    answers = bytearray(self._message())
                if verb == b"QUIT":
                    self.socket.sendall(answers)
                    return
            self.socket.sendall(answers)

    def _until(self, end: bytes, wait: bool) -> bytes | None:
        """What comes before the next `end`; None where it has not come yet and there is something to say first."""
        start = 0
        while (found := self.unread.find(end, start)) < 0:
            if not wait:
                return None
            start = max(0, len(self.unread) - len(end))
            more = self.socket.recv(_STEP)
            if not more:
                raise EOFError
            self.unread += more
        text = bytes(self.unread[:found])
        del self.unread[: found + len(end)]
        return text

    def _said(self, verb: bytes, line: bytes) -> bytes:
        if verb == b"EHLO":
            return b"250-counter\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250 ENHANCEDSTATUSCODES\r\n"
        if verb == b"MAIL":
            self.sender = _address(line)
        elif verb == b"RCPT":
            self.recipient = _address(line)
        elif verb == b"DATA":
            return b"354 go on\r\n"
        elif verb == b"QUIT":
            return b"221 bye\r\n"
        return b"250 2.0.0 ok\r\n"

    def _message(self) -> bytes:
        self.unread[:0] = b"\r\n"  # an empty message is a dot right away
        raw = self._until(b"\r\n.\r\n", wait=True) or b""
        moment, instant = time.monotonic(), datetime.now(UTC)
        message = (raw + b"\r\n").replace(b"\r\n..", b"\r\n.")[2:]
        one = Taken(instant, moment, self.sender, self.recipient, message, self.number)
        answer = self.counter.answer(one)
        if answer.startswith(b"2"):
            self.counter.taken.append(one)
        return answer + b"\r\n"


def _address(line: bytes) -> str:
    found = re.search(rb"<([^>]*)>", line)
    return found[1].decode() if found else ""
