"""Between plan and apply the world moves on: guards, stale resources, runtimes that fail, intents to settle."""

import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from reconciler.controller.doctor import examine
from reconciler.controller.verdict import of_outcome
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent, Transient
from reconciler.model.health import Settled, Settlement
from reconciler.model.outcome import Outcome
from reconciler.model.plan import Plan
from reconciler.model.ports import Beat, Lease, Lookup, Write
from reconciler.model.ref import Ref
from tests.world import START, FakeRuntime, World

HELLO, LATER = Ref("EmailCampaign", "hello"), Ref("EmailCampaign", "later")
LAUNCH = ["snapshot-recipients", "assign-connections", "start-sending"]

SHARED = """
    apiVersion: muster/v1
    kind: SmtpConnection
    metadata: {name: relay}
    spec: {host: 127.0.0.1, port: 2525, tls: none}
    ---
    apiVersion: muster/v1
    kind: Template
    metadata: {name: words}
    spec: {subject: "Hello", text: {inline: "Good morning."}}
    ---
    apiVersion: muster/v1
    kind: RecipientList
    metadata: {name: customers}
    spec: {source: {csv: customers.csv}}
    ---
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {name: friends}
    spec: {timezone: UTC}
"""


def email(world: World, name: str, state: str, subject: str = "Hello", template: str = "words") -> None:
    start = "schedule: {entries: [{at: 2027-02-01T09:00:00Z, state: running}]}" if state == "scheduled" else ""
    world.write(
        f"{name}.yaml",
        f"""
        apiVersion: muster/v1
        kind: EmailCampaign
        metadata: {{name: {name}}}
        state: {state}
        {start}
        spec:
          subject: {subject}
          from: {{email: news@shop.example}}
          content: {{template: {template}}}
          targets: {{include: [{{list: customers}}]}}
          smtp: {{mode: single, connections: [{{name: relay}}]}}
        """,
    )


def referral(world: World, name: str, state: str) -> None:
    world.write(
        f"{name}.yaml",
        f"""
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {{name: {name}}}
        state: {state}
        spec: {{program: friends}}
        """,
    )


@pytest.fixture
def world(world: World) -> World:
    world.write("shared.yaml", SHARED)
    world.write("customers.csv", "email\n")
    world.stored_all()
    return world


def after_planning(world: World, change: Callable[[], object]) -> tuple[Plan, Outcome]:
    """Plan; let `change` happen; apply that plan."""
    with world.opened() as reconciler:
        plan = reconciler.plan()[0]
        change()
        return plan, reconciler.apply(plan)


def told(world: World, ref: str) -> list[str]:
    return [event.body.get("event") or event.body["op"] for event in world.events(ref)]


def settled(world: World) -> list[tuple[Ref, str, Settlement]]:
    with world.opened() as reconciler:
        return [(one.ref, one.event, one.settlement) for one in reconciler.settle()]


def intents(world: World) -> int:
    with world.store() as store:
        return len(store.intents())


@pytest.fixture(autouse=True)
def whole(world: World) -> Iterator[None]:
    """Whatever a test did, afterwards the chains hold and the log folds to the snapshot."""
    yield
    with world.store() as store:
        assert examine(store).complaints == ()


# Guards asked again inside the step.


def test_a_fact_that_turns_after_the_plan_denies_the_step(world: World) -> None:
    runtime = world.runtime("EmailCampaign", {"estimatedRecipients": 3})
    email(world, "hello", "running")
    referral(world, "spring", "live")

    def empty() -> None:
        runtime.facts = {"estimatedRecipients": 0}

    plan, outcome = after_planning(world, empty)
    assert [guard.name for guard in outcome.denied[HELLO]] == ["has-recipients"]
    assert (outcome.waiting, outcome.done) == ({}, [Ref("ReferralCampaign", "spring")])
    assert of_outcome(plan, outcome) == 5
    assert (told(world, str(HELLO)), world.state(str(HELLO))) == (["create"], "draft"), "its earlier steps stay done"
    assert (runtime.done, intents(world)) == ({}, 0), "nothing was begun"


