"""The door of YAML: a strict, iterative reader of YAML 1.2 core scalars.

Refused, each with its position: anything but UTF-8, tags, merge keys, duplicate or non-string keys, aliases that
contain themselves or multiply beyond a budget, nesting beyond 64, NaN, infinities and integers beyond 64 bits.
libyaml scans; the values are built in `yaml_builder`, because PyYAML's own constructors take duplicate keys silently,
read `no` as false and turn dates into objects.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from yaml import MarkedYAMLError
from yaml.reader import ReaderError

from reconciler.model.collector import resting_collector
from reconciler.source.yaml_builder import YamlDocument, YamlProblem, reading

MAX_BYTES: Final = 4 << 20
"""The size of one file; larger ones are data, and belong in a data file that a manifest names."""

_LINE_BREAK: Final = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
"""What libyaml counts as the end of a line."""

_ADVICE: Final = (
    ("cannot start any token", "indent with spaces, not tabs, and quote values that start with @, ` or %"),
    ("mapping values are not allowed", "quote the value: it holds a colon followed by a space"),
    ("control characters", "remove the control character; the file may be binary"),
    (
        "invalid Unicode character escape",
        "write the character itself; beyond U+FFFF its escape is \\U0001F600, not a pair",
    ),
    ("unknown escape character", "write \\\\ for a backslash, or use single quotes"),
    ("expected ',' or", "separate the items with commas, and close the bracket"),
    ("expected <block end>", "align the line with those above it"),
    ("could not find expected ':'", "end the key with a colon, or indent the line as part of the value above it"),
    ("found unexpected end of stream", "close the quote that is open"),
    ("did not find expected node content", "close the bracket, or write the value that is missing"),
)
"""The way out by a part of libyaml's words."""

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
        place = _place(data, error.start)
        message = f"byte {error.start} is not UTF-8"
        raise YamlProblem("not-utf8", message, *place, "save the file with the encoding UTF-8") from None
    except ReaderError as error:
        message = str(error.reason)
        raise YamlProblem("yaml-syntax", message, *_place(data, error.position), _advice(message)) from None
    except MarkedYAMLError as error:
        message = str(error.problem or error.context)
        raise YamlProblem("yaml-syntax", message, *_marked(data, error), _advice(message)) from None


def _place(data: bytes, offset: int) -> tuple[int, int]:
    """Line and column, in characters from 1, of a byte."""
    lines = _LINE_BREAK.split(data[:offset].decode("utf-8-sig", "replace"))
    return len(lines), len(lines[-1]) + 1


def _marked(data: bytes, error: MarkedYAMLError) -> tuple[int, int]:
    """Where libyaml points; it puts the end of a file on a line of its own, which nobody can see."""
    mark = error.problem_mark or error.context_mark
    end = _place(data, len(data))
    return min((mark.line + 1, mark.column + 1), end) if mark else end


def _advice(message: str) -> str:
    return next((advice for part, advice in _ADVICE if part in message), "mend the YAML here, or just above")


__all__ = ["MAX_BYTES", "Read", "YamlDocument", "YamlProblem", "read_documents", "yaml_reader"]
