"""`muster apply` at its door: exit codes, approvals, saved plans, and what changes nothing."""

import io
import json
import os
import pty
import select
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from reconciler import commands
from reconciler.model import canonical
from tests.crash.survivor import ended, fork
from tests.world import World

SHARED = """
    apiVersion: muster/v1
    kind: ReferralProgram
    metadata: {name: friends}
    spec: {timezone: UTC}
"""


def referral(world: World, name: str, state: str, offer: str = "ten", more: str = "") -> None:
    world.write(
        f"{name}.yaml",
        f"""
        apiVersion: muster/v1
        kind: ReferralCampaign
        metadata: {{name: {name}{more}}}
        state: {state}
        spec: {{program: friends, weight: 10, offer: {{friend: "{offer}"}}}}
        """,
    )


def ref(name: str) -> str:
    return f"ReferralCampaign/{name}@1"


@pytest.fixture
def world(world: World) -> World:
    """One campaign live, its program stored."""
    world.write("shared.yaml", SHARED)
    referral(world, "spring", "live")
    world.stored_all({"ReferralCampaign/spring": "live"})
    return world


def remembered(world: World) -> dict[str, Any]:
    """Everything that the store holds."""
    with world.store() as store:
        return {
            "resources": dict(store.load(store.heads())),
            "events": list(store.events()),
            "forgotten": store.forgotten(),
            "intents": store.intents(),
        }


def digest(world: World, *options: str) -> str:
    code, out, _ = world.cli("plan", "--format", "json", *options)
    assert code in (0, 4, 5), out
    return str(json.loads(out)["digest"])


# Exit codes.


def test_0_when_it_is_done_and_when_there_is_nothing_to_do(world: World) -> None:
    referral(world, "summer", "live")
    first = world.cli("apply", "--yes")
    assert (first.code, first.err) == (0, "")
    assert "Applied: 2 steps on 1 resource" in first.out
    before = remembered(world)
    assert world.cli("apply", "--yes").code == 0
    assert world.cli("apply").code == 0, "nobody needs to be asked about nothing"
    assert remembered(world) == before


def test_2_only_where_plan_is_asked_for_details(world: World) -> None:
    assert world.cli("plan", "--detailed-exitcode").code == 0
    referral(world, "summer", "live")
    assert world.cli("plan").code == 0
    assert world.cli("plan", "--detailed-exitcode").code == 2
    assert world.cli("apply", "--yes").code == 0


def test_3_stops_the_run_before_anything_is_applied(world: World) -> None:
    referral(world, "summer", "live")
    world.write("bad.yaml", "apiVersion: muster/v1\nkind: ReferralCampain\nmetadata: {name: x}\nspec: {}\n")
    before = remembered(world)
    code, out, err = world.cli("apply", "--yes")
    assert (code, out, remembered(world)) == (3, "", before)
    assert "bad.yaml:2" in err


def test_3_for_a_move_whose_old_name_is_still_there(world: World) -> None:
    referral(world, "summer", "live", more=", movedFrom: spring")
    before = remembered(world)
    assert world.cli("plan").code == 3
    assert world.cli("apply", "--yes").code == 3
    assert remembered(world) == before


def test_4_illegal_leaves_the_blocked_one_alone_and_does_the_rest(world: World) -> None:
    referral(world, "spring", "not_launched")
    referral(world, "summer", "live")
    code, out, _ = world.cli("apply", "--yes")
    assert code == 4
    assert "Applied: 2 steps on 1 resource, 1 blocked." in out
    assert (world.state(ref("spring")), world.state(ref("summer"))) == ("live", "live")


def test_5_denied_and_4_before_5(world: World) -> None:
    world.write(
        "q1.yaml",
        """
        apiVersion: muster/v1
        kind: CollectionCampaign
        metadata: {name: q1}
        state: active
        spec: {title: First quarter}
        """,
    )
    referral(world, "summer", "live")
    assert world.cli("apply", "--yes").code == 5
    assert (world.state("CollectionCampaign/q1"), world.state(ref("summer"))) == ("", "live")
    referral(world, "spring", "not_launched")
    assert world.cli("apply", "--yes").code == 4


