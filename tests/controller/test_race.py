"""Processes that apply at the same moment to one store: one winner a step, no illegal move, nothing logged twice.

What happened is judged from the log and the kind definitions alone.
"""

import json
import multiprocessing
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier

import pytest

from reconciler.controller.doctor import examine
from reconciler.lifecycle.kind import Kind
from reconciler.model.change import ABSENT, Change
from reconciler.model.event import GENESIS, Event, verify
from reconciler.model.health import Settlement
from reconciler.model.ports import Beat
from reconciler.model.ref import Ref
from reconciler.plan.frozen import frozen_by
from tests.crash.survivor import LastingRuntime, ended, fork, living
from tests.world import World

STATES = {
    "ReferralCampaign": ("live", "paused", "ended", "stopped"),
    "CollectionCampaign": ("active", "paused", "completed", "deleted"),
    "EmailCampaign": ("scheduled", "running", "paused", "cancelled", "deleted"),
}
SPECS = {
    "ReferralCampaign": "{{program: {program}, weight: 10, offer: {{friend: '{words}'}}}}",
    "CollectionCampaign": "{{title: '{words}', strategy: gentle, startDate: 2027-01-01, endDate: 2027-12-31}}",
    "EmailCampaign": (
        "{{subject: '{words}', from: {{email: news@shop.example}}, content: {{template: words}},"
        " targets: {{include: [{{list: customers}}]}}, smtp: {{mode: single, connections: [{{name: relay}}]}}}}"
    ),
}
PROGRAM = """
    ---
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {{name: {}}}
    spec: {{timezone: Europe/Berlin}}
"""
SHARED = """
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
    kind: RecipientList
    metadata: {name: customers}
    spec: {source: {csv: customers.csv}}
"""


# The judge: reads the log and the law, nothing else.


def unlawful(events: Iterable[Event], kinds: Mapping[str, Kind]) -> list[str]:
    """Every line of the log that is broken, out of turn, or a move that the kind does not have."""
    found, state, last = [], dict[Ref, str](), dict[Ref, Event]()
    for event in events:
        ref, body, before = event.ref, event.body, last.get(event.ref)
        here = state.get(ref, "")
        if not verify(event) or event.previous != (before.hash if before else GENESIS):
            found.append(f"{event.serial}: the chain of {ref} is broken")
        if event.sequence != (before.sequence + 1 if before else 1):
            found.append(f"{event.serial}: line {event.sequence} of {ref} is out of turn")
        if not lawful(kinds[ref.kind], here, body):
            found.append(f"{event.serial}: {ref} is {here or 'new'}; {body.get('event')} to {body['to']} is not legal")
        state[ref], last[ref] = str(body["to"]), event
    return found


def lawful(kind: Kind, here: str, body: Mapping[str, object]) -> bool:
    law, op = kind.lifecycle, body["op"]
    if op == "create":
        return not here and body["to"] == law.initial
    if op == "transition":
        step = (body["event"], body["from"], body["to"])
        return body["from"] == here and step in {(edge.event, edge.origin, edge.target) for edge in law.transitions}
    changes = [Change(c["path"], c.get("before", ABSENT), c.get("after", ABSENT)) for c in body.get("changes", ())]  # type: ignore[attr-defined]
    still = bool(here) and body["to"] == here == body["from"]
    return op == "edit" and still and bool(changes) and not any(frozen_by(law.states[here], one) for one in changes)


def test_the_judge_sees_what_is_wrong(world: World) -> None:
    write(world, {"ReferralCampaign/one": ("live", "ten")})
    world.apply()
    write(world, {"ReferralCampaign/one": ("stopped", "ten")})
    world.apply()
    events = [event for event in world.events() if event.ref.kind == "ReferralCampaign"]
    assert [event.body["op"] for event in events] == ["create", "transition", "transition"]
    kinds = kinds_of(world)
    assert unlawful(events, kinds) == []
    for wrong in (
        [events[0], events[2]],
        [*events, events[2]],
        [events[0], *events],
        events[1:],
        [events[0], events[2], events[1]],
    ):
        assert unlawful(wrong, kinds)
    for here, body in (
        ("live", {"op": "transition", "event": "launch", "from": "not_launched", "to": "live"}),
        ("stopped", {"op": "transition", "event": "unlaunch", "from": "stopped", "to": "not_launched"}),
        (
            "stopped",
            {
                "op": "edit",
                "from": "stopped",
                "to": "stopped",
                "changes": [{"path": "/spec/offer/friend", "after": "x"}],
            },
        ),
        (
            "live",
            {"op": "edit", "from": "live", "to": "paused", "changes": [{"path": "/spec/offer/friend", "after": "x"}]},
        ),
        ("live", {"op": "create", "to": "not_launched"}),
        ("", {"op": "create", "to": "live"}),
    ):
        assert not lawful(kinds["ReferralCampaign"], here, body)


