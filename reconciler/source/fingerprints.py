"""The sha256 of many small files, by two processes where there are many."""

import hashlib
import os
from typing import Final

from reconciler.source.beside import beside

WORTH_A_PROCESS: Final = 10_000
"""Files from which a second process pays for its start."""

_SIZE: Final = 32


def hashes(files: list[tuple[str, int]]) -> list[bytes]:
    """The sha256 of each file, given as path and size; empty for one that cannot be read or is not of its size."""
    if len(files) < WORTH_A_PROCESS or (os.cpu_count() or 1) < 2:
        return _hashes(files)
    middle = len(files) // 2
    join = beside(lambda: b"".join(one.ljust(_SIZE, b"\0") for one in _hashes(files[middle:])))
    first, answer = _hashes(files[:middle]), join()
    if answer is None:
        return first + _hashes(files[middle:])
    return first + [answer[start : start + _SIZE] for start in range(0, len(answer), _SIZE)]


def _hashes(files: list[tuple[str, int]]) -> list[bytes]:
    return [_hash(path, size) for path, size in files]


def _hash(path: str, size: int) -> bytes:
    try:
        source = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        try:
            data = os.read(source, size + 1)
        finally:
            os.close(source)
    except OSError:
        return b""
    return hashlib.sha256(data).digest() if len(data) == size else b""
