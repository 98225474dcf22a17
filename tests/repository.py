"""A git repository of a world's own, with authors and times that are the same in every run.

git = Repository(world.root)
first = git.commit("Add spring", author="Ann")     everything that lies there; the commit's id
git("checkout", "-q", "-b", "branch")              any command of git; what it prints
"""

import os
import subprocess
from pathlib import Path

_ALONE = {
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_COMMITTER_NAME": "Committer", "GIT_COMMITTER_EMAIL": "committer@example.com", "GIT_TERMINAL_PROMPT": "0",
}  # fmt: skip
"""No settings of whoever runs the tests."""


class Repository:
    """A repository with a checked-out tree at `root`."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._time = 1_767_225_600  # 2026-01-01T00:00:00Z; each commit is a minute later
        self("init", "-q", "-b", "main")

    def __call__(self, *arguments: str | bytes) -> str:
        """Run git here; what it prints."""
        stamp = f"{self._time} +0000"
        names = {"GIT_AUTHOR_NAME": "Somebody", "GIT_AUTHOR_EMAIL": "somebody@example.com"}
        environment = {**os.environ, **_ALONE, **names, "GIT_AUTHOR_DATE": stamp, "GIT_COMMITTER_DATE": stamp}
        done = subprocess.run(
            ["git", "-C", str(self.root), *arguments], capture_output=True, check=False, env=environment, timeout=60
        )
        assert done.returncode == 0, f"git {arguments}: {done.stderr.decode()}{done.stdout.decode()}"
        return done.stdout.decode("utf-8", "replace").strip()

    def commit(self, message: str, *, author: str = "Ann") -> str:
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
