"""The door of YAML: a strict, iterative reader of YAML 1.2 core scalars.

Refused, each with its position: anything but UTF-8, tags, merge keys, duplicate or non-string keys, aliases that
contain themselves or multiply beyond a budget, nesting beyond 64, NaN, infinities and integers beyond 64 bits.
libyaml scans; the values are built here, because PyYAML's own constructors take duplicate keys silently, read `no` as
false and turn dates into objects.
"""

import gc
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from yaml import YAMLError
from yaml._yaml import CParser
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

MAX_BYTES: Final = 4 << 20
"""The size of one file; larger ones are data, and belong in a data file that a manifest names."""

MAX_DEPTH: Final = 64
MAX_NODES: Final = 200_000
"""Values that the aliases of one file may stand for."""

_NUMBER = re.compile(
    r"(?P<int>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)|(?P<special>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
)
_WORDS: Final[dict[str, Any]] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_NUMERIC_START: Final = frozenset("0123456789+-.")

_PLAIN_KEY: Final = "write the key as a plain word, or put it in quotes"
_INT64: Final = 1 << 63
_EXACT: Final = 1 << 53
"""Below this a float holds every integer exactly."""


@dataclass(frozen=True, slots=True)
class YamlProblem(Exception):
    """Why a file is not read, where, and what to do. Lines and columns from 1."""

    code: str
    message: str
    line: int = 0
    column: int = 0
    help: str = ""


@dataclass(frozen=True, slots=True)
class YamlDocument:
    """One document: its value, where it starts, and where the value of each top-level key stands."""

    value: Any
    line: int
    column: int
    marks: dict[str, tuple[int, int]]


class _Budget:
    """Values that the aliases of a file may still multiply into."""

    __slots__ = ("left",)

    def __init__(self) -> None:
        self.left = MAX_NODES


class _Aliases:
    """Anchored values, with how many values each stands for: an alias is charged in full, so a bomb stays small."""

    def __init__(self, budget: _Budget) -> None:
        self._budget = budget
        self._values: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        self._open: list[tuple[str | None, int]] = []
        self._seen = 0

    def saw(self, event: Any, value: Any) -> None:
        """A scalar went by."""
        self._seen += 1
        if event.anchor is not None:
            self._values[event.anchor], self._sizes[event.anchor] = value, 1

    def opened(self, event: Any) -> None:
        """A collection begins; until it ends its own anchor must not be used."""
        self._open.append((event.anchor, self._seen))
        self._seen += 1
        if event.anchor is not None:
            self._sizes[event.anchor] = 0

    def closed(self, value: Any) -> None:
        """The innermost collection ends."""
        anchor, before = self._open.pop()
        if anchor is not None:
            self._values[anchor], self._sizes[anchor] = value, self._seen - before

    def use(self, event: Any) -> Any:
        """The value that an alias stands for."""
        name = event.anchor
        if name not in self._sizes:
            raise _at(event, "unknown-alias", f"nothing is anchored as &{name}", "define the anchor before it is used")
        if not self._sizes[name]:
            raise _at(event, "cyclic-alias", f"*{name} stands inside &{name}: it would contain itself", "write it out")
        self._seen += self._sizes[name]
        self._budget.left -= self._sizes[name]
        if self._budget.left < 0:
            message = f"the aliases of this file stand for more than {MAX_NODES:,} values"
            raise _at(event, "too-many-nodes", message, "write the values out, or move them to a data file")
        return self._values[name]


def read_documents(data: bytes) -> list[YamlDocument]:
    """Every document of a file. YamlProblem at the first thing that is wrong."""
    if len(data) > MAX_BYTES:
        raise YamlProblem(
            "file-too-large",
            f"the file has {len(data):,} bytes; a manifest file may have {MAX_BYTES:,}",
            help="move the data to a CSV or JSONL file and name it in the manifest",
        )
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise YamlProblem(
            "not-utf8", f"byte {error.start} is not UTF-8", line, 1, "save the file with the encoding UTF-8"
        ) from None
    parser = CParser(data)
    try:
        return list(_documents(parser.get_event, _Budget() if b"&" in data else None))
    except YAMLError as error:
        raise _syntax(error) from None
    finally:
        parser.dispose()


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


def _documents(get: Any, budget: _Budget | None) -> Iterator[YamlDocument]:
    while (kind := get().__class__) is not StreamEndEvent:
        if kind is DocumentStartEvent:
            yield _document(get, budget)


