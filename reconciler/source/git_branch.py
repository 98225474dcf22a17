"""A branch with one change on it, made beside the checkout: neither its files nor its index are touched, nothing is pushed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from reconciler.model.errors import Usage
from reconciler.source.git_tree import repository_of, run_git

_NOBODY: Final = "muster"
_NONE: Final = ""
"""As the old value of a ref: it must not be there."""


@dataclass(frozen=True, slots=True)
class Change:
    """What a file of a project becomes; `before` None: it is new. `file` is the way from the project's root."""

    file: str
    before: bytes | None
    after: bytes


@dataclass(frozen=True, slots=True)
class Note:
    """Who commits it, when, and what the commit says."""

    author: str
    at: datetime
    message: str


def prefix_of(root: Path) -> str:
    """The way from the top of the repository to a project: `campaigns/`, or nothing; also where there is no repository."""
    found = repository_of(root)
    return found.prefix if found else ""


def branched(root: Path, branch: str, change: Change, note: Note) -> str:
    """Commit a change on a new branch from what is checked out; the commit's name.

    Usage where there is no repository, or no commit in it, the file is not as the commit has it, or the branch exists.
    """
    repository = repository_of(root)
    if repository is None:
        raise Usage(f"{root} is in no git repository with a checkout; take the patch instead")
    top, path = repository.top, repository.prefix + change.file
    _must(top, "check-ref-format", f"refs/heads/{branch}", why=f"{branch!r} is no name for a branch")
    head = _must(top, "rev-parse", "--verify", "HEAD^{commit}", why="nothing is committed here yet")
    mode = _mode(top, head, path, change)
    with TemporaryDirectory(prefix="muster-branch-") as folder:
        index = {"GIT_INDEX_FILE": f"{folder}/index"}
        _must(top, "read-tree", head, more=index)
        blob = _must(top, "hash-object", "-w", "--stdin", f"--path={path}", given=change.after)
        line = f"{mode} {blob}\t{path}\0".encode()
        _must(top, "update-index", "-z", "--index-info", more=index, given=line)
        tree = _must(top, "write-tree", more=index)
    commit = _must(top, "commit-tree", tree, "-p", head, "-F", "-", more=_people(note), given=note.message.encode())
    told = f"muster: {note.author}"[:200]
    _must(
        top, "update-ref", "--create-reflog", "-m", told, f"refs/heads/{branch}", commit, _NONE,
        why=f"the branch {branch} exists, or stands in the way; merge or delete it first", more=_people(note),
    )  # fmt: skip
    return commit


def _mode(top: Path, head: str, path: str, change: Change) -> str:
    """The mode of the file in the commit; it is there as it was read here."""
    listed = _must(top, "--literal-pathspecs", "ls-tree", "-z", "--full-tree", head, "--", path).rstrip("\0")
    mode, _, blob = listed.partition("\t")[0].split(" ") if listed else ("", "", "")
    if change.before is None:
        if blob:
            raise Usage(f"{change.file} is there already in what is checked out; choose another name")
        return "100644"
    if mode not in ("100644", "100755"):
        raise Usage(f"{change.file} is not committed here as a file; commit it first, or take the patch")
    if _must(top, "hash-object", "--stdin", f"--path={path}", given=change.before) != blob:
        raise Usage(f"{change.file} is not as it was committed last; commit it first, or take the patch")
    return mode


def _people(note: Note) -> Mapping[str, str]:
    """Who is written into the commit. A name that is an address is one; nobody is asked for another."""
    name = (
        "".join(char for char in note.author if char.isprintable() and char not in "<>").strip(" .,:;\"'\\") or _NOBODY
    )
    at = f"@{int(note.at.timestamp())} +0000"
    who = {"NAME": name, "EMAIL": name if "@" in name else "", "DATE": at}
    return {f"GIT_{role}_{part}": said for role in ("AUTHOR", "COMMITTER") for part, said in who.items()}


def _must(top: Path, *arguments: str, why: str = "", more: Mapping[str, str] | None = None, given: bytes = b"") -> str:
    said = run_git(top, arguments, more or {}, given, why or "git cannot make the branch")
    return said.decode("utf-8", "surrogateescape").rstrip("\n")