@pytest.mark.parametrize(
    "arguments",
    [
        ("--nonsense",), ("--format", "xml"), ("--ack", "everything"), ("--ack", "too-many-changes"),
        ("--only", "ReferralCampaign/spring@0"), ("--only", "spring"), ("--only", "ReferralCampaign/sprang"),
        ("--expect",),
    ],
)  # fmt: skip
def test_64_for_a_call_whose_words_are_off(world: World, arguments: tuple[str, ...]) -> None:
    referral(world, "summer", "live")
    before = remembered(world)
    code, out, err = world.cli("apply", "--yes", *arguments)
    assert (code, out, remembered(world)) == (64, "", before)
    assert err


@pytest.mark.parametrize("form", ["text", "json", "markdown"])
def test_64_where_nobody_can_be_asked(world: World, form: str) -> None:
    referral(world, "summer", "live")
    before = remembered(world)
    code, out, err = world.cli("apply", "--format", form)
    assert (code, remembered(world)) == (64, before)
    assert "--yes" in err
    assert out == "" or form != "json"


# What leaves everything as it is.


def test_an_emptied_directory_changes_nothing(world: World) -> None:
    before = remembered(world)
    for file in world.manifests.iterdir():
        file.unlink()
    code, out, err = world.cli("apply", "--yes")
    assert (code, out, remembered(world)) == (3, "", before)
    assert "empty-catalog" in err


@pytest.mark.parametrize("instead", ["nothing", "a link to nowhere", "a link in a circle"])
def test_a_directory_that_is_gone_changes_nothing(world: World, instead: str) -> None:
    before = remembered(world)
    shutil.rmtree(world.manifests)
    if instead != "nothing":
        world.manifests.symlink_to(world.manifests if "circle" in instead else world.root / "nowhere")
    code, out, err = world.cli("apply", "--yes")
    assert (code, out, remembered(world)) == (3, "", before)
    assert "unreadable" in err or "outside-tree" in err


