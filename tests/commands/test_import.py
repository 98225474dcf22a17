"""`muster import`: what is stored and has no manifest gets one that leaves nothing to do."""

import shutil
from pathlib import Path

import pytest

from reconciler.model.plan import Op
from reconciler.model.ref import Ref
from tests.commands.test_blame import lead
from tests.world import World

ROOT = Path(__file__).parents[2]


def nothing_to_do(world: World) -> None:
    plan = world.plan()
    assert not plan.resources and not plan.due and not plan.blocked and not plan.unmanaged, plan
    assert [one for one in plan.diagnostics if one.severity == "error"] == []


def plain(world: World, ref: str = "LeadCampaign/solar") -> str:
    """A stored campaign whose manifest is gone."""
    world.write("solar.yaml", lead("phone"))
    world.apply()
    (world.manifests / "solar.yaml").unlink()
    return ref


def test_every_kind_of_a_real_repository_makes_the_round_trip(world: World) -> None:
    shutil.rmtree(world.manifests)
    shutil.copytree(ROOT / "campaigns.d", world.manifests)
    world.clock.set("2026-11-23T09:00:00Z")
    world.apply()
    with world.opened() as reconciler:
        before = dict(reconciler.gatherer.library.catalog.manifests)
        stored = reconciler.store.heads()
    for file in world.manifests.rglob("*.yaml"):
        file.unlink()
    code, out, err = world.cli("import", "--all")
    assert code == 0, err
    waited = {line.partition(":")[0] for line in err.splitlines() if "no longer for" in line}
    assert len(out.splitlines()) == len(stored)
    with world.opened() as reconciler:
        after = reconciler.gatherer.library.catalog.manifests
    assert after.keys() == stored.keys() <= before.keys()
    for ref, manifest in after.items():
        said = before[ref]
        assert (manifest.digest, manifest.flags) == (said.digest, said.flags), ref
        assert manifest.state == (stored[ref].state if str(ref) in waited else said.state), ref
    plan = world.plan()
    assert {str(one.ref) for one in plan.resources} == waited
    steps = [step for one in plan.resources for step in one.steps]
    noted = {(step.op, step.effects, *(change.path for change in step.changes)) for step in steps}
    assert noted == {(Op.EDIT, (), "/state")}
    assert not plan.unmanaged and not plan.due
    code, out, err = world.cli("fmt", "--check")
    assert (code, out) == (0, ""), out + err


@pytest.mark.parametrize("state", ["draft", "test", "published", "sundowned"])
def test_state_version_labels_and_schedule(world: World, state: str) -> None:
    text = lead("phone", state=state).replace(
        "name: solar", 'name: solar, version: 12, labels: {team: "no", size: "1"}'
    )
    scheduled = text + "schedule: {timezone: Europe/Amsterdam, entries: [{at: 2027-06-01T09:00, state: sundowned}]}\n"
    world.write("solar.yaml", scheduled if state == "published" else text)
    world.stored("LeadCampaign/solar@12", state)
    digest = world.resource("LeadCampaign/solar@12")
    (world.manifests / "solar.yaml").unlink()
    assert world.cli("import", "LeadCampaign/solar").code == 0
    assert (world.manifests / "solar-v12.yaml").exists()
    nothing_to_do(world)
    assert world.resource("LeadCampaign/solar@12") == digest


def test_a_flag_and_a_state_that_nobody_asks_for(world: World) -> None:
    shutil.rmtree(world.manifests)
    shutil.copytree(ROOT / "campaigns.d", world.manifests)
    world.clock.set("2026-11-23T09:00:00Z")
    ref = "EmailCampaign/winter-check"
    world.apply()
    world.clock.set("2027-01-12T10:00:00Z")
    world.stored(ref, "completed", satisfied=("completed", "running"), flags=("archived",))
    file = world.manifests / "growth/winter-check.yaml"
    file.unlink()
    assert world.cli("import", ref).code == 0
    text = file.read_text("utf-8")
    assert "archived: true" in text
    assert "\nstate: scheduled\n" in text
    assert Ref.parse(ref) not in {one.ref for one in world.plan().resources}


def test_an_existing_file_is_kept_and_another_document_put_behind(world: World) -> None:
    ref = plain(world)
    before = "# mine\r\n" + lead().replace("solar", "other").replace("\n", "\r\n").rstrip()
    (world.manifests / "other.yaml").write_bytes(before.encode())
    code, out, _ = world.cli("import", ref, "--to", "campaigns.d/other.yaml")
    assert (code, out) == (0, "LeadCampaign/solar@1 is written to campaigns.d/other.yaml\n")
    data = (world.manifests / "other.yaml").read_bytes()
    assert data.startswith(before.encode())
    assert b"\n" not in data.replace(b"\r\n", b"")
    world.apply(only=["LeadCampaign/other"])
    nothing_to_do(world)


@pytest.mark.parametrize("before", ["", "# nothing\n", "kind: X\n...\n"])
def test_files_that_hold_no_manifest(world: World, before: str) -> None:
    ref = plain(world)
    world.write("a.yaml", lead().replace("solar", "other"))
    world.apply()
    (world.manifests / "sub").mkdir()
    target = world.manifests / "sub/x.yaml"
    target.write_text(before, encoding="utf-8")
    code = world.cli("import", ref, "--to", "campaigns.d/sub/x.yaml").code
    if code:
        assert target.read_text("utf-8") == before
    else:
        nothing_to_do(world)


