"""What was read before: a stat cache over a content cache, so that unchanged files cost a stat, and known bytes a hash.

Files under `.muster/cache`, each but the pack with a checksum, written beside its place and renamed into it:

    tree       the signatures of the last scan, byte for byte: equal bytes mean an unchanged tree
    contents   per file: signature and sha256, to tell a tree of the same contents, as a fresh clone is
    index      per file: signature, sha256, manifests; and where its documents lie in the pack
    documents  the pack: canonical documents, appended

Nothing here is ever trusted over the files: a document whose digest does not fit is read anew, and a cache that cannot
be read or written is no cache.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from reconciler.model.canonical import digest_of_bytes
from reconciler.model.manifest import Manifest, NamedFile
from reconciler.model.record import Record
from reconciler.model.timeline import Occurrence
from reconciler.source.beside import beside
from reconciler.source.scan import Signature

_FORMAT: Final = "muster-cache-2"
_GENERATION: Final = 32
_CHECKSUM: Final = 32
_RACY: Final = 20_000_000
"""Nanoseconds. A file changed this close to the scan may change again without its signature changing."""


class CachedFile(Record, frozen=True):
    """What is known of one file. `spans` are offset and length of each document in the pack."""

    path: str
    signature: Signature
    sha: bytes
    manifests: tuple[Manifest, ...]
    files: tuple[NamedFile, ...]
    spans: tuple[tuple[int, int], ...]


class _Index(Record, frozen=True):
    """The content of `index`."""

    format: str
    fingerprint: str
    files: list[CachedFile]


class _Contents(Record, frozen=True):
    """The content of `contents`."""

    generation: str
    fingerprint: str
    files: list[tuple[str, Signature, bytes]]


class Memo(Record, frozen=True):
    """What a plan said when nothing was to do: it stands while tree, definitions and store stay, until `valid_until`."""

    key: str
    generation: str
    """The save of the cache that the plan was made from."""
    valid_from: str
    valid_until: str
    unchanged: int
    watched: tuple[tuple[str, Signature, bytes], ...]
    """The files that manifests name: path, signature and sha256 (empty where there is none)."""
    timeline: tuple[Occurrence, ...] = ()
    """What it foresaw."""
    format: str = _FORMAT


class Cache:
    """The cache of one project. `fingerprint` covers whatever decides how bytes are read; another one empties it."""

    def __init__(self, directory: Path, fingerprint: str) -> None:
        self._directory = directory
        self.fingerprint = fingerprint
        self.generation = ""
        """Which save the last `same_tree`, `contents` or `save` was about."""
        self._pack = b""
        self._saving: tuple[Callable[[], bytes | None], Callable[[], bytes]] | None = None

    def same_tree(self, signatures: bytes) -> bool:
        """Whether the last scan saw exactly these signatures under this fingerprint."""
        data = self._read("tree")
        self.generation = data[:_GENERATION].decode("ascii", "replace")
        return data[_GENERATION:] == self.fingerprint.encode() + signatures

    def contents(self) -> dict[str, tuple[Signature, bytes]]:
        """Signature and sha256 of every file of the last save."""
        try:
            contents = msgspec.msgpack.decode(self._read("contents"), type=_Contents)
        except msgspec.MsgspecError:
            return {}
        if contents.fingerprint != self.fingerprint:
            return {}
        self.generation = contents.generation
        return {path: (signature, sha) for path, signature, sha in contents.files}

    def same_contents(self, signatures: bytes) -> None:
        """Note that these signatures stand for the same contents as before."""
        with suppress(OSError):
            self._write("tree", self.generation.encode() + self.fingerprint.encode() + signatures)

    def load(self) -> dict[str, CachedFile]:
        """Everything known, by path."""
        try:
            index = msgspec.msgpack.decode(self._read("index"), type=_Index)
        except msgspec.MsgspecError:
            return {}
        if index.format != _FORMAT or index.fingerprint != self.fingerprint:
            return {}
        return {file.path: file for file in index.files}

    def document(self, file: CachedFile, position: int) -> bytes | None:
        """A document of a file; None where the cache does not have it whole: its bytes must fit its digest."""
        if not self._pack:
            with suppress(OSError):
                self._pack = (self._directory / "documents").read_bytes()
        offset, length = file.spans[position] if position < len(file.spans) else (0, 0)
        data = self._pack[offset : offset + length]
        return data if digest_of_bytes(data) == file.manifests[position].digest else None

    def save(self, files: list[CachedFile], fresh: dict[str, list[bytes]], signatures: bytes) -> None:
        """Remember `files`; the documents of those in `fresh` are appended. Another writer at work: not this time."""
        self.generation = self._save(files, fresh, signatures).decode()

    def save_beside(self, files: list[CachedFile], fresh: dict[str, list[bytes]], signatures: bytes) -> None:
        """`save` in a second process, while this one goes on; `wait` ends it. For trees that are new as a whole."""

        def task() -> bytes:
            return self._save(files, fresh, signatures)

        self._saving = beside(task), task

    def wait(self) -> None:
        """Wait for what `save_beside` began, and do it here where the second process failed."""
        if self._saving is not None:
            (answer, task), self._saving = self._saving, None
            self.generation = (answer() or task()).decode()

    def _save(self, files: list[CachedFile], fresh: dict[str, list[bytes]], signatures: bytes) -> bytes:
        """The generation of the save; nothing where it could not be made."""
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            with (self._directory / "lock").open("wb") as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                files = self._append(files, fresh)
                index = _Index(_FORMAT, self.fingerprint, files)
                generation = os.urandom(_GENERATION // 2).hex()
                contents = _Contents(generation, self.fingerprint, [(f.path, f.signature, f.sha) for f in files])
                self._write("index", msgspec.msgpack.encode(index))
                self._write("contents", msgspec.msgpack.encode(contents))
                self._write("tree", generation.encode() + self.fingerprint.encode() + signatures)
        except OSError:
            return b""
        return generation.encode()

    def memo(self) -> Memo | None:
        """The last plan that had nothing to do."""
        try:
            memo = msgspec.msgpack.decode(self._read("memo"), type=Memo)
        except msgspec.MsgspecError:
            return None
        return memo if memo.format == _FORMAT else None

    def remember(self, memo: Memo) -> None:
        """Keep a plan that had nothing to do."""
        with suppress(OSError):
            self._write("memo", msgspec.msgpack.encode(memo))

    def settled(self, newest: int) -> bool:
        """Whether files changed at `newest` (mtime, ns) are old enough to be told apart by their signatures.

        Asked of the file system's own clock: the time stamp of a file written now.
        """
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            probe = self._directory / "clock"
            probe.write_bytes(b"")
            return newest + _RACY < probe.stat().st_mtime_ns
        except OSError:
            return False

    def _append(self, files: list[CachedFile], fresh: dict[str, list[bytes]]) -> list[CachedFile]:
        known = bool(self.load())
        pack = self._directory / "documents"
        live = sum(length for file in files for _, length in file.spans)
        mode = "ab" if known and pack.exists() and pack.stat().st_size <= 2 * live + (1 << 20) else "wb"
        if mode == "wb" and any(file.path not in fresh for file in files):
            # The pack is mostly garbage: start it anew with what is still used, read from the old one.
            fresh = {file.path: self._kept(file, fresh) for file in files}
        result, chunks = [], []
        with pack.open(mode) as out:
            offset = out.tell()
            for file in files:
                documents = fresh.get(file.path)
                if documents is None:
                    result.append(file)
                    continue
                spans = []
                for document in documents:
                    spans.append((offset, len(document)))
                    offset += len(document)
                    chunks.append(document)
                result.append(msgspec.structs.replace(file, spans=tuple(spans)))
            out.write(b"".join(chunks))
        return result

    def _kept(self, file: CachedFile, fresh: dict[str, list[bytes]]) -> list[bytes]:
        if file.path in fresh:
            return fresh[file.path]
        return [self.document(file, position) or b"" for position in range(len(file.spans))]

    def _read(self, name: str) -> bytes:
        """The content of a cache file; nothing where it is not whole."""
        try:
            data = (self._directory / name).read_bytes()
        except OSError:
            return b""
        content = memoryview(data)[_CHECKSUM:]
        return bytes(content) if hashlib.sha256(content).digest() == data[:_CHECKSUM] else b""

    def _write(self, name: str, data: bytes) -> None:
        temporary = self._directory / f"{name}.{os.getpid()}"
        temporary.write_bytes(hashlib.sha256(data).digest() + data)
        temporary.replace(self._directory / name)
