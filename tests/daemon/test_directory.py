"""`muster watch` on a directory: whatever editors, tools and Kubernetes do to files, the campaigns follow."""

import os
import shutil
import signal
from pathlib import Path

import pytest

from reconciler.model.ref import Ref
from tests.daemons import Running, campaign, daemon, until
from tests.world import World


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path / "repository")
    world.write("one.yaml", campaign("one"))
    return world


def created(world: World, *names: str) -> bool:
    return all(world.state(f"LeadCampaign/{name}") for name in names)


def watching(running: Running) -> Running:
    """A daemon that has applied what was there, and listens."""
    running.says("applied", ref="LeadCampaign/one@1")
    return running


QUIETLY = ("--interval", "1h")
"""Nothing but events wakes it."""


def test_a_saved_file_is_applied(world: World) -> None:
    with daemon(world.root, *QUIETLY) as running:
        watching(running)
        world.write("two.yaml", campaign("two"))
        running.says("applied", ref="LeadCampaign/two@1")
        world.write("two.yaml", campaign("two", "test"))
        running.says("applied", ref="LeadCampaign/two@1", to="test")
    assert world.state("LeadCampaign/two") == "test"


def test_an_editor_saves_through_a_temporary_file(world: World) -> None:
    with daemon(world.root, *QUIETLY) as running:
        watching(running)
        world.write(".one.yaml.swp", "not: [yaml")
        world.write("one.yaml~", "not: [yaml")
        temporary = world.write(".one.yaml.new", campaign("one", "test"))
        temporary.replace(world.manifests / "one.yaml")
        running.says("applied", ref="LeadCampaign/one@1", to="test")
        assert not running.said("a manifest is wrong")


def test_files_in_folders_that_were_just_made_are_found(world: World) -> None:
    with daemon(world.root, "--interval", "2s") as running:
        watching(running)
        names = [f"deep-{number}" for number in range(40)]
        for name in names:
            world.write(f"{name}/{name}/{name}.yaml", campaign(name))
        until(lambda: created(world, *names), "the deep ones")


def test_a_replaced_root_is_watched_again(world: World) -> None:
    with daemon(world.root, *QUIETLY) as running:
        watching(running)
        aside = world.root / "aside"
        for number in range(3):
            shutil.copytree(world.manifests, aside)
            name = f"later-{number}"
            (aside / f"{name}.yaml").write_text(campaign(name))
            world.manifests.rename(world.root / f"gone-{number}")
            aside.rename(world.manifests)
            running.says("applied", ref=f"LeadCampaign/{name}@1")
        world.write("last.yaml", campaign("last"))
        running.says("applied", ref="LeadCampaign/last@1")


def test_what_kubernetes_mounts_is_followed_through_its_swap(tmp_path: Path) -> None:
    world = World(tmp_path / "mounted")

    def publish(version: str, state: str) -> None:
        data = world.manifests / f"..{version}"
        (data / "folder").mkdir(parents=True)
        (data / "one.yaml").write_text(campaign("one", state))
        (data / "folder" / "two.yaml").write_text(campaign("two", state))
        link = world.manifests / "..data_tmp"
        link.symlink_to(f"..{version}")
        link.replace(world.manifests / "..data")

    publish("2027_01", "draft")
    (world.manifests / "one.yaml").symlink_to("..data/one.yaml")
    (world.manifests / "folder").symlink_to("..data/folder")
    with daemon(world.root, *QUIETLY) as running:
        running.says("applied", ref="LeadCampaign/one@1", to="draft")
        running.says("applied", ref="LeadCampaign/two@1", to="draft")
        publish("2027_02", "test")
        running.says("applied", ref="LeadCampaign/one@1", to="test")
        running.says("applied", ref="LeadCampaign/two@1", to="test")
        shutil.rmtree(world.manifests / "..2027_01")
        publish("2027_03", "deleted")
        running.says("applied", ref="LeadCampaign/two@1", to="deleted")
        assert not running.said("a manifest is wrong")


