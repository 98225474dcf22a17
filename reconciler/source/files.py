"""The files that manifests name: inside their tree or refused, and content files by their sha256."""

import hashlib
import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from reconciler.model.errors import Permanent
from reconciler.model.manifest import NamedFile
from reconciler.model.ref import Ref
from reconciler.source.regular import read_regular

MAX_CONTENT: Final = 16 << 20
"""Bytes of one content file; it is held in memory when it is hashed and rendered."""


@dataclass(frozen=True, slots=True)
class FileProblem:
    """Why a named file cannot be used; `code` is a diagnostic code."""

    code: str
    detail: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class PlannedFiles:
    """The files that manifests name, when a campaign is run: as they were planned, or not at all.

    `file_of` gives a manifest's own file, relative to `root`; nothing where it has none.
    """

    root: Path
    named: "NamedFiles"
    file_of: Callable[[Ref], str]

    def path(self, ref: Ref, name: str) -> str:
        """Where a data file lies. Permanent where it is not there or leaves the tree."""
        manifest = self._manifest(ref)
        problem = self.named.check(manifest, NamedFile(0, name, "data", ""))
        if problem:
            raise Permanent(f"{ref}: {problem.detail}; {problem.help}")
        return os.path.join(os.path.dirname(manifest), name)

    def content(self, ref: Ref, name: str, digest: str) -> bytes:
        """A content file. Permanent where it is not there, or is not the one that was planned."""
        path = self.path(ref, name)
        try:
            data = read_regular(path, MAX_CONTENT)
        except OSError as error:
            raise Permanent(f"{ref}: {name} cannot be read: {error.strerror}") from None
        if "sha256:" + hashlib.sha256(data).hexdigest() != digest:
            raise Permanent(f"{ref}: {name} is not the file that was planned; apply again")
        return data

    def _manifest(self, ref: Ref) -> str:
        file = self.file_of(ref)
        if not file:
            raise Permanent(f"nobody knows the file of {ref}")
        return str(self.root / file)


class NamedFiles:
    """Looks at named files, each once per run. The tree that must not be left is the manifest root above the manifest."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        # Not pathlib's is_dir: it raises where a name is too long.
        self._roots = [_real(str(root if os.path.isdir(root) else root.parent)) for root in roots]
        self._digests: dict[str, str] = {}
        self._looked_at: set[str] = set()

    def check(self, manifest: str, named: NamedFile) -> FileProblem | None:
        """What is wrong with the file that `manifest` (a path) names, if anything."""
        self._looked_at.add(os.path.join(os.path.dirname(manifest), named.path))
        path = self._resolve(manifest, named.path)
        if path is None:
            advice = "name a file beside the manifest, without leading ../ out of the repository"
            return FileProblem("outside-tree", f"{named.path!r} leaves the directory of the manifests", advice)
        try:
            found = os.stat(path)
        except (OSError, ValueError):
            code = "missing-file" if named.use == "content" else "missing-data"
            detail = f"{named.path!r} does not exist beside the manifest"
            return FileProblem(code, detail, "create the file, or correct the path")
        if not stat.S_ISREG(found.st_mode):
            return FileProblem("missing-file", f"{named.path!r} is not a regular file", "name a file")
        if named.use == "content" and found.st_size > MAX_CONTENT:
            detail = f"{named.path!r} has {found.st_size:,} bytes; at most {MAX_CONTENT:,} are read"
            return FileProblem("file-too-large", detail, "shorten the file, or link to what makes it large")
        if not os.access(path, os.R_OK):
            return FileProblem("unreadable", f"{named.path!r} cannot be read", "check the permissions")
        return None

    def looked_at(self) -> list[str]:
        """Every file that was checked, by the path that leads there: what decides whether an answer still stands."""
        return sorted(self._looked_at)

    def digest(self, manifest: str, name: str) -> str:
        """`sha256:…` of a content file; empty where `check` has something against it."""
        path = self._resolve(manifest, name)
        if path is None:
            return ""
        if path not in self._digests:
            self._digests[path] = _digest(path)
        return self._digests[path]

    def _resolve(self, manifest: str, name: str) -> str | None:
        if "\0" in name or os.path.isabs(name):
            return None
        path = _real(os.path.join(os.path.dirname(manifest), name))
        return path if any(path.startswith(root + os.sep) for root in self._roots) else None


def _real(path: str) -> str:
    try:
        return os.path.realpath(path)
    except ValueError:  # a NUL in it
        return path


def _digest(path: str) -> str:
    try:
        content = read_regular(path, MAX_CONTENT)
    except OSError:
        return ""
    return "sha256:" + hashlib.sha256(content).hexdigest() if len(content) <= MAX_CONTENT else ""
