"""`muster worker` processes over one project, which tests kill."""

import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.daemons import ROOT
from tests.world import World


class Workers:
    """Those that run, and where they log to."""

    def __init__(self, world: World, log: Path, threads: int = 8) -> None:
        self.world, self.log, self.threads = world, log, threads
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        store = ["--store", self.world.url] if self.world.url else []
        verb = ["worker", "--log-format", "json", "--threads", str(self.threads)]
        command = [sys.executable, "cli.py", "-C", str(self.world.root), *store, *verb]
        with self.log.open("ab") as log:
            self.running.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=os.environ))

    def kill(self) -> None:
        """One of them, with -9."""
        one = self.running.pop(random.randrange(len(self.running)))
        one.kill()
        one.wait()

    def replace(self) -> None:
        """Kill one, and start another in its place."""
        self.kill()
        self.start()

    def said(self) -> str:
        """The end of their logs."""
        return f"\n{self.log.read_text('utf-8', 'replace')[-2000:]}"


@contextmanager
def workers(world: World, log: Path, many: int, threads: int = 8) -> Iterator[Workers]:
    """So many, none of which outlives the test; each runs so many lanes at a time."""
    found = Workers(world, log, threads)
    try:
        for _ in range(many):
            found.start()
        yield found
    finally:
        while found.running:
            found.kill()
