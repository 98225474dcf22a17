"""Which manifest files there are: names and stat signatures, without reading a byte of them."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place

SUFFIXES: Final = (".yaml", ".yml")
Signature = tuple[int, int, int, int]
"""Size, mtime and ctime in nanoseconds, inode: while these stay, so do the bytes (see `cache` for the race)."""

ScannedFile = tuple[str, int, int, int, int]
"""A path (absolute), then its signature."""


@dataclass(frozen=True, slots=True)
class Scan:
    """The manifest files under the roots, in the order of the file system, with what was in the way."""

    files: list[ScannedFile]
    diagnostics: tuple[Diagnostic, ...]


def scan(roots: tuple[Path, ...], project: Path) -> Scan:
    """Every `*.yaml` and `*.yml` under `roots`; hidden files and directories are left alone.

    A link to a file inside the same root is followed; one that leaves it is an error. A linked directory inside the
    root is skipped, because its files are seen where they really are.
    """
    walk = _Walk(project)
    for root in roots:
        walk.root(root)
    return Scan(walk.files, tuple(walk.found))


def encode_scan(scanned: Scan) -> bytes:
    """The signatures of a scan as bytes; two scans of an unchanged tree are equal."""
    return msgspec.msgpack.encode(scanned.files)


def signature_of(path: str) -> Signature:
    """The signature of one file, links followed; zeros where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return (0, 0, 0, 0)
    return (found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)


class _Walk:
    """One walk over all roots."""

    def __init__(self, project: Path) -> None:
        self._project = str(project) + os.sep
        self.files: list[ScannedFile] = []
        self.found: list[Diagnostic] = []

    def root(self, root: Path) -> None:
        path = str(root)
        if not os.path.lexists(path):
            self._report("unreadable", path, "it does not exist", "create it, or say in muster.yaml where the manifests are")
        elif os.path.isdir(path):
            self._directories(path)
        else:
            self._file(path, os.stat(path))

    def _directories(self, root: str) -> None:
        stack = [root]
        while stack:
            directory = stack.pop()
            try:
                with os.scandir(directory) as entries:
                    stack += self._directory(directory, entries, root)
            except OSError as error:
                self._report("unreadable", directory, error.strerror or str(error), "check the permissions")

    def _directory(self, directory: str, entries: Iterator[os.DirEntry[str]], root: str) -> list[str]:
        inner: list[str] = []
        prefix = directory + os.sep
        add = self.files.append
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            if name.endswith(SUFFIXES):
                found = entry.stat(follow_symlinks=False)
                if stat.S_ISREG(found.st_mode):
                    add((prefix + name, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino))
                else:
                    self._odd(prefix + name, found, root)
            elif entry.is_symlink():
                self._link(prefix + name, root)
            elif entry.is_dir(follow_symlinks=False):
                inner.append(prefix + name)
        return inner

    def _odd(self, path: str, found: os.stat_result, root: str) -> None:
        if stat.S_ISLNK(found.st_mode):
            if self._link(path, root):
                try:
                    self._file(path, os.stat(path))
                except OSError as error:
                    self._report("unreadable", path, error.strerror or str(error), "mend or remove the link")
        else:
            what = "a directory" if stat.S_ISDIR(found.st_mode) else "a device, pipe or socket"
            self._report("not-a-file", path, f"this is {what}", "rename it so that it does not end in .yaml or .yml")

    def _file(self, path: str, found: os.stat_result) -> None:
        if stat.S_ISREG(found.st_mode):
            self.files.append((path, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino))
        else:
            self._report("not-a-file", path, "this is not a regular file", "rename or remove it")

    def _link(self, path: str, root: str) -> bool:
        """Whether a link stays inside its root; reports one that does not."""
        target, inside = os.path.realpath(path), os.path.realpath(root)
        if target == inside or target.startswith(inside + os.sep):
            return True
        self._report("outside-tree", path, f"the link leads to {target}", "copy the file here, or remove the link")
        return False

    def _report(self, code: str, path: str, detail: str, advice: str) -> None:
        self.found.append(diagnose(code, detail, Place(path.removeprefix(self._project)), help=advice))
