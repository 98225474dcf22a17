"""Killed with kill -9 at every call of every port, the next run converges: each step logged once, each effect once.

`Deadly` stands before a port and counts; the n-th call kills the process instead of being made. The moment after a call is
the moment before the next one, for nothing but ports reaches outside; after the last one nothing is left to do. Every n is
tried, until a run is through before its n comes up.
"""

import os
import random
import select
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from reconciler.controller import execute
from reconciler.controller.doctor import examine
from reconciler.controller.reconcile import Reconciler
from reconciler.model.outcome import Outcome
from tests.crash.survivor import LastingRuntime, ended, fork
from tests.world import World

ACTING = ("EmailCampaign", "ReferralCampaign", "CollectionCampaign")
SOON = "schedule: {entries: [{at: 2027-02-01T09:00:00Z, state: running}]}"
NOW = "schedule: {entries: [{at: 2027-01-04T08:30:00Z, state: running}]}"

SHARED = """
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {name: friends}
    spec: {timezone: Europe/Berlin}
    ---
    apiVersion: muster/v1
    kind: SmtpConnection
    metadata: {name: relay}
    spec: {host: 127.0.0.1, port: 2525, tls: none}
    ---
    apiVersion: muster/v1
    kind: Template
    metadata: {name: words}
    spec: {subject: "Your account", text: {inline: "A payment is past due."}}
    ---
    apiVersion: muster/v1
    kind: Channel
    metadata: {name: agents}
    spec: {type: webhook, url: "http://127.0.0.1:9002/calls"}
    ---
    apiVersion: muster/v1
    kind: Strategy
    metadata: {name: gentle}
    spec: {type: early, steps: [{channel: agents, template: words}]}
    ---
    apiVersion: muster/v1
    kind: Strategy
    metadata: {name: firm}
    spec: {type: intensive, steps: [{channel: agents, template: words}]}
    ---
    apiVersion: muster/v1
    kind: RecipientList
    metadata: {name: customers}
    spec: {source: {csv: customers.csv}}
"""


def email(name: str, state: str, subject: str, more: str = "") -> str:
    return f"""
        apiVersion: muster/v1
        kind: EmailCampaign
        metadata: {{name: {name}}}
        state: {state}
        {more}
        spec:
          subject: {subject}
          from: {{email: news@shop.example}}
          content: {{template: words}}
          targets: {{include: [{{list: customers}}]}}
          smtp: {{mode: single, connections: [{{name: relay}}]}}
    """


def referral(name: str, state: str) -> str:
    return f"""
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {{name: {name}}}
        state: {state}
        spec: {{program: friends}}
    """


def collection(name: str, state: str, title: str, strategy: str) -> str:
    return f"""
        apiVersion: muster/v1
        kind: CollectionCampaign
        metadata: {{name: {name}}}
        state: {state}
        spec: {{title: {title}, strategy: {strategy}, startDate: 2027-01-01, endDate: 2027-12-31}}
    """


def recipients(name: str, more: str = "") -> str:
    return f"""
        apiVersion: muster/v1
        kind: RecipientList
        metadata: {{name: {name}{more}}}
        spec: {{source: {{csv: leads.csv}}}}
    """


def before(world: World) -> None:
    """A project with campaigns in the middle of their lives."""
    world.write("shared.yaml", SHARED)
    world.write("customers.csv", "email\nana@home.example\n")
    world.write("leads.csv", "email\n")
    world.write("later.yaml", email("later", "scheduled", "Soon", SOON))
    world.write("now.yaml", email("now", "scheduled", "Now", NOW))
    world.write("done.yaml", email("done", "running", "Done"))
    world.write("autumn.yaml", referral("autumn", "live"))
    world.write("winter.yaml", referral("winter", "ended"))
    world.write("first.yaml", collection("first", "active", "First quarter", "gentle"))
    world.write("second.yaml", collection("second", "paused", "Second quarter", "gentle"))
    world.write("old.yaml", recipients("old"))
    world.stored_all(
        {
            "EmailCampaign/later": "scheduled", "ReferralCampaign/autumn": "live",
            "CollectionCampaign/first": "active", "CollectionCampaign/second": "paused",
        }
    )  # fmt: skip
    world.stored("EmailCampaign/done", "completed", ("running", "completed"))
    # Two timers are due: the start of now, and the end of winter's three months.
    world.stored("EmailCampaign/now", "scheduled", entered="2027-01-03T09:00:00Z")
    world.stored("ReferralCampaign/winter", "ended", entered="2026-10-01T09:00:00Z")


