"""The lines of a file that may turn out to be anything: UTF-8 or refused, bounded, and whole or refused.

One line is held at a time, so a list of a gigabyte needs no more memory than a short one.
"""

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO, Final

from reconciler.feed.row import Trouble, Unusable

MAX_LINE: Final = 1 << 20
"""Bytes of one line."""

_BOM: Final = b"\xef\xbb\xbf"
_BEGINNINGS: Final = (
    (b"\xff\xfe", "the file is UTF-16", "save it as UTF-8 (in Excel: 'CSV UTF-8'), or iconv -f UTF-16 -t UTF-8"),
    (b"\xfe\xff", "the file is UTF-16", "save it as UTF-8 (in Excel: 'CSV UTF-8'), or iconv -f UTF-16 -t UTF-8"),
    (b"PK\x03\x04", "the file is a workbook or another ZIP archive", "export the sheet as CSV UTF-8"),
    (b"\x1f\x8b", "the file is compressed with gzip", "unpack it: gzip -d"),
)


def lines(path: str) -> Iterator[str]:
    """The lines of a file, ends included, without a byte order mark. Unusable where it is not text, or changes."""
    with _opened(path) as file:
        before = _look(file)
        number = 0
        readline = file.readline
        while raw := readline(MAX_LINE + 1):
            number += 1
            if number == 1:
                raw = _begin(raw)
            if len(raw) > MAX_LINE:
                raise Unusable(
                    Trouble.TOO_LONG, number, f"the line has more than {MAX_LINE:,} bytes", "shorten or split the row"
                )
            if b"\0" in raw:
                raise Unusable(Trouble.NUL, number, "the line holds the character NUL", _nul_advice(raw))
            try:
                yield raw.decode()
            except UnicodeDecodeError as error:
                raise _not_utf8(number, error) from None
        if _look(file) != before:
            advice = "write exports to another name and rename them, so that a list is replaced at once; then try again"
            raise Unusable(Trouble.CHANGED, 0, "the file changed while it was read", advice)


@contextmanager
def _opened(path: str) -> Iterator[BinaryIO]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)  # else a pipe without a writer would hang
    except FileNotFoundError:
        raise Unusable(Trouble.MISSING, 0, "the file does not exist", "export it, or correct the path") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "its name holds the character NUL"
        raise Unusable(Trouble.UNREADABLE, 0, f"the file cannot be opened: {reason}", "check the permissions") from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unusable(Trouble.NOT_A_FILE, 0, "this is a pipe, a device or a folder", "name a regular file")
    with open(descriptor, "rb", buffering=1 << 16) as file:  # noqa: PTH123 (a descriptor has no path)
        try:
            yield file
        except OSError as error:
            detail = f"the file cannot be read to its end: {error.strerror}"
            raise Unusable(Trouble.UNREADABLE, 0, detail, "check the disk, then try again") from None


def _look(file: BinaryIO) -> tuple[int, int]:
    found = os.fstat(file.fileno())
    return found.st_size, found.st_mtime_ns


def _begin(raw: bytes) -> bytes:
    for beginning, detail, advice in _BEGINNINGS:
        if raw.startswith(beginning):
            raise Unusable(Trouble.ENCODING, 1, detail, advice)
    return raw.removeprefix(_BOM)


def _nul_advice(raw: bytes) -> str:
    if raw.count(b"\0") > len(raw) // 3:
        return "it looks like UTF-16: save it as UTF-8, or iconv -f UTF-16LE -t UTF-8"
    return "export the list again; no text holds this character"


def _not_utf8(number: int, error: UnicodeDecodeError) -> Unusable:
    detail = f"byte {error.start + 1} of the line (0x{error.object[error.start]:02x}) is not UTF-8"
    advice = "save the file as UTF-8; from Windows-1252 or Latin-1: iconv -f WINDOWS-1252 -t UTF-8"
    return Unusable(Trouble.ENCODING, number, detail, advice)
