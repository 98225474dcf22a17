"""Real mails by real workers, killed at random: nobody is left out, nobody gets it twice (AMB-E13, E-23).

The mail server's own dump says so.
"""

import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.engine.lane import SLICE
from reconciler.model.work import Stage
from tests.daemons import ROOT
from tests.email.mailroom import SPRING, Mailroom, until
from tests.postgres import Server, server
from tests.smtp_sink import Sink, smtp_sink
from tests.world import World

MAILS = 5_000
LANES = 4
KILLS = 10


class Workers:
    """`muster worker` processes over one project."""

    def __init__(self, room: Mailroom, log: Path) -> None:
        self.room, self.log = room, log
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self) -> None:
        world = self.room.world
        store = ["--store", world.url] if world.url else []
        command = [sys.executable, "cli.py", "-C", str(world.root), *store, "worker", "--log-format", "json"]
        with self.log.open("ab") as log:
            self.running.append(subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log, env=os.environ))

    def kill(self) -> None:
        """One of them, with -9."""
        one = self.running.pop(random.randrange(len(self.running)))
        one.kill()
        one.wait()

    def end(self) -> None:
        while self.running:
            self.kill()


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[Sink]:
    with smtp_sink(tmp_path, dump=True) as found:
        yield found


def became(room: Mailroom) -> dict[str, str]:
    """The stage of every recipient."""
    with closing(room.open()) as store, store.snapshot():
        return {row[2]: row[4] for row in store.rows_of("unit")}  # type: ignore[attr-defined]


def killed_again_and_again(room: Mailroom, sink: Sink, log: Path, server: Server | None = None) -> None:
    """Three workers, ten of which are killed and replaced; in the middle PostgreSQL restarts, where it is given."""
    room.recipients("all", MAILS)
    room.relay("a", sink.port, maxConnections=LANES)
    room.template("Hello {{ name }}")
    room.launch(("a",))
    workers = Workers(room, log)
    try:
        for _ in range(3):
            workers.start()
        for number, point in enumerate(sorted(random.sample(range(1, MAILS // 2), KILLS))):
            until(lambda point=point: sink.count() >= point, f"{point} mails\n{log.read_text()[-2000:]}", 120)  # type: ignore[misc]
            assert room.state() == "running"
            workers.kill()
            workers.start()
            if server and number == KILLS // 2:
                server.restart()
        until(lambda: room.state() == "completed", "the end", 180)
    finally:
        workers.end()
    taken, stages = Counter(sink.recipients()), became(room)
    unknown = {key for key, stage in stages.items() if stage == Stage.UNKNOWN}
    assert {key: times for key, times in taken.items() if times > 1} == {}
    assert stages.keys() - taken.keys() - unknown == set(), "nobody is missing"
    assert {key for key, stage in stages.items() if stage == Stage.SENT} == taken.keys() - unknown
    assert len(unknown) <= KILLS * LANES * SLICE.most
    assert Counter(stages.values())[Stage.SENT] + len(unknown) == MAILS
    assert room.world.resource(str(SPRING)) is not None


def test_on_this_machine(small: Mailroom, sink: Sink, tmp_path: Path) -> None:
    killed_again_and_again(small, sink, tmp_path / "log")


def test_on_many_machines_whose_server_restarts(sink: Sink, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    with server() as own:
        room = Mailroom(World(tmp_path / "mailroom", own, own.database()))
        room.template()
        killed_again_and_again(room, sink, tmp_path / "log", own)