def test_a_fact_that_vanishes_after_the_plan_leaves_it_waiting(world: World) -> None:
    runtime = world.runtime("EmailCampaign", {"estimatedRecipients": 3})
    email(world, "hello", "running")

    def silence() -> None:
        runtime.facts = {}

    plan, outcome = after_planning(world, silence)
    assert [guard.name for guard in outcome.waiting[HELLO]] == ["has-recipients"]
    assert (outcome.denied, outcome.done, of_outcome(plan, outcome)) == ({}, [], 0)
    assert (told(world, str(HELLO)), runtime.done) == (["create"], {})


def test_a_fact_that_turns_true_after_the_plan_lets_it_pass(world: World) -> None:
    runtime = world.runtime("EmailCampaign")
    email(world, "hello", "running")

    def arrive() -> None:
        runtime.facts = {"estimatedRecipients": 1}

    _, outcome = after_planning(world, arrive)
    assert (outcome.done, outcome.waiting, world.state(str(HELLO))) == ([HELLO], {}, "running")


def test_a_day_that_passes_between_plan_and_apply_counts(world: World) -> None:
    world.write(
        "past.yaml",
        """
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
        kind: CollectionCampaign
        metadata: {name: january}
        state: active
        spec: {title: January, strategy: gentle, startDate: 2027-01-01, endDate: 2027-01-04}
        """,
    )
    _, outcome = after_planning(world, lambda: world.clock.advance(days=1))
    assert {str(ref): [guard.name for guard in guards] for ref, guards in outcome.denied.items()} == {
        "CollectionCampaign/january@1": ["not-past-end"]
    }
    assert world.state("CollectionCampaign/january") == "draft"


# Facts that nobody observes yet.


def test_unknown_facts_leave_a_resource_waiting_after_its_earlier_steps(world: World) -> None:
    email(world, "hello", "running")
    outcome = world.apply()
    assert (told(world, str(HELLO)), world.state(str(HELLO))) == (["create"], "draft")
    assert list(outcome.waiting) == [HELLO]
    again = world.apply()
    assert (again.steps, list(again.waiting), told(world, str(HELLO))) == (0, [HELLO], ["create"])
    world.runtime("EmailCampaign", {"estimatedRecipients": 3})
    assert world.apply().done == [HELLO]
    assert (told(world, str(HELLO)), world.state(str(HELLO))) == (["create", "launch"], "running")


def test_effects_are_named_in_the_log_also_where_nothing_performs_them(world: World) -> None:
    stranger = world.runtime("EmailCampaign")
    referral(world, "spring", "live")
    world.apply()
    created, launched = world.events("ReferralCampaign/spring")
    assert "effects" not in created.body
    assert (launched.body["event"], launched.body["effects"]) == ("launch", ["offer-to-everyone"])
    assert (intents(world), stranger.done) == (0, {}), "nothing was begun, nobody was asked"


# Somebody else was faster.


def test_only_the_resource_that_changed_is_stale(world: World) -> None:
    for name in ("hello", "later", "third"):
        email(world, name, "draft")
        world.stored(f"EmailCampaign/{name}", "draft")
        email(world, name, "scheduled", subject="New words")
    plan, outcome = after_planning(world, lambda: world.stored(str(LATER), "draft"))
    assert outcome.stale == [LATER]
    assert outcome.done == [HELLO, Ref("EmailCampaign", "third")]
    assert of_outcome(plan, outcome) == 6
    assert told(world, str(LATER)) == ["given", "given"], "none of its steps, not even one that fits a later revision"
    assert told(world, str(HELLO)) == ["given", "edit", "schedule"]


