"""Workers that are killed, stopped, frozen, or lose their server: nothing is left out, nothing is done twice.

The workers are processes, the file of lines is the world outside: a line that was written stays written.
"""

import random
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from reconciler.engine.lane import SLICE
from reconciler.model.work import Stage
from tests.daemons import ROOT, until
from tests.engine.fair import Fair, fair
from tests.engine.tally import counted
from tests.postgres import Server, server

UNITS = 5_000
LANES = 4
WINDOW = SLICE.most
TAKES = "0.001"


@dataclass
class Gang:
    """Worker processes over one project."""

    stall: Fair
    running: list["subprocess.Popen[bytes]"] = field(default_factory=list)
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.stall.world.root / "log"

    def start(self, *options: str) -> "subprocess.Popen[bytes]":
        world = self.stall.world
        command = [sys.executable, "-m", "tests.crash.counting", str(world.root), world.url or "", str(self.stall.file)]
        with self.log.open("ab") as log:
            found = subprocess.Popen([*command, *options], cwd=ROOT, stdout=log, stderr=log)
        self.running.append(found)
        return found

    def kill(self, one: "subprocess.Popen[bytes]") -> None:
        """With -9, and gone when this returns: whoever is not waited for still counts as a process."""
        one.kill()
        one.wait()
        self.running.remove(one)

    def end(self) -> None:
        for one in list(self.running):
            self.kill(one)

    def at_work(self, count: int) -> bool:
        """Whether so many have begun, and hear signals."""
        return self.words().count('"working"') == count

    def words(self) -> str:
        return self.log.read_text()[-5000:] if self.log.exists() else ""


@contextmanager
def gang(root: Path, where: Server | None) -> Iterator[Gang]:
    found = Gang(fair(root / "fair", where))
    try:
        yield found
    finally:
        found.end()
        found.stall.world.remove()


@pytest.fixture(params=["sqlite", "postgres"])
def workers(request: pytest.FixtureRequest, tmp_path: Path, postgres: Server) -> Iterator[Gang]:
    """On SQLite they run the inline engine, on PostgreSQL procrastinate's."""
    with gang(tmp_path, postgres if request.param == "postgres" else None) as found:
        yield found


def lines(stall: Fair) -> int:
    return stall.file.read_bytes().count(b"\n") if stall.file.exists() else 0


def wait_for(workers: Gang, true: Callable[[], bool], what: str) -> None:
    try:
        until(true, what)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{workers.words()}") from None


def stages(stall: Fair) -> dict[str, str]:
    """What became of each unit."""
    with closing(stall.open()) as store, store.snapshot():
        return {row[2]: row[4] for row in store.rows_of("unit")}  # type: ignore[attr-defined]


def assert_all_counted(workers: Gang, units: int, doubtful: int) -> None:
    """Missing 0, twice 0, at most so many in doubt, and the ledger says what the file says."""
    stall, found = workers.stall, Counter(counted(workers.stall.file))
    became = stages(stall)
    unknown = {key for key, stage in became.items() if stage == Stage.UNKNOWN}
    twice = {key: times for key, times in found.items() if times > 1}
    missing = {f"n{n}" for n in range(units)} - found.keys() - unknown
    assert (twice, missing) == ({}, set()), workers.words()
    assert len(unknown) <= doubtful
    assert {key for key, stage in became.items() if stage == Stage.SENT} == found.keys() - unknown
    assert stall.stages() == {stage: count for stage, count in Counter(map(Stage, became.values())).items() if count}
    assert stall.state() == "completed"


