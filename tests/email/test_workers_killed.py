"""Real mails by real workers, killed at random: nobody is left out, nobody gets it twice (AMB-E13, E-23).

The mail server's own dump says so.
"""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from reconciler.engine.lane import SLICE
from reconciler.model.work import Stage
from tests.email.mailroom import SPRING, Mailroom, until
from tests.postgres import Server, server
from tests.smtp_sink import Sink, smtp_sink
from tests.worker_processes import workers
from tests.world import World

MAILS = 5_000
LANES = 4
KILLS = 10


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
    with workers(room.world, log, 3) as crew:
        for number, point in enumerate(sorted(random.sample(range(1, MAILS // 2), KILLS))):
            until(lambda point=point: sink.count() >= point, f"{point} mails{crew.said()}", 120)  # type: ignore[misc]
            assert room.state() == "running"
            crew.replace()
            if server and number == KILLS // 2:
                server.restart()
        until(lambda: room.state() == "completed", "the end", 180)
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
