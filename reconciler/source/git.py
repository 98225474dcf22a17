"""The door of git: what a checkout says of itself."""

import subprocess
from pathlib import Path


def head_commit(directory: Path) -> str:
    """The commit that is checked out in `directory`; empty outside a repository, or where there is no git."""
    command = ["git", "-C", str(directory), "rev-parse", "--verify", "--quiet", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