@pytest.mark.parametrize("what", ["campaigns.d", "campaigns.d/team", "campaigns.d/team/one.yaml"])
def test_what_may_not_be_read_changes_nothing(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A part of the tree that cannot be read must not look like manifests that were removed."""
    monkeypatch.setenv("MUSTER_ACTOR", "tester")
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        world = World(Path(directory) / "repository")
        world.write("shared.yaml", SHARED)
        referral(world, "team/one", "live")
        file = world.manifests / "team" / "one.yaml"
        file.write_text(file.read_text().replace("team/one", "one"))
        world.stored_all({ref("one"): "live"})
        referral(world, "two", "live")
        before = remembered(world)
        answer = world.root / "answer"
        answer.write_text("")
        if os.getuid() == 0:
            for path in (world.root, *world.root.rglob("*")):
                os.chown(path, 65534, 65534)
        (world.root / what).chmod(0)
        assert ended(fork(lambda: _apply_as_nobody(world, answer))) == 0
        (world.root / what).chmod(0o755)
        code, err = json.loads(answer.read_text())
        assert (code, remembered(world)) == (3, before)
        assert "unreadable" in err


def _apply_as_nobody(world: World, answer: Path) -> None:
    if os.getuid() == 0:
        os.setuid(65534)  # root may read everything
    code, _, err = world.cli("apply", "--yes")
    answer.write_text(json.dumps([code, err]))


def test_a_manifest_that_is_gone_is_unmanaged_and_nothing_is_deleted(world: World) -> None:
    referral(world, "summer", "live")
    world.cli("apply", "--yes")
    before = remembered(world)
    (world.manifests / "summer.yaml").unlink()
    code, out, _ = world.cli("apply", "--yes", "--format", "json")
    assert (code, remembered(world)) == (0, before)
    assert json.loads(out)["unmanaged"] == [{"ref": ref("summer"), "state": "live"}]


# What was approved.


def test_expect_applies_exactly_what_was_reviewed(world: World) -> None:
    referral(world, "summer", "live")
    assert world.cli("apply", "--expect", digest(world)).code == 0
    assert world.state(ref("summer")) == "live"


@pytest.mark.parametrize("change", ["a manifest", "the store"])
def test_expect_refuses_what_is_no_longer_the_same(world: World, change: str) -> None:
    referral(world, "summer", "live")
    reviewed = digest(world)
    if change == "a manifest":
        referral(world, "summer", "live", offer="twenty")
    else:
        world.stored(ref("summer"), "not_launched")
    before = remembered(world)
    for arguments in (
        ("--expect", reviewed),
        ("--expect", reviewed, "--yes"),
        ("--expect", "sha256:0"),
        ("--expect", "x"),
    ):
        code, out, err = world.cli("apply", *arguments)
        assert (code, out, remembered(world)) == (6, "", before)
        assert digest(world) in err


def test_expect_does_not_mind_the_hour(world: World) -> None:
    referral(world, "summer", "live")
    reviewed = digest(world)
    world.clock.advance(hours=5)
    assert world.cli("apply", "--expect", reviewed).code == 0


def test_all_or_nothing(world: World) -> None:
    referral(world, "spring", "not_launched")
    referral(world, "summer", "live")
    before = remembered(world)
    code, out, _ = world.cli("apply", "--yes", "--all-or-nothing")
    assert (code, remembered(world)) == (4, before)
    assert "summer" in out
    referral(world, "spring", "paused")
    assert world.cli("apply", "--yes", "--all-or-nothing").code == 0
    assert (world.state(ref("spring")), world.state(ref("summer"))) == ("paused", "live")


def test_only_these(world: World) -> None:
    for name in ("summer", "autumn", "winter"):
        referral(world, name, "live")
    code, out, _ = world.cli(
        "apply", "--yes", "--only", "ReferralCampaign/summer", "--only", ref("winter"), "--format", "json"
    )
    assert (code, json.loads(out)["applied"]["done"]) == (0, [ref("summer"), ref("winter")])
    assert [world.state(ref(name)) for name in ("summer", "autumn", "winter")] == ["live", "", "live"]


def test_only_one_whose_program_is_not_there_yet(world: World) -> None:
    world.write("more.yaml", SHARED.replace("friends", "partners"))
    referral(world, "summer", "live")
    file = world.manifests / "summer.yaml"
    file.write_text(file.read_text().replace("program: friends", "program: partners"))
    code, _, _ = world.cli("apply", "--yes", "--only", "ReferralCampaign/summer")
    assert (code, world.state(ref("summer")), world.state("ReferralProgram/partners")) == (5, "", "")


def test_too_many_changes_need_an_acknowledgement_for_exactly_this_plan(world: World) -> None:
    names = [f"offer-{number:02}" for number in range(10)]
    for name in names:
        referral(world, name, "live")
    world.cli("apply", "--yes")
    for name in names[:4]:
        referral(world, name, "stopped")
    before = remembered(world)
    code, out, _ = world.cli("apply", "--yes")
    assert (code, remembered(world)) == (5, before)
    assert "--ack too-many-changes" in out
    reviewed = digest(world, "--ack", "too-many-changes")
    assert world.cli("apply", "--yes", "--ack", "too-many-changes").code == 64, "an acknowledgement is for one plan"
    assert world.cli("apply", "--ack", "too-many-changes", "--expect", digest(world)).code == 6
    assert world.cli("apply", "--expect", reviewed).code == 6, "not without the acknowledgement"
    referral(world, names[4], "stopped")
    assert world.cli("apply", "--ack", "too-many-changes", "--expect", reviewed).code == 6, "one more than was reviewed"
    assert remembered(world) == before
    referral(world, names[4], "live")
    assert world.cli("apply", "--ack", "too-many-changes", "--expect", reviewed).code == 0
    assert [world.state(ref(name)) for name in names] == ["stopped"] * 4 + ["live"] * 6


def test_thirty_percent_is_not_too_many(world: World) -> None:
    names = [f"offer-{number}" for number in range(9)]  # and spring: ten
    for name in names:
        referral(world, name, "live")
    world.cli("apply", "--yes")
    for name in names[:3]:
        referral(world, name, "stopped")
    assert world.cli("apply", "--yes").code == 0


# Saved plans.


@pytest.fixture
def saved(world: World) -> Path:
    """A saved plan that creates summer and winter, and pauses spring."""
    file = world.root / "today.plan"
    referral(world, "spring", "paused")
    referral(world, "summer", "live")
    referral(world, "winter", "not_launched")
    assert world.cli("plan", "--out", str(file)).code == 0
    return file


def states(world: World) -> list[str]:
    return [world.state(ref(name)) for name in ("spring", "summer", "winter")]


def test_a_saved_plan_is_applied_without_asking(world: World, saved: Path) -> None:
    referral(world, "later", "live")  # written after the review: no part of what was approved
    world.clock.advance(days=1)
    code, out, err = world.cli("apply", str(saved))
    assert (code, err) == (0, "")
    assert (states(world), world.state(ref("later"))) == (["paused", "live", "not_launched"], "")
    assert "later" not in out


def test_a_saved_plan_is_stale_for_the_one_whose_manifest_changed(world: World, saved: Path) -> None:
    referral(world, "summer", "live", offer="twenty")
    code, out, _ = world.cli("apply", str(saved), "--format", "json")
    applied = json.loads(out)["applied"]
    assert (code, applied["stale"], sorted(applied["done"])) == (6, [ref("summer")], [ref("spring"), ref("winter")])
    assert states(world) == ["paused", "", "not_launched"]


def test_a_saved_plan_is_stale_for_the_one_that_somebody_moved(world: World, saved: Path) -> None:
    world.stored(ref("spring"), "stopped")
    code, out, _ = world.cli("apply", str(saved))
    assert (code, states(world)) == (6, ["stopped", "live", "not_launched"])
    assert f"stale {ref('spring')}" in out


def test_a_saved_plan_is_stale_for_the_one_whose_manifest_is_gone(world: World, saved: Path) -> None:
    (world.manifests / "winter.yaml").unlink()
    assert world.cli("apply", str(saved)).code == 6
    assert states(world) == ["paused", "live", ""]


def test_a_saved_plan_does_not_do_the_same_twice(world: World, saved: Path) -> None:
    assert world.cli("apply", str(saved)).code == 0
    before = remembered(world)
    assert world.cli("apply", str(saved)).code == 6
    assert remembered(world) == before


def test_a_saved_plan_all_or_nothing(world: World, saved: Path) -> None:
    referral(world, "summer", "live", offer="twenty")
    before = remembered(world)
    assert world.cli("apply", str(saved), "--all-or-nothing").code == 6
    assert remembered(world) == before
    referral(world, "summer", "live")
    assert world.cli("apply", str(saved), "--all-or-nothing").code == 0


def test_a_saved_plan_with_an_expected_digest_must_have_it(world: World, saved: Path) -> None:
    before = remembered(world)
    assert world.cli("apply", str(saved), "--expect", "sha256:" + "0" * 64).code in (6, 64)
    assert remembered(world) == before


def test_a_saved_plan_is_found_where_the_command_runs(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`-C DIR` runs as if started in DIR."""
    monkeypatch.chdir(tmp_path)
    referral(world, "summer", "live")
    assert world.cli("plan", "--out", "today.plan").code == 0
    assert (world.root / "today.plan").is_file()
    assert not (tmp_path / "today.plan").exists()
    assert world.cli("apply", "today.plan").code == 0
    assert world.state(ref("summer")) == "live"


GARBAGE = {
    "empty": b"", "text": b"not a plan", "binary": bytes(range(256)), "a list": b"[]", "null": b"null",
    "other json": b'{"digest": "sha256:0"}', "no plan": b'{"saved":"muster-saved-plan","lines":{}}',
    "plan is text": b'{"saved":"muster-saved-plan","lines":{},"plan":"x"}',
    "no digest": b'{"saved":"muster-saved-plan","lines":{},"plan":{"format_version":"1.0"}}',
    "newer": b'{"saved":"muster-saved-plan","lines":{},"plan":{"format_version":"2.0","digest":"sha256:0"}}',
    "no ref": b'{"saved":"muster-saved-plan","lines":{"x":[]},"plan":{"format_version":"1.0","digest":"sha256:0"}}',
    "lines are a list": b'{"saved":"muster-saved-plan","lines":[],"plan":{"format_version":"1.0","digest":"sha256:0"}}',
    "deep": b"[" * 100_000, "cut off": b'{"saved":"muster-saved-plan","plan":{"format_ver',
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(GARBAGE))
def test_a_file_that_is_no_saved_plan(world: World, saved: Path, name: str) -> None:
    saved.write_bytes(GARBAGE[name])
    before = remembered(world)
    code, out, err = world.cli("apply", str(saved))
    assert (code, out, remembered(world)) == (64, "", before)
    assert "today.plan" in err
    assert "plan" in err.replace("today.plan", "")


def test_a_saved_plan_that_is_not_there(world: World, saved: Path) -> None:
    saved.unlink()
    before = remembered(world)
    assert world.cli("apply", str(saved)).code in (3, 64)
    assert remembered(world) == before


def test_two_saved_plans_are_one_too_many(world: World, saved: Path) -> None:
    other = world.root / "other.plan"
    shutil.copy(saved, other)
    before = remembered(world)
    assert world.cli("apply", str(saved), str(other)).code == 64
    assert remembered(world) == before


Tamper = Callable[[dict[str, Any]], object]


def _approve_more(data: dict[str, Any]) -> None:
    """The line of a change that nobody saw, under an untouched plan."""
    step = ["transition", "stop", "live", "stopped", ["void-pending-rewards"], []]
    data["lines"][ref("spring")] = [ref("spring"), [step], "", []]


@pytest.mark.parametrize(
    "tamper",
    [
        _approve_more,
        lambda data: data["lines"].pop(ref("summer")),
        lambda data: data["lines"].update({ref("summer"): data["lines"][ref("winter")]}),
        lambda data: data["plan"].update(digest="sha256:" + "0" * 64),
        lambda data: data["lines"][ref("summer")][1].pop(),
    ],
    ids=["approve more", "drop a line", "swap lines", "other digest", "fewer steps"],
)
def test_a_saved_plan_that_was_tampered_with_is_refused_as_a_whole(world: World, saved: Path, tamper: Tamper) -> None:
    """The digest is over the lines: whoever changes one leaves a file that does not hold together."""
    referral(world, "spring", "stopped")
    data = canonical.decode(saved.read_bytes())
    tamper(data)
    saved.write_bytes(canonical.encode(data))
    before = remembered(world)
    assert world.cli("apply", str(saved)).code in (6, 64)
    assert remembered(world) == before


def test_a_plan_that_cannot_be_saved(world: World) -> None:
    referral(world, "summer", "live")
    code, _, err = world.cli("plan", "--out", str(world.root / "no" / "such" / "place.plan"))
    assert code == 64
    assert "place.plan" in err


# Renaming.


def test_moved_from_keeps_the_history(world: World) -> None:
    (world.manifests / "spring.yaml").unlink()
    referral(world, "easter", "paused", more=", movedFrom: spring")
    assert world.cli("apply", "--yes").code == 0
    assert (world.state(ref("easter")), world.state(ref("spring"))) == ("paused", "")
    told = [(event.body["op"], event.body["to"]) for event in world.events(ref("easter"))]
    assert told == [("create", "live"), ("move", "live"), ("transition", "paused")]
    assert [event.serial for event in world.events(ref("spring"))] == [
        event.serial for event in world.events(ref("easter"))
    ]
    assert world.cli("apply", "--yes").code == 0
    assert len(world.events(ref("easter"))) == 3, "movedFrom may stay in the file"


# Formats.


@pytest.mark.parametrize("state", ["paused", "not_launched"])
def test_json_is_all_that_stands_on_stdout(world: World, state: str) -> None:
    referral(world, "spring", state)
    referral(world, "summer", "live")
    world.write("empty.yaml", "")
    code, out, _ = world.cli("apply", "--yes", "--format", "json")
    data = json.loads(out)
    assert (code, data["format_version"]) == (0 if state == "paused" else 4, "1.0")
    assert data["applied"]["steps"] == sum(len(one["steps"]) for one in data["resources"])
    assert [one["ref"] for one in data["blocked"]] == ([] if state == "paused" else [ref("spring")])


def test_json_also_says_what_is_invalid(world: World) -> None:
    world.write("bad.yaml", "kind: [\n")
    code, out, _ = world.cli("apply", "--yes", "--format", "json")
    assert (code, json.loads(out)["diagnostics"][0]["file"]) == (3, "campaigns.d/bad.yaml")


def test_json_of_all_or_nothing_says_that_nothing_was_applied(world: World) -> None:
    referral(world, "spring", "not_launched")
    referral(world, "summer", "live")
    code, out, _ = world.cli("apply", "--yes", "--all-or-nothing", "--format", "json")
    data = json.loads(out)
    assert (code, data.get("applied", {}).get("steps", 0), len(data["blocked"])) == (4, 0, 1)


# A person at a terminal.


CTRL_C = b"\x03"


def on_a_terminal(world: World, answer: bytes, *options: str) -> tuple[int, str]:
    """`muster apply` with a real terminal, which is given `answer` once it asks."""
    pid, terminal = pty.fork()
    if pid == 0:
        _at_the_door(world, options)
    shown, give_up = b"", monotonic() + 20
    while b"Apply this" not in shown and monotonic() < give_up and (more := _read(terminal)) is not None:
        shown += more
    assert b"Apply this" in shown, shown.decode()
    os.write(terminal, answer)
    while monotonic() < give_up:
        more = _read(terminal)
        if more is None:
            break
        if not more and answer == CTRL_C:
            os.write(terminal, answer)  # it came before the program was reading, and Python noted it without a word
        shown += more
    os.close(terminal)
    return ended(pid), shown.decode()


def _at_the_door(world: World, options: tuple[str, ...]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started pytest may have had it ignored
    code = 99
    try:
        sys.stdin, sys.stdout, sys.stderr = (
            io.TextIOWrapper(io.FileIO(n, mode), line_buffering=True) for n, mode in enumerate("rww")
        )
        code = commands.run(["-C", str(world.root), "--no-color", "apply", *options])
        sys.stdout.flush()
    finally:
        os._exit(code)


def _read(terminal: int) -> bytes | None:
    """What comes within a moment, perhaps nothing; None once the other side is gone."""
    try:
        return (os.read(terminal, 65536) or None) if select.select([terminal], [], [], 0.2)[0] else b""
    except OSError:
        return None


def test_yes(world: World) -> None:
    referral(world, "summer", "live")
    code, shown = on_a_terminal(world, b"y\n")
    assert (code, world.state(ref("summer"))) == (0, "live")
    assert "Applied: 2 steps" in shown


@pytest.mark.parametrize("answer", [b"n\n", b"\n", CTRL_C, b"\x04"], ids=["no", "return", "Ctrl-C", "Ctrl-D"])
def test_anything_else_is_130_and_changes_nothing(world: World, answer: bytes) -> None:
    referral(world, "summer", "live")
    before = remembered(world)
    code, shown = on_a_terminal(world, answer)
    assert (code, remembered(world)) == (130, before)
    assert "interrupted" in shown
    assert "Traceback" not in shown
