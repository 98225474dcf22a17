"""`--base REF`: what a branch changes, and apart from it what its base owes already; with real git."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.commands.test_apply import SHARED, ref, referral, remembered
from tests.repository import Git, under_git
from tests.world import World

SCHEMA = json.loads((Path(__file__).parents[2] / "schemas/plan.schema.json").read_text(encoding="utf-8"))


@pytest.fixture
def world(world: World) -> World:
    """Spring is live; summer and autumn are stored, and as their manifests ask."""
    world.write("shared.yaml", SHARED)
    for name in ("spring", "summer", "autumn"):
        referral(world, name, "live")
    assert world.cli("apply", "--yes").code == 0
    return world


@pytest.fixture
def git(world: World) -> Git:
    """The world under git, on a branch that has changed nothing yet."""
    git = under_git(world)
    git("switch", "-q", "-c", "topic")
    return git


def compared(world: World, *options: str, base: str = "main", code: int = 0) -> dict[str, Any]:
    answer = world.cli("plan", "--base", base, "--format", "json", *options)
    assert answer.code == code, answer.out + answer.err
    data: dict[str, Any] = json.loads(answer.out)
    Draft202012Validator(SCHEMA).validate(data)
    return data


def refs(part: dict[str, Any], name: str = "resources") -> list[str]:
    return [one["ref"] for one in part[name]]


def owed(data: dict[str, Any], name: str = "resources") -> list[str]:
    return refs(data["compared"]["owed"], name)


def test_with_nothing_owed_the_branch_is_the_whole_plan(world: World, git: Git) -> None:
    referral(world, "spring", "paused")
    git.commit()
    data = compared(world)
    assert (refs(data), owed(data)) == ([ref("spring")], [])
    assert data["digest"] == json.loads(world.cli("plan", "--format", "json").out)["digest"]
    assert data["compared"]["commit"] == git("rev-parse", "main")


def test_what_the_base_owes_is_told_apart(world: World, git: Git) -> None:
    git("switch", "-q", "main")
    referral(world, "summer", "paused")
    git.commit("merged, and not applied yet")
    git("switch", "-q", "-c", "another")
    referral(world, "spring", "paused")
    git.commit()
    data = compared(world)
    assert (refs(data), owed(data)) == ([ref("spring")], [ref("summer")])
    assert data["summary"]["transition"] == 1
    text = world.cli("plan", "--base", "main").out
    mine, _, theirs = text.partition("Owed already by the base, not by this branch:")
    assert "compared with main" in mine and ref("spring") in mine and ref("summer") not in mine
    assert ref("summer") in theirs and ref("spring") not in theirs
    comment = world.cli("plan", "--base", "main", "--format", "markdown").out
    assert comment.index("spring@1") < comment.index("Owed already") < comment.index("summer@1")
    assert f"muster apply --base HEAD^1 --expect {data['digest']}" in comment


def test_what_the_branch_changes_anew_is_its_own(world: World, git: Git) -> None:
    git("switch", "-q", "main")
    referral(world, "summer", "paused")
    referral(world, "autumn", "paused")
    git.commit()
    git("switch", "-q", "-c", "another")
    referral(world, "summer", "stopped")
    referral(world, "autumn", "live")
    git.commit()
    data = compared(world)
    assert (refs(data), owed(data)) == ([ref("summer")], [])
    assert data["compared"]["mended"] == [ref("autumn")], "the branch takes back what was owed"
    assert f"Mended by this branch: {ref('autumn')}" in world.cli("plan", "--base", "main").out


def test_a_dirty_working_tree_is_the_branch(world: World, git: Git) -> None:
    referral(world, "spring", "paused")
    referral(world, "winter", "live")  # not even added
    assert refs(compared(world)) == [ref("spring"), ref("winter")]
    assert refs(compared(world, base="HEAD")) == [ref("spring"), ref("winter")]


def test_the_base_is_where_the_branch_began_not_where_main_is_now(world: World, git: Git) -> None:
    referral(world, "spring", "paused")
    git.commit()
    began = git("rev-parse", "main")
    git("switch", "-q", "main")
    referral(world, "summer", "paused")
    git.commit("somebody else's, merged since")
    git("switch", "-q", "topic")
    data = compared(world)
    assert (data["compared"]["commit"], refs(data), owed(data)) == (began, [ref("spring")], [])


def test_only_what_the_branch_brings_refuses_it(world: World, git: Git) -> None:
    git("switch", "-q", "main")
    referral(world, "summer", "not_launched")  # nothing leads back there
    git.commit()
    assert world.cli("plan").code == 4
    git("switch", "-q", "-c", "another")
    referral(world, "spring", "paused")
    git.commit()
    data = compared(world, code=0)
    assert (refs(data, "blocked"), owed(data, "blocked")) == ([], [ref("summer")])
    referral(world, "spring", "not_launched")
    data = compared(world, code=4)
    assert (refs(data, "blocked"), owed(data, "blocked")) == ([ref("spring")], [ref("summer")])


def test_who_edits_what_is_refused_already_is_refused_with_it(world: World, git: Git) -> None:
    git("switch", "-q", "main")
    referral(world, "summer", "not_launched")
    git.commit()
    git("switch", "-q", "-c", "another")
    referral(world, "summer", "not_launched", more=", labels: {team: growth}")
    data = compared(world, code=4)
    assert (refs(data, "blocked"), owed(data, "blocked")) == ([ref("summer")], [])


def test_the_brake_is_whose_plan_it_goes_off_in(world: World, git: Git) -> None:
    names = [f"offer-{number:02}" for number in range(10)]
    for name in names:
        referral(world, name, "live")
    world.cli("apply", "--yes")
    git.commit("ten more")
    git("switch", "-q", "-C", "main")
    for name in names[:3]:
        referral(world, name, "stopped")
    git.commit("three of thirteen: not too many")
    git("switch", "-q", "-c", "another")
    for name in names[3:5]:
        referral(world, name, "stopped")
    data = compared(world, code=5)
    assert refs(data, "blocked") == [ref(name) for name in names[:5]], (
        "together they are, and that is this branch's doing"
    )
    git.commit()
    git("switch", "-q", "-C", "main")
    git("switch", "-q", "-c", "third")
    referral(world, names[5], "stopped")
    data = compared(world, code=5)
    assert refs(data, "blocked") == [ref(names[5])], "the others were stopped by the brake before"
    assert owed(data, "blocked") == [ref(name) for name in names[:5]]


def test_conflicts_ahead_are_told_apart(world: World, git: Git) -> None:
    entries = "schedule: {timezone: UTC, entries: [{at: '2027-02-01T00:00', state: paused}]}"
    git("switch", "-q", "main")
    _scheduled(world, "summer", "not_launched")
    git.commit()
    git("switch", "-q", "-c", "another")
    text = (world.manifests / "autumn.yaml").read_text(encoding="utf-8")
    (world.manifests / "autumn.yaml").write_text(f"{text}{entries}\n", encoding="utf-8")
    data = compared(world)
    mine = [(one["ref"], one["to"]) for one in data["timeline"]]
    assert mine == [(ref("autumn"), "paused")]


def _scheduled(world: World, name: str, state: str) -> None:
    referral(world, name, "live")
    text = (world.manifests / f"{name}.yaml").read_text(encoding="utf-8")
    entries = "schedule: {timezone: UTC, entries: [{at: '2027-03-01T00:00', state: paused}]}"
    (world.manifests / f"{name}.yaml").write_text(f"{text}{entries}\n", encoding="utf-8")


def test_removing_a_manifest_is_this_branch_s(world: World, git: Git) -> None:
    git("switch", "-q", "main")
    (world.manifests / "summer.yaml").unlink()
    git.commit()
    git("switch", "-q", "-c", "another")
    (world.manifests / "spring.yaml").unlink()
    data = compared(world)
    assert (refs(data, "unmanaged"), owed(data, "unmanaged")) == ([ref("spring")], [ref("summer")])


def test_warnings_that_the_base_has_too_are_owed(world: World, git: Git) -> None:
    git("switch", "-q", "main")
    world.write("empty.yaml", "# nothing\n")
    git.commit()
    git("switch", "-q", "-c", "another")
    world.write("hollow.yaml", "# nothing\n")
    data = compared(world)
    assert [one["file"] for one in data["diagnostics"]] == ["campaigns.d/hollow.yaml"]
    assert [one["file"] for one in data["compared"]["owed"]["diagnostics"]] == ["campaigns.d/empty.yaml"]


def test_a_base_that_cannot_be_planned_owes_nothing(world: World, git: Git) -> None:
    git("switch", "-q", "main")
    world.write("bad.yaml", "kind: [\n")
    git.commit()
    git("switch", "-q", "-c", "another")
    (world.manifests / "bad.yaml").unlink()
    referral(world, "spring", "paused")
    data = compared(world)
    assert refs(data) == [ref("spring")]
    assert "campaigns.d/bad.yaml" in data["compared"]["note"] and "muster-base" not in data["compared"]["note"]
    assert "everything counts as this branch's" in world.cli("plan", "--base", "main").out


def test_a_base_before_there_was_a_project_owes_nothing(world: World, tmp_path: Path) -> None:
    git = Git(world.root)
    git("init", "-q", "-b", "main")
    git("commit", "-q", "--allow-empty", "-m", "nothing yet")
    (world.root / ".gitignore").write_text(".muster/\n", encoding="utf-8")
    git("switch", "-q", "-c", "topic")
    referral(world, "spring", "paused")
    git.commit()
    assert refs(compared(world)) == [ref("spring")]


# Where the project lies in its repository.


def test_a_project_in_a_folder_of_its_repository(world: World, tmp_path: Path) -> None:
    git = under_git(world, tmp_path)
    referral(world, "spring", "paused")
    data = compared(world)
    assert (refs(data), owed(data)) == ([ref("spring")], [])
    git.commit("now main owes it")
    assert owed(compared(world)) == [ref("spring")]
    assert owed(compared(world, str(world.manifests))) == [ref("spring")], "an absolute path means the same there"
    assert owed(compared(world, "campaigns.d/spring.yaml", "campaigns.d/shared.yaml")) == [ref("spring")]


def test_manifests_beside_the_project(world: World, tmp_path: Path) -> None:
    """muster.yaml may name folders elsewhere in the repository, and so may links."""
    shutil.move(world.manifests, tmp_path / "shared")
    world.write("../muster.yaml", "manifests: [../shared]\n")
    git = under_git(world, tmp_path)
    assert owed(compared(world)) == []
    file = tmp_path / "shared" / "spring.yaml"
    file.write_text(file.read_text("utf-8").replace("live", "paused"), encoding="utf-8")
    assert refs(compared(world)) == [ref("spring")]
    git.commit()
    assert owed(compared(world)) == [ref("spring")]
    (world.root / "muster.yaml").unlink()
    world.manifests.rmdir()
    world.manifests.symlink_to("../shared")
    git.commit()
    assert owed(compared(world)) == [ref("spring")]


def test_links_submodules_and_odd_names(world: World, git: Git) -> None:
    git("switch", "-q", "main")
    (world.manifests / "link.yml").symlink_to("spring.yaml")
    (world.manifests / 'odd "name"\n*.yaml').write_text((world.manifests / "summer.yaml").read_text("utf-8"), "utf-8")
    (world.manifests / "summer.yaml").unlink()
    git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},vendored")
    git("add", "-A", "campaigns.d")
    git("commit", "-q", "-m", "odd")
    git("switch", "-q", "-c", "another")
    referral(world, "spring", "paused")
    data = compared(world)
    assert (refs(data), owed(data), refs(data, "unmanaged")) == ([ref("spring")], [], [])


def test_content_files_are_those_of_the_base(world: World, git: Git) -> None:
    world.write("letter.txt", "Hello\n")
    world.write(
        "template.yaml",
        """
        apiVersion: muster/v1
        kind: Template
        metadata: {name: letter}
        spec: {html: {file: letter.txt}}
        """,
    )
    git.commit()
    git("switch", "-q", "-C", "main")
    assert owed(compared(world)) == ["Template/letter@1"]
    world.write("letter.txt", "Goodbye\n")
    assert refs(compared(world)) == ["Template/letter@1"]


def test_line_ends_are_as_in_a_checkout(world: World, git: Git) -> None:
    """A working tree with CRLF is compared with what a checkout of the base would be, not with the bytes in git."""
    (world.root / ".gitattributes").write_text("*.txt text eol=crlf\n", encoding="utf-8")
    world.write(
        "template.yaml",
        "apiVersion: muster/v1\nkind: Template\nmetadata: {name: letter}\nspec: {html: {file: letter.txt}}\n",
    )
    (world.manifests / "letter.txt").write_bytes(b"Hello\r\n")
    assert world.cli("apply", "--yes").code == 0
    git.commit()
    git("switch", "-q", "-C", "main")
    data = compared(world)
    assert (refs(data), owed(data)) == ([], [])


def test_nothing_in_the_checkout_is_written(world: World, git: Git) -> None:
    referral(world, "spring", "paused")
    git("add", "campaigns.d/spring.yaml")
    before = (git("status", "--porcelain=v2"), (world.root / ".git/index").read_bytes(), _files(world.root))
    compared(world)
    world.cli("plan", "--base", "main", "--format", "sarif")
    assert (git("status", "--porcelain=v2"), (world.root / ".git/index").read_bytes(), _files(world.root)) == before


def _files(root: Path) -> set[str]:
    return {str(path) for path in root.rglob("*") if ".muster" not in path.parts and "objects" not in path.parts}


def test_inside_a_hook_git_means_another_directory(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hooks run at the top of the repository, with variables that are relative to it; the project lies deeper."""
    under_git(world, tmp_path)
    referral(world, "spring", "paused")
    monkeypatch.setenv("GIT_DIR", ".git")
    monkeypatch.setenv("GIT_INDEX_FILE", ".git/index")
    assert refs(compared(world)) == [ref("spring")]


