"""A small server for LMTP (RFC 2033), by which a mail server on the same machine hands mail over.

The other side keeps a letter until it hears 250 for its recipient, and that is said after the acknowledgement: whatever
happens before, it brings the letter again.
"""

import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from io import BufferedReader
from typing import Final

from reconciler.mail.inbox import Letter
from reconciler.mail.lmtp_session import Rules, Talk, Then

_POLL: Final = 0.2
"""Seconds after which a waiting thread looks whether the server still runs."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is allowed: connections at once, and seconds to be silent, to be connected, and to record a letter in."""

    connections: int = 20
    silent: float = 60.0
    connected: float = 600.0
    record: float = 60.0


@dataclass(slots=True)
class _Offer:
    letter: Letter
    decided: threading.Event = field(default_factory=threading.Event)
    taken: bool = False


class Lmtp:
    """Listens from the moment it is made until `close`. `letters` waits for the next one, and ends with the server."""

    def __init__(self, address: tuple[str, int] | str, rules: Rules, limits: Limits | None = None) -> None:
        self._rules, self._limits = rules, limits or Limits()
        self._offers: queue.Queue[_Offer] = queue.Queue(self._limits.connections)
        self._open: dict[str, _Offer] = {}
        self._connections: set[socket.socket] = set()
        self._guard = threading.Lock()
        self._stopping = threading.Event()
        self._slots = threading.BoundedSemaphore(self._limits.connections)
        self._listener = _listen(address)
        self._thread = threading.Thread(target=self._serve, name="lmtp", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    def letters(self) -> Iterator[Letter]:
        """Letters as they come. Each waits for its acknowledgement, for `limits.record` seconds at most."""
        while not self._stopping.is_set():
            try:
                offer = self._offers.get(timeout=_POLL)
            except queue.Empty:
                continue
            with self._guard:
                self._open[offer.letter.place] = offer
            yield offer.letter

    def acknowledge(self, letter: Letter) -> None:
        """Say 250 to the other side. After its patience has ended this does nothing: it brings the letter again."""
        with self._guard:
            offer = self._open.pop(letter.place, None)
        if offer is not None:
            offer.taken = True
            offer.decided.set()

    def close(self) -> None:
        """Stop listening. Letters that were not acknowledged are refused for now, and come again."""
        self._stopping.set()
        self._thread.join()
        self._listener.close()
        with self._guard:
            for offer in self._open.values():
                offer.decided.set()
            for connection in self._connections:
                _end(connection)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            try:
                connection, _ = self._listener.accept()
            except TimeoutError:
                continue
            except OSError:
                return
            if not self._slots.acquire(blocking=False):
                connection.close()
                continue
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        patience = threading.Timer(self._limits.connected, _end, (connection,))
        patience.daemon = True
        patience.start()
        with self._guard:
            self._connections.add(connection)
        try:
            with connection, connection.makefile("rb") as lines:
                connection.settimeout(self._limits.silent)
                self._exchange(connection, lines)
        except OSError:  # the other side went away, or was silent for too long: it has no answer and tries again
            return
        finally:
            patience.cancel()
            with self._guard:
                self._connections.discard(connection)
            self._slots.release()

    def _exchange(self, connection: socket.socket, lines: BufferedReader) -> None:
        talk = Talk(self._rules, self._take)
        connection.sendall(talk.greeting())
        starts = True
        while line := lines.readline(self._rules.longest_line):
            # Only CRLF ends a line: who takes a bare LF for one lets others hide a second mail in a first one.
            whole, begins = line.endswith(b"\r\n"), starts
            if talk.in_data:
                starts = whole
                answer = talk.data(line, begins)
                if answer is not None:
                    connection.sendall(answer)
                continue
            if not whole:
                connection.sendall(b"500 5.5.2 no line, or too long\r\n")
                return
            answer, then = talk.command(line)
            connection.sendall(answer)
            if then is Then.CLOSE:
                return

    def _take(self, letter: Letter) -> bool:
        """Hand a letter over, and wait until it is recorded."""
        offer = _Offer(letter)
        if self._stopping.is_set():
            return False
        try:
            self._offers.put(offer, timeout=self._limits.record)
        except queue.Full:
            return False
        return offer.decided.wait(self._limits.record) and offer.taken


def _end(connection: socket.socket) -> None:
    """Wake whoever waits for it."""
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _listen(address: tuple[str, int] | str) -> socket.socket:
    if isinstance(address, str):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    else:
        listener = socket.socket(socket.AF_INET6 if ":" in address[0] else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(64)
    listener.settimeout(_POLL)
    return listener
