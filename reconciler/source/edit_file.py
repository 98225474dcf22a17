"""Edits of one document of a file, as the file's bytes: other documents, line ends and the mark at its beginning stay."""

from collections.abc import Callable, Sequence
from typing import Final

from reconciler.source.edit import Edit, bodies, edited, unix

_BOM: Final = b"\xef\xbb\xbf"


def edited_file(data: bytes, index: int, edits: Sequence[Edit]) -> bytes:
    """`data`, which the strict reader accepted, with document `index` edited. MusterError where that cannot be done."""
    return changed_file(data, index, lambda own: edited(own, edits))


def changed_file(data: bytes, index: int, change: Callable[[str], str]) -> bytes:
    """The same, by whatever is done to the text of that document."""
    text = unix(data)
    body = bodies(text)[index]
    end = body.stop[0] if body.stop else body.end
    text = text[: body.start] + change(text[body.start : end]) + text[end:]
    return as_it_was(text, data).encode()


def as_it_was(text: str, data: bytes) -> str:
    """The text with the line ends, and the mark at its beginning, that the file had."""
    if b"\r\n" in data:
        text = text.replace("\n", "\r\n")
    return text if not data.startswith(_BOM) else "\ufeff" + text
