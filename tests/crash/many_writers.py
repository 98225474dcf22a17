"""Eight writers over two hundred campaigns, killed at random; then the log alone says whether anything was lost.

    python -m tests.crash.many_writers --seconds 60 --store postgres

Each writer is a process with a checkout of its own. Most are CI jobs: they write random wishes into some manifests, apply these
(settle, plan, apply --only), and note what they were told is done. Some are daemons, which reconcile a checkout of their own
pass after pass, and some operators, who pull the brake, hold and release. The parent kills them with kill -9 and starts others,
and restarts PostgreSQL in the middle, as a crash. Nothing here is a timed assertion: the time is for how long it goes on.
"""

import argparse
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from reconciler.app import SystemClock
from reconciler.controller.doctor import examine
from reconciler.controller.operate import Hand, Whose
from reconciler.controller.passing import Passes, Tools
from reconciler.model.errors import MusterError
from reconciler.model.instant import to_text
from reconciler.model.plan import Plan
from reconciler.model.ref import Ref
from reconciler.source.directory import DirectorySource, Place
from tests.crash.log_checker import complaints
from tests.crash.survivor import LastingRuntime, ended, fork
from tests.crash.test_kill import ACTING, SHARED
from tests.postgres import Server, server
from tests.world import World, built_in_kinds

WRITERS, CAMPAIGNS, AT_ONCE = 8, 200, 6

_REFERRAL = """
apiVersion: muster/v1
kind: ReferralCampaign
metadata: {{name: {name}, labels: {{by: {by}}}}}
state: {state}
spec: {{program: friends{beside}}}
"""
_COLLECTION = """
apiVersion: muster/v1
kind: CollectionCampaign
metadata: {{name: {name}, labels: {{by: {by}}}}}
state: {state}
spec: {{title: By {by}, strategy: {strategy}, startDate: 2020-01-01, endDate: 2090-12-31}}
"""
_BESIDE = ("", ", weight: 1", ", goLiveAs: burst", ", weight: 1", ", weight: 2")
"""What campaigns of one program are to each other: bursts exclude all others, and some exclude all but bursts."""
_STATES = {
    "ReferralCampaign": ("live", "paused", "ended", "stopped"),
    "CollectionCampaign": ("draft", "active", "paused"),
}


@dataclass(frozen=True, slots=True)
class Result:
    """What became of it."""

    events: int
    kills: int
    restarts: int
    applied: int
    refused: Counter[str]
    settled_at_the_end: int
    wrong: list[str]

    def __str__(self) -> str:
        refused = ", ".join(f"{count} {name}" for name, count in sorted(self.refused.items())) or "none"
        lines = [
            f"{self.events} events, {self.applied} steps acknowledged, {self.kills} writers killed,"
            f" {self.restarts} restarts of the server, {self.settled_at_the_end} steps left open and settled at the end",
            f"runs that ended with an error, as they may: {refused}",
            *self.wrong[:50],
            f"{len(self.wrong)} complaints" if self.wrong else "nothing lost, nothing illegal, nothing twice",
        ]
        return "\n".join(lines)


@dataclass(slots=True)
class Crowd:
    """The writers of one store. `root` holds their checkouts and journals."""

    root: Path
    server: Server | None
    database: str
    dice: random.Random
    kills: int = 0
    restarts: int = 0
    _living: dict[int, int] = field(default_factory=dict)
    """By process: which writer it is."""
    _started: int = 0

    def run(self, seconds: float) -> Result:
        """Write, kill and check."""
        first = self._checkout("first")
        first.apply()
        until, restart_at = time.monotonic() + seconds, time.monotonic() + seconds / 2
        try:
            while time.monotonic() < until:
                self._fill_up()
                time.sleep(self.dice.uniform(0.02, 0.6))
                self._kill_one()
                if self.server and not self.restarts and time.monotonic() > restart_at:
                    self.server.restart(signal.SIGQUIT)
                    self.restarts += 1
        finally:
            self._end()
        return self._check(first)

    def _fill_up(self) -> None:
        """As many writers as there should be, each with the checkout of one that has gone."""
        for number in set(range(WRITERS)) - set(self._living.values()):
            self._started += 1
            run = self._started
            world = self._checkout(f"writer-{number}")
            role = ROLES[number]
            self._living[fork(lambda world=world, run=run, role=role: role(world, run))] = number

    def _kill_one(self) -> None:
        pid = self.dice.choice(sorted(self._living))
        os.kill(pid, signal.SIGKILL)
        self.kills += 1
        code = ended(pid)
        del self._living[pid]
        assert code == -signal.SIGKILL, f"a writer ended by itself, with {code}"

    def _end(self) -> None:
        for pid in self._living:
            os.kill(pid, signal.SIGKILL)
            ended(pid)
        self._living.clear()

    def _checkout(self, name: str) -> World:
        directory = self.root / name
        world = World(directory, self.server, self.database)
        world.clock = SystemClock()  # type: ignore[assignment]
        world.runtimes = {kind: LastingRuntime(self.root / f"{kind}.done") for kind in ACTING}  # type: ignore[misc]
        if not (directory / "muster.yaml").exists():
            world.write("shared.yaml", SHARED)
            world.write("customers.csv", "email\n")
            for number in range(CAMPAIGNS):
                wish(world, number, {"ReferralCampaign": "not_launched", "CollectionCampaign": "draft"}, "nobody")
            world.write("../muster.yaml", "{}" if self.server else f"store: sqlite://{self.root}/state.db\n")
        return world

    def _check(self, world: World) -> Result:
        with world.opened() as reconciler:
            left = reconciler.settle()
            open_still = [f"{one.ref} is left open: {one.message}" for one in reconciler.store.intents()]
            wrong = [*open_still, *(one.message for one in examine(reconciler.store).complaints)]
            events = list(reconciler.store.events())
        wrong += complaints(events, built_in_kinds().table)
        notes = [line.split() for path in sorted(self.root.glob("*.journal")) for line in path.read_text().splitlines()]
        done = [tuple(note[1:]) for note in notes if note[0] == "done"]
        refused = Counter(note[1] for note in notes if note[0] == "refused")
        edits = Counter(
            (str(event.ref), event.body["document"]["metadata"]["labels"]["by"])
            for event in events
            if event.body["op"] == "edit"
        )
        wrong += [f"{ref}: a writer was told that {by} is done, the log does not know it" for ref, by in done
                  if not edits[ref, by]]  # fmt: skip
        # Daemons want of a campaign what their checkout says, again and again; of a CI job's wishes each is its own.
        wrong += [f"{ref} has the edit {by} {times} times" for (ref, by), times in edits.items()
                  if times > 1 and by.startswith("run-")]  # fmt: skip
        return Result(len(events), self.kills, self.restarts, len(done), refused, len(left), wrong)


