"""A process that runs `muster worker` over Tally campaigns: what tests start, and kill.

python -m tests.crash.counting DIRECTORY STORE COUNTED [--takes S] [--lease S] [--threads N] [--until-idle]
"""

import argparse
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from reconciler.app import App, SystemClock
from reconciler.commands.crewing import crew_of
from reconciler.commands.running import Log, signals
from reconciler.controller.alarm import Alarm
from reconciler.engine.lane import Slice
from reconciler.model.errors import MusterError
from tests.engine.tally import Tallying


def main() -> int:
    """The exit code, as the command's."""
    said = _said()
    app, clock, alarm = App.open(said.directory, store=said.store or None), SystemClock(), Alarm()
    app.makers["Tally"] = lambda store: Tallying(store, clock, said.counted, said.takes)
    say = Log(clock, "json", False)
    crew = crew_of(app, alarm, say, said.threads)
    crew.hall = replace(crew.hall, slice=Slice(lease=timedelta(seconds=said.lease), span=timedelta(seconds=2)))
    with signals(alarm, "stopped at once"):
        say("working")
        crew.run(said.until_idle)
    say("stopped")
    return 0


def _said() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("store")
    parser.add_argument("counted", type=Path)
    parser.add_argument("--takes", type=float, default=0.0)
    parser.add_argument("--lease", type=float, default=120.0)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--until-idle", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        code = main()
    except MusterError as error:
        print(error, file=sys.stderr)  # noqa: T201
        code = error.exit_code
    sys.stderr.flush()
    # As the command's own door does: threads that are in the middle of something are not waited for.
    import os

    os._exit(code)