def test_without_a_place_no_file_is_touched(world: World) -> None:
    ref = plain(world)
    kept = world.write("solar.yaml", lead().replace("solar", "other"))
    text = kept.read_text("utf-8")
    assert world.cli("import", ref).out == "LeadCampaign/solar@1 is written to campaigns.d/solar-leadcampaign.yaml\n"
    assert kept.read_text("utf-8") == text


@pytest.mark.parametrize("to", ["../outside.yaml", "campaigns.d/a.txt", "/tmp/elsewhere.yaml"])
def test_a_place_that_no_plan_reads_is_refused(world: World, to: str) -> None:
    ref = plain(world)
    world.write("other.yaml", lead().replace("solar", "other"))
    code, _, err = world.cli("import", ref, "--to", to)
    assert code == 64
    assert "--to" in err


def refused(world: World, *arguments: str) -> str:
    before = sorted(world.manifests.rglob("*"))
    code, out, err = world.cli("import", *arguments)
    assert (code, out) == (64, "")
    assert sorted(world.manifests.rglob("*")) == before
    return err


def test_what_has_a_manifest_is_refused(world: World) -> None:
    world.write("solar.yaml", lead("phone"))
    world.apply()
    assert "it has a manifest: campaigns.d/solar.yaml" in refused(world, "LeadCampaign/solar")


def test_what_is_deleted_or_forgotten_or_unknown_is_refused(world: World) -> None:
    world.write("solar.yaml", lead("phone"))
    world.apply()
    world.write("solar.yaml", lead("phone", state="deleted"))
    world.apply()
    world.write("solar.yaml", lead().replace("solar", "other"))
    assert "it is deleted" in refused(world, "LeadCampaign/solar")
    assert world.cli("forget", "LeadCampaign/solar", "--yes").code == 0
    assert "was forgotten" in refused(world, "LeadCampaign/solar")
    assert "the store knows no LeadCampaign/othr" in refused(world, "LeadCampaign/othr")
    assert "say --all" in refused(world)


def test_what_stands_in_a_state_that_cannot_be_asked_for_is_refused(world: World) -> None:
    shutil.rmtree(world.manifests)
    shutil.copytree(ROOT / "campaigns.d", world.manifests)
    world.clock.set("2026-11-23T09:00:00Z")
    world.stored_all()
    world.stored("EmailCampaign/winter-check", "failed")
    (world.manifests / "growth/winter-check.yaml").unlink()
    assert "it is failed" in refused(world, "EmailCampaign/winter-check")
    code, _, err = world.cli("import", "--all")
    assert code == 1
    assert "EmailCampaign/winter-check@1 is left: it is failed" in err


def test_what_refers_to_something_without_a_manifest_needs_that_too(world: World) -> None:
    spec = "spec: {source: {csv: staff.csv}, email: email}"
    world.write("list.yaml", f"apiVersion: muster/v1\nkind: RecipientList\nmetadata: {{name: staff}}\n{spec}\n")
    world.write("staff.csv", "email\na@example.com\n")
    segment = "apiVersion: muster/v1\nkind: Segment\nmetadata: {name: team}\nspec: {list: staff, where: 'true'}\n"
    world.write("segment.yaml", segment)
    if not world.plan().resources or world.plan().blocked:
        pytest.fail("the manifests of this test are not accepted")
    world.apply()
    for name in ("list", "segment"):
        (world.manifests / f"{name}.yaml").unlink()
    assert "import what it refers to" in refused(world, "Segment/team")
    assert world.cli("import", "Segment/team", "RecipientList/staff").code == 0
    nothing_to_do(world)


def test_a_content_file_must_be_what_was_applied(world: World) -> None:
    world.write(
        "hello.yaml",
        "apiVersion: muster/v1\nkind: Template\nmetadata: {name: hello}\nspec: {subject: Hi, text: {file: hello.txt}}\n",
    )
    world.write("hello.txt", "Hello!")
    world.apply()
    (world.manifests / "hello.yaml").unlink()
    world.write("hello.txt", "Good day!")
    assert "hello.txt in campaigns.d is not what was applied" in refused(world, "Template/hello")
    (world.manifests / "hello.txt").unlink()
    assert "hello.txt" in refused(world, "Template/hello")
    world.write("hello.txt", "Hello!")
    assert world.cli("import", "Template/hello").code == 0
    nothing_to_do(world)


def test_an_entry_that_came_due_meanwhile_is_said(world: World) -> None:
    scheduled = "schedule: {timezone: UTC, entries: [{at: 2027-01-06T00:00, state: test}]}\n"
    world.write("solar.yaml", lead("phone") + scheduled)
    world.apply()
    (world.manifests / "solar.yaml").unlink()
    world.clock.advance(days=30)
    assert "an entry of its schedule has come due" in refused(world, "LeadCampaign/solar")


def test_stdout_writes_no_file(world: World) -> None:
    ref = plain(world)
    code, out, _ = world.cli("import", ref, "--stdout")
    assert code == 0
    assert out.startswith("apiVersion: muster/v1\nkind: LeadCampaign\nmetadata: {name: solar}\nstate: draft\nspec:\n")
    assert not list(world.manifests.rglob("*.yaml"))


def test_broken_files_stop_it(world: World) -> None:
    ref = plain(world)
    world.write("broken.yaml", "kind: [\n")
    assert world.cli("import", ref).code == 3
