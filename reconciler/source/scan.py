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
_TYPE: Final = 0o170000
"""The bits of a mode that say what a file is."""
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
    root is skipped, because its files are seen where they really are; but for one that is hidden there, as in a folder
    that Kubernetes mounts. However many ways lead to a file, it is there once.
    """
    walk = _Walk(project)
    for root in roots:
        walk.root(str(root))
    return Scan(walk.files(), tuple(walk.found))


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
        self._files: list[ScannedFile] = []
        self._walked: set[str] = set()
        """The directories that were walked, by their real paths."""
        self._single: dict[str, ScannedFile] = {}
        """Files that are roots or were met through a link, by their real paths."""
        self._hidden: list[tuple[str, str]] = []
        """Linked directories that were just met and are nowhere else to be seen, each with its real path."""
        self.found: list[Diagnostic] = []

    def root(self, path: str) -> None:
        if not os.path.lexists(path):
            advice = "create it, or say in muster.yaml where the manifests are"
            self._report("unreadable", path, "it does not exist", advice)
        elif os.path.isdir(path):
            self._directories(path)
        else:
            self._single_file(path)

    def files(self) -> list[ScannedFile]:
        """Every file once, without those whose names nobody could print."""
        single = [file for real, file in sorted(self._single.items()) if not self._was_walked(real)]
        found = [*self._files, *single]
        try:
            "".join([file[0] for file in found]).encode()  # all at once: this is asked of every file
        except UnicodeEncodeError:
            return [file for file in found if self._is_named_in_utf8(file[0])]
        return found

    def _was_walked(self, real: str) -> bool:
        directory, name = os.path.split(real)
        return directory in self._walked and name[0] != "." and name.endswith(SUFFIXES)

    def _is_named_in_utf8(self, path: str) -> bool:
        try:
            path.encode()
        except UnicodeEncodeError:
            self._report("unreadable", path, "the name of the file is not UTF-8", "rename the file")
            return False
        return True

    def _directories(self, root: str) -> None:
        stack = [(root, os.path.realpath(root))]
        while stack:
            directory, where = stack.pop()
            if where in self._walked:
                continue
            self._walked.add(where)
            start = len(directory)
            try:
                with os.scandir(directory) as entries:
                    inner = self._directory(directory, entries, root)
            except OSError as error:
                self._report("unreadable", directory, error.strerror or str(error), "check the permissions")
                continue
            # No link was followed on the way, but for those that come with the place where they lead.
            stack += [(one, where + one[start:]) for one in inner]
            stack += self._hidden
            self._hidden.clear()

    def _directory(self, directory: str, entries: Iterator[os.DirEntry[str]], root: str) -> list[str]:
        inner: list[str] = []
        prefix = directory + os.sep
        add = self._files.append
        for entry in entries:
            name = entry.name
            if name[0] == ".":
                continue
            if name.endswith(SUFFIXES):
                found = entry.stat(follow_symlinks=False)
                if found.st_mode & _TYPE == stat.S_IFREG:
                    add((entry.path, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino))
                else:
                    self._odd(prefix + name, found, root)
            elif entry.is_symlink():
                self._linked(prefix + name, root)
            elif entry.is_dir(follow_symlinks=False):
                inner.append(prefix + name)
        return inner

    def _odd(self, path: str, found: os.stat_result, root: str) -> None:
        if stat.S_ISLNK(found.st_mode):
            if self._link(path, root):
                self._single_file(path)
        else:
            what = "a directory" if stat.S_ISDIR(found.st_mode) else "a device, pipe or socket"
            self._report("not-a-file", path, f"this is {what}", "rename it so that it does not end in .yaml or .yml")

    def _single_file(self, path: str) -> None:
        try:
            found = os.stat(path)
        except OSError as error:
            self._report("unreadable", path, error.strerror or str(error), "mend or remove the link")
            return
        if stat.S_ISREG(found.st_mode):
            file = (path, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino)
            self._single.setdefault(os.path.realpath(path), file)
        else:
            self._report("not-a-file", path, "this is not a regular file", "rename or remove it")

    def _linked(self, path: str, root: str) -> None:
        """A link that is no manifest: a directory that is hidden where it really is, is walked by this name."""
        if self._link(path, root) and os.path.isdir(path):
            target, inside = os.path.realpath(path), os.path.realpath(root)
            if any(part.startswith(".") for part in target[len(inside) :].split(os.sep)):
                self._hidden.append((path, target))

    def _link(self, path: str, root: str) -> bool:
        """Whether a link stays inside its root; reports one that does not."""
        target, inside = os.path.realpath(path), os.path.realpath(root)
        if target == inside or target.startswith(inside + os.sep):
            return True
        self._report("outside-tree", path, f"the link leads to {target}", "copy the file here, or remove the link")
        return False

    def _report(self, code: str, path: str, detail: str, advice: str) -> None:
        shown = path.removeprefix(self._project).encode("utf-8", "backslashreplace").decode()
        self.found.append(diagnose(code, detail, Place(shown), help=advice))