def test_what_somebody_else_created_meanwhile_is_stale(world: World) -> None:
    email(world, "hello", "scheduled")
    referral(world, "spring", "live")
    _, outcome = after_planning(world, lambda: world.stored(str(HELLO), "draft"))
    assert (outcome.stale, outcome.done) == ([HELLO], [Ref("ReferralCampaign", "spring")])
    assert told(world, str(HELLO)) == ["given"]


def test_a_move_that_somebody_else_made_impossible_is_stale(world: World) -> None:
    email(world, "hello", "draft")
    world.stored(str(HELLO), "draft")
    (world.manifests / "hello.yaml").unlink()
    moved = Ref("EmailCampaign", "welcome")
    email(world, "welcome", "scheduled")
    file = world.manifests / "welcome.yaml"
    file.write_text(file.read_text().replace("name: welcome", "name: welcome, movedFrom: hello"))

    def meddle() -> None:
        with world.store() as store:
            (old,) = store.load([HELLO]).values()
            other = other_step(old.revision)
            assert store.commit([other]) == ()

    _, outcome = after_planning(world, meddle)
    assert (outcome.stale, outcome.done) == ([moved], [])
    assert (world.state(str(HELLO)), world.state(str(moved))) == ("scheduled", "")


def other_step(revision: int) -> Write:
    """Somebody else schedules hello."""
    body = {"ref": str(HELLO), "op": "transition", "to": "scheduled", "satisfied": ["scheduled"]}
    return Write(HELLO, revision, "scheduled", ("scheduled",), (), START, body)


def test_what_builds_on_a_stale_creation_is_not_created(world: World) -> None:
    world.write(
        "new.yaml",
        """
        apiVersion: muster/v1
        kind: Template
        metadata: {name: fresh}
        spec: {subject: "Fresh", text: {inline: "Fresh words."}}
        """,
    )
    email(world, "hello", "draft", template="fresh")
    email(world, "later", "draft")
    plan, outcome = after_planning(world, lambda: world.stored("Template/fresh", "present"))
    assert outcome.stale == [Ref("Template", "fresh")]
    assert list(outcome.denied) == [HELLO]
    assert outcome.denied[HELLO][0].name == "references-exist"
    assert (world.state(str(HELLO)), world.state(str(LATER))) == ("", "draft")
    assert of_outcome(plan, outcome) == 6
    assert world.apply().done == [HELLO], "the next run sees that it is there"


# Begin, perform, advance.


@dataclass(slots=True)
class Meddling(FakeRuntime):
    """Does something else before it observes or performs: what may happen in the world at that moment."""

    before_observing: Callable[[], object] = lambda: None
    before_performing: Callable[[str], object] = lambda _effect: None
    keys: list[str] = field(default_factory=list)
    """Every call of `perform`, repetitions included."""

    def observe(self, ref: Ref, document: Document, _beside: Lookup) -> Mapping[str, Any]:
        self.before_observing()
        return FakeRuntime.observe(self, ref, document, _beside)

    def perform(self, effect: str, ref: Ref, key: str, beat: Beat) -> None:
        self.before_performing(effect)
        self.keys.append(key)
        FakeRuntime.perform(self, effect, ref, key, beat)


def meddling(world: World, **given: Callable[..., object]) -> Meddling:
    runtime = world.runtimes["EmailCampaign"] = Meddling({"estimatedRecipients": 3}, **given)
    return runtime


def effects(runtime: FakeRuntime) -> list[str]:
    return [effect for effect, _ in runtime.done.values()]


def fail(error: Exception | type[BaseException], at: str) -> Callable[[str], None]:
    def perform(effect: str) -> None:
        if effect == at:
            raise error

    return perform


