"""The hooks of `.pre-commit-hooks.yaml`, run by the real pre-commit from a clone of this checkout."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.commands.test_apply import SHARED, referral
from tests.examples.runner import ROOT
from tests.repository import IDENTITY, Git, under_git
from tests.world import World


@pytest.fixture(scope="module")
def hooks(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What is in this checkout now, as a repository that pre-commit may clone; its commit."""
    directory = tmp_path_factory.mktemp("hooks") / "muster"
    directory.mkdir()
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "reconciler", "pyproject.toml", "README.md",
         ".pre-commit-hooks.yaml"], cwd=ROOT, capture_output=True, check=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (directory / name).parent.mkdir(parents=True, exist_ok=True)
            (directory / name).write_bytes((ROOT / name).read_bytes())
    git = Git(directory)
    git("init", "-q", "-b", "main")
    git.commit()
    return str(directory)


def run(world: World, home: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """pre-commit, with a home of its own: what it installs for the hooks comes from the package index, as anywhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GIT_", "MUSTER_"))}
    more = {"PRE_COMMIT_HOME": str(home), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments], cwd=world.root, capture_output=True, text=True, check=False,
        env={**kept, **IDENTITY, **more},
    )  # fmt: skip


def test_both_hooks(world: World, hooks: str, tmp_path: Path) -> None:
    world.write("shared.yaml", SHARED)
    referral(world, "spring", "live")
    commit = Git(Path(hooks))("rev-parse", "HEAD")
    config = {"repos": [{"repo": hooks, "rev": commit, "hooks": [{"id": "muster-validate"}, {"id": "muster-fmt"}]}]}
    (world.root / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    git = under_git(world)
    home = tmp_path / "home"
    first = run(world, home, "run", "--all-files")
    assert "muster validate" in first.stdout and "muster fmt" in first.stdout, first.stdout + first.stderr
    git.commit("laid out")
    again = run(world, home, "run", "--all-files")
    assert again.returncode == 0 and again.stdout.count("Passed") == 2, again.stdout + again.stderr

    file = world.manifests / "spring.yaml"
    tidy = file.read_text(encoding="utf-8")
    file.write_text(tidy.replace("kind: ", "kind:    "), encoding="utf-8")
    untidy = run(world, home, "run", "--all-files")
    assert untidy.returncode == 1 and "files were modified by this hook" in untidy.stdout
    assert file.read_text(encoding="utf-8") == tidy

    (world.manifests / "shared.yaml").unlink()
    git("add", "-A")
    broken = run(world, home, "run")
    assert broken.returncode == 1 and "dangling-reference" in broken.stdout, "a change to another file breaks this one"


def test_the_manifest_of_hooks_is_one(hooks: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit", "validate-manifest", str(Path(hooks) / ".pre-commit-hooks.yaml")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
