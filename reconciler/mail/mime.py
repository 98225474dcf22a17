"""The body of a mail: a skeleton built once for a letter, into which each recipient's texts are put as encoded lines.

An `EmailMessage` for each recipient costs a hundred times as much. Stretches of text that all recipients share are encoded
once, so that the cost is that of what differs. Each piece of body is kept in the forms in which it is asked for: as it is,
as DKIM's `relaxed` reading sees it, and as SMTP writes it, so that neither signing nor sending reads anything twice.
"""

import binascii
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final, NamedTuple

from reconciler.mail.body import stuffed
from reconciler.mail.headers import content_header, parameter, token_header
from reconciler.mail.letter import Attachment, Letter

_RUN = re.compile(rb"[ \t]{2,}|\t")
_ENDS = re.compile(r"\r\n?")


class Piece(NamedTuple):
    """Whole lines of a body: as they are, as signed (runs of spaces made one), and as sent (leading dots doubled)."""

    lines: bytes
    signed: bytes
    stuffed: bytes


_NOTHING: Final = Piece(b"", b"", b"")


class Slot(StrEnum):
    """Where a recipient's text goes."""

    TEXT = "plain"
    HTML = "html"


class Shared(NamedTuple):
    """A stretch of text that all recipients share: up to its first line end, its whole lines encoded, and the rest."""

    first: str
    lines: Piece
    rest: str


@dataclass(frozen=True, slots=True)
class Coder:
    """Encodes one text part: quoted-printable, or base64 where most of it is not ASCII."""

    as_base64: bool
    shared: Mapping[str, Shared]

    @property
    def encoding(self) -> str:
        """The name of the encoding."""
        return "base64" if self.as_base64 else "quoted-printable"

    def encode(self, chunks: Iterable[str]) -> list[Piece]:
        """The text that `chunks` make together, as lines. Raises UnicodeEncodeError for half of a surrogate pair."""
        if self.as_base64:
            return [_base64(_lines("".join(chunks)))]
        pieces: list[Piece] = []
        open_: list[str] = []
        for chunk in chunks:
            known = self.shared.get(chunk)
            if known is None:
                open_.append(chunk)
            else:
                open_.append(known.first)
                pieces += (quoted("".join(open_)), known.lines)
                open_ = [known.rest]
        return [*pieces, quoted("".join(open_))]


def coder(statics: Sequence[str]) -> Coder:
    """The Coder for a template whose stretches without placeholders are `statics`."""
    data = "".join(statics).encode()
    beyond = sum(1 for byte in data if byte > 127)
    if 4 * beyond > len(data):
        return Coder(True, {})
    return Coder(False, {text: _share(text) for text in statics if text.count("\n") >= 2})


def _share(text: str) -> Shared:
    first, last = text.index("\n") + 1, text.rindex("\n") + 1
    return Shared(text[:first], quoted(text[first:last]), text[last:])


def quoted(text: str) -> Piece:
    """`text` as lines of quoted-printable; a line end is added where the last line has none."""
    if not text:
        return _NOTHING
    return _piece(binascii.b2a_qp(_lines(text), istext=True))


def _lines(text: str) -> bytes:
    if "\r" in text:
        text = _ENDS.sub("\n", text)
    data = text.encode().replace(b"\n", b"\r\n")
    return data if data.endswith(b"\n") else data + b"\r\n"


def _base64(data: bytes) -> Piece:
    coded = binascii.b2a_base64(data, newline=False)
    return _piece(b"".join([coded[at : at + 76] + b"\r\n" for at in range(0, len(coded), 76)]))


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The body without its texts. `head` are the headers that tell its structure."""

    head: bytes
    parts: tuple[Piece | Slot, ...]

    def filled(self, texts: Mapping[Slot, list[Piece]]) -> list[Piece]:
        """The body's pieces with a recipient's texts put in."""
        pieces: list[Piece] = []
        for part in self.parts:
            if isinstance(part, Slot):
                pieces += texts[part]
            else:
                pieces.append(part)
        return pieces


def skeleton(letter: Letter, coders: Mapping[Slot, Coder]) -> Skeleton:
    """The structure that `letter` needs: mixed around related around alternative, each only where there is something."""
    texts = [_Part(_text_head(slot, coders[slot]), (slot,)) for slot in Slot if slot in coders]
    inline = [_attached(one) for one in letter.attachments if one.content_id]
    files = [_attached(one) for one in letter.attachments if not one.content_id]
    part = _wrapped(letter.uid, "alternative", texts)
    part = _wrapped(letter.uid, "related", [part, *inline])
    part = _wrapped(letter.uid, "mixed", [part, *files])
    return Skeleton(part.head, _merged(part.body))


class _Part(NamedTuple):
    head: bytes
    body: tuple[bytes | Slot, ...]


def _text_head(slot: Slot, coder_: Coder) -> bytes:
    kind = content_header("Content-Type", f"text/{slot.value}", "charset=utf-8")
    return kind + token_header("Content-Transfer-Encoding", coder_.encoding)


def _attached(one: Attachment) -> _Part:
    kind = content_header("Content-Type", one.media_type, *parameter("name", one.name))
    how = content_header(
        "Content-Disposition", "inline" if one.content_id else "attachment", *parameter("filename", one.name)
    )
    identity = token_header("Content-ID", f"<{one.content_id}>") if one.content_id else b""
    head = kind + token_header("Content-Transfer-Encoding", "base64") + how + identity
    return _Part(head, (_base64(one.data).lines,))


def _wrapped(uid: str, subtype: str, parts: Sequence[_Part]) -> _Part:
    if len(parts) == 1:
        return parts[0]
    # "=_" occurs neither in quoted-printable nor in base64, so no body can hold the boundary.
    boundary = f"=_{subtype}_{sha256(f'{subtype}:{uid}'.encode()).hexdigest()[:24]}"
    head = content_header("Content-Type", f"multipart/{subtype}", f'boundary="{boundary}"')
    body: list[bytes | Slot] = []
    for part in parts:
        body += [f"--{boundary}\r\n".encode(), part.head + b"\r\n", *part.body]
    return _Part(head, (*body, f"--{boundary}--\r\n".encode()))


def _merged(body: Sequence[bytes | Slot]) -> tuple[Piece | Slot, ...]:
    parts: list[Piece | Slot] = []
    for one in body:
        if isinstance(one, Slot):
            parts.append(one)
        elif parts and isinstance(parts[-1], Piece):
            parts[-1] = _piece(parts[-1].lines + one)
        else:
            parts.append(_piece(one))
    return tuple(parts)


def _piece(lines: bytes) -> Piece:
    return Piece(lines, _relaxed(lines), stuffed(lines))


def _relaxed(lines: bytes) -> bytes:
    if b"  " not in lines and b"\t" not in lines:
        return lines  # a search for two bytes costs a tenth of the pattern's
    return _RUN.sub(b" ", lines)