def _document(get: Any, budget: _Budget | None) -> YamlDocument:  # noqa: PLR0912, PLR0915 - see below
    """Build the next document's value, iteratively: nesting costs heap, never stack.

    One loop over the event stream, longer than the house likes: split into calls per event it takes half as long
    again, and this is where a cold plan spends its time. `budget` is None in a file without anchors.
    """
    top: Any = None
    first: Any = None
    marks: dict[str, tuple[int, int]] = {}
    aliases = _Aliases(budget) if budget else None
    stack: list[tuple[Any, str | None]] = []
    here: Any = None
    key: str | None = None
    while True:
        event = get()
        kind = event.__class__
        if kind is ScalarEvent:
            value: Any = event.value
            plain, quoted = event.implicit
            if plain:
                if value in _WORDS:
                    value = _WORDS[value]
                elif value[0] in _NUMERIC_START:
                    value = _number(value, event)
            elif not quoted:
                _refuse_tag(event)
            if aliases:
                aliases.saw(event, value)
        elif kind is MappingStartEvent or kind is SequenceStartEvent:
            if not event.implicit:
                _refuse_tag(event)
            depth = len(stack)
            if depth == 1 and key is not None:
                marks[key] = (event.start_mark.line + 1, event.start_mark.column + 1)
            elif depth >= MAX_DEPTH:
                raise _at(event, "too-deep", f"values are nested more than {MAX_DEPTH} deep", "flatten the document")
            elif depth == 0:
                first = event
            if key is None and here.__class__ is dict:
                raise _at(event, "key-not-string", "a key is a list or mapping; keys are strings", _PLAIN_KEY)
            stack.append((here, key))
            here, key = {} if kind is MappingStartEvent else [], None
            if aliases:
                aliases.opened(event)
            continue
        elif kind is MappingEndEvent or kind is SequenceEndEvent:
            value = here
            here, key = stack.pop()
            if aliases:
                aliases.closed(value)
        elif kind is AliasEvent:
            value = (aliases or _Aliases(_Budget())).use(event)
        else:
            return YamlDocument(top, *_position(first), marks)
        if key is not None:
            if len(stack) == 1 and key not in marks:
                marks[key] = (event.start_mark.line + 1, event.start_mark.column + 1)
            here[key] = value
            key = None
        elif here.__class__ is dict:
            key = _key(value, event, here)
        elif here is None:
            top, first = value, first or event
        else:
            here.append(value)


def _position(event: Any) -> tuple[int, int]:
    return (event.start_mark.line + 1, event.start_mark.column + 1) if event is not None else (0, 0)


def _key(value: Any, event: Any, mapping: dict[str, Any]) -> str:
    if value.__class__ is not str:
        shown = repr(event.value) if event.__class__ is ScalarEvent else "a list or mapping"
        raise _at(event, "key-not-string", f"the key {shown} is not a string", _PLAIN_KEY)
    if value in mapping:
        raise _at(event, "duplicate-key", f"the key {value!r} appears twice in the same mapping", "keep one of the two")
    if value == "<<" and event.implicit[0]:
        raise _at(event, "merge-key", "merge keys (<<) are not part of YAML 1.2", "write the members out")
    return str(value)


def _refuse_tag(event: Any) -> None:
    if event.tag is None or (event.tag == "!" and event.__class__ is ScalarEvent):
        return  # the non-specific tag only says "a string"
    raise _at(event, "tag", f"tags such as {event.tag} are not read", "remove the tag; quote the value if it must be a string")


def _number(text: str, event: Any) -> Any:
    """The number that an unquoted scalar spells in the core schema; the text where it spells none."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return text
    kind = found.lastgroup
    if kind == "special":
        raise _at(event, "not-finite", f"{text} is not a finite number", "write a finite number, or quote it to mean the text")
    if kind == "float":
        return _real(text, event)
    if len(text) > 25:
        raise _out_of_range(text, event)
    number = int(found[kind or "int"], {"octal": 8, "hex": 16}.get(kind or "", 10))
    if not -_INT64 <= number < _INT64:
        raise _out_of_range(text, event)
    return number


def _out_of_range(text: str, event: Any) -> YamlProblem:
    return _at(event, "integer-range", f"{text[:40]} does not fit in 64 bits", "quote it if it is an identifier")


def _real(text: str, event: Any) -> float | int:
    """A number with a point; `90.0` is the integer 90, so that both spellings are the same document."""
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _at(event, "not-finite", f"{text[:40]} is too large for a number", "quote it if it is an identifier")
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _at(event: Any, code: str, message: str, advice: str = "") -> YamlProblem:
    return YamlProblem(code, message, event.start_mark.line + 1, event.start_mark.column + 1, advice)


@contextmanager
def bulk() -> Iterator[None]:
    """Keep the garbage collector off while many small values are built: it costs up to four times the work itself."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()