def after(world: World) -> None:
    """What is wanted next: every kind of step, with and without effects."""
    world.write("later.yaml", email("later", "scheduled", "Sooner", SOON))  # unschedule, edit, schedule
    world.write("done.yaml", email("done", "running", "Done", "archived: true"))
    world.write("hello.yaml", email("hello", "running", "Hello"))  # create, launch with three effects
    world.write("autumn.yaml", referral("autumn", "paused"))
    world.write("spring.yaml", referral("spring", "live"))  # create, launch
    world.write("first.yaml", collection("first", "active", "First quarter", "firm"))  # an edit with two effects
    world.write("second.yaml", collection("second", "active", "The second quarter", "gentle"))  # edit, resume
    world.write("fresh.yaml", recipients("fresh"))
    (world.manifests / "old.yaml").unlink()
    world.write("new.yaml", recipients("new", ", movedFrom: old"))


# The bomb.


@dataclass(slots=True)
class Bomb:
    """Kills this process in place of its `at`-th call of a port."""

    at: int
    counted: int = 0

    def count(self) -> None:
        self.counted += 1
        if self.counted == self.at:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class Deadly:
    """A port with a bomb at its door."""

    port: object
    bomb: Bomb

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            self.bomb.count()
            return getattr(self.port, name)(*arguments)

        return call


def run(world: World, at: int = 0) -> Outcome:
    """Settle, plan, apply; killed at count `at`, or never."""
    bomb = Bomb(at)
    with world.opened() as opened:
        store: Any = Deadly(opened.store, bomb)
        runtimes: Any = {kind: Deadly(runtime, bomb) for kind, runtime in opened.runtimes.items()}
        gatherer = replace(opened.gatherer, store=store, runtimes=runtimes)
        reconciler = Reconciler(gatherer, store, opened.clock, runtimes, opened.actor)
        reconciler.settle()
        return reconciler.apply(reconciler.plan()[0])


def killed_run(world: World, at: int) -> bool:
    """Run in a child process that is killed at count `at`. False if it was through before."""
    code = ended(fork(lambda: run(world, at) and None))
    assert code in (0, -signal.SIGKILL)
    return code != 0


# What must be the same, however often it was killed.


@dataclass(frozen=True, slots=True)
class End:
    """Everything that a run leaves behind, without what names the plan."""

    resources: dict[str, tuple[object, ...]]
    steps: dict[str, list[tuple[object, ...]]]
    effects: dict[str, list[tuple[str, str]]]


def runtime(world: World, kind: str) -> LastingRuntime:
    return LastingRuntime(world.root / f"{kind}.done", {"estimatedRecipients": 3})


def attach(world: World) -> World:
    world.runtimes |= {kind: runtime(world, kind) for kind in ACTING}  # type: ignore[dict-item]
    return world


def end(world: World) -> End:
    with world.store() as store:
        assert examine(store).complaints == ()
        assert store.intents() == ()
        loaded = store.load(store.heads())
        steps = {
            str(ref): [
                tuple(
                    event.body.get(name)
                    for name in (
                        "op",
                        "event",
                        "actor",
                        "from",
                        "to",
                        "effects",
                        "changes",
                        "flags",
                        "satisfied",
                        "asked",
                        "due",
                        "reason",
                    )
                )
                for event in store.events(ref)
            ]
            for ref in loaded
        }
    resources = {
        str(ref): (
            one.state,
            one.satisfied,
            one.flags,
            one.digest,
            one.document,
            one.revision,
            one.entered_at,
            one.file,
        )
        for ref, one in loaded.items()
    }
    return End(resources, steps, {kind: runtime(world, kind).done() for kind in ACTING})


@pytest.fixture
def world(world: World, any_store: str) -> World:
    before(world)
    after(world)
    return attach(world)


def copies(world: World, to: Path) -> Iterator[World]:
    """One world after another, each as `world` is now."""
    for number in count():
        yield (other := attach(world.copy(to / str(number))))
        other.remove()


