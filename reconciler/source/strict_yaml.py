"""The door of YAML: a strict, iterative reader of YAML 1.2 core scalars.

Refused, each with its position: anything but UTF-8, tags, merge keys, duplicate or non-string keys, aliases that
contain themselves or multiply beyond a budget, nesting beyond 64, NaN, infinities and integers beyond 64 bits.
libyaml scans; the values are built in `yaml_builder`, because PyYAML's own constructors take duplicate keys silently,
read `no` as false and turn dates into objects.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from yaml import YAMLError

from reconciler.model.collector import resting_collector
from reconciler.source.yaml_builder import YamlDocument, YamlProblem, reading

MAX_BYTES: Final = 4 << 20
"""The size of one file; larger ones are data, and belong in a data file that a manifest names."""


Read = Callable[[bytes], list[YamlDocument]]


@contextmanager
def yaml_reader() -> Iterator[Read]:
    """A function that reads every document of a file; for many files at once. It raises YamlProblem."""
    with resting_collector(), reading() as read:
        yield lambda data: _read(data, read)


def read_documents(data: bytes) -> list[YamlDocument]:
    """Every document of one file. YamlProblem at the first thing that is wrong."""
    with reading() as read:
        return _read(data, read)


def _read(data: bytes, read: Read) -> list[YamlDocument]:
    if len(data) > MAX_BYTES:
        advice = "move the data to a CSV or JSONL file and name it in the manifest"
        raise YamlProblem("file-too-large", f"the file has more than {MAX_BYTES:,} bytes", help=advice)
    try:
        data.decode("utf-8")
        return read(data)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start} is not UTF-8"
        raise YamlProblem("not-utf8", message, line, 1, "save the file with the encoding UTF-8") from None
    except YAMLError as error:
        raise _syntax(error) from None


def _syntax(error: YAMLError) -> YamlProblem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    text = str(getattr(error, "problem", None) or getattr(error, "reason", None) or error)
    advice = ""
    if "cannot start any token" in text:
        advice = "indent with spaces, not tabs, and quote values that start with @, ` or %"
    elif "mapping values are not allowed" in text:
        advice = "quote the value: it holds a colon followed by a space"
    elif "control characters" in text:
        advice = "remove the control character; the file may be binary"
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)
    return YamlProblem("yaml-syntax", text, line, column, advice)


__all__ = ["MAX_BYTES", "Read", "YamlDocument", "YamlProblem", "read_documents", "yaml_reader"]
