"""The catalog kept in memory between two looks: a look costs a scan, and the reading of what has changed since.

Nothing is believed but the files: every look scans the whole tree, and what the last one knew stands only where name and
signature are the same. Where a look finds anything wrong, or much that is new, the catalog is put together anew.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from reconciler.model.diagnostic import has_errors
from reconciler.model.manifest import Manifest
from reconciler.model.ref import Ref
from reconciler.source.cache import Cache, CachedFile
from reconciler.source.catalog import WORTH_A_PROCESS, Library, Loader, assembled, load_catalog
from reconciler.source.files import NamedFiles
from reconciler.source.kinds import Kinds
from reconciler.source.project import Project
from reconciler.source.reader import ManifestReader
from reconciler.source.scan import Scan, ScannedFile, Signature, scan, signature_of
from reconciler.source.strict_yaml import read_documents

MANY: Final = 1_000
"""Changed files from which putting the catalog together anew is the shorter way."""

Edits = Mapping[Ref, tuple[Manifest | None, Manifest | None]]
"""Manifests that have changed: as they were, and as they are."""


@dataclass(frozen=True, slots=True)
class Look:
    """The catalog as it is now. `edits` is what changed since the last look; None: anything may have."""

    library: Library
    edits: Edits | None
    lost: Mapping[str, tuple[Ref, ...]] = field(default_factory=dict)
    """Files that cannot be read or are wrong, with the refs that they held while they were sound."""


@dataclass(slots=True)
class _Memory:
    """What the last look saw."""

    files: list[ScannedFile]
    library: Library
    known: dict[str, CachedFile]
    """By path as people see it, the last sound reading of every file, of those that are wrong now too."""
    named: dict[str, Signature]
    """The files that manifests name."""
    is_sound: bool


class Resident:
    """The catalog of one project, in memory."""

    def __init__(self, project: Project, kinds: Kinds, cache: Cache) -> None:
        self._project, self._kinds, self._cache = project, kinds, cache
        self._memory: _Memory | None = None

    def look(self) -> Look:
        """Scan, and read what is new."""
        scanned = scan(self._project.manifests, self._project.root)
        if self._memory is None:
            return self._first(scanned)
        memory = self._memory
        changed = None if scanned.diagnostics or not memory.is_sound else _changed(memory.files, scanned.files)
        if changed is None or len(changed) > MANY or _signatures(memory.library) != memory.named:
            return self._anew(scanned)
        if not changed:
            return Look(memory.library, {})
        edits = self._edited(memory, changed)
        if edits is None:
            return self._anew(scanned)
        memory.files = self._settled(scanned.files, changed)
        memory.named = _signatures(memory.library)
        return Look(memory.library, edits)

    def _first(self, scanned: Scan) -> Look:
        library = load_catalog(self._project, self._kinds, self._cache, scanned)
        library.cache.wait()
        if len(library.loader.fresh) > WORTH_A_PROCESS:
            # What was just parsed is in the cache: read it back, rather than hold all documents in memory.
            library = load_catalog(self._project, self._kinds, self._cache, scanned)
        files = {file.path: file for file, _ in library.sources.values()}
        return self._remember(scanned, library, {**library.loader.known, **files})

    def _anew(self, scanned: Scan) -> Look:
        """The whole catalog, of what is known and what is new."""
        assert self._memory is not None
        known = self._memory.known
        loader = self._loader(known)
        files = loader.files(scanned.files)
        library = assembled(loader, scanned, files)
        present = {loader.show(one[0]) for one in scanned.files}
        sound = {file.path: file for file in files}
        return self._remember(scanned, library, {**{path: known[path] for path in known.keys() & present}, **sound})

    def _loader(self, known: dict[str, CachedFile]) -> Loader:
        reader = ManifestReader(self._kinds, self._project.timezone, self._project.overlay)
        named, prefix = NamedFiles(self._project.manifests), str(self._project.root) + os.sep
        return Loader(self._project, reader, self._cache, known, named, read_documents, prefix)

    def _remember(self, scanned: Scan, library: Library, known: dict[str, CachedFile]) -> Look:
        is_sound = not library.catalog.diagnostics
        library.loader.known = known
        before = self._memory.files if self._memory else []
        files = self._settled(scanned.files, _changed(before, scanned.files))
        self._memory = _Memory(files, library, known, _signatures(library), is_sound)
        return Look(library, None, {} if is_sound else dict(_lost(library, known)))

    def _settled(self, files: list[ScannedFile], changed: dict[str, ScannedFile | None]) -> list[ScannedFile]:
        """The files, those that changed a moment ago without their signatures: they may change again unseen."""
        newest = max((max(one[2], one[3]) for one in changed.values() if one), default=0)
        if not newest or self._cache.settled(newest):
            return files
        return [(one[0], 0, 0, 0, 0) if one[0] in changed else one for one in files]

    def _edited(self, memory: _Memory, changed: dict[str, ScannedFile | None]) -> Edits | None:
        """Bring the catalog up to date with a few changed files; None where that takes more than a few of them.

        Nothing is touched before everything was read, so what is half done is never seen.
        """
        library, loader = memory.library, memory.library.loader
        loader.found.clear()
        loader.named = NamedFiles(self._project.manifests)
        before: list[CachedFile] = []
        after: list[CachedFile] = []
        for path, scanned in changed.items():
            shown = loader.show(path)
            was = memory.known.get(shown)
            # What it read before may be neither what is known nor what is there.
            loader.fresh.pop(shown, None)
            loader.values.pop(shown, None)
            file = loader.file(scanned) if scanned else None
            if (scanned and file is None) or loader.found or (file and file.files) or (was and was.files):
                return None
            before += [was] if was else []
            after += [file] if file else []
        edits = _swapped(library, loader, before, after)
        if edits is None:
            return None
        for was in before:
            memory.known.pop(was.path, None)
        memory.known |= {file.path: file for file in after}
        return edits


def _swapped(
    library: Library, loader: Loader, before: Iterable[CachedFile], after: Iterable[CachedFile]
) -> Edits | None:
    """Put the manifests of some files in the place of others; None, and nothing done, where a ref would be there twice."""
    manifests = library.catalog.manifests
    assert isinstance(manifests, dict)
    gone = {one.ref: one for file in before for one in file.manifests}
    fresh: dict[Ref, tuple[CachedFile, int, Manifest]] = {}
    for file in after:
        for position, one in enumerate(file.manifests):
            if one.ref in fresh or (one.ref in manifests and one.ref not in gone):
                return None
            fresh[one.ref] = file, position, one
    if not fresh and len(gone) == len(manifests):
        return None  # an empty catalog is never taken for good: the last one stays whole
    edits: dict[Ref, tuple[Manifest | None, Manifest | None]] = {}
    for ref in gone.keys() - fresh.keys():
        edits[ref] = manifests.pop(ref), None
        library.sources.pop(ref)
    for ref, (file, position, manifest) in fresh.items():
        if manifests.get(ref) != manifest:
            edits[ref] = manifests.get(ref), manifest
        manifests[ref] = manifest
        library.sources[ref] = file, position
    return edits


def _changed(before: list[ScannedFile], after: list[ScannedFile]) -> dict[str, ScannedFile | None]:
    """The files that differ between two scans, as they are now; None for those that are gone."""
    if len(before) == len(after):
        pairs = [(old, new) for old, new in zip(before, after, strict=True) if old != new]
        if all(old[0] == new[0] for old, new in pairs):
            return {new[0]: new for _, new in pairs}
    known = set(before)
    found: dict[str, ScannedFile | None] = {one[0]: one for one in after if one not in known}
    present = {one[0] for one in after}
    return found | {one[0]: None for one in before if one[0] not in present}


def _signatures(library: Library) -> dict[str, Signature]:
    return {path: signature_of(path) for path in library.watched()}


def _lost(library: Library, known: dict[str, CachedFile]) -> Iterator[tuple[str, tuple[Ref, ...]]]:
    """The files whose manifests are not in the catalog, and what they held last."""
    sound = {file.path for file, _ in library.sources.values()}
    for one in library.catalog.diagnostics:
        if one.place.file and has_errors((one,)) and one.place.file not in sound:
            file = known.get(one.place.file)
            yield one.place.file, tuple(manifest.ref for manifest in file.manifests) if file else ()