# What cannot be compared.


@pytest.mark.parametrize("base", ["nope", "", "-h", "--all", "--output=x", "HEAD:campaigns.d", "HEAD~9", "a b", "x\n"])
def test_an_unknown_ref_is_a_usage_error(world: World, git: Git, base: str) -> None:
    code, out, err = world.cli("plan", "--base", base)
    assert (code, out) == (64, "")
    assert "there is no such commit here" in err or "option" in err
    assert not (world.root / "x").exists()


def test_a_ref_may_be_called_like_an_option(world: World, git: Git) -> None:
    """`--base=-x` reaches us; git never sees it as an option."""
    code, _, err = world.cli("plan", "--base=--upload-pack=touch x")
    assert (code, "there is no such commit here" in err) == (64, True)


def test_outside_of_git(world: World) -> None:
    code, out, err = world.cli("plan", "--base", "main")
    assert (code, out) == (64, "") and "in no git repository" in err


def test_before_the_first_commit(world: World) -> None:
    Git(world.root)("init", "-q")
    code, _, err = world.cli("plan", "--base", "main")
    assert code == 64 and "nothing is committed here yet" in err


def test_no_common_history(world: World, git: Git) -> None:
    git("switch", "-q", "--orphan", "island")
    git("commit", "-q", "--allow-empty", "-m", "alone")
    git("switch", "-q", "topic")
    code, _, err = world.cli("plan", "--base", "island")
    assert code == 64 and "no common history" in err


