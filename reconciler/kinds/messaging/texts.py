"""What Templates say, taken along to where no files are: as they stood when a campaign was launched, or as they are stored.

texts = texts_of(["reminder-1", "nudge"], shelf)       from the files of a project; Permanent where one is not there
texts = texts_of(["c-1"], StoredTemplates(store))      from the store alone: their texts must be inline
ledger.pack(uid, {"texts": packed(texts), …})          and unpacked(package["texts"]) wherever the job is worked on
digest_of(texts)                                       of all that they say, attachments too
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from reconciler.mail.letter import Attachment, Letter, Mailbox
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ports import Store
from reconciler.model.ref import Ref

_ANYBODY: Final = Mailbox("nobody@muster.example")
"""Of what is looked at before it is known from whom it goes."""


@dataclass(frozen=True, slots=True)
class Text:
    """What one Template says. `digest` is of all of it."""

    name: str
    subject: str | None = None
    html: str | None = None
    text: str | None = None
    preheader: str | None = None
    attachments: tuple[Attachment, ...] = ()
    digest: str = ""


Texts = Mapping[str, Text]
"""Texts by the names of their Templates."""


class Templates(Protocol):
    """Where Templates are found, and their texts and files."""

    def document(self, kind: str, name: str) -> tuple[Ref, Document]:
        """A supporting manifest. Permanent where it is gone."""
        ...

    def text(self, ref: Ref, document: Document, written: Mapping[str, Any] | None) -> str | None:
        """A text that stands in a manifest, or in a file beside it; None where there is none."""
        ...

    def bytes_of(self, ref: Ref, document: Document, name: str) -> bytes:
        """A content file."""
        ...


@dataclass(frozen=True, slots=True)
class StoredTemplates:
    """Implements `Templates` over a store alone: there are no files."""

    store: Store

    def document(self, kind: str, name: str) -> tuple[Ref, Document]:
        """See `Templates`."""
        ref = Ref(kind, name)
        found = self.store.load([ref]).get(ref)
        if found is None or found.state == "deleted":
            raise Permanent(f"{ref} is not there any more")
        return ref, found.document

    def text(self, ref: Ref, document: Document, written: Mapping[str, Any] | None) -> str | None:
        """See `Templates`. Permanent where the text stands in a file."""
        if written is None:
            return None
        if "inline" not in written:
            self.bytes_of(ref, document, written["file"])
        return str(written["inline"])

    def bytes_of(self, ref: Ref, document: Document, name: str) -> bytes:
        """See `Templates`: Permanent, always."""
        raise Permanent(
            f"{ref} needs the file {name}, and workers have none: write its text inline, without attachments"
        )


def files_of(document: Document) -> tuple[str, ...]:
    """The files that a Template needs, in the order in which it names them: none where workers can use it as it is stored."""
    spec: Mapping[str, Any] = document.get("spec", {})
    parts = (spec.get(part, {}) for part in ("html", "text"))
    return (*(part["file"] for part in parts if "file" in part), *(one["file"] for one in spec.get("attachments", ())))


def fault_of(names: Iterable[str], shelf: Templates) -> str:
    """The first thing that is wrong with what these Templates say, whoever is written to; empty where nothing is."""
    from reconciler.mail.check import check

    for name in sorted(set(names)):
        try:
            one = text_of(name, shelf)
        except Permanent as error:
            return str(error)
        letter = Letter("", _ANYBODY, one.subject or name, one.html, one.text, one.preheader, None, one.attachments)
        for fault in check(letter):
            return f"Template/{name}: {fault}"
    return ""


def texts_of(names: Iterable[str], shelf: Templates) -> Texts:
    """What these Templates say. Permanent where one of them, or a file of it, is not there."""
    return {name: text_of(name, shelf) for name in sorted(set(names))}


def text_of(name: str, shelf: Templates) -> Text:
    """What one Template says. Permanent where it, or a file of it, is not there."""
    ref, document = shelf.document("Template", name)
    spec: Mapping[str, Any] = document.get("spec", {})
    return with_digest(
        Text(
            name=name,
            subject=spec.get("subject"),
            html=shelf.text(ref, document, spec.get("html")),
            text=shelf.text(ref, document, spec.get("text")),
            preheader=spec.get("preheader"),
            attachments=tuple(
                attachment(one, shelf.bytes_of(ref, document, one["file"])) for one in spec.get("attachments", ())
            ),
        )
    )


def attachment(written: Mapping[str, Any], data: bytes) -> Attachment:
    """The attachment that a manifest names, with what its file holds."""
    import mimetypes

    name = written.get("name") or written["file"].rpartition("/")[2]
    kind = written.get("type") or mimetypes.guess_type(name)[0] or "application/octet-stream"
    return Attachment(name, kind, data, written.get("contentId"))


def with_digest(text: Text) -> Text:
    """The text, known by what it says: its name does not count."""
    files = [(one.name, one.media_type, one.content_id, _sha256(one.data)) for one in text.attachments]
    return replace(text, digest=canonical.digest([text.subject, text.html, text.text, text.preheader, files]))


def digest_of(texts: Texts) -> str:
    """`sha256:…` over all that these say, each under its name."""
    return canonical.digest({name: one.digest for name, one in texts.items()})


def packed(texts: Texts) -> Document:
    """The texts as they are kept in the store."""
    return {name: _packed(one) for name, one in texts.items()}


def unpacked(document: Document) -> Texts:
    """The texts that `packed` made it from. Permanent where a file is not what was packed."""
    return {name: _unpacked(name, one) for name, one in document.items()}


def _packed(text: Text) -> Document:
    parts = {"subject": text.subject, "html": text.html, "text": text.text, "preheader": text.preheader}
    return {
        **{part: said for part, said in parts.items() if said is not None},
        "attachments": [
            {
                "name": one.name,
                "type": one.media_type,
                "contentId": one.content_id,
                "sha256": _sha256(one.data),
                "data": base64.b64encode(one.data).decode(),
            }
            for one in text.attachments
        ],
    }


def _unpacked(name: str, document: Document) -> Text:
    attachments = tuple(_opened(name, one) for one in document["attachments"])
    subject, html, text, preheader = (document.get(part) for part in ("subject", "html", "text", "preheader"))
    return with_digest(Text(name, subject, html, text, preheader, attachments))


def _opened(name: str, document: Document) -> Attachment:
    data = base64.b64decode(document["data"])
    if _sha256(data) != document["sha256"]:
        raise Permanent(f"the attachment {document['name']} of Template/{name} is not the one that was packed")
    return Attachment(document["name"], document["type"], data, document["contentId"])


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
