"""Headers as bytes, folded, one for each name. No value can begin another header or end them: there is no way to write that.

Control characters and line separators in text become one space: a name with a line end in a CSV is no reason to send
nothing. What is not plain ASCII, or looks like an encoded word, is written as encoded words (RFC 2047), so that readers see
what was put in and nothing that was smuggled in.
"""

import base64
import re
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Final
from urllib.parse import quote

WIDTH: Final = 76
"""Columns of a header's line; 998 is the most that servers take, and only an unbroken ASCII word comes near it."""

_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_SPACES = re.compile(r" {2,}")
_PLAIN = re.compile(r"[!-~]{1,200}(?: [!-~]{1,200})*")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_FILE = re.compile(r"(?=.{1,60}$)[A-Za-z0-9._()+,@-]+(?: [A-Za-z0-9._()+,@-]+)*")
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_CHARSET = "utf-8''"
_WORD_BYTES = 45
"""Bytes of text in one encoded word: 60 signs of base64, and the frame, keep below the 75 that RFC 2047 allows."""


def one_line(text: str) -> str:
    """`text` without anything that ends a line or steers a terminal; ends are trimmed."""
    if not text.isprintable() and _BREAKS.search(text):
        text = _SPACES.sub(" ", _BREAKS.sub(" ", text))
    return text.strip()


def text_header(name: str, text: str) -> bytes:
    """A header of free text, such as Subject. Raises UnicodeEncodeError for half of a surrogate pair."""
    line = one_line(text)
    if _PLAIN.fullmatch(line) and "=?" not in line:
        return _folded(name, line.split(" "))
    return _folded(name, encoded_words(line))


@lru_cache(maxsize=16)
def date_header(at: datetime) -> bytes:
    """The header Date, in UTC. Remembered: many mails are made in one second."""
    return text_header("Date", format_datetime(at.astimezone(UTC)))


def mailbox_header(name: str, address: str, display: str | None = None) -> bytes:
    """A header of one address, with the name that readers see. `address` is as address.py gives it."""
    line = one_line(display or "")
    if not line:
        return _folded(name, [address])
    return _folded(name, [*_phrase(line), f"<{address}>"])


def _phrase(line: str) -> list[str]:
    if not line.isascii() or "=?" in line or len(line) > 200:
        return encoded_words(line)
    if _ATOMS.fullmatch(line):
        return line.split(" ")
    quoted = line.replace("\\", "\\\\").replace('"', '\\"')
    return [f'"{quoted}"']


def token_header(name: str, *tokens: str) -> bytes:
    """A header of ASCII words that we made ourselves, folded between them. Raises ValueError for anything else."""
    if not all(token.isascii() and token.isprintable() and " " not in token for token in tokens):
        raise ValueError(f"not a value for the header {name}")
    return _folded(name, list(tokens))


def encoded_words(line: str) -> list[str]:
    """`line` as encoded words: `Q` where most of it is ASCII, so that people can read the source, else `B`."""
    data = line.encode()
    plain = sum(1 for byte in data if byte in _Q_SAFE or byte == 32)
    as_q = 3 * (len(data) - plain) < len(data)
    words: list[str] = []
    word, width = bytearray(), 0
    for character in line:
        piece = character.encode()
        cost = sum(1 if byte in _Q_SAFE or byte == 32 else 3 for byte in piece) if as_q else len(piece)
        if word and width + cost > (_WORD_BYTES + 15 if as_q else _WORD_BYTES):
            words.append(_word(bytes(word), as_q))
            word, width = bytearray(), 0
        word += piece
        width += cost
    return [*words, _word(bytes(word), as_q)] if word else words


def _word(data: bytes, as_q: bool) -> str:
    if as_q:
        text = "".join(chr(b) if b in _Q_SAFE else "_" if b == 32 else f"={b:02X}" for b in data)
        return f"=?utf-8?q?{text}?="
    return f"=?utf-8?b?{base64.b64encode(data).decode()}?="


def parameter(name: str, value: str) -> list[str]:
    """A parameter of a Content header: a plain short value in quotes, all others in the pieces of RFC 2231."""
    line = one_line(value)
    if _FILE.fullmatch(line):
        return [f'{name}="{line}"']
    coded = quote(line, safe="")
    pieces = re.findall(r"(?:%..|[^%]){1,18}", coded)
    if len(pieces) == 1:
        return [f"{name}*={_CHARSET}{coded}"]
    return [f"{name}*{n}*={'' if n else _CHARSET}{piece}" for n, piece in enumerate(pieces)]


def content_header(name: str, value: str, *parameters: str) -> bytes:
    """A header such as Content-Type: its value and its parameters, one to a line where they are many."""
    parts = [value, *parameters]
    return _folded(name, [f"{part};" for part in parts[:-1]] + parts[-1:])


def _folded(name: str, words: list[str]) -> bytes:
    whole = f"{name}: {' '.join(words)}\r\n"
    if len(whole) <= WIDTH or len(words) == 1:  # one word has nowhere to be folded
        return whole.encode("ascii")
    lines, line = [], f"{name}:"
    for word in words:
        if len(line) + 1 + len(word) > WIDTH and line != f"{name}:":
            lines.append(line)
            line = ""
        line = f"{line} {word}"
    return ("\r\n".join([*lines, line]) + "\r\n").encode("ascii")
