"""The examples for CI are run: every shell step of them, in clones of a real bare repository."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pytest
import yaml

from tests.commands.test_apply import SHARED, ref, referral
from tests.examples.runner import ROOT, Finished, Runner
from tests.repository import Git, under_git
from tests.world import World

GITHUB = ROOT / "examples/ci/github/muster.yml"
GITLAB = ROOT / "examples/ci/gitlab/.gitlab-ci.yml"


class Team:
    """A campaigns repository with a bare remote, somebody who works on it, and a CI machine."""

    def __init__(self, world: World, directory: Path) -> None:
        self.world, self.directory = world, directory
        (world.root / "muster-requirements.txt").write_text("# muster is there already\n", encoding="utf-8")
        world.write("shared.yaml", SHARED)
        referral(world, "spring", "live")
        referral(world, "summer", "live")
        self.git = under_git(world)
        self.remote = directory / "campaigns.git"
        Git(directory)("clone", "-q", "--bare", str(world.root), str(self.remote))
        self.git("remote", "add", "origin", str(self.remote))
        self.git("fetch", "-q", "origin")
        self.runner = Runner(directory / "runner")
        self.clones = 0
        self.applied = self.push_to_main("begin")

    def push_to_main(self, message: str) -> str:
        """Commit what is on disk and push it; the commit."""
        commit = self.git.commit(message)
        self.git("push", "-q", "origin", "HEAD:main")
        self.git("fetch", "-q", "origin")
        return commit

    def propose(self) -> None:
        """Push what is on disk as a branch, or as the next commit of it."""
        if self.git("branch", "--show-current") != "topic":
            self.git("switch", "-q", "-C", "topic")
        self.git.commit("proposed")
        self.git("push", "-q", "--force", "origin", "topic")

    def merged(self) -> tuple[str, str]:
        """Merge the branch by a squash; main before and after. GitHub knows which pull request it came from."""
        before = self.git("rev-parse", "origin/main")
        self.git("switch", "-q", "--detach", "origin/main")
        self.git("merge", "-q", "--squash", "topic")
        after = self.push_to_main("merged")
        forge = self.forge()
        forge["pulls"][after] = [{"number": 7, "merged_at": "2027-01-04T09:00:00Z"}]
        self.runner.forge.write_text(json.dumps(forge), encoding="utf-8")
        return before, after

    def forge(self) -> dict[str, Any]:
        state: dict[str, Any] = json.loads(self.runner.forge.read_text("utf-8"))
        return state

    def checkout(self, *, merge: bool = False) -> Path:
        """A fresh clone of main, as a runner has it; with `merge`, the branch merged into it, as GitHub does for a plan."""
        self.clones += 1
        clone = self.directory / f"clone-{self.clones}"
        Git(self.directory)("clone", "-q", str(self.remote), str(clone))
        if merge:
            Git(clone)("switch", "-q", "--detach")
            Git(clone)("merge", "-q", "--no-ff", "-m", "merge", "origin/topic")
        return clone

    def plan(self) -> Finished:
        return self.runner.github("plan", self.checkout(merge=True), {
            "secrets.MUSTER_STORE": self.runner.store, "github.base_ref": "main", "github.token": "t",
            "github.event.pull_request.number": "7",
        })  # fmt: skip

    def apply(self, before: str) -> Finished:
        return self.runner.github("apply", self.checkout(), {
            "secrets.MUSTER_STORE": self.runner.store, "github.token": "t", "github.actor": "dana",
            "github.event.before": before,
        })  # fmt: skip

    def state(self, name: str) -> str:
        done = self.runner.shell(
            f"muster get {ref(name)} --format json", self.world.root, {"MUSTER_STORE": self.runner.store}
        )
        found = re.search(r'"state": "(\w+)"', done.stdout)
        return found[1] if found else ""


@pytest.fixture
def team(world: World, tmp_path: Path) -> Team:
    """The first manifests are applied."""
    team = Team(world, tmp_path)
    done = team.runner.shell("muster apply --yes", world.root, {"MUSTER_STORE": team.runner.store})
    assert done.returncode == 0, done.stdout
    return team


# GitHub.


def test_a_pull_request_is_planned_commented_and_applied(team: Team) -> None:
    referral(team.world, "spring", "paused")
    team.propose()
    assert team.runner.github("validate", team.checkout(merge=True), {}).code == 0
    planned = team.plan()
    assert planned.code == 0, planned.printed
    assert "::notice file=campaigns.d/spring.yaml,line=5" in planned.printed
    (comment,) = team.forge()["comments"]
    assert comment["body"].startswith("<!-- muster plan -->\n### Muster plan: 1 transition")
    assert (team.state("spring"), team.state("summer")) == ("live", "live"), "a plan changes nothing"
    before, _ = team.merged()
    applied = team.apply(before)
    assert applied.code == 0, applied.printed
    assert (team.state("spring"), team.state("summer")) == ("paused", "live")


def test_the_comment_is_brought_up_to_date_in_its_place(team: Team) -> None:
    referral(team.world, "spring", "paused")
    team.propose()
    team.plan()
    (first,) = team.forge()["comments"]
    referral(team.world, "spring", "stopped")
    team.propose()
    team.plan()
    (second,) = team.forge()["comments"]
    assert first["id"] == second["id"] and first["body"] != second["body"]
    assert "stopped" in second["body"]


def test_what_may_not_be_merged_fails_the_job_but_is_shown(team: Team) -> None:
    referral(team.world, "spring", "not_launched")
    team.propose()
    planned = team.plan()
    assert (planned.code, planned.ran[-1]) == (4, "Refuse what may not be merged")
    assert re.search(r"^::error file=campaigns\.d/spring\.yaml,line=5,col=", planned.printed, re.MULTILINE)
    assert "**blocked**" in team.forge()["comments"][0]["body"]


def test_invalid_manifests_fail_the_job_but_are_shown(team: Team) -> None:
    team.world.write("bad.yaml", "kind: [\n")
    team.propose()
    planned = team.plan()
    assert (planned.code, planned.ran[-1]) == (3, "Refuse what may not be merged")
    assert "yaml-syntax" in team.forge()["comments"][0]["body"]
    assert team.runner.github("validate", team.checkout(merge=True), {}).code == 3


def test_a_plan_that_could_not_be_made_is_no_comment(team: Team) -> None:
    team.propose()
    context = {"secrets.MUSTER_STORE": "nosuch://store", "github.base_ref": "main"}
    planned = team.runner.github("plan", team.checkout(merge=True), context)
    assert (planned.code, planned.ran[-1], team.forge()["comments"]) == (64, "Plan", [])


def test_only_the_bot_s_own_word_counts(team: Team) -> None:
    referral(team.world, "spring", "paused")
    team.propose()
    forged = {
        "id": 1,
        "issue": 7,
        "user": {"login": "mallory"},
        "body": f"<!-- muster plan -->\nDigest `sha256:{'0' * 64}`.",
    }
    team.runner.forge.write_text(json.dumps({"comments": [forged], "pulls": {}}), encoding="utf-8")
    team.plan()
    assert [one["user"]["login"] for one in team.forge()["comments"]] == ["mallory", "github-actions[bot]"]
    state = team.forge()
    state["comments"].append({**forged, "id": 3})
    team.runner.forge.write_text(json.dumps(state), encoding="utf-8")
    before, _ = team.merged()
    assert team.apply(before).code == 0
    assert team.state("spring") == "paused"


def test_what_was_merged_is_not_what_was_reviewed(team: Team) -> None:
    referral(team.world, "spring", "paused")
    team.propose()
    team.plan()
    referral(team.world, "spring", "stopped")  # pushed after the plan
    team.propose()
    before, _ = team.merged()
    applied = team.apply(before)
    assert (applied.code, team.state("spring")) == (6, "live")


def test_two_pull_requests_at_once_are_each_applied_as_reviewed(team: Team) -> None:
    """The second is merged before the first is applied: what the first owes is not what the second was approved for."""
    referral(team.world, "summer", "paused")
    team.push_to_main("somebody else's, not applied")
    referral(team.world, "spring", "paused")
    team.propose()
    assert team.plan().code == 0
    assert "Owed already" in team.forge()["comments"][0]["body"]
    before, _ = team.merged()
    assert team.apply(before).code == 0
    assert (team.state("spring"), team.state("summer")) == ("paused", "live")


def test_a_push_that_nobody_reviewed_is_not_applied(team: Team) -> None:
    before = team.git("rev-parse", "origin/main")
    referral(team.world, "spring", "paused")
    team.push_to_main("straight to main")
    applied = team.apply(before)
    assert (applied.code, team.state("spring")) == (2, "live")


def test_a_merge_that_changes_no_campaign_passes(team: Team) -> None:
    before = team.git("rev-parse", "origin/main")
    (team.world.root / "README.md").write_text("Campaigns.\n", encoding="utf-8")
    team.push_to_main("words")
    assert team.apply(before).code == 0


def test_actionlint_has_nothing_to_say(tmp_path: Path) -> None:
    assert linted(GITHUB) == ""
    bad = tmp_path / "bad.yml"
    bad.write_text(GITHUB.read_text("utf-8").replace("github.base_ref", "github.event.pull_request.title"), "utf-8")
    assert linted(bad) == "", "an expression in env is harmless"
    bad.write_text(GITHUB.read_text("utf-8").replace("steps.plan.outputs.code", "steps.plam.outputs.code"), "utf-8")
    assert "plam" in linted(bad)


def linted(file: Path) -> str:
    program = Path(sys.executable).with_name("actionlint")
    done = subprocess.run([str(program), "-no-color", str(file)], capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def test_actions_are_pinned_and_permissions_named() -> None:
    workflow = yaml.safe_load(GITHUB.read_text("utf-8"))
    used = [step["uses"] for job in workflow["jobs"].values() for step in job["steps"] if "uses" in step]
    assert used and all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", one) for one in used)
    assert workflow["permissions"] == {}
    assert {name: job["permissions"] for name, job in workflow["jobs"].items()} == {
        "validate": {"contents": "read"},
        "plan": {"contents": "read", "pull-requests": "write", "security-events": "write"},
        "apply": {"contents": "read", "pull-requests": "read"},
    }
    assert "secrets" not in json.dumps(workflow["jobs"]["validate"])


# GitLab.


def test_a_merge_request_is_planned(team: Team) -> None:
    referral(team.world, "spring", "paused")
    referral(team.world, "summer", "not_launched")
    team.propose()
    clone = team.checkout()
    Git(clone)("switch", "-q", "--detach", "origin/topic")
    base = Git(clone)("merge-base", "origin/main", "HEAD")
    done = team.runner.gitlab("muster plan", clone, {"CI_MERGE_REQUEST_DIFF_BASE_SHA": base})
    assert done.code == 4, done.printed
    assert "**blocked**" in (clone / "muster.md").read_text("utf-8")
    cases = {case.get("name"): case for case in Xml.parse(clone / "muster.xml").iter("testcase")}
    assert cases[ref("summer")].find("failure") is not None and cases[ref("spring")].find("failure") is None


def test_a_merge_is_applied_as_it_was_planned(team: Team) -> None:
    referral(team.world, "spring", "paused")
    team.propose()
    before, _ = team.merged()
    clone = team.checkout()
    variables = {"CI_COMMIT_BEFORE_SHA": before, "MUSTER_ACTOR": "dana"}
    assert team.runner.gitlab("muster merged", clone, variables).code == 0
    assert (clone / "merge.plan").is_file() and team.state("spring") == "live"
    done = team.runner.gitlab("muster apply", clone, variables)
    assert (done.code, team.state("spring")) == (0, "paused"), done.printed
    assert next(Xml.parse(clone / "muster.xml").iter("testsuites")).get("failures") == "0"
    assert team.runner.gitlab("muster apply", clone, variables).code == 6, "once is enough"


def test_every_job_of_gitlab_is_run_above() -> None:
    pipeline = yaml.safe_load(GITLAB.read_text("utf-8"))
    jobs = {name for name, one in pipeline.items() if isinstance(one, dict) and "script" in one}
    assert jobs == {"muster plan", "muster merged", "muster apply"}
    assert {pipeline[name]["stage"] for name in jobs} == set(pipeline["stages"])
