"""How long carrying out a plan takes, apart from making it.

python -m bench.applying DIRECTORY     applies to a new store; prints the seconds
"""

import sys
import tempfile
import time
from pathlib import Path

from reconciler.app import App


def apply(directory: Path, store: Path) -> float:
    """Seconds between a finished plan and the last commit."""
    reconciler = App.open(directory, store=f"sqlite:{store}").reconciler()
    plan, _ = reconciler.plan()
    started = time.perf_counter()
    reconciler.apply(plan)
    return time.perf_counter() - started


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        print(apply(Path(sys.argv[1]).absolute(), Path(scratch) / "state.db"))