def test_an_effect_is_begun_before_it_is_performed_and_done_after(world: World) -> None:
    """While it performs, the store knows the intent, the old state, and everything that the step builds on."""
    seen = []

    def look(effect: str) -> None:
        with world.store() as store:
            (open_one,) = store.intents()
            heads = store.heads()
            seen.append((effect, open_one.ref, open_one.effects, heads[HELLO].state, Ref("Template", "fresh") in heads))

    runtime = meddling(world, before_performing=look)
    world.write("new.yaml", SHARED.replace("words", "fresh").split("---")[1])
    email(world, "hello", "running", template="fresh")
    assert world.apply().failed == {}
    assert seen == [(effect, HELLO, tuple(LAUNCH), "draft", True) for effect in LAUNCH]
    assert (effects(runtime), intents(world), world.state(str(HELLO))) == (LAUNCH, 0, "running")


def test_every_step_has_effects_of_its_own(world: World) -> None:
    """Paused, resumed and paused again: stopping twice is two effects, whose keys differ."""
    runtime = meddling(world)
    for state in ("running", "paused", "running", "paused"):
        email(world, "hello", state)
        assert world.apply().done == [HELLO]
    assert effects(runtime) == [*LAUNCH, "stop-sending", "start-sending", "stop-sending"]
    assert len(set(runtime.keys)) == len(runtime.keys) == 6
    assert told(world, str(HELLO)) == ["create", "launch", "pause", "resume", "pause"]


def test_somebody_else_before_begin_means_nothing_is_performed(world: World) -> None:
    email(world, "hello", "draft")
    world.stored(str(HELLO), "draft")
    email(world, "hello", "running")
    runtime = meddling(world)
    with world.opened() as reconciler:
        plan = reconciler.plan()[0]
        runtime.before_observing = lambda: world.stored(str(HELLO), "scheduled")
        outcome = reconciler.apply(plan)
    assert (outcome.stale, outcome.done, runtime.keys, intents(world)) == ([HELLO], [], [], 0)
    assert told(world, str(HELLO)) == ["given", "given"]


def test_nobody_else_comes_between_begin_and_advance(world: World) -> None:
    """What is being performed is not overtaken: else an effect would be left without its step."""
    lost: list[tuple[Ref, ...]] = []

    def meddle(_effect: str) -> None:
        with world.store() as store:
            lost.append(store.commit([other_step(store.heads()[HELLO].revision)]))

    email(world, "hello", "running")
    runtime = meddling(world, before_performing=meddle)
    outcome = world.apply()
    assert lost == [(HELLO,)] * len(LAUNCH)
    assert (outcome.done, effects(runtime)) == ([HELLO], LAUNCH)
    assert (world.state(str(HELLO)), told(world, str(HELLO)), intents(world)) == ("running", ["create", "launch"], 0)


FAILURES = (Permanent("the relay refuses us"), Transient("the relay is busy", timedelta(minutes=5)))


@pytest.mark.parametrize("error", FAILURES, ids=["permanent", "transient"])
@pytest.mark.parametrize("at", LAUNCH)
def test_a_runtime_that_fails_stops_its_resource_alone(world: World, error: Exception, at: str) -> None:
    runtime = meddling(world, before_performing=fail(error, at))
    email(world, "hello", "running")
    referral(world, "spring", "live")
    with world.opened() as reconciler:
        plan = reconciler.plan()[0]
        outcome = reconciler.apply(plan)
    assert outcome.failed == {HELLO: str(error)}
    assert (outcome.done, of_outcome(plan, outcome)) == ([Ref("ReferralCampaign", "spring")], 8)
    assert (world.state(str(HELLO)), told(world, str(HELLO)), intents(world)) == ("draft", ["create"], 1)

    # While it still fails, nothing more comes of it, however often it is tried.
    performed = effects(runtime)
    for _ in range(2):
        again = world.apply()
        assert HELLO not in again.done
        assert (effects(runtime), told(world, str(HELLO))) == (performed, ["create"])

    # Once it works, each effect has happened once, and the step is logged once.
    runtime.before_performing = lambda _effect: None
    world.apply()
    assert (effects(runtime), told(world, str(HELLO)), intents(world)) == (LAUNCH, ["create", "launch"], 0)
    assert world.state(str(HELLO)) == "running"


