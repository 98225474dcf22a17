"""Debian postfix's `smtp-sink`: a server that takes whatever comes, as fast as anything.

    with smtp_sink(tmp_path, dump=True) as sink:
        …send to 127.0.0.1, sink.port…
        sink.messages()

A message stands in its dump before the answer to the final dot leaves, even where that answer is a no; one that did not
end is not in there. It says nothing of fractions of seconds, and when a transaction began rather than when it ended: for
exact rates there is `tests/smtp_counter.py`.
"""

import os
import pwd
import shutil
import socket
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

DEADLINE = 60.0
"""Seconds within which it is up."""
_MARK = b"-- smtp-sink message of these tests --"
_DUMP = "dump"
_PATH = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"


@dataclass(frozen=True, slots=True)
class Dumped:
    """A message that was taken whole. Of its lines the ends are newlines; leading dots are single."""

    at: datetime
    """The second in which its MAIL came."""
    sender: str
    recipient: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Sink:
    """A running smtp-sink on 127.0.0.1."""

    port: int
    pid: int
    _dump: Path

    def count(self) -> int:
        """How many messages it has taken; read anew each time."""
        return self._raw().count(_MARK)

    def messages(self) -> list[Dumped]:
        """All it has taken, in the order of their final dots."""
        return [_dumped(part) for part in self._raw().split(_MARK + b"\n")[1:]]

    def recipients(self) -> list[str]:
        """To whom: much faster than `messages` where there are many."""
        lines = self._raw().split(b"\n")
        return [_address(line) for line in lines if line.startswith(b"X-Rcpt-Args: ")]

    def _raw(self) -> bytes:
        return self._dump.read_bytes() if self._dump.exists() else b""


def program() -> str | None:
    """Where smtp-sink is; None where this machine has none (Debian: postfix)."""
    return shutil.which("smtp-sink", path=_PATH)


@contextmanager
def smtp_sink(directory: Path, *options: str, dump: bool = True) -> Iterator[Sink]:
    """A sink with these options of `man smtp-sink`, gone afterwards. With `dump` it keeps what it takes."""
    found = program()
    if not found:
        raise RuntimeError("there is no smtp-sink here: apt-get install postfix")
    place = directory / f"smtp-sink-{uuid.uuid4().hex[:8]}"
    place.mkdir()
    words = [found, "-4", *_owner(place), *options]
    if dump:
        words += ["-S", _MARK.decode() + "\\n", "-D", _DUMP]
    process, port = _started(words, place)
    try:
        yield Sink(port, process.pid, place / _DUMP)
    finally:
        process.kill()
        process.wait(DEADLINE)


def _owner(place: Path) -> list[str]:
    """As root it insists on being somebody else, who then needs a folder to write in: its own, entered before."""
    if os.geteuid():
        return []
    nobody = pwd.getpwnam("nobody")
    os.chown(place, nobody.pw_uid, nobody.pw_gid)
    return ["-u", "nobody"]


def _started(words: list[str], place: Path) -> "tuple[subprocess.Popen[bytes], int]":
    """On a free port; where somebody else was faster, on another. It is known by the name in its greeting."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        port, name = free_port(), f"sink-{uuid.uuid4().hex}"
        with (place / "log").open("ab") as log:
            process = subprocess.Popen(
                [*words, "-h", name, f"127.0.0.1:{port}", "1000"], cwd=place, stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        while process.poll() is None and time.monotonic() < deadline:
            if name.encode() in _greeting(port):
                return process, port
            time.sleep(0.01)
        process.kill()
        process.wait(DEADLINE)
    raise RuntimeError(f"smtp-sink did not start: {(place / 'log').read_text(errors='replace')}")


def free_port() -> int:
    """A port that nobody listens on, for now."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _greeting(port: int) -> bytes:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1) as one:
        return one.recv(1000)
    return b""


def _dumped(part: bytes) -> Dumped:
    head, _, rest = part.partition(b"Received: ")
    fields = dict(line.split(b": ", 1) for line in head.splitlines())
    stamp, rest = rest.split(b"\n\t", 2)[2].split(b"\n", 1)
    at = parsedate_to_datetime(stamp.decode())
    # One newline ends the last line of the message, one more is the empty line that ends the dump's entry.
    return Dumped(at, _address(fields[b"X-Mail-Args"]), _address(fields[b"X-Rcpt-Args"]), rest[:-1])


def _address(line: bytes) -> str:
    return line[line.index(b"<") + 1 : line.index(b">")].decode()
