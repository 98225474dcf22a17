"""The catalog of a project: scan, read what is new, take the rest from the cache."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from reconciler.lifecycle.shape import Shape
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place, has_errors
from reconciler.model.errors import Stale
from reconciler.model.manifest import Catalog, Manifest, NamedFile
from reconciler.model.record import Record, replace
from reconciler.model.ref import Ref
from reconciler.source.beside import beside
from reconciler.source.cache import Cache, CachedFile
from reconciler.source.files import NamedFiles
from reconciler.source.kinds import Kinds
from reconciler.source.marks import Locator, locate
from reconciler.source.project import Project
from reconciler.source.reader import ManifestReader
from reconciler.source.scan import Scan, ScannedFile, encode_scan, scan
from reconciler.source.strict_yaml import MAX_BYTES, Read, YamlProblem, read_documents, yaml_reader

UNSETTLED: Final = (0, 0, 0, 0)
"""The signature of a file that must be read anew."""

WORTH_A_PROCESS: Final = 2_000
"""Files to parse from which a second process pays for its start."""


class _Half(Record, frozen=True):
    """What the second process found: a file or None for each it was given, new documents, and diagnostics."""

    files: list[CachedFile | None]
    fresh: dict[str, list[bytes]]
    found: list[Diagnostic]


@dataclass(slots=True)
class Library:
    """The catalog and its documents, which are fetched when asked for."""

    catalog: Catalog
    signatures: bytes
    loader: "Loader"
    sources: dict[Ref, tuple[CachedFile, int]]
    _locators: dict[str, tuple[bytes, Locator]] = field(default_factory=dict)

    def documents(self, refs: Iterable[Ref]) -> dict[Ref, Document]:
        """The documents of these manifests, content files included, in normal form."""
        found: dict[Ref, Document] = {}
        for ref in refs:
            if ref in self.sources:
                file, position = self.sources[ref]
                document = self.loader.value(file, position)
                files = self.loader.content(file, position) if file.files else {}
                found[ref] = {**document, "files": files} if files else document
        return found

    def without_content(self, ref: Ref) -> tuple[Manifest, tuple[str, ...]]:
        """A manifest as its file has it, and the names of the content files that count with it."""
        file, position = self.sources[ref]
        return file.manifests[position], content_names(file.files, position)

    @property
    def cache(self) -> Cache:
        """The cache that the catalog was read with, which knows its generation."""
        return self.loader.cache

    def watched(self) -> list[str]:
        """The path of every file that a manifest names."""
        return self.loader.named.looked_at()

    def written(self, manifest: Manifest) -> Any:
        """A manifest as it is written, the environment's patches laid over it; None where it has changed since."""
        try:
            value = read_documents(self.bytes_of(manifest.file))[manifest.index].value
        except (YamlProblem, IndexError):
            return None
        overlay = self.loader.project.overlay
        return overlay.patched(value, manifest.layers) if overlay else value

    def place_of(self, manifest: Manifest, pointer: str, shape: Shape | None = None) -> Place:
        """Where a manifest has the value at `pointer`, or its nearest ancestor: in its file, or in the environment's."""
        laid_over = self.laid_over(manifest, pointer, shape)
        if laid_over is not None:
            return laid_over
        mark = self.locator(manifest.file).mark(manifest.index, pointer, shape=shape)
        return Place(manifest.file, mark.line, mark.column) if mark.line else manifest.place

    def laid_over(self, manifest: Manifest, pointer: str, shape: Shape | None = None) -> Place | None:
        """Where the environment has the last word about the value at `pointer`."""
        overlay = self.loader.project.overlay
        if overlay is None or not manifest.layers:
            return None
        try:
            base = read_documents(self.bytes_of(manifest.file))[manifest.index].value
        except (YamlProblem, IndexError):
            base = None
        return overlay.place(manifest.layers, pointer, base, shape)

    def overlaid(self, manifest: Manifest) -> Mapping[str, Any]:
        """What the environment says of a manifest, each value by its pointer."""
        overlay = self.loader.project.overlay
        return overlay.values(manifest.layers) if overlay and manifest.layers else {}

    def bytes_of(self, file: str) -> bytes:
        """The bytes of a manifest file as they are now; nothing where it vanished meanwhile."""
        try:
            return (self.loader.project.root / file).read_bytes()
        except OSError:
            return b""

    def locator(self, file: str) -> Locator:
        """The positions in a manifest file as it is now. It is kept: a plan may refuse many documents of one file."""
        data = self.bytes_of(file)
        if file not in self._locators or self._locators[file][0] != data:
            self._locators[file] = data, Locator(data)
        return self._locators[file][1]


