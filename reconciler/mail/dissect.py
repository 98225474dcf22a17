"""Takes a mail of unknown origin apart, within bounds: what is too long, too deep or too much is not looked at.

The library's parser recurses once for every message within a message, reads what it is given to its end, and knows codecs
that are no text. A mail that anybody may send us is read here instead: one pass over at most a mebibyte, no recursion,
nothing is raised. Messages within the message are not opened, only their headers are: what they report is not ours.
"""

import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

CAP: Final = 1 << 20
"""Bytes of a mail that are looked at. Reports stand at its beginning, what is returned follows them."""
_HEAD: Final = 1 << 17
"""Bytes of headers that are looked at."""
_HEADERS: Final = 400
_VALUE: Final = 4_000
"""Characters of a header that are looked at."""
_PARTS: Final = 64
_DEPTH: Final = 8
TEXT: Final = 1 << 16
"""Characters of a part's text that are looked at."""

_NAME: Final = re.compile(rb"([!-9;-~]{1,76})[ \t]*:")
_BLANK: Final = re.compile(rb"\r?\n[ \t]*\r?\n|\A\r?\n")
_MARK: Final = re.compile(rb"^--([^\s-][^\r\n]{3,150})\r?$", re.M)
_PARAMETER: Final = re.compile(r';\s{0,9}([\w-]{1,40})\*?\s{0,9}=\s{0,9}(?:"([^"]{0,300})"|([^;\s"]{1,300}))')
_WORD: Final = re.compile(r"=\?([\w-]{1,40})(?:\*[\w-]{0,20})?\?([bqBQ])\?([^?\s]{0,2000})\?=")
_BETWEEN: Final = re.compile(r"(\?=)[ \t]{1,9}(=\?)")
_ENCODINGS: Final = re.compile(
    r"utf-?8|us-ascii|ascii|iso-?8859-\d{1,2}|windows-125\d|cp125\d|koi8-[ru]|gb2312|gbk|gb18030|big5"
    r"|euc-(?:jp|kr)|shift[_-]jis|iso-2022-(?:jp|kr)",
    re.I,
)
"""Others are taken for UTF-8 or Latin-1: Python knows codecs that are slow on purpose, or are no text at all."""


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of a mail's tree: its type in lower case (`text/plain`), its headers and its body as it came."""

    type: str
    headers: Mapping[str, tuple[str, ...]]
    body: bytes
    parameters: Mapping[str, str] = field(default_factory=dict)

    def header(self, name: str) -> str:
        """The first header of a name in lower case, decoded; empty where there is none."""
        return next(iter(self.headers.get(name, ())), "")

    @property
    def text(self) -> str:
        """Its body as text, with `\\n` at the ends of lines."""
        raw = _decoded(self.body[: 4 * TEXT], self.header("content-transfer-encoding").strip().lower())
        text = to_text(raw, self.parameters.get("charset", ""))
        return text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")[:TEXT]


@dataclass(frozen=True, slots=True)
class Mail:
    """A whole mail: its own headers and type, and its leaves in their order."""

    top: Part
    parts: tuple[Part, ...]

    def of(self, *types: str) -> Iterator[Part]:
        """Leaves of these types."""
        return (part for part in self.parts if part.type in types)


def dissect(data: bytes) -> Mail:
    """A mail's headers and leaves. Whatever the bytes are, this ends and raises nothing."""
    top = _part(data[:CAP].replace(b"\0", b""))
    leaves: list[Part] = []
    waiting = [(top, 0)]
    while waiting and len(leaves) < _PARTS:
        part, depth = waiting.pop()
        boundary = part.parameters.get("boundary") or _guessed(part)
        if not part.type.startswith("multipart/") or not boundary or depth == _DEPTH:
            leaves.append(part)
            continue
        inner = [_part(piece, part.type == "multipart/digest") for piece in _pieces(part.body, boundary)]
        if not inner:
            leaves.append(part)
        waiting += [(one, depth + 1) for one in reversed(inner)]
    return Mail(top, tuple(leaves))


