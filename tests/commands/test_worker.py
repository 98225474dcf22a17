"""`muster worker` from anywhere, and `muster watch`, which works too."""

import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from reconciler.model.work import Stage
from tests.daemons import ROOT, until
from tests.engine.fair import Fair, fair
from tests.engine.tally import counted
from tests.postgres import Server


@pytest.fixture(params=["sqlite", "postgres"])
def stall(request: pytest.FixtureRequest, tmp_path: Path, postgres: Server) -> Iterator[Fair]:
    found = fair(tmp_path / "fair", postgres if request.param == "postgres" else None)
    yield found
    found.world.remove()


@contextmanager
def watching(stall: Fair, *options: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A daemon with a Tally runtime; killed at the end, where it still runs."""
    command = [
        sys.executable,
        "-m",
        "tests.crash.counting",
        str(stall.world.root),
        stall.world.url or "",
        str(stall.file),
    ]
    with (stall.world.root / "log").open("wb") as log:
        found = subprocess.Popen([*command, "--watch", *options], cwd=ROOT, stderr=log)
    try:
        yield found
    finally:
        found.kill()
        found.wait()


def words(stall: Fair) -> str:
    return (stall.world.root / "log").read_text()


def test_a_worker_needs_no_checkout(tmp_path: Path, database: str) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    command = [
        sys.executable,
        str(ROOT / "cli.py"),
        "--store",
        database,
        "worker",
        "--until-idle",
        "--log-format",
        "text",
    ]
    done = subprocess.run(command, check=False, cwd=empty, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    assert [line.split()[1] for line in done.stderr.splitlines()] == ["working", "stopped"]
    left = {path.name for path in empty.rglob("*")}
    assert left <= {".muster", "cache", "kinds"}, "it leaves nothing behind but what it has read of the built-in kinds"


def test_a_store_that_was_moved_is_not_worked_from(stall: Fair, tmp_path: Path) -> None:
    stall.ask("draft")
    target = f"sqlite:{tmp_path}/new.db"
    source = stall.world.url or "sqlite:.muster/state.db"
    assert stall.world.cli("store", "copy", source, target).code == 0
    answer = stall.world.cli("worker", "--until-idle")
    assert answer.code == 1 and "new.db" in answer.err


def test_a_store_that_cannot_be_reached_is_said_without_its_password(tmp_path: Path) -> None:
    url = f"postgresql://muster:hush@/campaigns?host={tmp_path}&connect_timeout=1"
    command = [sys.executable, str(ROOT / "cli.py"), "--store", url, "worker"]
    done = subprocess.run(command, check=False, cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("error: the store postgresql://muster@") and "hush" not in done.stderr


def test_watch_launches_works_and_sees_the_end(stall: Fair) -> None:
    stall.world.write(
        "fair.yaml",
        "apiVersion: muster/v1\nkind: Tally\nmetadata: {name: fair}\nstate: running\nspec: {count: 200, lanes: 2}\n",
    )
    with watching(stall) as daemon:
        until(lambda: stall.state() == "completed", "the end")
        until(lambda: '"reported"' in words(stall), "the word of it")
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(60) == 0, words(stall)
    assert Counter(counted(stall.file)) == {f"n{n}": 1 for n in range(200)}


def test_watch_drains_when_it_is_told_to_stop(stall: Fair) -> None:
    stall.ask("running", 400, lanes=2)
    with watching(stall, "--takes", "0.005") as daemon:
        until(lambda: len(counted(stall.file)) > 20, "the first twenty")
        until(lambda: '"watching"' in words(stall), "the daemon")
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(60) == 0, words(stall)
    done = len(counted(stall.file))
    assert stall.stages() == {Stage.SENT: done, Stage.PENDING: 400 - done}


def test_watch_leaves_the_work_to_others_where_it_is_told_to(stall: Fair) -> None:
    stall.world.write(
        "fair.yaml",
        "apiVersion: muster/v1\nkind: Tally\nmetadata: {name: fair}\nstate: running\nspec: {count: 10}\n",
    )
    with watching(stall, "--no-work") as daemon:
        until(lambda: stall.state() == "running", "the launch")
        daemon.send_signal(signal.SIGTERM)
        assert daemon.wait(60) == 0, words(stall)
    assert counted(stall.file) == []
    assert stall.stages() == {Stage.PENDING: 10}


class TestQueue:
    """The tables of the engine's queue in a PostgreSQL store."""

    def test_they_come_with_the_store(self, stall: Fair) -> None:
        stall.ask("draft")
        if stall.world.url is None:
            return
        with psycopg.connect(stall.world.url) as db:
            (version,) = db.execute("SELECT version FROM queue").fetchone() or ("",)
            assert version.startswith("3.")
            assert db.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,)

    def test_they_are_brought_up_to_date_by_whoever_uses_them(self, database: str, tmp_path: Path) -> None:
        command = [sys.executable, str(ROOT / "cli.py"), "--store", database, "worker"]
        subprocess.run([*command, "--until-idle"], cwd=tmp_path, check=True, capture_output=True, timeout=60)
        with psycopg.connect(database, autocommit=True) as db:
            for line in (
                "DROP FUNCTION procrastinate_fetch_job_v2", "DROP FUNCTION procrastinate_retry_job_v2",
                "DELETE FROM pg_enum WHERE enumlabel = 'retried'", "UPDATE queue SET version = '3.2.9'",
            ):  # fmt: skip
                db.execute(line)
            worker = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
            try:
                until(lambda: db.execute("SELECT version FROM queue").fetchone() != ("3.2.9",), "the new version")
                (found,) = db.execute(
                    "SELECT count(*) FROM pg_proc WHERE proname IN "
                    "('procrastinate_fetch_job_v2', 'procrastinate_retry_job_v2')"
                ).fetchone() or (0,)
                assert found == 2
            finally:
                worker.kill()
                worker.wait()

    def test_nothing_stays_in_them(self, tmp_path: Path, postgres: Server) -> None:
        stall = fair(tmp_path / "fair", postgres, "procrastinate")
        stall.ask("running", 100, lanes=4)
        stall.engine().run(until_idle=True)
        with psycopg.connect(stall.world.url or "") as db:
            assert db.execute("SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'run_lane'").fetchone() == (0,)
            assert db.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (0,)
        stall.world.remove()
