"""The demo project on show, for whoever has just cloned this: `make demo` and `make stop`.

python -m tests.dashboard.showing start DIRECTORY    build it there, serve it in the background, print where to look
python -m tests.dashboard.showing stop DIRECTORY     end that server
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path
from shutil import rmtree
from typing import Final

from reconciler.app import SystemClock
from tests.dashboard.staging import ROOT, SECRETS, staged

PORT: Final = 8026
PATIENCE: Final = 60.0
"""Seconds in which a server has to say where it listens, or to end."""


def start(directory: Path) -> int:
    """Build and show it. The exit code."""
    stop(directory)
    rmtree(directory, ignore_errors=True)
    staged(directory, SystemClock().now())
    log = directory / ".muster" / "serve.log"
    command = (sys.executable, str(ROOT / "cli.py"), "-C", str(directory), "serve", "--log-format", "json")
    with log.open("wb") as out:
        # Its output goes into a file and its session is its own: whoever waits for `make` is not kept waiting by it.
        server = subprocess.Popen(
            (*command, "--listen", "127.0.0.1:0", "--dashboard", f"127.0.0.1:{_port()}"),
            stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, env={**os.environ, **SECRETS},
        )  # fmt: skip
    _pid_file(directory).write_text(str(server.pid), encoding="ascii")
    address = _said(server, log)
    if not address:
        sys.stderr.write(log.read_text(encoding="utf-8"))
        return 1
    sys.stdout.write(f"Look:         {address}\nEnd it with   make stop\n")
    return 0


def stop(directory: Path) -> None:
    """End the server that was started over this directory, if it still runs."""
    file = _pid_file(directory)
    if not file.is_file():
        return
    pid = int(file.read_text(encoding="ascii"))
    until = time.monotonic() + PATIENCE
    if _is_ours(pid, directory):
        os.kill(pid, signal.SIGTERM)
        while _is_ours(pid, directory) and time.monotonic() < until:
            time.sleep(0.05)
    file.unlink()


def _pid_file(directory: Path) -> Path:
    """Beside the directory, which is built anew."""
    return directory.with_name(f"{directory.name}.pid")


def _is_ours(pid: int, directory: Path) -> bool:
    """Whether the process is the server that was started: a number is given to another process some day."""
    with suppress(ChildProcessError, OSError):
        os.waitpid(pid, os.WNOHANG)
    said = subprocess.run(
        ("ps", "-ww", "-o", "stat=,command=", "-p", str(pid)), capture_output=True, text=True, check=False
    )
    return f"-C {directory} serve" in said.stdout and not said.stdout.startswith("Z")


def _port() -> int:
    """The usual one, or 0 for any where somebody else has it."""
    with closing(socket.socket()) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", PORT))
        except OSError:
            return 0
    return PORT


def _said(server: subprocess.Popen[bytes], log: Path) -> str:
    """Where it shows the dashboard; empty where it has ended instead."""
    until = time.monotonic() + PATIENCE
    while server.poll() is None and time.monotonic() < until:
        for line in log.read_text(encoding="utf-8").splitlines():
            if (said := _read(line)).get("message") == "dashboard":
                return str(said["at"])
        time.sleep(0.05)
    return ""


def _read(line: str) -> Mapping[str, object]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


if __name__ == "__main__":
    verb, where = sys.argv[1], Path(sys.argv[2]).resolve()
    sys.exit(start(where) if verb == "start" else stop(where))