# The crowd.


def kinds_of(world: World) -> Mapping[str, Kind]:
    with world.opened() as reconciler:
        return reconciler.gatherer.kinds.table


def write(world: World, wanted: Mapping[str, tuple[str, str]], program: str = "friends") -> None:
    """The whole catalog: ref to state and words. Where `program` has a place for its name, each has one of its own."""
    found = [(Ref.parse(text), state, words) for text, (state, words) in wanted.items()]
    documents = [
        f"apiVersion: muster/v1\nkind: {ref.kind}\nmetadata: {{name: {ref.name}}}\nstate: {state}\n"
        f"spec: {SPECS[ref.kind].format(words=words, program=program.format(ref.name))}\n"
        for ref, state, words in found
    ]
    programs = {program.format(ref.name) for ref, _, _ in found} | {"friends"}
    world.write("shared.yaml", SHARED + "".join(map(PROGRAM.format, sorted(programs))))
    world.write("customers.csv", "email\n")
    world.write("campaigns.yaml", "---\n".join(documents))


def checkout(world: World, number: int) -> World:
    """Another clone of the repository, on the same store and with the same world outside."""
    other = World(world.root.parent / f"clone-{number}")
    other.write("../muster.yaml", f"store: sqlite://{world.root}/.muster/state.db\n")
    other.runtimes = world.runtimes
    return other


def apply(world: World) -> int:
    """Settle, plan and apply; how many steps this process says that it logged."""
    with world.opened() as reconciler:
        settled = reconciler.settle()
        outcome = reconciler.apply(reconciler.plan()[0])
    assert outcome.failed == {}
    return outcome.steps + sum(one.settlement is Settlement.FINISHED for one in settled)


def crowd(world: World, size: int, rounds: int, wish: Callable[[World, random.Random, int], None]) -> int:
    """`size` processes that apply at the same moment, `rounds` times; how many steps they claim together."""
    start = multiprocessing.get_context("fork").Barrier(size)
    clones = [checkout(world, number) for number in range(size)]
    pids = [
        fork(lambda one=one, number=number: _live(one, number, rounds, start, wish))
        for number, one in enumerate(clones)
    ]
    assert [ended(pid) for pid in pids] == [0] * size
    return sum(json.loads((one.root / "claimed.json").read_text()) for one in clones)


def _live(
    world: World, number: int, rounds: int, start: Barrier, wish: Callable[[World, random.Random, int], None]
) -> None:
    dice, claimed = random.Random(number), 0
    try:
        for turn in range(rounds):
            wish(world, dice, turn)
            start.wait(timeout=60)
            claimed += apply(world)
    except BaseException:
        start.abort()  # the others need not wait for this one
        raise
    (world.root / "claimed.json").write_text(json.dumps(claimed))


def judge(world: World, claimed: int) -> list[Event]:
    """The log, found lawful, whole and exactly as long as everybody says together."""
    with world.store() as store:
        events = list(store.events())
        assert examine(store).complaints == ()
        assert store.intents() == ()
    assert unlawful(events, kinds_of(world)) == []
    assert claimed == len(events)
    return events


def outside(world: World) -> LastingRuntime:
    """One runtime for all kinds, which every process sees."""
    world.root.mkdir(exist_ok=True)
    runtime = LastingRuntime(world.root / "outside.db", {"estimatedRecipients": 3})
    world.runtimes |= dict.fromkeys(STATES, runtime)  # type: ignore[arg-type]
    return runtime


