"""The door of git's objects: commits, files and the differences of trees, by processes that are asked again and again.

Starting git costs milliseconds and asking it microseconds, so two processes serve one walk through a history.
"""

import os
import select
import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Final, NamedTuple

from reconciler.model.errors import MusterError
from reconciler.model.instant import to_text

PATIENCE: Final = 60.0
"""Seconds to wait for the next byte of git: a clone that lacks objects may fetch them."""

_MANY: Final = 200
"""Paths from which the whole tree is listed, rather than each of them."""

_LINK: Final = b"120000 "
"""The mode of a symbolic link."""

_ENVIRONMENT: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}

Oid = str
"""The name of an object, in hex."""


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit: its parents, its author (`Name <email>`, and the date as UTC text), and its own time in seconds."""

    oid: Oid
    parents: tuple[Oid, ...]
    author: str
    authored: str
    time: int


class Tree(NamedTuple):
    """The files of a commit, by path from the top of the repository, and which of them are links."""

    blobs: dict[bytes, Oid]
    links: set[bytes]


class Objects:
    """The objects of the repository that `directory` lies in. For a `with`. MusterError where git does not answer."""

    def __init__(self, directory: str) -> None:
        self._directory = directory
        self._end = f"end-{os.urandom(16).hex()}\n"
        self._contents = _Process(directory, "cat-file", "--batch")
        flags = ("--stdin", "-r", "-z", "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff")
        self._trees = _Process(directory, "diff-tree", *flags)
        self._commits: dict[Oid, Commit | None] = {}

    def __enter__(self) -> "Objects":
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: TracebackType | None) -> None:
        self._contents.close()
        self._trees.close()

    def commit(self, oid: Oid) -> Commit | None:
        """A commit; None where the clone does not reach so far."""
        if oid not in self._commits:
            data = self._content(oid, "commit")
            self._commits[oid] = _parsed(oid, data) if data is not None else None
        return self._commits[oid]

    def blob(self, oid: Oid) -> bytes | None:
        """The content of a file; None where it is none, or the clone lacks it."""
        return self._content(oid, "blob")

    def tree(self, commit: Oid, paths: set[bytes]) -> Tree:
        """The files of a commit, by path from the top of the repository: at least these, as far as it has them."""
        named: list[str | bytes] = ["--", *sorted(paths)] if len(paths) < _MANY else []
        listed = run(self._directory, "ls-tree", "-r", "-z", "--full-tree", commit, *named)
        found = Tree({}, set())
        for line in listed.split(b"\0")[:-1]:
            head, _, path = line.partition(b"\t")
            found.blobs[path] = head.rpartition(b" ")[2].decode()
            if head.startswith(_LINK):
                found.links.add(path)
        return found

    def changed(self, commit: Oid, parent: Oid) -> dict[bytes, Oid]:
        """The files in which `commit` differs from `parent`, each as the parent has it; empty where it has none."""
        self._trees.send(f"{commit} {parent}\n{self._end}".encode())
        fields = self._trees.until(self._end.encode()).split(b"\0")[:-1]
        # One line names the commit, where there is anything; then two for each file: what changed, and its path.
        pairs = zip(fields[1::2], fields[2::2], strict=True)
        return {path: _before(line) for line, path in pairs}

    def _content(self, oid: Oid, kind: str) -> bytes | None:
        self._contents.send(f"{oid}\n".encode())
        answer = self._contents.line().split()
        if len(answer) != 3:  # "missing"
            return None
        data = self._contents.take(int(answer[2]) + 1)[:-1]
        return data if answer[1] == kind.encode() else None


def run(directory: str, *arguments: str | bytes) -> bytes:
    """What one call of git prints. MusterError where it fails or does not end."""
    command = ["git", "--literal-pathspecs", "-C", directory, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False, env=_environment())
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        raise MusterError(f"git cannot be asked: {error}") from None
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise MusterError(f"git {os.fsdecode(arguments[0])} failed: {said[-1] if said else done.returncode}")
    return done.stdout


def _environment() -> dict[str, str]:
    return {**os.environ, **_ENVIRONMENT}


class _Process:
    """A process of git that answers line after line."""

    def __init__(self, directory: str, *arguments: str) -> None:
        command = ["git", "-C", directory, *arguments]
        pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
        try:
            self._process = subprocess.Popen(
                command, stdin=pipe, stdout=pipe, stderr=nowhere, bufsize=0, env=_environment()
            )
        except OSError as error:
            raise MusterError(f"git cannot be asked: {error}") from None
        self._buffer = bytearray()

    def send(self, question: bytes) -> None:
        """Ask. Short enough for a pipe, so that nobody waits for anybody."""
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(question)
        except OSError:
            raise MusterError("git has ended before its time") from None

    def line(self) -> bytes:
        """The next line of the answer."""
        while (at := self._buffer.find(b"\n")) < 0:
            self._fill()
        return self.take(at + 1)

    def until(self, end: bytes) -> bytes:
        """The answer up to the line that ends it, with which git says no more until it is asked again."""
        while not self._buffer.endswith(end):
            self._fill()
        return self.take(len(self._buffer))[: -len(end)]

    def take(self, count: int) -> bytes:
        """The next `count` bytes."""
        while len(self._buffer) < count:
            self._fill()
        taken = bytes(self._buffer[:count])
        del self._buffer[:count]
        return taken

    def close(self) -> None:
        """End it."""
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()
        self._process.kill()
        self._process.wait()

    def _fill(self) -> None:
        assert self._process.stdout is not None
        source = self._process.stdout.fileno()
        if not select.select([source], [], [], PATIENCE)[0]:
            raise MusterError(f"git has not answered for {PATIENCE:.0f} seconds")
        data = os.read(source, 1 << 20)
        if not data:
            raise MusterError("git has ended before its time")
        self._buffer += data


def _before(line: bytes) -> Oid:
    """The object that a line of `--raw` names first; empty for a file that was not there."""
    oid = line.split(b" ")[2].decode()
    return oid if oid.strip("0") else ""


def _parsed(oid: Oid, data: bytes) -> Commit:
    head = data.partition(b"\n\n")[0].split(b"\n")
    fields = [line.partition(b" ") for line in head]
    parents = tuple(value.decode() for name, _, value in fields if name == b"parent")
    encoding = next((value for name, _, value in fields if name == b"encoding"), b"utf-8").decode("ascii", "replace")
    author, authored = _person(next((value for name, _, value in fields if name == b"author"), b""), encoding)
    _, time = _person(next((value for name, _, value in fields if name == b"committer"), b""), encoding)
    return Commit(oid, parents, author, _when(authored), time)


def _person(line: bytes, encoding: str) -> tuple[str, int]:
    """Who, and when, in seconds since 1970: `Ann Dee <ann@example.com> 1700000000 +0100`."""
    who, end, when = line.rpartition(b">")
    try:
        name = (who + end).decode(encoding, "replace")
    except LookupError:  # an encoding that nobody knows
        name = (who + end).decode("utf-8", "replace")
    digits = when.split()[:1]
    return name, int(digits[0]) if digits and digits[0].lstrip(b"-").isdigit() else 0


def _when(seconds: int) -> str:
    try:
        return to_text(datetime.fromtimestamp(seconds, UTC)) if seconds else ""
    except (ValueError, OverflowError, OSError):
        return ""
