"""Values built straight from libyaml's events.

PyYAML's C parser makes a Python object of every event, by calling the class that stands under its name in the module
`yaml._yaml`. While a file is read, our handlers stand under these names: the parser then calls them with the event's
parts, and no event objects are made. That halves the time of a cold plan (docs/adr/0002). The names are put back soon;
a lock keeps two threads from reading at once.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import RLock
from typing import Any, Final

from yaml import _yaml

MAX_DEPTH: Final = 64
MAX_NODES: Final = 200_000
"""Values that the aliases of one file may stand for."""

_NUMBER = re.compile(
    r"(?P<int>[-+]?[0-9]+)|0o(?P<octal>[0-7]+)|0x(?P<hex>[0-9a-fA-F]+)"
    r"|(?P<float>[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?)"
    r"|(?P<special>[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))"
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

_EVENTS: Final = (
    "StreamStartEvent", "StreamEndEvent", "DocumentStartEvent", "DocumentEndEvent", "AliasEvent", "ScalarEvent",
    "MappingStartEvent", "MappingEndEvent", "SequenceStartEvent", "SequenceEndEvent",
)  # fmt: skip
_CLASSES: Final = tuple(getattr(_yaml, name) for name in _EVENTS)
_reading: Final = RLock()


@dataclass
class YamlProblem(Exception):
    """Why a file is not read, where, and what to do. Lines and columns from 1."""

    code: str
    message: str
    line: int = 0
    column: int = 0
    help: str = ""


class YamlDocument:
    """One document: its value, where it starts, and where the value of each top-level key stands."""

    __slots__ = ("_entries", "_first", "_marks", "value")

    def __init__(self, value: Any, first: Any, marks: dict[str, Any], entries: list[Any]) -> None:
        self.value = value
        self._first = first
        self._marks = marks
        self._entries = entries

    def position(self, key: str = "") -> tuple[int, int]:
        """Line and column of a top-level key's value, else of the document's start, from 1; 0 in an empty document."""
        mark = self._marks.get(key, self._first)
        return (mark.line + 1, mark.column + 1) if mark is not None else (0, 0)

    def entry_positions(self, count: int) -> list[tuple[int, int]]:
        """Where each of the `count` entries of the schedule stands; where aliases hide them, the schedule's place."""
        if len(self._entries) != count:
            return [self.position("schedule")] * count
        return [(mark.line + 1, mark.column + 1) for mark in self._entries]

    @property
    def line(self) -> int:
        """Where the document starts, from 1; 0 in an empty document."""
        return self.position()[0]

    @property
    def column(self) -> int:
        """Where the document starts, from 1; 0 in an empty document."""
        return self.position()[1]

    @property
    def marks(self) -> dict[str, tuple[int, int]]:
        """The position of each top-level key's value."""
        return {key: self.position(key) for key in self._marks}


@contextmanager
def reading() -> Iterator[Callable[[bytes], list[YamlDocument]]]:
    """A function that reads the documents of one file, for as long as the handlers stand in the parser's module.

    Raises YamlProblem and PyYAML's own errors. Meanwhile nothing else may parse YAML events, but within `plain_events`.
    """
    read, handlers = _reader()
    with _standing(handlers):
        yield read


@contextmanager
def plain_events() -> Iterator[None]:
    """PyYAML's own event classes stand in their places, also in the midst of a `reading`: for `yaml.parse`."""
    with _standing(_CLASSES):
        yield


@contextmanager
def _standing(handlers: tuple[Callable[..., Any], ...]) -> Iterator[None]:
    with _reading:
        before = [getattr(_yaml, name) for name in _EVENTS]
        try:
            for name, handler in zip(_EVENTS, handlers, strict=True):
                setattr(_yaml, name, handler)
            yield
        finally:
            for name, handler in zip(_EVENTS, before, strict=True):
                setattr(_yaml, name, handler)