def content_names(files: Sequence[NamedFile], position: int) -> tuple[str, ...]:
    """The files whose content counts with the manifest at this position of its file, as it names them."""
    return tuple(one.path for one in files if one.document == position and one.use == "content") if files else ()


@dataclass(slots=True)
class Loader:
    """Reads files, whatever is known of them left out. Keeps what the cache needs to be told afterwards."""

    project: Project
    reader: ManifestReader
    cache: Cache
    known: dict[str, CachedFile]
    named: NamedFiles
    read: Read
    prefix: str
    fresh: dict[str, list[bytes]] = field(default_factory=dict)
    values: dict[str, list[Document]] = field(default_factory=dict)
    """What this process has just read and need not decode again."""
    found: list[Diagnostic] = field(default_factory=list)

    def files(self, scanned: list[ScannedFile]) -> list[CachedFile]:
        """Every readable file, in the order of the scan; half of what must be parsed is left to a second process."""
        work = [one for one in scanned if not self._is_known(one)]
        if len(work) < WORTH_A_PROCESS or (os.cpu_count() or 1) < 2:
            read = {one[0]: self.file(one) for one in work}
        else:
            read = self._in_two(work)
        known = (self.known[self.show(one[0])] if one[0] not in read else read[one[0]] for one in scanned)
        return [file for file in known if file is not None]

    def _is_known(self, scanned: ScannedFile) -> bool:
        cached = self.known.get(self.show(scanned[0]))
        return cached is not None and cached.signature == scanned[1:]

    def _in_two(self, work: list[ScannedFile]) -> dict[str, CachedFile | None]:
        middle = len(work) // 2
        join = beside(lambda: self._half(work[middle:]))
        files = {one[0]: self.file(one) for one in work[:middle]}
        answer = join()
        if answer is None:
            return files | {one[0]: self.file(one) for one in work[middle:]}
        half = msgspec.msgpack.decode(answer, type=_Half)
        self.fresh |= half.fresh
        self.found += half.found
        return files | dict(zip((one[0] for one in work[middle:]), half.files, strict=True))

    def _half(self, work: list[ScannedFile]) -> bytes:
        self.found.clear()
        files = [self.file(one) for one in work]
        return msgspec.msgpack.encode(_Half(files, self.fresh, self.found))

    def file(self, scanned: ScannedFile) -> CachedFile | None:
        """What a file holds; None where it is unreadable or has errors."""
        path, signature = scanned[0], scanned[1:]
        shown = self.show(path)
        data = self._bytes(path, shown, signature[0])
        if data is None:
            return None
        sha = hashlib.sha256(data).digest()
        cached = self.known.get(shown)
        if cached is not None and cached.sha == sha:
            return replace(cached, signature=signature)
        reading = self.reader.read(data, shown, self.read)
        if reading.diagnostics:
            self.found += reading.diagnostics
            if has_errors(reading.diagnostics):
                return None
            # A file with warnings is read anew each time, so that they are seen each time.
            signature, sha = UNSETTLED, b""
        self.fresh[shown] = reading.documents
        self.values[shown] = reading.values
        return CachedFile(shown, signature, sha, tuple(reading.manifests), tuple(reading.files), ())

    def check_named(self, file: CachedFile) -> None:
        """Report the files that a manifest names and that cannot be used; asked each time, whatever the cache says."""
        path = self.prefix + file.path if not os.path.isabs(file.path) else file.path
        for named in file.files:
            problem = self.named.check(path, named)
            if problem is not None:
                manifest = file.manifests[named.document]
                place = self._laid_over(manifest, named.pointer)
                if place is None:
                    mark = locate(self._again(file.path), manifest.index, named.pointer)
                    place = Place(file.path, mark.line, mark.column)
                self.found.append(
                    diagnose(problem.code, problem.detail, place, help=problem.help, ref=str(manifest.ref))
                )

    def _laid_over(self, manifest: Manifest, pointer: str) -> Place | None:
        overlay = self.project.overlay
        return overlay.place(manifest.layers, pointer) if overlay else None

    def _bytes(self, path: str, shown: str, size: int) -> bytes | None:
        if size > MAX_BYTES:
            detail = f"the file has {size:,} bytes; a manifest file may have {MAX_BYTES:,}"
            advice = "move the data to a CSV or JSONL file and name it in the manifest"
            self.found.append(diagnose("file-too-large", detail, Place(shown), help=advice))
            return None
        try:
            source = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                data = os.read(source, size + 1)
                if len(data) > size:  # it grew since the scan
                    data += os.read(source, MAX_BYTES)
            finally:
                os.close(source)
        except OSError as error:
            self.found.append(
                diagnose("unreadable", error.strerror or str(error), Place(shown), help="check the permissions")
            )
            return None
        return data

    def show(self, path: str) -> str:
        """The path as people see it: relative to the project where it lies in it."""
        return path.removeprefix(self.prefix)

    def value(self, file: CachedFile, position: int) -> Document:
        """A document in normal form."""
        values = self.values.get(file.path)
        found: Document = values[position] if values else canonical.decode(self.document(file, position))
        return found

    def document(self, file: CachedFile, position: int) -> bytes:
        """A canonical document, from this load, the cache, or, where the cache is damaged, the file."""
        if file.path not in self.fresh:
            cached = self.cache.document(file, position)
            if cached is not None:
                return cached
            self.fresh[file.path] = self.reader.read(self._again(file.path), file.path, self.read).documents
        if position >= len(self.fresh[file.path]):
            raise Stale(f"{file.path} changed while it was read; run again")
        return self.fresh[file.path][position]

    def _again(self, path: str) -> bytes:
        try:
            return (self.project.root / path).read_bytes()
        except OSError as error:
            raise Stale(f"{path} changed while it was read ({error.strerror}); run again") from None

    def content(self, file: CachedFile, position: int) -> dict[str, str]:
        """The digests of the content files that a document names, by path as written."""
        path = str(self.project.root / file.path)
        return {name: self.named.digest(path, name) for name in content_names(file.files, position)}