def test_the_story_itself(world: World) -> None:
    """What an undisturbed run does: the yardstick of the tests below."""
    outcome = run(world)
    assert (outcome.stale, outcome.failed, outcome.denied, outcome.waiting) == ([], {}, {}, {})
    assert end(world).effects == {
        "EmailCampaign": [
            ("EmailCampaign/hello@1", "assign-connections"),
            ("EmailCampaign/hello@1", "snapshot-recipients"),
            ("EmailCampaign/hello@1", "start-sending"),
            ("EmailCampaign/now@1", "assign-connections"),
            ("EmailCampaign/now@1", "snapshot-recipients"),
            ("EmailCampaign/now@1", "start-sending"),
        ],
        "ReferralCampaign": [
            ("ReferralCampaign/autumn@1", "offer-to-known-friends"), ("ReferralCampaign/spring@1", "offer-to-everyone"),
            ("ReferralCampaign/winter@1", "void-pending-rewards"),
        ],
        "CollectionCampaign": [
            ("CollectionCampaign/first@1", "cancel-pending-items"), ("CollectionCampaign/first@1", "open-queue"),
            ("CollectionCampaign/first@1", "restart-strategy"),
            ("CollectionCampaign/second@1", "assign-accounts"), ("CollectionCampaign/second@1", "open-queue"),
        ],
    }  # fmt: skip
    assert (world.state("EmailCampaign/hello"), world.state("EmailCampaign/now")) == ("running", "running")
    assert [step[1] for step in end(world).steps["ReferralCampaign/winter@1"]] == ["given", "given", "expire"]
    assert [step[1] for step in end(world).steps["EmailCampaign/later@1"]][-3:] == ["unschedule", "edit", "schedule"]
    assert run(world).steps == 0


def test_killed_anywhere_the_next_run_converges(world: World, tmp_path: Path) -> None:
    places = copies(world, tmp_path)
    run(undisturbed := next(places))
    wanted, open_intents, at = end(undisturbed), 0, 0
    for at, other in enumerate(places, start=1):
        if not killed_run(other, at):
            break
        with other.store() as store:
            open_intents += bool(store.intents())
        outcome = run(other)
        assert (outcome.stale, outcome.failed, outcome.denied, outcome.waiting) == ([], {}, {}, {}), at
        assert end(other) == wanted, f"killed at count {at}"
    assert at > 30, "the run was killed at too few places to mean anything"
    assert open_intents > 9, "hardly any kill left something to settle"


def test_killed_again_while_it_settles(world: World, tmp_path: Path) -> None:
    """The first run dies between two effects of one step; the second dies at each of its counts; a third ends it."""
    places = copies(world, tmp_path / "wanted")
    run(undisturbed := next(places))
    wanted = end(undisturbed)
    undisturbed.remove()
    first = next(at for at in count(1) if _half_done(world, tmp_path / "try", at))
    assert killed_run(world, first)
    died = 0
    for at, other in enumerate(copies(world, tmp_path / "again"), start=1):
        if not killed_run(other, at):
            break
        died += 1
        run(other)
        assert end(other) == wanted, f"killed at count {first}, then at {at}"
    assert died > 20


def _half_done(world: World, directory: Path, at: int) -> bool:
    """Whether a kill at this count leaves a step with some of its effects performed, and not all."""
    other = attach(world.copy(directory))
    assert killed_run(other, at)
    done = runtime(other, "EmailCampaign").done()
    other.remove()
    return len(done) == 2


# The store itself, in the middle of much work.

BULK = 3_000


def test_killed_at_random_moments_of_a_bulk_apply(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(execute, "BATCH", 100)
    one = "apiVersion: muster/v1\nkind: ReferralProgram\nmetadata: {{name: program-{}}}\nspec: {{timezone: UTC}}\n"
    world.write("many.yaml", "---\n".join(one.format(number) for number in range(BULK)))
    dice, killed, code = random.Random(27), 0, -signal.SIGKILL
    while code != 0:
        reader, writer = os.pipe()
        pid = fork(lambda writer=writer: _bulk(world, writer))
        os.close(writer)
        if killed < 6:
            # The child writes a byte a batch: die after a few of them, and somewhere within the next.
            for _ in range(dice.randint(1, 4)):
                os.read(reader, 1)
            select.select([reader], [], [], dice.uniform(0, 0.003))
            os.kill(pid, signal.SIGKILL)
        code = ended(pid)
        os.close(reader)
        assert code in (0, -signal.SIGKILL)
        killed += code != 0
        with world.store() as store:
            assert examine(store).complaints == ()
    assert killed >= 3, "it was through before it was killed"
    created = [
        str(event.ref) for event in world.events() if event.body["op"] == "create" and "program-" in event.ref.name
    ]
    assert len(created) == len(set(created)) == BULK
    assert run(world).steps == 0


def _bulk(world: World, announce: int) -> None:
    with world.opened() as reconciler:
        reconciler.settle()
        plan = reconciler.plan()[0]
        reconciler.apply(plan, lambda _steps: os.write(announce, b"+") and None)