def wish(world: World, number: int, states: Mapping[str, str], by: str, strategy: str = "gentle") -> Ref:
    """Write what is wanted of a campaign into its manifest; `states` by kind."""
    kind, form = ("CollectionCampaign", _COLLECTION) if number % 3 == 0 else ("ReferralCampaign", _REFERRAL)
    name = f"campaign-{number}"
    filled = form.format(name=name, by=by, state=states[kind], strategy=strategy, beside=_BESIDE[number % len(_BESIDE)])
    world.write(f"{name}.yaml", filled)
    return Ref(kind, name)


def write_on(world: World, run: int) -> None:
    """One writer, until it is killed."""
    dice = random.Random(run)
    with (world.root.parent / f"{run}.journal").open("a", buffering=1) as journal:
        number = 0
        while True:
            number += 1
            by = f"run-{run}-{number}"
            refs = [
                wish(world, chosen, {kind: dice.choice(states) for kind, states in _STATES.items()}, by,
                     dice.choice(("gentle", "firm")))
                for chosen in dice.sample(range(CAMPAIGNS), AT_ONCE)
            ]  # fmt: skip
            try:
                with world.opened() as reconciler:
                    reconciler.settle()
                    plan, outcome = _apply(reconciler, refs)
            except MusterError as error:
                journal.write(f"refused {type(error).__name__}\n")
                continue
            edited = {one.ref for one in plan.resources if any(step.op.value == "edit" for step in one.steps)}
            for ref in outcome.done:
                if ref in edited:
                    journal.write(f"done {ref} {by}\n")


def operate(world: World, run: int) -> None:
    """An operator, until it is killed: stops campaigns past their manifests, holds them for a moment, lets them go."""
    dice = random.Random(run)
    events = {"ReferralCampaign": ("pause", "end", "stop"), "CollectionCampaign": ("pause", "resume")}
    while True:
        kind = dice.choice(sorted(events))
        numbers = [number for number in range(CAMPAIGNS) if (number % 3 == 0) == (kind == "CollectionCampaign")]
        ref = f"{kind}/campaign-{dice.choice(numbers)}"
        end = to_text(world.clock.now() + timedelta(seconds=dice.choice((1, 2, 5))))
        with suppress(MusterError):
            match dice.randrange(3):
                case 0:
                    world.hold(ref, end)
                case 1:
                    with closing(world.app().store()) as store:
                        Hand(store, world.clock, "user:dana").release([Ref.parse(ref)], "it is over", Whose(every=True))
                case _:
                    world.brake(ref, dice.choice(events[kind]), end)
        time.sleep(0.02)


def reconcile(world: World, run: int) -> None:
    """A daemon, until it is killed: its own checkout changes now and then, and the store is not its own."""
    dice, number = random.Random(run), 0
    while True:
        with suppress(MusterError):
            passes = Passes(DirectorySource(Place(world.root)), Tools(world.clock, lambda *_: world.runtimes, "daemon"))
            with closing(world.app().store()) as store:
                while True:
                    number += 1
                    states = {kind: dice.choice(states) for kind, states in _STATES.items()}
                    wish(world, dice.randrange(CAMPAIGNS), states, f"daemon-{run}-{number}")
                    passes.once(store, fresh=False)


ROLES = (write_on, write_on, write_on, write_on, reconcile, reconcile, operate, operate)
"""What each of the eight does."""


def _apply(reconciler: Any, refs: list[Ref]) -> tuple[Plan, Any]:
    from reconciler.controller.gather import Wishes

    plan, _ = reconciler.plan(Wishes(frozenset(refs), frozenset({"too-many-changes"})))
    return plan, reconciler.apply(plan)


@contextmanager
def crowd(make: str, seed: int = 0, running: Server | None = None) -> Iterator[Crowd]:
    """Writers of a new store: "sqlite", or "postgres" on a server of their own where none is given."""
    with ExitStack() as stack:
        directory = stack.enter_context(tempfile.TemporaryDirectory(prefix="muster-writers-"))
        if make == "postgres":
            running = running or stack.enter_context(server())
        chosen = running if make == "postgres" else None
        yield Crowd(Path(directory), chosen, chosen.store() if chosen else "", random.Random(seed))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Eight writers over two hundred campaigns, killed at random.")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--store", choices=("sqlite", "postgres"), default="sqlite")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    with crowd(given.store, given.seed) as writers:
        result = writers.run(given.seconds)
    print(f"{given.store}, {given.seconds:.0f} s, seed {given.seed}: {result}")  # noqa: T201
    raise SystemExit(bool(result.wrong))
