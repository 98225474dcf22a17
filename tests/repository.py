"""Git repositories of the tests' own: real commits, branches, merges and clones, with nobody's own settings of git.

Authors and times are the same in every run.

git = begun(world.root)                            a new repository, with nothing in it
git = under_git(world)                             one in which everything that lies there is committed on `main`
first = git.commit("Add spring", author="Ann")     everything that lies there; the commit's id
git("checkout", "-q", "-b", "branch")              any command of git; what it prints
Git(clone)                                         one that is there already
"""

import os
import subprocess
from pathlib import Path

from tests.world import World

IDENTITY = {
    "GIT_AUTHOR_NAME": "Somebody", "GIT_AUTHOR_EMAIL": "somebody@example.com", "GIT_COMMITTER_NAME": "Committer",
    "GIT_COMMITTER_EMAIL": "committer@example.com", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
}  # fmt: skip
"""Who commits, and no settings of whoever runs the tests."""


class Git:
    """The repository around a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._time = 1_767_225_600  # 2026-01-01T00:00:00Z; each commit is a minute later

    def __call__(self, *arguments: str | bytes) -> str:
        """Run git here; what it prints. Fails the test where git fails."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, f"git {arguments}: {done.stderr}{done.stdout}"
        return done.stdout.strip()

    def attempt(self, *arguments: str | bytes) -> "subprocess.CompletedProcess[str]":
        """Run git here, which may fail."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        stamp = f"{self._time} +0000"
        return subprocess.run(
            ["git", "-C", str(self.directory), *arguments], capture_output=True, text=True, errors="replace", check=False,
            env={**kept, **IDENTITY, "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}, timeout=60,
        )  # fmt: skip

    def commit(self, message: str = "change", *, author: str = "Ann") -> str:
        """Commit whatever differs; the commit's id."""
        self._time += 60
        self("add", "-A")
        self("commit", "-q", "--allow-empty", "--author", f"{author} <{author.lower()}@example.com>", "-m", message)
        return self.head

    def merge(self, *branches: str, ours: bool = False) -> str:
        """Merge branches; the commit's id."""
        self._time += 60
        self("merge", "-q", "--no-ff", "--no-edit", *(["-s", "ours"] if ours else []), *branches)
        return self.head

    @property
    def head(self) -> str:
        """The commit that is checked out."""
        return self("rev-parse", "HEAD")


def begun(directory: Path) -> Git:
    """A new repository around a directory, on `main`."""
    git = Git(directory)
    git("init", "-q", "-b", "main")
    return git


def under_git(world: World, top: Path | None = None) -> Git:
    """Make a repository of the world, or of a directory above it, with everything committed on `main`."""
    git = begun(top or world.root)
    (git.directory / ".gitignore").write_text(".muster/\n", encoding="utf-8")
    git.commit("begin")
    return git