def _reader() -> tuple[Callable[[bytes], list[YamlDocument]], tuple[Callable[..., Any], ...]]:  # noqa: PLR0915
    """The reading function, and one handler per event of `_EVENTS`. Nesting costs heap, never stack.

    Longer than the house likes, and closures instead of methods: this is where a cold plan spends its time, and calls
    between small functions would cost it half as much again.
    """
    documents: list[YamlDocument] = []
    stack: list[tuple[Any, str | None]] = []
    aliases: _Aliases | None = None
    depth = 0
    here: Any = None
    key: str | None = None
    top: Any = None
    first: Any = None
    marks: dict[str, Any] = {}
    entries: list[Any] = []

    def read(data: bytes) -> list[YamlDocument]:
        nonlocal aliases, documents, depth
        aliases, documents, depth = _Aliases() if b"&" in data else None, [], 0
        stack.clear()
        following = _yaml.CParser(data).get_event
        while following() is None:
            pass
        return documents

    def document_start(_start: Any, _end: Any, explicit: Any = None, version: Any = None, tags: Any = None) -> None:
        nonlocal here, key, top, first, marks, entries
        here, key, top, first, marks, entries = None, None, None, None, {}, []
        if aliases:
            aliases.forget()

    def document_end(_start: Any, _end: Any, explicit: Any = None) -> None:
        documents.append(YamlDocument(top, first, marks, entries))

    def scalar(anchor: Any, tag: Any, implicit: Any, text: Any, mark: Any, *_: Any) -> None:
        nonlocal key, top, first
        if tag is not None:
            if tag != "!":
                raise _tag(tag, mark)
            value = text  # the non-specific tag makes a string of whatever stands behind it
        elif implicit[0]:
            value = _WORDS[text] if text in _WORDS else _number(text, mark) if text[0] in _NUMERIC_START else text
        else:
            value = text
            if "\0" in text:
                raise _at(
                    mark,
                    "bad-value",
                    "the text holds a NUL character",
                    "leave it out: no mail, name or rule may hold one",
                )
        if aliases:
            aliases.saw(anchor, value)
        if key is not None:
            if depth == 1:
                marks[key] = mark
            here[key] = value
            key = None
        elif here.__class__ is dict:
            if value.__class__ is not str or value in here or value == "<<":
                _check_key(value, here, mark, tag is None and implicit[0])
            key = value
        elif here is None:
            top, first = value, mark
        else:
            here.append(value)

    def mapping(anchor: Any, tag: Any, _implicit: Any, mark: Any, _end: Any, flow_style: Any = None) -> None:
        nonlocal here, key, first, depth
        if depth < 2 or depth >= MAX_DEPTH or tag is not None or (key is None and here.__class__ is dict):
            first = _opening(depth, key, here, tag, mark, marks) or first
        elif depth == 3 and key is None and stack[1][1] == "schedule":
            entries.append(mark)
        stack.append((here, key))
        here, key = {}, None
        depth += 1
        if aliases:
            aliases.opened(anchor)

    def sequence(anchor: Any, tag: Any, _implicit: Any, mark: Any, _end: Any, flow_style: Any = None) -> None:
        nonlocal here, key, first, depth
        if depth < 2 or depth >= MAX_DEPTH or tag is not None or (key is None and here.__class__ is dict):
            first = _opening(depth, key, here, tag, mark, marks) or first
        stack.append((here, key))
        here, key = [], None
        depth += 1
        if aliases:
            aliases.opened(anchor)

    def closed(_start: Any, _end: Any) -> None:
        nonlocal here, key, top, depth
        value = here
        here, key = stack.pop()
        depth -= 1
        if aliases:
            aliases.closed(value)
        if key is not None:
            here[key] = value
            key = None
        elif here is None:
            top = value
        else:
            here.append(value)

    def alias(anchor: Any, mark: Any, _end: Any) -> None:
        nonlocal key
        value = (aliases or _Aliases()).use(anchor, mark, depth)
        if key is not None:
            if depth == 1:
                marks[key] = mark
            here[key] = value
            key = None
        elif here.__class__ is dict:
            _check_key(value, here, mark, False)
            key = value
        else:
            here.append(value)

    return read, (
        _stream_start, _stream_end, document_start, document_end, alias, scalar, mapping, closed, sequence, closed,
    )  # fmt: skip


def _stream_start(_start: Any, _end: Any, encoding: Any = None) -> None:
    """Nothing to do: the encoding was checked before."""


def _stream_end(_start: Any, _end: Any) -> bool:
    """The only handler that answers: it ends the reading."""
    return True


def _opening(depth: int, key: str | None, here: Any, tag: Any, mark: Any, marks: dict[str, Any]) -> Any:  # noqa: PLR0913, PLR0917
    """What is seldom asked when a collection opens: the mark of the document's root, or None."""
    if tag is not None:
        raise _tag(tag, mark)
    if depth >= MAX_DEPTH:
        raise _too_deep(mark)
    if key is None and here.__class__ is dict:
        raise _at(mark, "key-not-string", "a key is a list or mapping; keys are strings", _PLAIN_KEY)
    if depth == 1 and key is not None:
        marks[key] = mark
    return None if depth else mark


