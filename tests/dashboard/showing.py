"""The demo project on show, for whoever has just cloned this: `make demo` and `make stop`.

python -m tests.dashboard.showing start DIRECTORY    let it live there in the background, print where to look
python -m tests.dashboard.showing stop DIRECTORY     end that
"""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path
from shutil import rmtree
from typing import Final

from tests.dashboard.tied import ROOT, SERVED, said

PORT: Final = 8026
PATIENCE: Final = 300.0
"""Seconds in which the project has to be built and shown."""
END: Final = 60.0
"""Seconds in which what is under way may end."""


def start(directory: Path) -> int:
    """Build and show it. The exit code."""
    stop(directory)
    rmtree(directory, ignore_errors=True)
    log = directory.with_name(f"{directory.name}.log")
    log.parent.mkdir(parents=True, exist_ok=True)
    command = (sys.executable, "-m", "tests.dashboard.living", str(directory), str(_port()))
    with log.open("wb") as out:
        # Its output goes into a file and its session is its own: whoever waits for `make` is not kept waiting by it.
        life = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
    _pid_file(directory).write_text(str(life.pid), encoding="ascii")
    address = ""
    try:
        address = _address(life, directory / SERVED)
    finally:
        if not address:
            stop(directory)
    if not address:
        for file in (log, directory / SERVED):
            sys.stderr.write(file.read_text(encoding="utf-8") if file.is_file() else "")
        return 1
    sys.stdout.write(
        f"Look:         {address}\n"
        "It goes on by itself: a newsletter goes out slowly, leads come in and are sold, a mailing is due in a few minutes.\n"
        "End it with   make stop\n"
    )
    return 0


def stop(directory: Path) -> None:
    """End what was started over this directory, if it still runs."""
    file = _pid_file(directory)
    if not file.is_file():
        return
    pid = int(file.read_text(encoding="ascii"))
    for number in (signal.SIGTERM, signal.SIGKILL):
        until = time.monotonic() + END
        if _is_ours(pid, directory):
            os.kill(pid, number)
            while _is_ours(pid, directory) and time.monotonic() < until:
                time.sleep(0.05)
    file.unlink()


def _pid_file(directory: Path) -> Path:
    """Beside the directory, which is built anew."""
    return directory.with_name(f"{directory.name}.pid")


def _is_ours(pid: int, directory: Path) -> bool:
    """Whether the process is what was started: a number is given to another process some day."""
    with suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
    shown = subprocess.run(
        ("ps", "-ww", "-o", "stat=,command=", "-p", str(pid)), capture_output=True, text=True, check=False
    )
    return f"tests.dashboard.living {directory} " in shown.stdout and not shown.stdout.startswith("Z")


def _port() -> int:
    """The usual one, or 0 for any where somebody else has it."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return 0
    return PORT


def _address(life: "subprocess.Popen[bytes]", log: Path) -> str:
    """Where the dashboard is shown; empty where that has ended instead."""
    until = time.monotonic() + PATIENCE
    while life.poll() is None and time.monotonic() < until:
        if (line := said(log, "dashboard")) is not None:
            return str(line["at"])
        time.sleep(0.05)
    return ""


if __name__ == "__main__":
    verb, where = sys.argv[1], Path(sys.argv[2]).resolve()
    if verb == "start":
        sys.exit(start(where))
    stop(where)