# Settling what a crash left. A KeyboardInterrupt stands for the crash; real ones are in tests/crash.


@contextmanager
def crashed(world: World, at: str) -> Iterator[Meddling]:
    runtime = meddling(world, before_performing=fail(KeyboardInterrupt, at))
    email(world, "hello", "running")
    with pytest.raises(KeyboardInterrupt):
        world.apply()
    assert intents(world) == 1
    runtime.before_performing = lambda _effect: None
    yield runtime


def test_settle_undoes_what_was_only_begun(world: World) -> None:
    with crashed(world, LAUNCH[0]) as runtime:
        assert settled(world) == [(HELLO, "launch", Settlement.UNDONE)]
        assert (runtime.keys, intents(world), told(world, str(HELLO))) == ([], 0, ["create"])
        assert settled(world) == []


@pytest.mark.parametrize("at", LAUNCH[1:])
def test_settle_finishes_what_was_half_done(world: World, at: str) -> None:
    with crashed(world, at) as runtime:
        assert settled(world) == [(HELLO, "launch", Settlement.FINISHED)]
        assert (effects(runtime), intents(world)) == (LAUNCH, 0)
        assert (world.state(str(HELLO)), told(world, str(HELLO))) == ("running", ["create", "launch"])
        assert settled(world) == []


