"""The tree of another commit, as a folder: what a branch is compared with. Nothing in the checkout is written."""

import os
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.model.errors import Usage

PATIENCE: Final = 600
"""Seconds that git gets for one call. A large tree takes its time; what takes longer than this hangs."""

_OF_THE_CALLER: Final = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")

_WHOLE_HISTORY: Final = (
    "in CI, fetch the whole history: `fetch-depth: 0` of actions/checkout, `GIT_DEPTH: 0` in GitLab,"
    " `git fetch --unshallow` elsewhere"
)


@dataclass(frozen=True, slots=True)
class Repository:
    """A git repository, as seen from a directory in it."""

    top: Path
    """Where its checkout begins."""
    prefix: str
    """The way from there to the directory: `campaigns/`, or nothing."""


def repository_of(directory: Path) -> Repository | None:
    """The repository around `directory`; None where there is none, or git is missing."""
    done = _try(directory, "rev-parse", "--show-toplevel", "--show-prefix")
    if done is None or done.returncode:
        return None
    top, prefix = (os.fsdecode(line) for line in done.stdout.split(b"\n")[:2])
    return Repository(Path(top), prefix) if top else None


def merge_base(directory: Path, ref: str) -> str:
    """The last commit that `ref` and what is checked out have in common. Usage where there is none, or no such ref."""
    if repository_of(directory) is None:
        why = _words(_try(directory, "rev-parse", "--show-toplevel"))
        raise Usage(f"--base compares with a commit, but {directory} is in no git repository that can be read{why}")
    head = _commit(directory, "HEAD")
    if not head:
        raise Usage("--base compares with a commit, but nothing is committed here yet")
    base = _commit(directory, ref)
    if not base:
        raise Usage(
            f"--base {_shown(ref)}: there is no such commit here; fetch it first (`git fetch origin BRANCH`, and say"
            f" origin/BRANCH); {_WHOLE_HISTORY}"
        )
    done = _try(directory, "merge-base", base, head)
    found = done.stdout.decode("ascii", "replace").strip() if done is not None and not done.returncode else ""
    if found:
        return found
    if _is_shallow(directory):
        raise Usage(
            f"--base {_shown(ref)}: this clone is shallow and does not reach back to where the branch began; {_WHOLE_HISTORY}"
        )
    raise Usage(f"--base {_shown(ref)}: that commit and the one that is checked out have no common history")


def write_tree(repository: Repository, commit: str, paths: Iterable[str], target: Path) -> None:
    """Write what `commit` has under `paths` (relative to the top; "" is everything) into `target`/tree.

    Git itself lays the files out, as in a checkout: links as links, submodules as empty folders, line ends and filters as the
    repository has them. An index of its own keeps the checkout's out of it. Usage where git cannot.
    """
    tree, index = target / "tree", {"GIT_INDEX_FILE": str(target / "index")}
    tree.mkdir(parents=True)
    _must(repository.top, ("read-tree", "--no-sparse-checkout", commit), index)
    wanted = [path.rstrip("/") for path in paths]
    everything = not wanted or "" in wanted
    # Literal, because a folder may be called `*`.
    listed = _must(
        repository.top, ("--literal-pathspecs", "ls-files", "-z", "--full-name", "--", *([] if everything else wanted)),
        index,
    )  # fmt: skip
    prefix = f"--prefix={tree}{os.sep}"
    _must(repository.top, ("checkout-index", "--force", "--quiet", "-z", "--stdin", prefix), index, listed)


def _commit(directory: Path, ref: str) -> str:
    """The full name of the commit that `ref` means; empty where it means none. An option is no ref."""
    if not ref or ref.startswith("-") or not ref.isprintable():
        return ""
    done = _try(directory, "rev-parse", "--verify", "--quiet", f"{ref}^{{commit}}")
    return done.stdout.decode("ascii", "replace").strip() if done is not None and not done.returncode else ""


def _is_shallow(directory: Path) -> bool:
    done = _try(directory, "rev-parse", "--is-shallow-repository")
    return done is not None and done.stdout.strip() == b"true"


def _shown(ref: str) -> str:
    return "".join(char if char.isprintable() else "�" for char in ref)[:200]


def _words(done: "subprocess.CompletedProcess[bytes] | None") -> str:
    """What git said, on one line; nothing where it did not speak."""
    said = done.stderr.decode("utf-8", "replace").strip() if done is not None else "git is not installed"
    lines = [line for line in said.splitlines() if line.strip()]
    return f" ({_shown(lines[0].removeprefix('fatal: '))})" if lines else ""


def _must(directory: Path, arguments: Sequence[str], more: Mapping[str, str], given: bytes = b"") -> bytes:
    return run_git(directory, arguments, more, given, "git cannot lay out the tree of the base")


def run_git(directory: Path, arguments: Sequence[str], more: Mapping[str, str], given: bytes, why: str) -> bytes:
    """What one call of git prints, `more` in its environment. Usage, beginning with `why`, where it fails."""
    done = _try(directory, *arguments, more=more, given=given)
    if done is None or done.returncode:
        raise Usage(f"{why}{_words(done)}")
    return done.stdout


def _try(
    directory: Path, *arguments: str, more: Mapping[str, str] | None = None, given: bytes = b""
) -> "subprocess.CompletedProcess[bytes] | None":
    """One call of git, which asks nobody anything; None where there is no git, or it did not come back."""
    # A hook runs with GIT_DIR and the like set: they are about another call of git, and relative to another directory.
    kept = {name: value for name, value in os.environ.items() if name not in _OF_THE_CALLER}
    environment = {**kept, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C", **(more or {})}
    command = ["git", "-C", str(directory), *arguments]
    try:
        return subprocess.run(command, capture_output=True, input=given, timeout=PATIENCE, check=False, env=environment)
    except (OSError, subprocess.SubprocessError):
        return None
