"""`muster store`, and every other command on every store: where the state lives makes no difference to what is said."""

import re
from pathlib import Path

import pytest

from tests.crash.test_kill import after, before
from tests.postgres import Server
from tests.world import World

PROGRAM = "{apiVersion: muster/v1, kind: ReferralProgram, metadata: {name: a}, spec: {timezone: %s}}"
SAYINGS = (
    ("plan",), ("plan", "--format", "json"), ("plan", "--only", "CollectionCampaign/first"), ("diff",), ("get",),
    ("apply", "--yes"), ("plan", "--detailed-exitcode"), ("get", "--format", "json"), ("history",),
    ("history", "EmailCampaign/later"), ("history", "RecipientList/old", "--format", "json"),
    ("describe", "EmailCampaign/later"), ("describe", "ReferralCampaign/autumn", "--at", "2027-02-01T00:00:00Z"),
    ("timeline", "EmailCampaign/later"), ("timeline", "--format", "json"), ("calendar", "--ics", "-"),
    ("when", "EmailCampaign/later", "running"), ("requires", "EmailCampaign/later", "running"),
    ("forget", "EmailCampaign/done", "--yes"), ("doctor",), ("doctor", "--format", "json"), ("plan",), ("plan",),
)  # fmt: skip


def test_every_command_says_the_same_on_every_store(tmp_path: Path, world: World, postgres: Server) -> None:
    """Idle plans (the last ones, of which the second is remembered), forgetting, renaming, a refusal, and all that reads."""
    said = {}
    for name, server in (("sqlite", None), ("postgres", postgres)):
        other = World(tmp_path / name / "repository", server, server.database() if server else "")
        before(other)
        after(other)
        said[name] = [other.cli(*command) for command in SAYINGS]
    for command, one, two in zip(SAYINGS, *said.values(), strict=True):
        assert one == two, command
    assert {answer.code for answer in said["postgres"]} <= {0, 2, 4, 5, 64}
    assert said["postgres"][5].code == 0, said["postgres"][5]


def test_an_idle_plan_is_remembered_and_another_writer_noticed(world: World, any_store: str) -> None:
    world.write("program.yaml", PROGRAM % "UTC")
    assert world.cli("apply", "--yes").code == 0
    assert [world.cli("plan", "--detailed-exitcode").code for _ in range(3)] == [0, 0, 0]
    other = World(world.root.parent / "elsewhere", world.server, world.database)
    other.write("../muster.yaml", "{}" if world.server else f"store: sqlite://{world.root}/.muster/state.db\n")
    other.write("program.yaml", PROGRAM % "Asia/Tokyo")
    assert other.cli("apply", "--yes").code == 0
    assert world.cli("plan", "--detailed-exitcode").code == 2, "what was applied there is drift here"


@pytest.fixture
def url(postgres: Server) -> str:
    return postgres.url(postgres.database())


def test_a_project_is_moved_and_goes_on(world: World, url: str) -> None:
    before(world)
    after(world)
    assert world.cli("apply", "--yes").code == 0
    history, doctor, plan = (world.cli(command).out for command in ("history", "doctor", "plan"))
    code, out, err = world.cli("store", "copy", "sqlite:.muster/state.db", url)
    assert (code, err) == (0, "")
    assert re.match(
        r"\d+ events, \d+ resources and 0 open steps from sqlite:///.* to postgresql://muster@.*, verified\.\n", out
    )
    assert "takes no more writes" in out
    for command in (("plan",), ("apply", "--yes"), ("diff",), ("timeline",)):
        answer = world.cli(*command)
        assert (answer.code, "was moved to postgresql://" in answer.err) == (1, True), command
    assert (world.cli("history").out, world.cli("doctor").out) == (history, doctor), "it can still be read"
    assert (world.cli("--store", url, "history").out, world.cli("--store", url, "doctor").out) == (history, doctor)
    assert world.cli("--store", url, "plan").out == plan
    assert world.cli("store", "copy", url, "sqlite:back.db").code == 0
    assert world.cli("--store", "sqlite:back.db", "doctor").out == doctor
    assert world.cli("--store", "sqlite:back.db", "apply", "--yes").code == 0


@pytest.mark.parametrize(
    ("source", "target", "code", "why"),
    [
        ("sqlite:nowhere.db", "sqlite:x.db", 64, "there is no store sqlite:nowhere.db"),
        ("sqlite:a.db", "sqlite:a.db", 64, "into itself"),
        ("sqlite:a.db", "sqlite:./a.db", 64, "into itself"),
        ("sqlite:a.db", "a.db", 64, "is not a store"),
        ("sqlite:a.db", "postgresql://nobody@127.0.0.1:1/x", 1, "cannot be reached"),
    ],
)
def test_what_cannot_be_copied(world: World, source: str, target: str, code: int, why: str) -> None:
    world.write("program.yaml", PROGRAM % "UTC")
    assert world.cli("--store", "sqlite:a.db", "apply", "--yes").code == 0
    answer = world.cli("store", "copy", source, target)
    assert (answer.code, why in answer.err) == (code, True), answer.err
    assert not (world.root / "nowhere.db").exists()
    assert not (world.root / "x.db").exists()
    assert world.cli("--store", "sqlite:a.db", "apply", "--yes").code == 0, "it is in use as before"
