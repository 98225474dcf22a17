"""Texts that are taken along, and the keys of messages. (C-31, AMB-I4)"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.kinds.messaging.outreach import key_of
from reconciler.kinds.messaging.texts import (
    StoredTemplates,
    Text,
    digest_of,
    files_of,
    packed,
    text_of,
    texts_of,
    unpacked,
    with_digest,
)
from reconciler.kinds.shelf import Shelf
from reconciler.mail.letter import Attachment
from reconciler.model import canonical
from reconciler.model.canonical import Document
from reconciler.model.errors import Permanent
from reconciler.model.ref import Ref
from tests.messaging.desk import Desk

PDF = b"%PDF-1.7 \x00\xff"
DOCUMENT: Document = {
    "spec": {
        "subject": "Invoice {{ invoice.number }}",
        "preheader": "Please read",
        "html": {"file": "mails/reminder.html"},
        "text": {"inline": "Hello"},
        "attachments": [
            {"file": "terms.pdf"},
            {"file": "logo.bin", "name": "logo", "type": "image/png", "contentId": "l"},
        ],
    }
}


@dataclass(frozen=True, slots=True)
class Held:
    """Implements `shelf.Files` with what a test holds."""

    found: Mapping[str, bytes]

    def path(self, ref: Ref, name: str) -> str:
        raise Permanent(f"{ref}: {name} is no data file")

    def content(self, ref: Ref, name: str, digest: str) -> bytes:
        if name not in self.found:
            raise Permanent(f"{ref}: {name} does not exist beside the manifest")
        return self.found[name]


def shelf(document: Document = DOCUMENT, **files: bytes) -> Shelf:
    held = {"mails/reminder.html": "<p>Grüße</p>".encode(), "terms.pdf": PDF, "logo.bin": b"PNG", **files}
    return Shelf(lambda ref: document if ref == Ref("Template", "reminder") else None, Held(held), lambda _: "")


def test_a_template_is_taken_along_with_its_files() -> None:
    """Also to where no files are, through the store's JSON."""
    texts = texts_of(["reminder", "reminder"], shelf())
    text = texts["reminder"]
    assert (text.subject, text.preheader, text.html, text.text) == (
        "Invoice {{ invoice.number }}", "Please read", "<p>Grüße</p>", "Hello",
    )  # fmt: skip
    assert text.attachments == (
        Attachment("terms.pdf", "application/pdf", PDF),
        Attachment("logo", "image/png", b"PNG", "l"),
    )
    assert unpacked(canonical.decode(canonical.encode(packed(texts)))) == texts


def test_a_template_that_is_gone_is_said() -> None:
    with pytest.raises(Permanent, match="Template/nudge@1 is not there any more"):
        texts_of(["reminder", "nudge"], shelf())


def test_an_attachment_that_was_tampered_with_is_not_sent() -> None:
    found = packed(texts_of(["reminder"], shelf()))
    found["reminder"]["attachments"][0]["data"] = "AAAA"
    with pytest.raises(Permanent, match=r"terms\.pdf of Template/reminder is not the one that was packed"):
        unpacked(found)


@pytest.mark.parametrize(
    "change",
    [
        {"subject": "another"}, {"subject": None}, {"html": "x"}, {"html": None, "text": "<p>Grüße</p>"}, {"text": "Hello "},
        {"preheader": None}, {"attachments": ()},
        {"attachments": (Attachment("terms.pdf", "application/pdf", PDF + b"."), Attachment("logo", "image/png", b"PNG", "l"))},
        {"attachments": (Attachment("terms.pdf", "application/pdf", PDF), Attachment("logo", "image/png", b"PNG"))},
        {"attachments": (Attachment("logo", "image/png", b"PNG", "l"), Attachment("terms.pdf", "application/pdf", PDF))},
    ],
)  # fmt: skip
def test_any_change_is_another_digest(change: dict[str, Any]) -> None:
    """AMB-I4: a test of a campaign holds for exactly what was tested."""
    text = text_of("reminder", shelf())
    changed = with_digest(replace(text, **change))
    assert changed.digest != text.digest
    assert digest_of({"reminder": changed}) != digest_of({"reminder": text})


def test_whose_text_it_is_counts_in_a_package_and_not_in_a_text() -> None:
    text = text_of("reminder", shelf())
    assert with_digest(replace(text, name="other")).digest == text.digest
    assert digest_of({"a": text}) != digest_of({"b": text})
    assert digest_of({"a": text, "b": text}) != digest_of({"a": text})
    assert digest_of({"a": text, "b": text}) == digest_of({"b": text, "a": text})


@given(st.lists(st.none() | st.text(st.characters(exclude_categories=("Cs",)), max_size=20), min_size=4, max_size=4))
def test_packing_changes_nothing(parts: list[str | None]) -> None:
    subject, html, text, preheader = parts
    texts = {"t": with_digest(Text("t", subject, html, text, preheader))}
    assert unpacked(canonical.decode(canonical.encode(packed(texts)))) == texts


@pytest.mark.parametrize(
    ("spec", "files"),
    [
        ({"text": {"inline": "x"}}, ()),
        ({"html": {"file": "a.html"}, "text": {"inline": "x"}}, ("a.html",)),
        ({"text": {"file": "a.txt"}, "attachments": [{"file": "b.pdf"}]}, ("a.txt", "b.pdf")),
        ({"text": {"inline": "x"}, "attachments": [{"file": "b.pdf"}]}, ("b.pdf",)),
    ],
)
def test_workers_use_what_the_store_holds(desk: Desk, spec: Document, files: tuple[str, ...]) -> None:
    """C-31: what needs a file is refused in so many words, before anybody waits for it."""
    desk.supporting("Template", "c-1", **spec)
    assert files_of({"spec": spec}) == files
    if not files:
        assert text_of("c-1", StoredTemplates(desk.store)).text == "x"
        return
    with pytest.raises(Permanent, match=f"Template/c-1@1 needs the file {files[0]}, and workers have none"):
        text_of("c-1", StoredTemplates(desk.store))


@pytest.mark.parametrize("state", ["", "deleted"])
def test_a_stored_template_that_is_gone_is_said(desk: Desk, state: str) -> None:
    if state:
        desk.supporting("Template", "c-1", state, text={"inline": "x"})
    with pytest.raises(Permanent, match="Template/c-1@1 is not there any more"):
        text_of("c-1", StoredTemplates(desk.store))


def test_the_digest_of_a_file_is_what_sha256_says() -> None:
    """So that anybody can compare what was packed with what lies in the repository."""
    found = packed(texts_of(["reminder"], shelf()))
    assert found["reminder"]["attachments"][0]["sha256"] == hashlib.sha256(PDF).hexdigest()


def test_keys_tell_messages_apart() -> None:
    keys = [key_of("a", 1), key_of("a1"), key_of("a", "1", ""), key_of("a", 1, "x"), key_of()]
    assert len(set(keys)) == len(keys)
    assert key_of("a", 1) == key_of("a", "1")
    assert all(key.isalnum() and len(key) == 40 for key in keys)
