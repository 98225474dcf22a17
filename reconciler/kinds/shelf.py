"""The supporting manifests of a campaign as they are stored, and the files that stand beside them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from reconciler.feed.source import Source, source_of
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Lookup
from reconciler.model.ref import Ref
from reconciler.model.secret import Reveal


class Files(Protocol):
    """The files that manifests name, inside their tree."""

    def path(self, ref: Ref, name: str) -> str:
        """Where a file lies that a manifest names. Permanent where it is not there or leaves the tree."""
        ...

    def content(self, ref: Ref, name: str, digest: str) -> bytes:
        """A content file, which must be the one that was planned: Permanent where its digest is another."""
        ...


@dataclass(frozen=True, slots=True)
class Shelf:
    """Documents by kind and name, and the files beside them."""

    lookup: Lookup
    files: Files
    reveal: Reveal

    def document(self, kind: str, name: str) -> tuple[Ref, Document]:
        """A supporting manifest. Permanent where it is gone."""
        ref = Ref(kind, name)
        found = self.lookup(ref)
        if found is None:
            raise Permanent(f"{ref} is not there any more")
        return ref, found

    def text(self, ref: Ref, document: Document, written: Mapping[str, Any] | None) -> str | None:
        """A text that stands in a manifest, or in a file beside it; None where there is none."""
        if written is None:
            return None
        if "inline" in written:
            return str(written["inline"])
        data = self.bytes_of(ref, document, written["file"])
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise Permanent(f"{written['file']} of {ref} is not UTF-8") from None

    def bytes_of(self, ref: Ref, document: Document, name: str) -> bytes:
        """A content file."""
        return self.files.content(ref, name, document.get("files", {}).get(name, ""))

    def source(self, ref: Ref, written: Mapping[str, Any]) -> Source:
        """Where rows come from, as the manifest `ref` writes it. Permanent where its file is not there."""
        for member in ("csv", "jsonl"):
            if member in written:
                return source_of({member: self.files.path(ref, written[member])}, "", self.reveal)
        return source_of(written, "", self.reveal)