@pytest.mark.parametrize("acting", [False, True], ids=["logged only", "with a runtime"])
@pytest.mark.parametrize("size", [2, 4])
def test_the_same_plan_at_once_is_carried_out_once(world: World, size: int, acting: bool) -> None:
    runtime = outside(world) if acting else None
    goals = ("live", "paused", "ended", "live", "stopped")

    def wish(one: World, _dice: random.Random, turn: int) -> None:
        # Each in a program of its own: in one, whoever launches has to look again after another has come in (ADR 22).
        write(one, {f"ReferralCampaign/r{number}": (goals[turn], f"{turn}") for number in range(5)}, "friends-of-{}")

    def frozen(one: World, dice: random.Random, turn: int) -> None:
        wish(one, dice, turn) if goals[turn] not in ("ended", "stopped") else _states_only(one, goals[turn])

    events = judge(world, crowd(world, size, len(goals), frozen))
    for number in range(5):
        mine = [event.body["event"] for event in events if event.ref.name == f"r{number}"]
        assert Counter(mine) == Counter(create=1, launch=1, edit=2, pause=1, end=1, relaunch=1, stop=1)
    if runtime:
        logged = Counter(effect for event in events for effect in event.body.get("effects", ()))
        assert Counter(effect for _, effect in runtime.done()) == logged


def _states_only(world: World, state: str) -> None:
    file = world.manifests / "campaigns.yaml"
    lines = [f"state: {state}" if line.startswith("state: ") else line for line in file.read_text().splitlines()]
    file.write_text("\n".join(lines) + "\n")


def conflicting(kinds: Sequence[str], each: int) -> Callable[[World, random.Random, int], None]:
    """Every process wants something else, and other words."""

    def wish(world: World, dice: random.Random, _turn: int) -> None:
        names = [f"{kind}/c{number}" for kind in kinds for number in range(each)]
        write(world, {name: (dice.choice(STATES[name.partition("/")[0]]), dice.choice("abc")) for name in names})

    return wish


@pytest.mark.parametrize("size", [2, 4])
def test_conflicting_plans_never_both_win(world: World, size: int) -> None:
    events = judge(world, crowd(world, size, 24, conflicting(sorted(STATES), 3)))
    assert len({event.body["plan"] for event in events}) > 10, "hardly anybody did anything"


@pytest.mark.parametrize("size", [2, 4])
def test_conflicting_plans_leave_no_effect_without_its_step(world: World, size: int) -> None:
    """With a runtime: what was performed outside is what the log says, key for key, and nothing else."""
    runtime = outside(world)
    events = judge(world, crowd(world, size, 16, conflicting(sorted(STATES), 2)))
    logged = Counter((str(event.ref), effect) for event in events for effect in event.body.get("effects", ()))
    performed = Counter(runtime.done())
    assert performed - logged == Counter(), "performed, but no step says so"
    assert logged - performed == Counter(), "a step says so, but it was not performed"


# Who is alive keeps what it began; who is dead does not.


@dataclass(slots=True)
class Slow(LastingRuntime):
    """Says that it performs, and does so when it is told to."""

    says: int = -1
    hears: int = -1

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        os.write(self.says, b"?")
        os.read(self.hears, 1)
        LastingRuntime.perform(self, effect, ref, key, beat)


@pytest.mark.parametrize("dies", [False, True], ids=["goes on", "is killed"])
def test_what_a_living_process_began_is_not_settled_by_another(world: World, dies: bool) -> None:
    """Between begin and perform: nobody else may undo it, take the step, or take another."""
    write(world, {"ReferralCampaign/one": ("live", "ten")})
    world.apply()
    runtime = outside(world)
    (heard, says), (hears, tell) = os.pipe(), os.pipe()
    write(world, {"ReferralCampaign/one": ("paused", "ten")})
    world.runtimes["ReferralCampaign"] = Slow(runtime.file, says=says, hears=hears)  # type: ignore[assignment]
    with living(lambda: apply(world) and None) as pid:
        assert os.read(heard, 1) == b"?", "it has begun"
        world.runtimes["ReferralCampaign"] = runtime  # type: ignore[assignment]

        write(world, {"ReferralCampaign/one": ("stopped", "ten")})
        with world.opened() as reconciler:
            assert [one.settlement for one in reconciler.settle()] == [Settlement.OPEN]
            outcome = reconciler.apply(reconciler.plan()[0])
        assert (outcome.steps, runtime.done()) == (0, [])

        os.kill(pid, signal.SIGKILL) if dies else os.write(tell, b"!")
        assert ended(pid) == (-signal.SIGKILL if dies else 0)
    for end in (heard, says, hears, tell):
        os.close(end)
    apply(world)
    events = [event.body["event"] for event in world.events("ReferralCampaign/one")]
    assert events == ["create", "launch", *([] if dies else ["pause"]), "stop"]
    assert runtime.done() == [
        ("ReferralCampaign/one@1", effect)
        for effect in ([] if dies else ["offer-to-known-friends"]) + ["void-pending-rewards"]
    ]
