"""Which commit last changed what a manifest says: not its file, and not the branch that it is on (docs/adr/0019).

From the checked-out commit back to the one whose parents all say something else. Where a commit leaves the files of a
manifest alone nothing is read; where it touches them, the manifest is looked for in the parent by its ref, and its
meaning is compared, so that layout, comments, the order of keys and the file that it stands in do not count.
"""

import hashlib
import heapq
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from posixpath import dirname, join, normpath
from typing import Final, NamedTuple

from reconciler.model.authorship import Authorship
from reconciler.model.ref import Ref
from reconciler.source.git_objects import Commit, Objects, Oid, Tree, run
from reconciler.source.scan import SUFFIXES

_FEW: Final = 50
"""Missing manifests for whose names the bytes of a file are searched before it is read; for more, all are read."""


class Said(NamedTuple):
    """A manifest as a file has it: what it means, and the names of the files whose content counts with it."""

    meaning: tuple[object, ...]
    content: tuple[str, ...] = ()


Read = Callable[[bytes], Mapping[Ref, Said]]
"""Reads the manifests of a file as far as they are manifests today; it never fails."""


class Wanted(NamedTuple):
    """A manifest of the checked-out tree, and its file by absolute path."""

    ref: Ref
    said: Said
    file: str

    @property
    def files(self) -> list[bytes]:
        """Its file, and those whose content counts with it, by absolute path."""
        file = os.fsencode(self.file)
        if not self.said.content:
            return [file]
        folder = os.path.dirname(file)
        return [file, *(os.path.join(folder, os.fsencode(name)) for name in self.said.content)]


class _Place(NamedTuple):
    """Where a commit has a manifest: path and blob of its file, and of each file whose content counts, by name."""

    file: bytes
    blob: Oid
    content: tuple[tuple[str, bytes, Oid], ...] = ()

    @property
    def files(self) -> list[bytes]:
        """The paths that it hangs on."""
        return [self.file, *(path for _, path, _ in self.content)]


class Checkout(NamedTuple):
    """Where git is asked, and the folder that the whole tree was checked out into; empty: where git says."""

    directory: str
    top: str = ""


def last_changes(checkout: Checkout, head: Oid, wanted: Sequence[Wanted], read: Read) -> dict[Ref, Authorship]:
    """For each manifest the commit that last changed it, from `head` back. MusterError where git does not answer.

    A manifest that `head` has otherwise, or not at all, is uncommitted. One outside the repository is left out.
    """
    directory = checkout.directory
    top = os.fsencode(checkout.top) or run(directory, "rev-parse", "--show-toplevel").removesuffix(b"\n")
    paths = _Paths(os.path.realpath(top))
    inside = [_Inside(one, files) for one in wanted if (files := [paths.within(file) for file in one.files])[0]]
    if not inside:
        return {}
    clean = _clean(directory, head) if not checkout.top else None
    with Objects(directory) as objects:
        walk = _Walk(objects, {one.wanted.ref: one.wanted.said for one in inside}, read)
        _Start(walk, paths, head, clean).begin(inside)
        walk.go()
        return walk.found


def _clean(directory: str, head: Oid) -> Callable[[bytes], bool]:
    """Whether git holds a file for what `head` has: it knows from its index, without reading the file."""
    changed = frozenset(run(directory, "diff-index", "-z", "--name-only", "--no-renames", head).split(b"\0"))
    return lambda path: path not in changed


class _Inside(NamedTuple):
    """A manifest whose file lies in the repository: its `files` by their paths from the top, empty for those outside."""

    wanted: Wanted
    files: list[bytes]


@dataclass(slots=True)
class _Paths:
    """Paths from the top of a repository; the links of each folder are followed once."""

    top: bytes
    _folders: dict[bytes, bytes | None] = field(default_factory=dict)
    """Each folder's path from the top, with a slash at its end; None for those outside."""

    def within(self, path: bytes) -> bytes:
        """The path from the top, links on the way followed; empty for what lies outside.

        A link that is itself inside is left as it is (see `target`): to ask that of each file takes longer than the rest.
        """
        folder, _, name = path.rpartition(b"/")
        if folder not in self._folders:
            self._folders[folder] = self._below(os.path.join(os.path.realpath(folder or b"/"), b""))
        below = self._folders[folder]
        if name in (b"", b".", b"..") or (below is None and os.path.islink(path)):
            return self._below(os.path.realpath(path)) or b""
        return below + name if below is not None else b""

    def target(self, path: bytes) -> bytes:
        """Where a path from the top leads: itself if it is no link; empty for what lies outside."""
        whole = os.path.join(self.top, path)
        return (self._below(os.path.realpath(whole)) or b"") if os.path.islink(whole) else path

    def _below(self, real: bytes) -> bytes | None:
        prefix = os.path.join(self.top, b"")
        return real[len(prefix) :] if real.startswith(prefix) else None


