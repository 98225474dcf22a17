"""What is wrong with a letter, before anybody is written to: templates, addresses, attachments, settings."""

import re
from collections import Counter
from collections.abc import Iterator
from typing import Final

from reconciler.mail.address import on_the_wire
from reconciler.mail.fault import Fault, Unfit
from reconciler.mail.headers import one_line
from reconciler.mail.language import Variable
from reconciler.mail.letter import Attachment, Letter, Unsubscribe
from reconciler.mail.links import marked
from reconciler.mail.plain import text_of
from reconciler.mail.template import Template, read

MAX_ATTACHED: Final = 25_000_000
"""Bytes of all attachments together; larger mails are refused by most servers."""

_TYPE = re.compile(
    r"(?!message/|multipart/)[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,63}"
)
_CONTENT_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}(@[A-Za-z0-9][A-Za-z0-9.-]{0,99})?")
_CID = re.compile(r"\bsrc\s*=\s*[\"']cid:([^\"'{}]+)[\"']", re.IGNORECASE)
_LIST_ID = re.compile(r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)+")
_URL = re.compile(r"https?://[!#-;=?-~]{1,900}")


def check(letter: Letter) -> list[Fault]:
    """All that stops `letter` from being sent to anybody; empty where it can be sent."""
    return [*_headers(letter), *_templates(letter), *_attachments(letter)]


def variables_of(letter: Letter) -> dict[str, Variable]:
    """The names that the letter's templates take from outside, beyond its own `variables`; templates with faults give none."""
    found: dict[str, Variable] = {}
    for part, source in _sources(letter):
        template = read(source, part, markup=part == "html")
        if isinstance(template, Template):
            for variable in template.variables:
                known = found.get(variable.name)
                if variable.name not in letter.variables and (known is None or variable.required > known.required):
                    found[variable.name] = variable
    return found


def _sources(letter: Letter) -> Iterator[tuple[str, str]]:
    for part in ("subject", "preheader", "html", "text"):
        source = getattr(letter, part)
        if source is not None:
            yield part, source


def _templates(letter: Letter) -> Iterator[Fault]:
    faulty = False
    for part, source in _sources(letter):
        found = read(source, part, markup=part == "html")
        if isinstance(found, list):
            faulty = True
            yield from found
    if letter.html is None and letter.text is None:
        yield Fault("html", "the mail says nothing: give an html or a text")
    if letter.html is not None and letter.text is None and not faulty:
        marks = marked(letter.html, None, clicks=letter.track_clicks)
        made = read(text_of(marks.html or ""), "text", markup=False, own=marks.names)
        if isinstance(made, list):
            yield Fault("text", f"no text can be made from the html ({made[0].message}); write one")


def _headers(letter: Letter) -> Iterator[Fault]:
    if not one_line(letter.subject):
        yield Fault("subject", "write a subject")
    if letter.subject.strip() != one_line(letter.subject):
        yield Fault("subject", "a subject is one line")
    addresses = {"from": letter.sender.address, "replyTo": letter.reply_to}
    if letter.unsubscribe:
        addresses["unsubscribe"] = letter.unsubscribe.mailto
        yield from _unsubscribe(letter.unsubscribe)
    for part, address in addresses.items():
        wire = on_the_wire(address) if address is not None else ""
        if isinstance(wire, Unfit):
            yield Fault(part, wire.message)
    if letter.sender.name and (letter.sender.name != one_line(letter.sender.name) or len(letter.sender.name) > 200):
        yield Fault("from", "the sender's name is one line of at most 200 characters")
    if letter.list_id is not None and not (_LIST_ID.fullmatch(letter.list_id) and len(letter.list_id) <= 253):
        yield Fault("listId", f"{letter.list_id[:100]!r} is not a list's name: write it like news.example.com")


def _unsubscribe(how: Unsubscribe) -> Iterator[Fault]:
    if how.url is not None and not _URL.fullmatch(how.url):
        yield Fault("unsubscribe", f"{how.url[:100]!r} is not an address of a page: write https://…, in ASCII")


def _attachments(letter: Letter) -> Iterator[Fault]:
    ids = Counter(one.content_id for one in letter.attachments if one.content_id)
    for number, one in enumerate(letter.attachments, start=1):
        for message in _of_attachment(one, ids):
            yield Fault(f"attachment {number}", message)
    if sum(len(one.data) for one in letter.attachments) > MAX_ATTACHED:
        yield Fault("attachments", f"they are more than {MAX_ATTACHED:,} bytes together")
    for cid in sorted(set(_CID.findall(letter.html or "")) - set(ids)):
        yield Fault("html", f"there is no attachment with the content id {cid[:100]!r}")


def _of_attachment(one: Attachment, ids: Counter[str]) -> Iterator[str]:
    if one.name != one_line(one.name) or not one.name or len(one.name) > 200 or "/" in one.name or "\\" in one.name:
        yield "its name is one line of 1 to 200 characters, without / and \\"
    if not _TYPE.fullmatch(one.media_type):
        yield f"{one.media_type[:100]!r} is not a media type that can be attached"
    if one.content_id is not None and not _CONTENT_ID.fullmatch(one.content_id):
        yield "its content id is letters, digits, dots, - and _"
    if one.content_id and ids[one.content_id] > 1:
        yield f"the content id {one.content_id!r} is used twice"