def test_a_shallow_clone_says_how_to_get_the_rest(world: World, git: Git, tmp_path: Path) -> None:
    referral(world, "spring", "paused")
    git.commit()
    git("switch", "-q", "main")
    git.commit("main goes on")
    clone = Git(tmp_path / "clone")
    url = f"file://{world.root}"
    Git(tmp_path)("clone", "-q", "--depth", "1", "--no-single-branch", "--branch", "topic", url, str(clone.directory))
    there = World(clone.directory)
    code, _, err = there.cli("plan", "--base", "origin/main")
    assert code == 64 and "shallow" in err and "fetch-depth: 0" in err
    clone("fetch", "-q", "--unshallow")
    there = World(clone.directory)
    store = ["--store", f"sqlite:///{world.root}/.muster/state.db"]
    assert there.cli(*store, "plan", "--base", "origin/main", "--format", "json").code == 0


# Applying a branch's part.


def test_what_was_reviewed_of_one_merge_is_applied_whatever_else_is_owed(world: World, git: Git) -> None:
    git("switch", "-q", "main")
    referral(world, "summer", "paused")
    git.commit("owed")
    git("switch", "-q", "-C", "topic")
    referral(world, "spring", "paused")
    git.commit()
    reviewed = compared(world)["digest"]
    git("switch", "-q", "main")
    git("merge", "-q", "--no-ff", "-m", "merge", "topic")
    before = remembered(world)
    code, _, err = world.cli("apply", "--expect", reviewed)
    assert (code, remembered(world)) == (6, before), "the whole is more than was reviewed"
    code, out, err = world.cli("apply", "--base", "HEAD^1", "--expect", reviewed)
    assert code == 0, err
    assert (world.state(ref("spring")), world.state(ref("summer"))) == ("paused", "live")
    assert ref("summer") in out.partition("Owed already")[2]


