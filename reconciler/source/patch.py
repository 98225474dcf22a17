"""A change of one file as git reads and writes it: `git apply` takes it, byte for byte."""

from collections.abc import Iterator
from difflib import diff_bytes, unified_diff
from typing import Final

_NULL: Final = b"/dev/null"
_NO_END: Final = b"\n\\ No newline at end of file\n"
_ESCAPES: Final = {ord('"'): '\\"', ord("\\"): "\\\\", ord("\n"): "\\n", ord("\t"): "\\t", ord("\r"): "\\r"}


def patch(path: str, before: bytes | None, after: bytes) -> bytes:
    """The patch; `path` is from the top of the repository, `before` None where the file is new. Empty for no difference."""
    if before == after:
        return b""
    old, new = _quoted(f"a/{path}"), _quoted(f"b/{path}")
    head = b"diff --git %b %b\n" % (old, new)
    head += b"new file mode 100644\n" if before is None else b""
    sides = (_NULL if before is None else _named(old), _named(new))
    return head + b"".join(_lines(before or b"", after, sides))


def _lines(before: bytes, after: bytes, sides: tuple[bytes, bytes]) -> Iterator[bytes]:
    for line in diff_bytes(unified_diff, _split(before), _split(after), *sides):
        yield line if line.endswith(b"\n") else line + _NO_END


def _split(data: bytes) -> list[bytes]:
    """Lines as git has them: they end with LF and with nothing else."""
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def _named(path: bytes) -> bytes:
    """With a space in it, a name ends at a tab."""
    return path + b"\t" if b" " in path else path


def _quoted(path: str) -> bytes:
    if all(ord(char) >= 32 and char not in '"\\\x7f' for char in path):
        return path.encode()
    return f'"{"".join(_escaped(char) for char in path)}"'.encode()


def _escaped(char: str) -> str:
    if ord(char) in _ESCAPES:
        return _ESCAPES[ord(char)]
    return f"\\{ord(char):03o}" if ord(char) < 32 or ord(char) == 127 else char
