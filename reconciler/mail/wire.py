"""A socket to a server whom we do not trust: every wait ends, every answer is bounded, nothing is read out of turn."""

import select
import socket
import ssl
import time
from contextlib import suppress
from typing import Final

from reconciler.mail.reply import Nonsense, Reply, last_line, parse

_LINE: Final = 4096
"""Bytes of a reply's line. RFC 5321 allows 512."""
_REPLY: Final = 64 << 10
"""Bytes of a whole reply."""
_CHUNK: Final = 64 << 10
_ANOTHER: Final = (62, 64)
"""OpenSSL's codes for a certificate of another host, or address; its words would name that."""


class Lost(Exception):
    """The connection is of no further use; says why, in words that hold no address and nothing of what was sent."""


class Wire:
    """Bytes out, replies in. `allow` says how long all that follows may take together.

    The socket never blocks: what can be done at once is done without asking whether it can, which halves the system calls
    of a message; only where it cannot do we wait, and only here.
    """

    def __init__(self, sock: socket.socket, timeout: float) -> None:
        self._sock, self._timeout, self._deadline = sock, timeout, 0.0
        self._unread = bytearray()
        sock.settimeout(0)
        with suppress(OSError):  # a body's last, short packet must not wait for an acknowledgement
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def allow(self, seconds: float) -> None:
        """From here on, this long for everything."""
        self._deadline = time.monotonic() + seconds

    def write(self, data: bytes) -> None:
        """Write all of it. Lost where that fails: then its last byte has not left."""
        if self._unread:
            raise Lost("the server spoke out of turn")
        rest = memoryview(data)
        try:
            while rest:
                try:
                    rest = rest[self._sock.send(rest) :]
                except ssl.SSLWantReadError:
                    self._wait(select.POLLIN, self._timeout)
                except (BlockingIOError, ssl.SSLWantWriteError):
                    self._wait(select.POLLOUT, self._timeout)
        except OSError as error:
            raise Lost(reason(error)) from None

    def reply(self, patient: bool = False) -> Reply:
        """The next reply; `patient` waits for it as long as is allowed at all. Lost where there is none."""
        lines: list[bytes] = []
        size = 0
        while not lines or not last_line(lines[-1]):
            lines.append(self._line(patient))
            size += len(lines[-1]) + 2
            if size > _REPLY:
                raise Lost("the answer is too long")
        try:
            return parse(lines)
        except Nonsense as error:
            raise Lost(str(error)) from None

    def quiet(self) -> bool:
        """Whether the connection stands, and the server has said nothing that we have not asked for."""
        if self._unread:
            return False
        try:
            self._unread += self._sock.recv(_CHUNK)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def last_words(self) -> Reply | None:
        """What the server said before it stopped listening, where it did."""
        self.quiet()
        self._deadline = 0.0
        with suppress(Lost):
            return self.reply()
        return None

    def encrypt(self, context: ssl.SSLContext, host: str) -> None:
        """TLS from here on. Lost where it fails; ssl.SSLCertVerificationError where the server is somebody else.

        What has been read already came unencrypted, from anybody: with it there is no going on.
        """
        if self._unread:
            raise Lost("the server spoke out of turn")
        try:
            secure = context.wrap_socket(self._sock, server_hostname=host, do_handshake_on_connect=False)
            self._sock = secure
            self._shake_hands(secure)
        except ssl.SSLCertVerificationError:
            raise
        except (OSError, ValueError) as error:
            raise Lost(reason(error)) from None

    def _shake_hands(self, secure: ssl.SSLSocket) -> None:
        while True:
            try:
                return secure.do_handshake()
            except ssl.SSLWantReadError:
                self._wait(select.POLLIN, self._timeout)
            except ssl.SSLWantWriteError:
                self._wait(select.POLLOUT, self._timeout)

    @property
    def encrypted(self) -> bool:
        """Whether nobody else reads along."""
        return isinstance(self._sock, ssl.SSLSocket)

    def addresses(self) -> tuple[str, str]:
        """Ours and theirs. Lost where they have hung up meanwhile."""
        try:
            return str(self._sock.getsockname()[0]), str(self._sock.getpeername()[0])
        except OSError as error:
            raise Lost(reason(error)) from None

    def close(self) -> None:
        """Let go of it, whatever state it is in."""
        with suppress(OSError):
            self._sock.close()

    def _line(self, patient: bool) -> bytes:
        end = self._unread.find(b"\n")
        while end < 0:
            start = len(self._unread)
            if start > _LINE:
                raise Lost("the answer is too long")
            self._read(patient)
            end = self._unread.find(b"\n", start)
        line = bytes(self._unread[: end + 1])
        del self._unread[: end + 1]
        if len(line) > _LINE:
            raise Lost("the answer is too long")
        if not line.endswith(b"\r\n") or line.count(b"\r") != 1:
            raise Lost("the answer is no SMTP")
        return line[:-2]

    def _read(self, patient: bool) -> None:
        most = None if patient else self._timeout
        event = select.POLLIN
        try:
            while True:
                if not (isinstance(self._sock, ssl.SSLSocket) and self._sock.pending()):
                    self._wait(event, most)
                try:
                    found = self._sock.recv(_CHUNK)
                    break
                except (BlockingIOError, ssl.SSLWantReadError):
                    event = select.POLLIN
                except ssl.SSLWantWriteError:
                    event = select.POLLOUT
        except OSError as error:
            raise Lost(reason(error)) from None
        if not found:
            raise Lost("the server closed the connection")
        self._unread += found

    def _wait(self, event: int, most: float | None) -> None:
        """Until the socket is ready for it. TimeoutError where that takes longer than `most`, or than is allowed."""
        left = self._deadline - time.monotonic()
        wanted = left if most is None else min(most, left)
        poll = select.poll()
        poll.register(self._sock, event)
        if wanted <= 0 or not poll.poll(wanted * 1000):
            raise TimeoutError


def reason(error: Exception) -> str:
    """What went wrong on the way, in words without an address."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {(error.reason or type(error).__name__).lower().replace('_', ' ')}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__


def distrust(error: ssl.SSLCertVerificationError) -> str:
    """Why a server is not who it says it is."""
    why = "it is for another name" if error.verify_code in _ANOTHER else error.verify_message
    return f"its certificate is not accepted: {why}"