def test_a_burst_is_few_plans(world: World) -> None:
    """`MUSTER_BURST=20000` makes it the burst of the acceptance."""
    burst = int(os.environ.get("MUSTER_BURST", "2000"))
    with daemon(world.root, *QUIETLY) as running:
        watching(running)
        before = len(running.said("pass"))
        for number in range(burst):
            folder = world.manifests / f"{number // 100:05d}"
            folder.mkdir(exist_ok=True)
            (folder / f"b-{number}.yaml").write_text(campaign(f"b-{number}"))
        until(lambda: sum(one["resources"] for one in running.said("pass")[before:]) >= burst, "the burst")
        passes = len(running.said("pass")) - before
    assert passes <= 1 + burst // 500
    with world.store() as store:
        assert len(store.heads()) == burst + 1


def test_a_broken_manifest_stops_no_other(world: World) -> None:
    world.write("two.yaml", campaign("two"))
    with daemon(world.root, *QUIETLY) as running:
        running.says("applied", ref="LeadCampaign/two@1")
        world.write("two.yaml", "kind: [never closed")
        running.says("a manifest is wrong", level="error")
        world.write("one.yaml", campaign("one", "test"))
        running.says("applied", ref="LeadCampaign/one@1", to="test")
        assert not running.said("unmanaged")
        world.write("two.yaml", campaign("two", "test"))
        running.says("applied", ref="LeadCampaign/two@1", to="test")
        running.says("no longer so", was="a manifest is wrong")


def test_an_empty_tree_changes_nothing(world: World) -> None:
    with daemon(world.root, *QUIETLY) as running:
        watching(running)
        shutil.rmtree(world.manifests)
        running.says("the source is not followed", reason="EmptyCatalog")
        assert not running.said("unmanaged")
        world.manifests.mkdir()
        world.write("one.yaml", campaign("one", "test"))
        running.says("applied", ref="LeadCampaign/one@1", to="test")


def test_settings_are_read_again(world: World) -> None:
    with daemon(world.root, *QUIETLY) as running:
        watching(running)
        (world.root / "more").mkdir()
        (world.root / "more" / "two.yaml").write_text(campaign("two"))
        world.write("../muster.yaml", "manifests: [campaigns.d, more]\n")
        running.send(signal.SIGHUP)
        running.says("applied", ref="LeadCampaign/two@1")
        world.write("../muster.yaml", "manifests: 7\n")
        running.send(signal.SIGHUP)
        until(lambda: len(running.said("reloading")) == 2)
        running.says("the source is not followed", reason="InvalidSettings")


def test_a_signal_ends_it(world: World) -> None:
    with daemon(world.root, *QUIETLY) as running:
        watching(running)
        running.send(signal.SIGTERM)
        assert running.ended() == 0
    assert running.said("stopped")


def test_a_lost_store_is_waited_for(world: World) -> None:
    with daemon(world.root, "--interval", "1s", "--retry", "1s") as running:
        watching(running)
        state = world.root / ".muster" / "state.db"
        kept = world.root / "kept.db"
        shutil.copy(state, kept)
        for file in state.parent.glob("state.db*"):
            file.unlink()
        state.mkdir()
        running.send(signal.SIGHUP)
        running.says("the pass failed", reason="StoreError")
        state.rmdir()
        kept.rename(state)
        world.write("two.yaml", campaign("two"))
        running.says("applied", ref="LeadCampaign/two@1")
    assert set(world_heads(world)) == {Ref.parse("LeadCampaign/one"), Ref.parse("LeadCampaign/two")}


def world_heads(world: World) -> list[Ref]:
    with world.store() as store:
        return list(store.heads())


def test_an_environment_is_followed_as_the_manifests_are(world: World) -> None:
    def environment(more: str) -> None:
        patch = f"{{state: test{more}}}"
        text = f"apiVersion: muster/v1\nkind: Environment\npatches: [{{ref: LeadCampaign/one, patch: {patch}}}]\n"
        world.write("../environments/live.yaml", text)

    environment("")
    with daemon(world.root, *QUIETLY, environment={"MUSTER_ENV": "live"}) as running:
        running.says("applied", ref="LeadCampaign/one@1", to="test")
        world.write("one.yaml", campaign("one") + "# read again, and patched again\n")
        world.write("two.yaml", campaign("two"))
        running.says("applied", ref="LeadCampaign/two@1")
        environment(", metadata: {labels: {team: growth}}")
        running.says("applied", ref="LeadCampaign/one@1", steps="edit")
        assert not running.said("blocked")
    assert (world.root / ".muster" / "environments" / "live" / "state.db").is_file()
    assert not created(world, "one"), "the base's own store knows nothing of it"