def test_with_nothing_owed_the_digest_of_the_part_is_that_of_the_whole(world: World, git: Git) -> None:
    referral(world, "spring", "paused")
    git.commit()
    reviewed = compared(world)["digest"]
    git("switch", "-q", "main")
    git("merge", "-q", "--squash", "topic")
    git.commit("squashed")
    assert world.cli("apply", "--expect", reviewed).code == 0
    assert world.state(ref("spring")) == "paused"


def test_a_saved_plan_of_a_branch_is_its_part(world: World, git: Git) -> None:
    git("switch", "-q", "main")
    referral(world, "summer", "paused")
    git.commit("owed")
    git("switch", "-q", "-C", "topic")
    referral(world, "spring", "paused")
    git.commit()
    assert world.cli("plan", "--base", "main", "--out", "part.plan").code == 0
    assert world.cli("apply", "part.plan").code == 0
    assert (world.state(ref("spring")), world.state(ref("summer"))) == ("paused", "live")


def test_timers_that_are_due_run_whatever_is_merged(world: World, git: Git) -> None:
    referral(world, "spring", "ended")
    world.cli("apply", "--yes")
    git.commit()
    git("switch", "-q", "-C", "main")
    git("switch", "-q", "-C", "topic")
    referral(world, "summer", "paused")
    world.clock.advance(days=120)
    data = compared(world)
    assert (refs(data), owed(data)) == ([ref("summer")], [ref("spring")]), "stopping after three months is the clock's"
    assert world.cli("apply", "--base", "main", "--expect", data["digest"]).code == 0
    assert (world.state(ref("spring")), world.state(ref("summer"))) == ("stopped", "paused")