def read_headers(block: bytes) -> dict[str, tuple[str, ...]]:
    """Headers by name in lower case, unfolded and decoded."""
    found: dict[str, list[str]] = {}
    pieces: list[bytes] = []
    name, count = "", 0

    def keep() -> None:
        if name:
            found.setdefault(name, []).append(_words(to_text(b" ".join(pieces)[: 4 * _VALUE])[:_VALUE]))

    for line in block[:_HEAD].split(b"\n"):
        if line[:1] in (b" ", b"\t") and name:
            if len(pieces) < 100:
                pieces.append(line.strip())
            continue
        match = _NAME.match(line)
        if not match:
            continue
        keep()
        name, pieces, count = match[1].decode("ascii").lower(), [line[match.end() :].strip()], count + 1
        if count > _HEADERS:
            return {key: tuple(values) for key, values in found.items()}
    keep()
    return {key: tuple(values) for key, values in found.items()}


def to_text(raw: bytes, charset: str = "") -> str:
    """Bytes as text, by the charset they claim where we know it, else as UTF-8, else as Latin-1."""
    for name in (charset.strip(), "utf-8"):
        if _ENCODINGS.fullmatch(name):
            try:
                return raw.decode(name)
            except UnicodeDecodeError as error:
                if error.reason == "unexpected end of data":  # cut off within a character
                    return raw[: error.start].decode(name, "replace")
            except LookupError:
                continue
    return raw.decode("latin-1")


def _part(raw: bytes, in_digest: bool = False) -> Part:
    head, body = _split(raw)
    headers = read_headers(head)
    value = next(iter(headers.get("content-type", ())), "")
    default = "message/rfc822" if in_digest else "text/plain"
    kind = value.partition(";")[0].strip().lower() if "/" in value else default
    found = {m[1].lower(): m[2] or m[3] or "" for m in _PARAMETER.finditer(value)}
    return Part(kind, headers, body, found)


def _split(raw: bytes) -> tuple[bytes, bytes]:
    blank = _BLANK.search(raw)
    return (raw[: blank.start()], raw[blank.end() :]) if blank else (raw, b"")


def _guessed(part: Part) -> str:
    """The boundary of a multipart whose header has lost it: what its first line that looks like one says."""
    found = _MARK.search(part.body[:8_192]) if part.type.startswith("multipart/") else None
    return found[1].decode("latin-1").rstrip() if found else ""


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """The parts between a boundary's lines. A boundary may begin like another one: the whole line counts."""
    mark = re.escape(b"--" + boundary.encode("utf-8", "replace"))
    lines = re.finditer(rb"^" + mark + rb"(--)?[ \t]{0,80}\r?(?:\n|\Z)", body, re.M)
    found: list[bytes] = []
    start: int | None = None
    for line in lines:
        if start is not None:
            found.append(body[start : max(start, line.start() - 1)])
        start = None if line[1] else line.end()
        if line[1] or len(found) == _PARTS:
            break
    if start is not None and len(found) < _PARTS:
        found.append(body[start:])  # cut off before its end
    return found


def _decoded(raw: bytes, encoding: str) -> bytes:
    if encoding == "quoted-printable":
        return binascii.a2b_qp(raw)
    if encoding == "base64":
        kept = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
        try:
            return binascii.a2b_base64(kept[: len(kept) // 4 * 4])
        except binascii.Error:
            return raw
    return raw


def _words(value: str) -> str:
    """A header's value with its encoded words (RFC 2047) read."""
    if "=?" not in value:
        return value
    return _WORD.sub(_word, _BETWEEN.sub(r"\1\2", value))


def _word(match: re.Match[str]) -> str:
    raw = match[3].encode("utf-8", "replace")
    plain = _decoded(raw, "base64") if match[2] in "bB" else binascii.a2b_qp(raw, header=True)
    return to_text(plain, match[1])
