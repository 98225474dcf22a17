"""The source of a daemon that is a branch far away: fetched, checked out by commit, read like any directory.

The last good commit stays in force whatever happens to the remote: no answer, an empty tree, settings that cannot be read.
A branch whose history was rewritten is not followed until somebody says so: `--allow-force-push`, or `--accept COMMIT`.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from reconciler.source.directory import DirectorySource, Place
from reconciler.source.git_remote import Remote, Unreachable, shown
from reconciler.source.reading import NothingYet, Reading, Trouble

_GOOD: Final = "good"
"""The file that names the last good commit, so that a rewritten branch is noticed across a restart."""


@dataclass(frozen=True, slots=True)
class Trust:
    """What the operator has said about rewritten history."""

    any_rewrite: bool = False
    accepted: str = ""
    """The commit up to which it is followed all the same."""


class BranchSource:
    """Implements `reading.Source`."""

    def __init__(self, remote: Remote, place: Place, trust: Trust = Trust()) -> None:
        """`place` is as for a directory; its own directory is replaced by the checkouts."""
        self._remote, self._place, self._trust = remote, place, trust
        self._inner: DirectorySource | None = None
        self._commit = ""
        self._is_new = False
        """Whether nobody has been given this commit's catalog yet."""
        self._last: Reading | None = None
        self.failures = 0
        """Fetches that came to nothing."""

    def roots(self) -> tuple[Path, ...]:
        """Nothing is to be watched: a checkout never changes."""
        return ()

    def reload(self) -> None:
        """See `reading.Source`."""
        if self._inner is not None:
            self._inner.reload()

    def read(self, fresh: bool) -> Reading:
        """See `reading.Source`."""
        trouble = self._fetched() if fresh or self._inner is None else (self._last.trouble if self._last else None)
        if self._inner is None:
            # Not even once read: what was good when the last process ended still is.
            trouble = self._open(self._good()) or trouble
        if self._inner is None:
            raise NothingYet(trouble or Trouble("NotRead", "no commit was read yet"))
        reading = self._inner.read(fresh)
        if self._is_new:
            reading, self._is_new = replace(reading, edits=None), False
        found = trouble or reading.trouble
        self._last = replace(reading, commit=self._commit, trouble=found)
        return self._last

    def _fetched(self) -> Trouble | None:
        """Go on to the tip of the branch, where it may be followed; else why not."""
        try:
            tip = self._remote.fetch()
        except Unreachable as error:
            self.failures += 1
            return Trouble("Unreachable", f"{shown(self._remote.url)} {self._remote.branch}: {error}")
        before = self._commit or self._good()
        if tip == self._commit:
            return None
        if before and not self._remote.follows(tip, before) and not self._is_accepted(tip):
            message = f"{self._remote.branch} was {before[:12]} and is {tip[:12]}, which does not build on it; "
            return Trouble("Rewritten", f"{message}start with --accept {tip[:12]}, or --allow-force-push, to follow it")
        return self._open(tip)

    def _open(self, commit: str) -> Trouble | None:
        """Read a commit; only one that has a catalog takes the place of the last."""
        if not commit:
            return None
        try:
            folder = self._remote.checkout(commit)
        except Unreachable as error:
            return Trouble("NotCheckedOut", f"{commit[:12]}: {error}")
        inner = DirectorySource(replace(self._place, directory=folder, confined=True, history=self._remote.mirror))
        try:
            reading = inner.read(fresh=False)
        except NothingYet as error:
            return replace(error.trouble, message=f"{commit[:12]}: {error.trouble.message}")
        if reading.trouble:
            return reading.trouble
        self._inner, self._commit, self._is_new = inner, commit, True
        self._remember(commit)
        self._remote.tidy(commit)
        return None

    def _is_accepted(self, tip: str) -> bool:
        return self._trust.any_rewrite or (bool(self._trust.accepted) and tip.startswith(self._trust.accepted))

    def _good(self) -> str:
        try:
            return (self._remote.directory / _GOOD).read_text("ascii").strip()
        except (OSError, ValueError):
            return ""

    def _remember(self, commit: str) -> None:
        file = self._remote.directory / _GOOD
        fresh = file.with_suffix(".new")
        fresh.write_text(commit + "\n", "ascii")
        fresh.replace(file)
