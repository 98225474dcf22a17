"""The catalog of a project: scan, read what is new, take the rest from the cache."""

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.manifest import Catalog, Manifest
from reconciler.model.record import replace
from reconciler.model.ref import Ref
from reconciler.source.cache import Cache, CachedFile
from reconciler.source.definitions import Kinds
from reconciler.source.files import FileProblem, NamedFiles
from reconciler.source.marks import locate
from reconciler.source.project import Project
from reconciler.source.reader import ManifestReader, NamedFile, Reading
from reconciler.source.scan import Scan, Signature, scan
from reconciler.source.strict_yaml import MAX_BYTES, Read, read_documents, yaml_reader

_UNSETTLED: Final = (0, 0, 0, 0)


@dataclass(slots=True)
class Library:
    """The catalog and its documents, which are fetched when asked for."""

    catalog: Catalog
    signatures: bytes
    _loader: "_Loader"
    _sources: dict[Ref, tuple[CachedFile, int]]

    def documents(self, refs: Iterable[Ref]) -> dict[Ref, Document]:
        """The documents of these manifests, content files included, in normal form."""
        wanted: dict[str, list[tuple[int, Ref]]] = {}
        for ref in refs:
            if ref in self._sources:
                file, position = self._sources[ref]
                wanted.setdefault(file.path, []).append((position, ref))
        found: dict[Ref, Document] = {}
        for pairs in wanted.values():
            file = self._sources[pairs[0][1]][0]
            data = self._loader.documents(file, [position for position, _ in pairs])
            for position, ref in pairs:
                document = canonical.decode(data[position])
                files = self._loader.content(file, position)
                found[ref] = {**document, "files": files} if files else document
        return found

    def bytes_of(self, file: str) -> bytes:
        """The bytes of a manifest file as they are now; nothing where it vanished meanwhile."""
        try:
            return (self._loader.project.root / file).read_bytes()
        except OSError:
            return b""


@dataclass(slots=True)
class _Loader:
    """One load. Keeps what the cache needs to be told afterwards."""

    project: Project
    reader: ManifestReader
    cache: Cache
    known: dict[str, CachedFile]
    named: NamedFiles
    read: Read
    fresh: dict[str, list[bytes]] = field(default_factory=dict)
    found: list[Diagnostic] = field(default_factory=list)

    def file(self, path: str, signature: Signature) -> CachedFile | None:
        """What `path` holds; None where it is unreadable or has errors."""
        shown = self.show(path)
        cached = self.known.get(shown)
        if cached is not None and cached.signature == signature:
            return cached
        data = self._bytes(path, shown, signature[0])
        if data is None:
            return None
        sha = hashlib.sha256(data).digest()
        if cached is not None and cached.sha == sha:
            return replace(cached, signature=signature)
        reading = self.reader.read(data, shown, self.read)
        self._settle_files(reading, path, data)
        self.found += reading.diagnostics
        if any(one.severity == "error" for one in reading.diagnostics):
            return None
        self.fresh[shown] = reading.documents
        # A file with warnings is read anew each time, so that they are seen each time.
        kept = _UNSETTLED if reading.diagnostics else signature
        return CachedFile(
            shown, kept, sha if not reading.diagnostics else b"", tuple(reading.manifests), tuple(reading.files), ()
        )

    def _settle_files(self, reading: Reading, path: str, data: bytes) -> None:
        for named in reading.files:
            problem = self.named.check(path, named)
            if problem is not None:
                manifest = reading.manifests[named.document]
                self._file_problem(problem, manifest, named, data)

    def _file_problem(self, problem: FileProblem, manifest: Manifest, named: NamedFile, data: bytes) -> None:
        mark = locate(data, manifest.index, named.pointer)
        place = Place(manifest.place.file, mark.line, mark.column)
        self.found.append(diagnose(problem.code, problem.detail, place, help=problem.help, ref=str(manifest.ref)))

    def _bytes(self, path: str, shown: str, size: int) -> bytes | None:
        try:
            source = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                data = os.read(source, min(size, MAX_BYTES) + 1)
                if len(data) > size:  # it grew since the scan
                    data += os.read(source, MAX_BYTES)
            finally:
                os.close(source)
        except OSError as error:
            self.found.append(diagnose("unreadable", error.strerror or str(error), Place(shown), help="check the permissions"))
            return None
        return data

    def show(self, path: str) -> str:
        """The path as people see it: relative to the project where it lies in it."""
        return path.removeprefix(str(self.project.root) + os.sep)

    def documents(self, file: CachedFile, positions: list[int]) -> dict[int, bytes]:
        """Canonical documents of a file, from this load, the cache, or, where the cache is damaged, the file."""
        if file.path in self.fresh:
            return dict(enumerate(self.fresh[file.path]))
        found = self.cache.documents(file, positions)
        if len(found) < len(positions):
            path = self.project.root / file.path
            return dict(enumerate(self.reader.read(path.read_bytes(), file.path, self.read).documents))
        return found

    def content(self, file: CachedFile, position: int) -> dict[str, str]:
        """The digests of the content files that a document names, by path as written."""
        path = str(self.project.root / file.path)
        return {
            named.path: self.named.digest(path, named.path)
            for named in file.files
            if named.document == position and named.use == "content"
        }