# An approval and a rebase.


@pytest.fixture
def approved(world: World, git: Git) -> str:
    """The digest of a branch that pauses spring."""
    referral(world, "spring", "paused")
    git.commit("pause spring")
    return str(compared(world)["digest"])


def rebased(git: Git) -> None:
    git("switch", "-q", "topic")
    git("rebase", "-q", "main")


def test_an_approval_survives_a_rebase_onto_something_else(world: World, git: Git, approved: str) -> None:
    git("switch", "-q", "main")
    referral(world, "summer", "paused")
    git.commit("another file, another campaign")
    rebased(git)
    assert compared(world)["digest"] == approved
    assert world.cli("apply", "--expect", approved).code == 6, "main owes more than the branch by now"
    assert world.cli("apply", "--base", "main", "--expect", approved).code == 0
    assert (world.state(ref("spring")), world.state(ref("summer"))) == ("paused", "live")


def test_an_approval_survives_once_the_other_change_is_applied(world: World, git: Git, approved: str) -> None:
    git("switch", "-q", "main")
    referral(world, "summer", "paused")
    git.commit("another campaign")
    assert world.cli("apply", "--yes").code == 0
    rebased(git)
    assert world.cli("apply", "--expect", approved).code == 0


def test_an_approval_survives_reformatting(world: World, git: Git, approved: str) -> None:
    file = world.manifests / "spring.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(f"# A comment, and an empty line.\n\n{text}", encoding="utf-8")
    assert world.cli("fmt").code == 0
    git.commit("laid out evenly")
    assert compared(world)["digest"] == approved
    file.rename(world.manifests / "renamed.yaml")
    git.commit("in another file")
    assert compared(world)["digest"] == approved
    assert world.cli("apply", "--expect", approved).code == 0


def test_an_approval_dies_with_a_change_of_the_same_campaign(world: World, git: Git, approved: str) -> None:
    git("switch", "-q", "main")
    referral(world, "spring", "live", offer="twenty")
    git.commit("the same campaign")
    git("switch", "-q", "topic")
    assert git.attempt("rebase", "main").returncode != 0, "git sees a conflict in the same file"
    referral(world, "spring", "paused", offer="twenty")
    git("add", "-A")
    git("-c", "core.editor=true", "rebase", "--continue")
    before = remembered(world)
    assert compared(world)["digest"] != approved
    for base in ((), ("--base", "main")):
        assert world.cli("apply", *base, "--expect", approved).code == 6
    assert remembered(world) == before


def test_an_approval_dies_where_the_store_has_moved_on(world: World, git: Git, approved: str) -> None:
    world.stored(ref("spring"), "stopped")
    assert world.cli("apply", "--expect", approved).code == 6
    assert world.cli("apply", "--base", "main", "--expect", approved).code == 6


def test_the_digest_of_a_branch_does_not_hang_on_the_machine(world: World, git: Git, tmp_path: Path) -> None:
    referral(world, "spring", "paused")
    git.commit()
    clone = tmp_path / "elsewhere"
    Git(tmp_path)("clone", "-q", str(world.root), str(clone))
    there = World(clone)
    store = ["--store", f"sqlite:///{world.root}/.muster/state.db"]
    mine, theirs = compared(world), there.cli(*store, "plan", "--base", "origin/main", "--format", "json")
    assert theirs.code == 0
    assert json.loads(theirs.out)["digest"] == mine["digest"]
