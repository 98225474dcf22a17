"""A command of muster that ends with whoever has started it, however that ended.

python -m tests.dashboard.tied -C DIRECTORY watch …       with a pipe as its standard input, into which nobody writes

The kernel closes the pipe of a process that is killed: that is heard here, and ends the command as SIGTERM does.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent.parent
SERVED: Final = Path(".muster", "serve.log")
"""What the server of a project on show says, below the project."""
PATIENCE: Final = 20.0
"""Seconds in which what is under way may end."""


@contextmanager
def tied(directory: Path, *arguments: str, log: Path, env: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """`muster -C directory arguments` beside this process, its talk in a file; it has ended afterwards."""
    command = (sys.executable, "-m", "tests.dashboard.tied", "-C", str(directory), *arguments)
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=out, stderr=out,
            env={**os.environ, **env, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    try:
        yield process
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(PATIENCE)
        process.kill()
        process.wait()


def said(log: Path, message: str) -> Mapping[str, object] | None:
    """The first line of a log with this message."""
    for line in log.read_text(encoding="utf-8").splitlines() if log.is_file() else ():
        with suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict) and found.get("message") == message:
                return found
    return None


def _end_with_it() -> None:
    sys.stdin.buffer.read()
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(PATIENCE)
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    from reconciler.commands import main

    threading.Thread(target=_end_with_it, daemon=True).start()
    main()