def load_catalog(project: Project, kinds: Kinds, cache: Cache, scanned: Scan | None = None) -> Library:
    """Every manifest of the project. Problems are diagnostics of the catalog; broken files leave no manifests."""
    scanned = scanned or scan(project.manifests, project.root)
    with yaml_reader() as read:
        reader = ManifestReader(kinds, project.timezone, project.overlay)
        prefix = str(project.root) + os.sep
        loader = Loader(project, reader, cache, cache.load(), NamedFiles(project.manifests), read, prefix)
        library = _load(loader, scanned)
    loader.read = read_documents
    return library


def _load(loader: Loader, scanned: Scan) -> Library:
    files = loader.files(scanned.files)
    library = assembled(loader, scanned, files, encode_scan(scanned))
    if loader.fresh or len(files) != len(loader.known) or not loader.cache.same_tree(library.signatures):
        _remember(loader, files, scanned, library.signatures)
    return library


def assembled(loader: Loader, scanned: Scan, files: Iterable[CachedFile], signatures: bytes = b"") -> Library:
    """The catalog of these files, with what their reading has found."""
    files = list(files)
    for file in files:
        if file.files:
            loader.check_named(file)
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
                manifests[ref] = with_content(loader, file, position)
    if not manifests and not has_errors(found):
        found.append(_empty(loader.project, loader))
    overlay = loader.project.overlay
    if overlay and not loader.project.is_part and not has_errors(found):
        found += overlay.unmatched(manifests)
    return Library(Catalog(manifests, tuple(found)), signatures, loader, sources)


def _remember(loader: Loader, files: list[CachedFile], scanned: Scan, signatures: bytes) -> None:
    """Tell the cache. What changed just now may change again unseen, so its signatures are not kept."""
    newest = max((max(file[2], file[3]) for file in scanned.files), default=0)
    if not loader.cache.settled(newest):
        files, signatures = [replace(file, signature=UNSETTLED) for file in files], b""
    wholly_new = len(loader.fresh) == len(files) >= WORTH_A_PROCESS
    save = loader.cache.save_beside if wholly_new else loader.cache.save
    save(files, loader.fresh, signatures)


def with_content(loader: Loader, file: CachedFile, position: int) -> Manifest:
    """A manifest that names content files: their digests count in its own."""
    document = {**canonical.decode(loader.document(file, position)), "files": loader.content(file, position)}
    return replace(file.manifests[position], digest=canonical.digest(document))


def _duplicate(first: Manifest, second: Manifest) -> Diagnostic:
    one, other = sorted((first, second), key=lambda manifest: manifest.place)
    advice = "rename one of the two, or raise its metadata.version"
    return diagnose(
        "duplicate-ref", f"{other.ref} also stands in {one.place}", other.place, help=advice, ref=str(other.ref)
    )


def _empty(project: Project, loader: Loader) -> Diagnostic:
    where = ", ".join(loader.show(str(path)) for path in project.manifests)
    return diagnose(
        "empty-catalog",
        f"no *.yaml file under {where} holds a manifest; nothing is changed",
        Place(where),
        help="write one with `muster new KIND NAME`, or check the path",
    )