def test_a_finished_step_names_who_began_it_and_for_which_plan(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with crashed(world, LAUNCH[1]):
        digest = world.events(str(HELLO))[0].body["plan"]
        monkeypatch.setenv("MUSTER_ACTOR", "somebody-else")
        settled(world)
        launched = world.events(str(HELLO))[-1].body
        assert (launched["actor"], launched["plan"], launched["effects"]) == ("user:tester", digest, LAUNCH)


def test_without_a_runtime_to_ask_an_intent_stays_open_and_its_resource_alone(world: World) -> None:
    with crashed(world, LAUNCH[1]) as runtime:
        del world.runtimes["EmailCampaign"]
        assert settled(world) == [(HELLO, "launch", Settlement.OPEN)]
        referral(world, "spring", "live")
        outcome = world.apply()
        assert Ref("ReferralCampaign", "spring") in outcome.done
        assert (HELLO in outcome.done, intents(world), told(world, str(HELLO))) == (False, 1, ["create"])
        world.runtimes["EmailCampaign"] = runtime
        assert settled(world) == [(HELLO, "launch", Settlement.FINISHED)]


def test_an_open_intent_keeps_others_from_changing_its_resource(world: World) -> None:
    """Half of launch was performed: nobody may take another step before somebody knows what became of it."""
    with crashed(world, LAUNCH[1]) as runtime:
        del world.runtimes["EmailCampaign"]
        email(world, "hello", "deleted")
        outcome = world.apply()
        assert HELLO not in outcome.done
        assert (world.state(str(HELLO)), intents(world)) == ("draft", 1)
        world.runtimes["EmailCampaign"] = runtime
        assert settled(world) == [(HELLO, "launch", Settlement.FINISHED)]
        assert world.state(str(HELLO)) == "running"


def test_settle_gives_up_where_the_resource_has_moved_on(world: World) -> None:
    """No run leaves this behind; a store put back from two backups may."""
    with crashed(world, LAUNCH[1]):
        with closing(sqlite3.connect(world.root / ".muster" / "state.db", isolation_level=None)) as db:
            rows = db.execute("SELECT * FROM intent").fetchall()
            db.execute("DELETE FROM intent")
            world.stored(str(HELLO), "cancelled")
            db.execute(f"INSERT INTO intent VALUES ({', '.join('?' * len(rows[0]))})", rows[0])
        assert settled(world) == [(HELLO, "launch", Settlement.UNDONE)]
        assert (intents(world), world.state(str(HELLO)), told(world, str(HELLO))) == (
            0,
            "cancelled",
            ["create", "given"],
        )


@pytest.mark.parametrize("error", FAILURES, ids=["permanent", "transient"])
def test_settle_leaves_open_what_the_runtime_cannot_finish(world: World, error: Exception) -> None:
    with crashed(world, LAUNCH[1]) as runtime:
        runtime.before_performing = fail(error, LAUNCH[2])
        with world.opened() as reconciler:
            delay = error.delay if isinstance(error, Transient) else timedelta()
            assert reconciler.settle() == (Settled(HELLO, "launch", Settlement.OPEN, str(error), delay),)
        assert (effects(runtime), intents(world), world.state(str(HELLO))) == (LAUNCH[:2], 1, "draft")


def test_a_step_that_is_taken_again_uses_the_keys_of_the_first_time(world: World) -> None:
    """The crash may have come between the outside world's yes and the runtime's note of it: only the key can tell."""
    with crashed(world, LAUNCH[0]) as runtime:
        with world.store() as store:
            (begun,) = store.intents()
        world.clock.advance(hours=1)
        assert world.apply().done == [HELLO]
    assert [key.startswith(begun.key) for key in runtime.keys] == [True, True, True]
    assert len(set(runtime.keys)) == 3
    assert (effects(runtime), told(world, str(HELLO))) == (LAUNCH, ["create", "launch"])


# Leases: whoever is at work keeps an intent until then at most.


def begun_elsewhere(world: World, owner: str, minutes: int) -> Meddling:
    """Another run's launch of hello, its first effect performed; its lease runs for some minutes yet."""
    runtime = meddling(world, before_performing=fail(KeyboardInterrupt, LAUNCH[1]))
    email(world, "hello", "running")
    with pytest.raises(KeyboardInterrupt):
        world.apply()
    runtime.before_performing = lambda _effect: None
    with world.store() as store:
        (left,) = store.intents()
        assert left.lease is None, "Ctrl-C lets go"
        assert store.hand_over(left, Lease(owner, world.clock.now() + timedelta(minutes=minutes)))
    return runtime


def test_what_another_machine_is_at_work_on_is_left_to_it_while_its_lease_runs(world: World) -> None:
    runtime = begun_elsewhere(world, "another-machine/namespace/4711/token", minutes=1)
    assert settled(world) == [(HELLO, "launch", Settlement.OPEN)]
    outcome = world.apply()
    assert (HELLO in outcome.done, effects(runtime), told(world, str(HELLO))) == (False, LAUNCH[:1], ["create"])
    world.clock.advance(seconds=59)
    assert settled(world) == [(HELLO, "launch", Settlement.OPEN)]
    world.clock.advance(seconds=1)
    assert settled(world) == [(HELLO, "launch", Settlement.FINISHED)]
    assert (effects(runtime), told(world, str(HELLO)), intents(world)) == (LAUNCH, ["create", "launch"], 0)


def test_a_run_whose_lease_ran_out_does_nothing_more(world: World) -> None:
    """By then another run may be at work. What it did stands, and the next run finishes it."""
    runtime = meddling(world)
    runtime.before_performing = lambda _effect: runtime.done or world.clock.advance(hours=1)
    email(world, "hello", "running")
    outcome = world.apply()
    assert (list(outcome.failed), outcome.done, effects(runtime)) == ([HELLO], [], LAUNCH[:1])
    assert told(world, str(HELLO)) == ["create"]
    world.apply()
    assert (effects(runtime), told(world, str(HELLO)), intents(world)) == (LAUNCH, ["create", "launch"], 0)


def test_progress_tells_of_every_step(world: World) -> None:
    meddling(world)
    email(world, "hello", "running")
    referral(world, "spring", "live")
    seen: list[int] = []
    with world.opened() as reconciler:
        plan = reconciler.plan()[0]
        outcome = reconciler.apply(plan, seen.append)
    assert sum(seen) == outcome.steps == sum(len(one.steps) for one in plan.resources) == 4