@dataclass(slots=True)
class _Extent:
    """What a value amounts to: how many values it holds, itself included, and how deep collections nest in it."""

    size: int = 1
    depth: int = 0

    def add(self, inner: "_Extent") -> None:
        """Count a value that stands directly in this one."""
        self.size += inner.size
        self.depth = max(self.depth, inner.depth + 1)


class _Aliases:
    """Anchored values and their extents: an alias is charged in full, so neither a bomb nor a tower gets far."""

    def __init__(self) -> None:
        self._left = MAX_NODES
        self._values: dict[str, Any] = {}
        self._extents: dict[str, _Extent | None] = {}
        self._open: list[tuple[str | None, _Extent]] = []

    def forget(self) -> None:
        """Anchors do not outlive their document."""
        self._values.clear()
        self._extents.clear()

    def saw(self, anchor: str | None, value: Any) -> None:
        """A scalar went by."""
        self._stands(anchor, value, _Extent())

    def opened(self, anchor: str | None) -> None:
        """A collection begins; until it ends its own anchor must not be used."""
        self._open.append((anchor, _Extent(depth=1)))
        if anchor is not None:
            self._extents[anchor] = None

    def closed(self, value: Any) -> None:
        """The innermost collection ends."""
        anchor, extent = self._open.pop()
        self._stands(anchor, value, extent)

    def use(self, name: str, mark: Any, depth: int) -> Any:
        """The value that an alias stands for, `depth` collections around it."""
        if name not in self._extents:
            raise _at(
                mark, "unknown-alias", f"nothing is anchored as &{_short(name)}", "define the anchor before it is used"
            )
        extent = self._extents[name]
        if extent is None:
            raise _at(mark, "cyclic-alias", f"*{name} stands inside &{name}: it would contain itself", "write it out")
        if depth + extent.depth > MAX_DEPTH:
            raise _too_deep(mark)
        self._left -= extent.size
        if self._left < 0:
            message = f"the aliases of this file stand for more than {MAX_NODES:,} values"
            raise _at(mark, "too-many-nodes", message, "write the values out, or move them to a data file")
        self._stands(None, None, extent)
        return self._values[name]

    def _stands(self, anchor: str | None, value: Any, extent: _Extent) -> None:
        if self._open:
            self._open[-1][1].add(extent)
        if anchor is not None:
            self._values[anchor], self._extents[anchor] = value, extent


def _check_key(value: Any, mapping: dict[str, Any], mark: Any, plain: bool) -> None:
    if value.__class__ is not str:
        shown = "a list or mapping" if isinstance(value, dict | list) else json.dumps(value)
        raise _at(mark, "key-not-string", f"the key {shown} is not a string", _PLAIN_KEY)
    if value in mapping:
        raise _at(
            mark, "duplicate-key", f"the key {_short(value)!r} appears twice in the same mapping", "keep one of the two"
        )
    if plain:
        raise _at(mark, "merge-key", "merge keys (<<) are not part of YAML 1.2", "write the members out")


def _too_deep(mark: Any) -> YamlProblem:
    return _at(mark, "too-deep", f"values are nested more than {MAX_DEPTH} deep", "flatten the document")


def _tag(tag: str, mark: Any) -> YamlProblem:
    advice = "remove the tag; quote the value if it must be a string"
    return _at(mark, "tag", f"tags such as {_short(tag)} are not read", advice)


def _number(text: str, mark: Any) -> Any:
    """The number that an unquoted scalar spells in the core schema; the text where it spells none."""
    found = _NUMBER.fullmatch(text)
    if not found:
        return text
    kind = found.lastgroup
    if kind == "special":
        advice = "write a finite number, or quote it to mean the text"
        raise _at(mark, "not-finite", f"{text} is not a finite number", advice)
    if kind == "float":
        return _real(text, mark)
    if len(text) > 25:
        raise _out_of_range(text, mark)
    number = int(found[kind or "int"], {"octal": 8, "hex": 16}.get(kind or "", 10))
    if not -_INT64 <= number < _INT64:
        raise _out_of_range(text, mark)
    return number


def _out_of_range(text: str, mark: Any) -> YamlProblem:
    return _at(mark, "integer-range", f"{text[:40]} does not fit in 64 bits", "quote it if it is an identifier")


def _real(text: str, mark: Any) -> float | int:
    """A number with a point; `90.0` is the integer 90, so that both spellings are the same document."""
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise _at(mark, "not-finite", f"{text[:40]} is too large for a number", "quote it if it is an identifier")
    return int(number) if number.is_integer() and abs(number) < _EXACT else number


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _at(mark: Any, code: str, message: str, advice: str = "") -> YamlProblem:
    return YamlProblem(code, message, mark.line + 1, mark.column + 1, advice)