def load_catalog(project: Project, kinds: Kinds, cache: Cache, scanned: Scan | None = None) -> Library:
    """Every manifest of the project. Problems are diagnostics of the catalog; broken files leave no manifests."""
    scanned = scanned or scan(project.manifests, project.root)
    with yaml_reader() as read:
        reader = ManifestReader(kinds, project.timezone)
        loader = _Loader(project, reader, cache, cache.load(), NamedFiles(project.manifests), read)
        library = _load(loader, scanned)
    loader.read = read_documents
    return library


def _load(loader: _Loader, scanned: Scan) -> Library:
    cache, project = loader.cache, loader.project
    files = [one for path, *signature in scanned.files if (one := loader.file(path, _signature(signature))) is not None]
    signatures = encode_scan(scanned)
    if loader.fresh or len(files) != len(loader.known) or not cache.same_tree(signatures):
        newest = max((file[2] for file in scanned.files), default=0)
        settled = cache.settled(newest)
        cache.save([one if settled else replace(one, signature=_UNSETTLED) for one in files], loader.fresh, signatures if settled else b"")
    sources: dict[Ref, tuple[CachedFile, int]] = {}
    manifests: dict[Ref, Manifest] = {}
    found = [*scanned.diagnostics, *loader.found]
    for file in files:
        contents = {named.document for named in file.files if named.use == "content"}
        for position, manifest in enumerate(file.manifests):
            ref = manifest.ref
            if ref in manifests:
                found.append(_duplicate(manifests[ref], manifest))
                continue
            manifests[ref] = manifest
            sources[ref] = (file, position)
            if position in contents:
                manifests[ref] = _with_content(loader, file, position)
    if not manifests and not found:
        found.append(_empty(project, loader))
    return Library(Catalog(manifests, tuple(found)), signatures, loader, sources)


def _with_content(loader: _Loader, file: CachedFile, position: int) -> Manifest:
    data = loader.documents(file, [position])[position]
    document = {**canonical.decode(data), "files": loader.content(file, position)}
    return replace(file.manifests[position], digest=canonical.digest(document))


def _signature(parts: list[int]) -> Signature:
    size, mtime, ctime, inode = parts
    return size, mtime, ctime, inode


def encode_scan(scanned: Scan) -> bytes:
    """The signatures of a scan as bytes; two scans of an unchanged tree are equal."""
    return msgspec.msgpack.encode(scanned.files)


def _duplicate(first: Manifest, second: Manifest) -> Diagnostic:
    one, other = sorted((first, second), key=lambda manifest: manifest.place)
    advice = "rename one of the two, or raise its metadata.version"
    return diagnose("duplicate-ref", f"{other.ref} also stands in {one.place}", other.place, help=advice, ref=str(other.ref))


def _empty(project: Project, loader: _Loader) -> Diagnostic:
    where = ", ".join(loader.show(str(path)) for path in project.manifests)
    return diagnose(
        "empty-catalog", f"no *.yaml file under {where} holds a manifest; nothing is changed", Place(where),
        help="write one with `muster new KIND NAME`, or check the path",
    )


def paths_exist(paths: Iterable[Path]) -> bool:
    """Whether every one of these paths is there."""
    return all(path.exists() for path in paths)