@dataclass(frozen=True, slots=True)
class _Start:
    """Compares the checked-out tree with its commit."""

    walk: "_Walk"
    paths: _Paths
    head: Oid
    clean: Callable[[bytes], bool] | None
    """Whether a file is as the commit has it; None where only its bytes can tell."""

    def begin(self, inside: Sequence[_Inside]) -> None:
        """Put every manifest at its place in `head`; those that have none there are uncommitted."""
        paths = {path for one in inside for path in one.files if path}
        tree = self.walk.objects.tree(self.head, paths)
        blobs, links = tree.blobs, self._links(paths, tree)
        if links:
            inside = [_Inside(one.wanted, [links.get(path, path) for path in one.files]) for one in inside]
            blobs = blobs | self.walk.objects.tree(self.head, {path for path in links.values() if path}).blobs
        group = _Group()
        for one in inside:
            place = self._place(one, blobs)
            if place is not None:
                group.put(one.wanted.ref, place)
            elif one.files[0]:
                self.walk.found[one.wanted.ref] = Authorship(uncommitted=True)
        self.walk.put(self.head, group)

    def _links(self, paths: Iterable[bytes], tree: Tree) -> dict[bytes, bytes]:
        """Where those of these paths lead that are links. What git holds for a file that `head` has is none."""
        clean = self.clean or (lambda _: False)
        doubtful = (path for path in paths if path in tree.links or path not in tree.blobs or not clean(path))
        return {path: target for path in doubtful if (target := self.paths.target(path)) != path}

    def _place(self, inside: _Inside, blobs: Mapping[bytes, Oid]) -> _Place | None:
        one, path, blob = inside.wanted, inside.files[0], blobs.get(inside.files[0], "")
        if not blob or (not self._is_clean(path, blob) and self.walk.said(blob).get(one.ref) != one.said):
            return None
        if not one.said.content:
            return _Place(path, blob)
        content = zip(one.said.content, inside.files[1:], strict=True)
        files = [(name, at, blobs.get(at, "")) for name, at in content if at]
        if not all(oid and self._is_clean(at, oid) for _, at, oid in files):
            return None
        return _Place(path, blob, tuple(files))

    def _is_clean(self, path: bytes, blob: Oid) -> bool:
        if self.clean is not None and self.clean(path):
            return True
        return self._oid(_bytes(os.path.join(self.paths.top, path))) == blob

    def _oid(self, data: bytes) -> Oid:
        """What git calls a file of these bytes."""
        make = hashlib.sha1 if len(self.head) == 40 else hashlib.sha256
        return make(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _bytes(path: bytes) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


@dataclass(slots=True)
class _Group:
    """The manifests that have come to one commit, by the files that they hang on: most commits touch few of many."""

    places: dict[Ref, _Place] = field(default_factory=dict)
    _by_file: dict[bytes, set[Ref]] = field(default_factory=dict)

    def put(self, ref: Ref, place: _Place) -> None:
        """One more."""
        self.places[ref] = place
        for file in place.files:
            self._by_file.setdefault(file, set()).add(ref)

    def take(self, changed: Mapping[bytes, Oid]) -> dict[Ref, _Place]:
        """Those that hang on one of these files, taken out."""
        few, many = sorted((changed.keys(), self._by_file.keys()), key=len)
        touched = {ref for file in few if file in many for ref in self._by_file[file]}
        taken = {ref: self.places.pop(ref) for ref in sorted(touched)}
        for ref, place in taken.items():
            for file in place.files:
                self._by_file[file].discard(ref)
        return taken


@dataclass(slots=True)
class _Walk:
    """Manifests on their way back through the history, each at one commit that has it in its present meaning."""

    objects: Objects
    meant: Mapping[Ref, Said]
    read: Read
    found: dict[Ref, Authorship] = field(default_factory=dict)
    _at: dict[Oid, _Group] = field(default_factory=dict)
    _queue: list[tuple[int, Oid]] = field(default_factory=list)
    _said: dict[Oid, Mapping[Ref, Said]] = field(default_factory=dict)

    def put(self, commit: Oid, group: _Group) -> None:
        """Manifests that have their present meaning in this commit too."""
        if not group.places:
            return
        there = self._at.get(commit)
        if there is None:
            self._at[commit] = group
            known = self.objects.commit(commit)
            # The youngest first, so that what comes together at a commit is looked at together.
            heapq.heappush(self._queue, (-known.time if known else 0, commit))
            return
        few, many = sorted((there, group), key=lambda one: len(one.places))
        for ref, place in few.places.items():
            many.put(ref, place)
        self._at[commit] = many

    def said(self, blob: Oid) -> Mapping[Ref, Said]:
        """The manifests of a file."""
        if blob not in self._said:
            data = self.objects.blob(blob)
            self._said[blob] = self.read(data) if data is not None else {}
        return self._said[blob]

    def go(self) -> None:
        """Walk until every manifest is found."""
        while self._queue:
            _, oid = heapq.heappop(self._queue)
            group, commit = self._at.pop(oid), self.objects.commit(oid)
            if commit is not None:
                self._step(commit, group)

    def _step(self, commit: Commit, group: _Group) -> None:
        """Each manifest on to the first parent that means the same; where none does, this commit has changed it."""
        ends = False
        for parent in commit.parents:
            if self.objects.commit(parent) is None:
                ends = True
            elif group.places:
                changed = self.objects.changed(commit.oid, parent)
                rest = _Group()
                touched = group.take(changed)
                followed = _Parent(self, parent, changed).follow(touched)
                for ref, place in touched.items():
                    (group if ref in followed else rest).put(ref, followed.get(ref, place))
                self.put(parent, group)
                group = rest
        author = Authorship(commit.oid, commit.author, commit.authored, or_earlier=ends)
        self.found |= dict.fromkeys(group.places, author)


@dataclass(slots=True)
class _Parent:
    """A commit as seen from one of its children: `changed` holds what differs, as it was."""

    walk: _Walk
    oid: Oid
    changed: Mapping[bytes, Oid]

    def follow(self, touched: Mapping[Ref, _Place]) -> dict[Ref, _Place]:
        """The manifests that mean the same here, of those that hang on a file that differs; with their places here."""
        followed: dict[Ref, _Place] = {}
        missing: dict[Ref, _Place] = {}
        for ref, place in touched.items():
            blob = self.changed.get(place.file, place.blob)
            if not blob or ref not in self._said_at(place, blob):
                missing[ref] = place
            elif here := self._same(ref, place, place.file, blob):
                followed[ref] = here
        return followed | self._found_elsewhere(missing)

    def _said_at(self, place: _Place, blob: Oid) -> Iterable[Ref]:
        # What is known to be equal need not be read.
        return self.walk.meant if blob == place.blob else self.walk.said(blob)

    def _same(self, ref: Ref, place: _Place, file: bytes, blob: Oid) -> _Place | None:
        """The place of a manifest in this file, if it means the same there."""
        if blob != place.blob and self.walk.said(blob).get(ref) != self.walk.meant[ref]:
            return None
        content = tuple((name, path, self._blob_at(path, place)) for name, path in _beside(place, file))
        if [oid for _, _, oid in content] != [oid for _, _, oid in place.content]:
            return None
        return _Place(file, blob, content)

    def _blob_at(self, path: bytes, place: _Place) -> Oid:
        if path in self.changed:
            return self.changed[path]
        known = next((oid for _, at, oid in place.content if at == path), None)
        return known if known is not None else self.walk.objects.tree(self.oid, {path}).blobs.get(path, "")

    def _found_elsewhere(self, missing: Mapping[Ref, _Place]) -> dict[Ref, _Place]:
        """Manifests that stood in another file here: one that was changed or removed since, or they would be twice."""
        if not missing:
            return {}
        renamed: dict[Oid, list[bytes]] = {}
        for path, blob in self.changed.items():
            renamed.setdefault(blob, []).append(path)
        found: dict[Ref, _Place] = {}
        for ref, place in missing.items():
            ways = ((path, place.blob) for path in renamed.get(place.blob, ()))
            found |= self._first_same(ref, place, ways)
        unread = [ref for ref in missing if ref not in found]
        stood = self._manifests(unread) if unread else {}
        for ref in unread:
            found |= self._first_same(ref, missing[ref], stood.get(ref, ()))
        return found

    def _first_same(self, ref: Ref, place: _Place, ways: Iterable[tuple[bytes, Oid]]) -> dict[Ref, _Place]:
        here = next((one for path, blob in ways if (one := self._same(ref, place, path, blob))), None)
        return {ref: here} if here else {}

    def _manifests(self, refs: Sequence[Ref]) -> dict[Ref, list[tuple[bytes, Oid]]]:
        """The manifests of the changed files that may hold these, with the files that they stand in."""
        names = [ref.name.encode() for ref in refs] if len(refs) <= _FEW else []
        suffixes = tuple(suffix.encode() for suffix in SUFFIXES)
        stood: dict[Ref, list[tuple[bytes, Oid]]] = {}
        for path, blob in self.changed.items():
            if not blob or not path.endswith(suffixes):
                continue
            data = (self.walk.objects.blob(blob) or b"") if names else b""
            if names and not any(name in data for name in names):
                continue
            for ref in self.walk.said(blob):
                stood.setdefault(ref, []).append((path, blob))
        return stood


def _beside(place: _Place, file: bytes) -> list[tuple[str, bytes]]:
    """The files that count with a manifest, if it stands in `file`."""
    if file == place.file:
        return [(name, path) for name, path, _ in place.content]
    return [(name, normpath(join(dirname(file), os.fsencode(name)))) for name, _, _ in place.content]
