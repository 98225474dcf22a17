"""What a launch costs beside a plain insert of the same rows: recipients resolved from a CSV file, written down, cut into lanes.

python -m bench.launching [RECIPIENTS]     default 1000000

Prints seconds of processor time of both, which other work on the machine and its disk change little, and the launch's peak
memory in megabytes.
"""

import json
import resource
import sqlite3
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from bench.measure import run
from bench.sending import CAMPAIGN, project

CHUNK = 5_000
"""Rows of one transaction of the plain insert, as the launch's own have."""


def launch(root: Path, count: int) -> tuple[float, float]:
    """Seconds of resolving and enqueueing, and the peak of this process until then."""
    app = project(root, count, 25, "draft")
    with closing(app.store()) as store:
        runtime = app.runtimes(store)["EmailCampaign"]
        began = time.process_time()
        for effect in ("snapshot-recipients", "assign-connections"):
            runtime.perform(effect, CAMPAIGN, f"bench/{effect}", lambda: None)
        seconds = time.process_time() - began
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def insert(store: Path, target: Path) -> float:
    """Seconds in which the rows that a launch wrote are inserted into such a table, with its indexes, by hand."""
    with closing(sqlite3.connect(store)) as source, closing(sqlite3.connect(target, isolation_level=None)) as plain:
        plain.execute("PRAGMA journal_mode = WAL")
        plain.execute("PRAGMA synchronous = FULL")
        for (statement,) in source.execute("SELECT sql FROM sqlite_schema WHERE tbl_name = 'unit' AND sql IS NOT NULL"):
            plain.execute(statement)
        rows = source.execute("SELECT uid, key, stage, payload, lane FROM unit ORDER BY id")
        seconds = 0.0
        while chunk := rows.fetchmany(CHUNK):
            began = time.process_time()
            plain.execute("BEGIN IMMEDIATE")
            plain.executemany("INSERT INTO unit (uid, key, stage, payload, lane) VALUES (?, ?, ?, ?, ?)", chunk)
            plain.execute("COMMIT")
            seconds += time.process_time() - began
    return seconds


def measure_launch(count: int = 1_000_000) -> tuple[float, float, float]:
    """Seconds of a launch and of the plain insert, and megabytes, of a process of its own."""
    launched, inserted, megabytes = json.loads(run((sys.executable, "-m", "bench.launching", str(count))).output)
    return launched, inserted, megabytes


def main(count: int = 1_000_000) -> None:
    """Print what was measured, as JSON."""
    with tempfile.TemporaryDirectory(prefix="muster-bench-") as scratch:
        seconds, megabytes = launch(Path(scratch) / "p", count)
        inserted = insert(Path(scratch) / "p/.muster/state.db", Path(scratch) / "plain.db")
    print(json.dumps([seconds, inserted, megabytes]))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
