"""A world under git: real commits, branches, merges and clones, with nobody's own settings of git."""

import os
import subprocess
from pathlib import Path

from tests.world import World

IDENTITY = {
    "GIT_AUTHOR_NAME": "Dana", "GIT_AUTHOR_EMAIL": "dana@example.com", "GIT_COMMITTER_NAME": "Dana",
    "GIT_COMMITTER_EMAIL": "dana@example.com", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_DATE": "2027-01-04T09:00:00Z", "GIT_COMMITTER_DATE": "2027-01-04T09:00:00Z",
}  # fmt: skip


class Git:
    """The repository around a directory."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory

    def __call__(self, *arguments: str) -> str:
        """Run git; what it printed. Fails the test where git fails."""
        done = self.attempt(*arguments)
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
        return done.stdout.strip()

    def attempt(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        return subprocess.run(
            ["git", "-C", str(self.directory), *arguments], capture_output=True, text=True, check=False,
            env={**kept, **IDENTITY},
        )  # fmt: skip

    def commit(self, message: str = "change") -> str:
        """Commit everything that is there; the commit."""
        self("add", "-A")
        self("commit", "-q", "--allow-empty", "-m", message)
        return self("rev-parse", "HEAD")


def under_git(world: World, top: Path | None = None) -> Git:
    """Make a repository of the world, or of a directory above it, with everything committed on `main`."""
    git = Git(top or world.root)
    git("init", "-q", "-b", "main")
    (git.directory / ".gitignore").write_text(".muster/\n", encoding="utf-8")
    git.commit("begin")
    return git
