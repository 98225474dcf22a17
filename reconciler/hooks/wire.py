"""A socket to a server whom we do not trust: all of a call ends in time, and of its answer only so much is read."""

import io
import socket
import ssl
import time
from contextlib import suppress
from typing import Literal

_CHUNK = 16 << 10


class TooMuch(Exception):
    """The other side says more than we want to hear."""


class Wire:
    """Bytes out and in. `allow` says how long all that follows may take together, and how much may be read."""

    def __init__(self, sock: socket.socket, until: float) -> None:
        self._sock, self._until, self._left = sock, until, 0
        with suppress(OSError):  # a request's last, short packet must not wait for an acknowledgement
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def allow(self, until: float, most: int) -> None:
        """From here on, up to this instant of the monotonic clock, and no more than so many bytes."""
        self._until, self._left = until, most

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """TLS from here on. OSError where it fails."""
        self._sock.settimeout(self._rest())
        self._sock = context.wrap_socket(self._sock, server_hostname=host)

    def write(self, data: bytes) -> None:
        """Write all of it. OSError where that fails: then its last byte has not left."""
        rest = memoryview(data)
        while rest:
            self._sock.settimeout(self._rest())
            rest = rest[self._sock.send(rest[:_CHUNK]) :]

    def read_into(self, place: memoryview) -> int:
        """What is there, once there is something; 0 at the end."""
        if self._left <= 0:
            raise TooMuch
        self._sock.settimeout(self._rest())
        count = self._sock.recv_into(place[: self._left])
        self._left -= count
        return count

    def quiet(self) -> bool:
        """Whether the connection stands, and the server has said nothing that we have not asked for."""
        self._sock.settimeout(0)
        try:
            self._sock.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def makefile(self, _mode: Literal["rb"]) -> io.BufferedReader:
        """What `http.client` reads an answer from."""
        return io.BufferedReader(_Incoming(self))

    def hang_up(self) -> None:
        """Let go of it, whatever state it is in."""
        with suppress(OSError):
            self._sock.close()

    def _rest(self) -> float:
        rest = self._until - time.monotonic()
        if rest <= 0:
            raise TimeoutError
        return rest


class _Incoming(io.RawIOBase):
    """The wire as a file. To close it leaves the wire open: another call may follow."""

    def __init__(self, wire: Wire) -> None:
        super().__init__()
        self._wire = wire

    def readable(self) -> bool:
        """See `io.RawIOBase`."""
        return True

    def readinto(self, place: "memoryview | bytearray") -> int:  # type: ignore[override]  # the stub's Buffer is 3.12's
        """See `io.RawIOBase`."""
        return self._wire.read_into(memoryview(place))
