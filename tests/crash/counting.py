"""A process that runs `muster worker` over Tally campaigns: what tests start, and kill.

python -m tests.crash.counting DIRECTORY STORE COUNTED [--takes S] [--lease S] [--threads N] [--until-idle]
"""

import argparse
import os
import sys
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from reconciler.app import App, SystemClock
from reconciler.commands.crewing import at_work, crew_of
from reconciler.commands.options import Common
from reconciler.commands.running import Log, signals
from reconciler.commands.watching import Wanted, watched
from reconciler.controller.alarm import Alarm
from reconciler.engine.lane import Slice
from reconciler.model.errors import MusterError
from tests.engine.tally import Tallying

WATCH = Wanted(
    remote=None, branch="main", allow_force_push=False, accept=None, interval="30s", retry="1s", horizon="90d",
    listen=None, once=False, dry_run=False, no_work=False, log="json",
)  # fmt: skip


def main() -> int:
    """The exit code, as the command's."""
    said = _said()
    if said.watch:
        common = Counting(str(said.directory), said.store or None, True, counted=said.counted, takes=said.takes)
        return watched(common, (), WATCH if not said.no_work else replace(WATCH, no_work=True))
    clock, alarm = SystemClock(), Alarm()
    app = _tallying(App.open(said.directory, store=said.store or None), said.counted, said.takes)
    say = Log(clock, "json", False)
    crew = crew_of(app, alarm, say, said.threads)
    crew.hall = replace(crew.hall, slice=Slice(lease=timedelta(seconds=said.lease), span=timedelta(seconds=2)))
    with signals(alarm, "stopped at once"):
        say("working")
        with at_work(crew, alarm, said.until_idle):
            pass
    say("stopped")
    return 0


@dataclass(frozen=True)
class Counting(Common):
    """The options of a project that has a Tally runtime."""

    counted: Path = Path()
    takes: float = 0.0

    def app(self, paths: tuple[str, ...] = ()) -> App:
        app = App.open(Path(self.directory), paths, self.store)
        app.given = {"Tally": Tallying(app.store(), SystemClock(), self.counted)}
        return _tallying(app, self.counted, self.takes)


def _tallying(app: App, file: Path, takes: float) -> App:
    app.given_workers = lambda store: {"Tally": Tallying(store, SystemClock(), file, takes)}
    app.given = app.given or {}
    return app


def _said() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("directory", type=Path)
    parser.add_argument("store")
    parser.add_argument("counted", type=Path)
    parser.add_argument("--takes", type=float, default=0.0)
    parser.add_argument("--lease", type=float, default=120.0)
    parser.add_argument("--threads", type=int, default=4)
    for flag in ("--until-idle", "--watch", "--no-work"):
        parser.add_argument(flag, action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        code = main()
    except MusterError as error:
        print(error, file=sys.stderr)  # noqa: T201
        code = error.exit_code
    sys.stderr.flush()
    # As the command's own door does: threads that are in the middle of something are not waited for.
    os._exit(code)
