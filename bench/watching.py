"""From saving one file of many to the applied step, against a rescan of the same tree alone (scan and stat).

python -m bench.watching [COUNT [SAMPLES]]
"""

import math
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.generate import generate
from bench.measure import MUSTER, run
from reconciler.source.scan import scan

PATIENCE = 120.0
"""Seconds after which a save counts as lost."""

EDITED = {"mail": 0, "leads": 1, "invoices": 3, "accounts": 4}
"""A name of each sort of campaign, by its number modulo five; referral campaigns, which share groups, apart."""


def serial(store: Path) -> int:
    """The number of the last event."""
    db = sqlite3.connect(store, timeout=10)
    try:
        found: int = db.execute("SELECT coalesce(max(serial), 0) FROM event").fetchone()[0]
        return found
    finally:
        db.close()


def saved_and_applied(path: Path, store: Path, file: Path, number: int) -> float:
    """Seconds from the save, through a temporary file, to the event."""
    text = file.read_text().replace("labels: {", f"labels: {{edit-{number}: x, ", 1)
    before = serial(store)
    temporary = file.with_suffix(".tmp")
    temporary.write_text(text)
    started = time.perf_counter()
    temporary.replace(file)
    while serial(store) == before:
        time.sleep(0.002)
        if time.perf_counter() - started > PATIENCE:
            raise RuntimeError(f"{file.relative_to(path)} was not applied")
    return time.perf_counter() - started


def rescan(path: Path) -> float:
    """Seconds of a scan of the tree."""
    started = time.perf_counter()
    scan((path / "campaigns.d",), path)
    return time.perf_counter() - started


def percentile(taken: list[float], share: float) -> float:
    """The value that `share` of them do not exceed."""
    return sorted(taken)[max(0, math.ceil(share * len(taken)) - 1)]


def measure_watch(path: Path, count: int, samples: int) -> tuple[list[float], list[float]]:
    """Seconds of saves and of rescans, in turn, with a daemon on the tree."""
    run((*MUSTER, "-C", str(path), "apply", "--yes"))
    store = path / ".muster" / "state.db"
    command = (*MUSTER, "-C", str(path), "watch", "--interval", "24h", "--log-format", "json")
    process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        warm(path, store, count)
        saves, scans = [], []
        for number in range(samples):
            sort = list(EDITED.values())[number % len(EDITED)]
            index = (number * 7919 * 5 + sort) % count
            index -= (index - sort) % 5
            file = path / "campaigns.d" / f"{index // 100:05d}" / f"campaign-{index}.yaml"
            scans.append(rescan(path))
            saves.append(saved_and_applied(path, store, file, number))
            time.sleep(0.2)  # what the daemon does afterwards is not the next save's
        return saves, scans
    finally:
        process.terminate()
        process.wait()


def warm(path: Path, store: Path, count: int) -> None:
    """Until the daemon has read the tree and answers."""
    for number in range(3):
        saved_and_applied(path, store, path / "campaigns.d" / "00000" / "campaign-0.yaml", 10**6 + number)
        time.sleep(2 + count / 20_000)


def main(count: int, samples: int) -> None:
    """Measure, and print the ratio that is promised to be at most 1.5."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "tree"
        generate(path, count)
        saves, scans = measure_watch(path, count, samples)
    for name, share in (("p50", 0.5), ("p99", 0.99)):
        one, other = percentile(saves, share), percentile(scans, share)
        print(f"{count:,} files, {samples} saves: {name} {one:.3f} s, a rescan {other:.3f} s, ratio {one / other:.2f}")
    print(f"mean {statistics.mean(saves):.3f} s, {statistics.mean(scans):.3f} s")


if __name__ == "__main__":
    main(*(int(text) for text in sys.argv[1:3] or ("100000",)), *([] if len(sys.argv) > 2 else [100]))
