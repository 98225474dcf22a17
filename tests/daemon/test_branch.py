"""`muster watch --git` on a real bare repository: pushes are applied, and nothing that happens to the remote does harm."""

import os
import signal
from pathlib import Path

import pytest

from reconciler.model.errors import Usage
from reconciler.source.git_remote import Remote as Followed
from reconciler.source.git_remote import shown
from tests.daemons import Remote, campaign, daemon, git
from tests.world import World

PUSHES = int(os.environ.get("MUSTER_PUSHES", "20"))
SOON = ("--interval", "1s", "--retry", "1s")


def commits(home: World, name: str) -> list[str]:
    return [event.body["commit"] for event in home.events(f"LeadCampaign/{name}")]


def test_what_two_clones_push_is_applied_with_its_commit(remote: Remote, home: World) -> None:
    first, second = Remote(remote.path).clone("third"), remote.clone("second")
    with daemon(home.root, "--git", str(remote.path), *SOON) as running:
        running.says("applied", ref="LeadCampaign/one@1")
        first.write("campaigns.d/two.yaml", campaign("two"))
        pushed = first.push("two")
        running.says("applied", ref="LeadCampaign/two@1", commit=pushed[:12])
        git(second.path, "pull", "-q", "--rebase", "origin", "main")
        second.write("campaigns.d/one.yaml", campaign("one", "test"))
        later = second.push("one to test")
        running.says("applied", ref="LeadCampaign/one@1", to="test")
    assert commits(home, "two") == [pushed]
    assert commits(home, "one")[-1] == later
    assert len(list((home.root / ".muster" / "git").glob("*/trees/*"))) == 1


def test_of_many_pushes_each_is_to_blame_for_its_own_campaign(remote: Remote, home: World) -> None:
    """Whoever pushes next while the daemon looks does not take the blame for what others have pushed."""
    clones = [remote.clone("second"), remote.clone("third")]
    with daemon(home.root, "--git", str(remote.path), *SOON) as running:
        running.says("applied", ref="LeadCampaign/one@1")
        pushed = {}
        for number in range(PUSHES):
            clone, name = clones[number % 2], f"c-{number}"
            git(clone.path, "pull", "-q", "--rebase", "origin", "main")
            clone.write(f"campaigns.d/{name}.yaml", campaign(name))
            pushed[name] = clone.push(name)
        for name in pushed:
            running.says("applied", ref=f"LeadCampaign/{name}@1")
    assert {name: commits(home, name) for name in pushed} == {name: [commit] for name, commit in pushed.items()}


def test_a_remote_that_is_gone_is_waited_for(remote: Remote, home: World) -> None:
    clone = remote.clone("second")
    with daemon(home.root, "--git", f"file://{remote.path}", *SOON) as running:
        running.says("applied", ref="LeadCampaign/one@1")
        aside = remote.path.with_name("aside.git")
        remote.path.rename(aside)
        running.says("the source is not followed", reason="Unreachable")
        aside.rename(remote.path)
        clone.write("campaigns.d/two.yaml", campaign("two"))
        clone.push("two")
        running.says("applied", ref="LeadCampaign/two@1")
        running.says("no longer so", was="the source is not followed")
        assert not running.said("unmanaged")


def test_an_empty_tree_changes_nothing(remote: Remote, home: World) -> None:
    clone = remote.clone("second")
    with daemon(home.root, "--git", str(remote.path), *SOON) as running:
        running.says("applied", ref="LeadCampaign/one@1")
        git(clone.path, "rm", "-rq", "campaigns.d")
        clone.push("nothing is left")
        running.says("the source is not followed", reason="EmptyCatalog")
        clone.write("campaigns.d/one.yaml", campaign("one", "test"))
        clone.push("back")
        running.says("applied", ref="LeadCampaign/one@1", to="test")
        assert not running.said("unmanaged")


def rewritten(remote: Remote) -> str:
    """Another history with another state."""
    clone = remote.clone("rewriter")
    git(clone.path, "checkout", "-q", "--orphan", "other")
    clone.write("campaigns.d/one.yaml", campaign("one", "test"))
    return clone.push("from scratch", "--force")


def test_a_rewritten_branch_is_followed_only_when_somebody_says_so(remote: Remote, home: World) -> None:
    url = ("--git", str(remote.path), *SOON)
    with daemon(home.root, *url) as running:
        running.says("applied", ref="LeadCampaign/one@1")
        tip = rewritten(remote)
        running.says("the source is not followed", reason="Rewritten")
        running.send(signal.SIGTERM)
        assert running.ended() == 0
    with daemon(home.root, *url) as running:
        # Across a restart, too.
        running.says("the source is not followed", reason="Rewritten")
    assert home.state("LeadCampaign/one") == "draft"
    with daemon(home.root, *url, "--accept", tip[:12]) as running:
        running.says("applied", ref="LeadCampaign/one@1", to="test")