def test_workers_killed_at_ten_random_points(workers: Gang) -> None:
    stall, dice = workers.stall, random.Random()
    stall.ask("running", UNITS, LANES)
    for _ in range(3):
        workers.start("--takes", TAKES)
    for point in sorted(dice.sample(range(1, UNITS // 2), 10)):
        wait_for(workers, lambda point=point: lines(stall) >= point, f"{point} lines")  # type: ignore[misc]
        if stall.state() == "completed":
            break  # they were quicker than this process, which has to share the machine; whether rightly is asked below
        workers.kill(dice.choice(workers.running))
        workers.start("--takes", TAKES)
    wait_for(workers, lambda: stall.state() == "completed", "the end")
    # It is completed only when every unit has come to an end.
    assert_all_counted(workers, UNITS, doubtful=10 * LANES * WINDOW)


def test_a_worker_alone_is_killed_and_another_one_goes_on_at_once(workers: Gang) -> None:
    stall = workers.stall
    stall.ask("running", 600, LANES)
    one = workers.start("--takes", "0.01")
    wait_for(workers, lambda: lines(stall) > 50, "the first fifty")
    workers.kill(one)
    assert workers.start("--until-idle").wait(60) == 0, workers.words()
    assert_all_counted(workers, 600, doubtful=LANES * WINDOW)


def test_a_stop_leaves_nothing_in_doubt(workers: Gang) -> None:
    stall = workers.stall
    stall.ask("running", 600, LANES)
    found = [workers.start("--takes", "0.02") for _ in range(2)]
    wait_for(workers, lambda: lines(stall) > 50 and workers.at_work(2), "the first fifty")
    for one in found:
        one.send_signal(signal.SIGTERM)
    assert [one.wait(60) for one in found] == [0, 0], workers.words()
    done = lines(stall)
    assert 50 < done < 600
    assert stall.stages() == {Stage.SENT: done, Stage.PENDING: 600 - done}
    assert not any(lane.owner for lane in stall.view().lanes)
    assert workers.start("--until-idle").wait(60) == 0, workers.words()
    assert_all_counted(workers, 600, doubtful=0)


def test_a_second_signal_ends_it_at_once(workers: Gang) -> None:
    stall = workers.stall
    stall.ask("running", 20)
    one = workers.start("--takes", "30")
    wait_for(workers, lambda: lines(stall) == 1, "the first")
    one.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        one.wait(0.5)
    one.send_signal(signal.SIGTERM)
    assert one.wait(60) == 130, workers.words()
    assert workers.start("--until-idle").wait(60) == 0, workers.words()
    assert_all_counted(workers, 20, doubtful=WINDOW)


def freeze(worker: "subprocess.Popen[bytes]", stall: Fair) -> None:
    """Stop it between two transactions: within one it would keep all others out of an SQLite file for as long as it is frozen."""
    file = stall.world.root / ".muster/state.db"
    while True:
        worker.send_signal(signal.SIGSTOP)
        until(lambda: is_stopped(worker.pid), "its threads to stop")
        if not file.exists() or is_free(file):
            return
        worker.send_signal(signal.SIGCONT)


def is_stopped(pid: int) -> bool:
    """Whether every thread of a process stands still."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return all((task / "stat").read_text().rpartition(")")[2].split()[0] == "T" for task in tasks)


def is_free(file: Path) -> bool:
    """Whether somebody else could write into this SQLite file now."""
    with closing(sqlite3.connect(file, timeout=0.2, isolation_level=None)) as db:
        try:
            db.execute("BEGIN IMMEDIATE")
            db.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
    return True


def test_a_frozen_worker_comes_back_and_finds_its_lanes_taken(workers: Gang) -> None:
    stall = workers.stall
    stall.ask("running", 800, LANES)
    frozen = workers.start("--takes", "0.01", "--lease", "1")
    wait_for(workers, lambda: lines(stall) > 40, "the first forty")
    freeze(frozen, stall)
    assert workers.start("--lease", "1", "--until-idle").wait(60) == 0, workers.words()
    assert stall.state() == "completed"
    before = stages(stall)
    frozen.send_signal(signal.SIGCONT)
    frozen.send_signal(signal.SIGTERM)
    assert frozen.wait(60) == 0, workers.words()
    assert_all_counted(workers, 800, doubtful=LANES * WINDOW)
    after = stages(stall)
    changed = {key for key in after if after[key] != before[key]}
    assert {before[key] for key in changed} <= {Stage.UNKNOWN}, "it says what it has done, and nothing else"


def test_the_server_is_restarted_in_the_middle(tmp_path: Path) -> None:
    with server() as own, gang(tmp_path, own) as workers:
        stall = workers.stall
        stall.ask("running", UNITS, LANES)
        for _ in range(2):
            workers.start("--takes", TAKES)
        for point, how in ((500, signal.SIGINT), (2500, signal.SIGQUIT)):
            wait_for(workers, lambda point=point: lines(stall) >= point, f"{point} lines")  # type: ignore[misc]
            own.restart(how)
        wait_for(workers, lambda: stall.state() == "completed", "the end")
        assert all(one.poll() is None for one in workers.running), "they outlive it"
        assert_all_counted(workers, UNITS, doubtful=2 * LANES * WINDOW)
        for one in workers.running:
            one.send_signal(signal.SIGTERM)
        assert [one.wait(60) for one in workers.running] == [0, 0], workers.words()
