"""A daemon as a process of its own, its talk as it comes, and real repositories for it to follow."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent
from typing import Any

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0
"""Seconds after which something that should have happened long ago is given up: the machine may be busy."""

Line = Mapping[str, Any]


def until(true: Callable[[], Any], what: str = "it", patience: float = PATIENCE) -> Any:
    """What `true` gives, once it is true; asked again and again."""
    deadline = time.monotonic() + patience
    while not (found := true()):
        assert time.monotonic() < deadline, f"{what} never came true"
        time.sleep(0.01)
    return found


@dataclass(slots=True)
class Running:
    """A daemon that runs, and what it has said."""

    process: subprocess.Popen[str]
    lines: list[Line] = field(default_factory=list)
    raw: list[str] = field(default_factory=list)

    def said(self, message: str, **data: Any) -> list[Line]:
        """The lines with this message whose data hold at least these."""
        wanted = {"message": message, **data}
        return [one for one in list(self.lines) if wanted.items() <= one.items()]

    def says(self, message: str, **data: Any) -> Line:
        """The first such line, waited for."""

        def found() -> list[Line]:
            assert self.process.poll() is None or self.said(message, **data), "".join(self.raw)
            return self.said(message, **data)

        try:
            return until(found, f"{message} {data}")[0]
        except AssertionError as error:
            raise AssertionError(f"{error}\n{''.join(self.raw)}") from None

    def send(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def ended(self) -> int:
        return self.process.wait(PATIENCE)

    def listen(self) -> None:
        assert self.process.stderr is not None
        for text in self.process.stderr:
            self.raw.append(text)
            with suppress(ValueError):
                self.lines.append(json.loads(text))


@contextmanager
def daemon(
    directory: Path, *arguments: str, environment: Mapping[str, str] | None = None, within: Sequence[str] = ()
) -> Iterator[Running]:
    """`muster -C directory watch arguments`, killed at the end where it still runs; `within` is a command that becomes it."""
    command = (sys.executable, str(ROOT / "cli.py"), "-C", str(directory), "watch", "--log-format", "json", *arguments)
    process = subprocess.Popen(
        (*within, *command),
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
        env={**os.environ, **(environment or {})},
    )
    running = Running(process)
    reader = threading.Thread(target=running.listen, daemon=True)
    reader.start()
    try:
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        reader.join(timeout=PATIENCE)


def git(directory: Path, *arguments: str) -> str:
    """One call of git in a repository, as nobody in particular."""
    identity = ("-c", "user.name=test", "-c", "user.email=test@shop.example", "-c", "commit.gpgsign=false")
    done = subprocess.run(("git", *identity, *arguments), cwd=directory, check=True, capture_output=True, text=True)
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Clone:
    """A clone that pushes."""

    path: Path

    def write(self, name: str, text: str) -> None:
        file = self.path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text), encoding="utf-8")

    def push(self, message: str, *options: str) -> str:
        """Commit everything and push it; the commit."""
        git(self.path, "add", "-A")
        git(self.path, "commit", "-q", "--allow-empty", "-m", message)
        git(self.path, "push", "-q", *options, "origin", "HEAD:main")
        return git(self.path, "rev-parse", "HEAD")


@dataclass(frozen=True, slots=True)
class Remote:
    """A bare repository, and clones of it."""

    path: Path

    @classmethod
    def at(cls, path: Path) -> "Remote":
        path.mkdir(parents=True)
        git(path, "init", "-q", "--bare", "-b", "main")
        return cls(path)

    def clone(self, name: str) -> Clone:
        path = self.path.parent / name
        git(self.path.parent, "clone", "-q", str(self.path), name)
        return Clone(path)


def campaign(name: str, state: str = "draft", title: str = "A message") -> str:
    """A lead campaign, which needs nothing beside it."""
    return dedent(f"""\
        apiVersion: muster/v1
        kind: LeadCampaign
        metadata: {{name: {name}}}
        state: {state}
        spec:
          description: {title}
          fields: [{{name: email, type: email, required: true}}]
          verticals: [energy]
          workflows:
            - {{name: quote, verticals: [energy], distribution: {{mode: directPost}}}}
        """)