def test_a_rewritten_branch_is_followed_where_that_is_allowed(remote: Remote, home: World) -> None:
    with daemon(home.root, "--git", str(remote.path), "--allow-force-push", *SOON) as running:
        running.says("applied", ref="LeadCampaign/one@1")
        rewritten(remote)
        running.says("applied", ref="LeadCampaign/one@1", to="test")


def test_the_repository_does_not_say_where_the_store_is(remote: Remote, home: World, tmp_path: Path) -> None:
    clone = remote.clone("second")
    clone.write("muster.yaml", f"store: sqlite://{tmp_path}/stolen.db\n")
    clone.push("mine")
    with daemon(home.root, "--git", str(remote.path), *SOON) as running:
        running.says("applied", ref="LeadCampaign/one@1")
    assert not (tmp_path / "stolen.db").exists()


def test_the_repository_does_not_lead_out_of_itself(remote: Remote, home: World, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "secret.yaml").write_text("password: hunter2\n")
    clone = remote.clone("second")
    with daemon(home.root, "--git", str(remote.path), *SOON) as running:
        running.says("applied", ref="LeadCampaign/one@1")
        clone.write("muster.yaml", f"manifests: [campaigns.d, {tmp_path}/private]\n")
        clone.push("look there")
        running.says("the source is not followed", reason="InvalidSettings")
        (clone.path / "muster.yaml").unlink()
        (clone.path / "campaigns.d" / "link").symlink_to(tmp_path / "private")
        clone.push("look here")
        running.says("a manifest is wrong", code="outside-tree")
    assert "hunter2" not in "".join(running.raw)


def test_nothing_of_the_remote_is_run(remote: Remote, home: World, tmp_path: Path) -> None:
    trap = tmp_path / "trapped"
    hook = remote.path / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {trap}\n")
    hook.chmod(0o755)
    clone = remote.clone("second")
    clone.write(".gitattributes", "*.yaml filter=evil\n")
    clone.write(".git-hooks/post-checkout", f"#!/bin/sh\ntouch {trap}\n")
    clone.push("traps")
    with daemon(home.root, "--git", str(remote.path), *SOON) as running:
        running.says("applied", ref="LeadCampaign/one@1")
    assert not trap.exists()


@pytest.mark.parametrize(
    "url",
    [
        "--upload-pack=touch /tmp/x", "ext::sh -c touch% /tmp/x", "ssh://-oProxyCommand=x/y", "-x@host:path",
        "git@-oProxyCommand=x:y", "http://host/path", "git://host/path", "fd::17", "https://host/a b", "nowhere",
    ],
)  # fmt: skip
def test_addresses_that_are_none_are_refused(url: str, tmp_path: Path) -> None:
    with pytest.raises(Usage):
        Followed.of(url, "main", tmp_path)


@pytest.mark.parametrize("branch", ["-d", "--upload-pack=x", "a..b", "a b", "a:b", "", "+main", "x.lock", "a//b", "/a"])
def test_branches_that_are_none_are_refused(branch: str, tmp_path: Path) -> None:
    with pytest.raises(Usage):
        Followed.of("https://git.shop.example/campaigns", branch, tmp_path)


def test_a_password_in_an_address_is_never_said(home: World) -> None:
    url = "https://user:hunter2@127.0.0.1:1/campaigns.git"
    with daemon(home.root, "--git", url, *SOON) as running:
        running.says("the pass failed", reason="Unreachable")
        running.send(signal.SIGTERM)
        assert running.ended() == 0
    assert "hunter2" not in "".join(running.raw)
    assert shown(url) == "https://…@127.0.0.1:1/campaigns.git"


def test_pushes_in_a_row_are_all_seen(remote: Remote, home: World) -> None:
    """Ten here; the daemon may look once for several, and ends where the branch does."""
    clone = remote.clone("second")
    with daemon(home.root, "--git", str(remote.path), *SOON) as running:
        running.says("applied", ref="LeadCampaign/one@1")
        for number in range(10):
            clone.write(f"campaigns.d/p-{number}.yaml", campaign(f"p-{number}"))
            clone.push(f"push {number}")
        for number in range(10):
            running.says("applied", ref=f"LeadCampaign/p-{number}@1")
