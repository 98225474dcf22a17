"""Edits of one document as text: the lines that an edit does not name stay as their author left them, byte for byte.

Members are put and dropped by splicing at the marks of the parser, because a round trip through an object tree drops
the comment below a member that goes. Whatever is spliced is read again by the strict reader and compared with what
was meant, so an anchor or a layout that the splice misjudges is an error, never a wrong file.
"""

import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

from reconciler.model import canonical
from reconciler.model.errors import MusterError
from reconciler.source.strict_yaml import YamlProblem, read_documents

_PLAIN: Final = re.compile(r"[A-Za-z0-9_./][A-Za-z0-9_./@+-]*(?: [A-Za-z0-9_./@+-]+)*")
"""Text that needs no quotes anywhere, provided that it does not spell a number, a boolean or null."""

_STOP: Final = re.compile(r"^\.\.\.(?=\s|\Z)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Put:
    """Give the member at `path` this value. A new member stands behind `after`, else first in its mapping."""

    path: tuple[str, ...]
    value: Any
    after: str = ""


@dataclass(frozen=True, slots=True)
class Drop:
    """Take the member at `path` out, if it is there."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Append:
    """Give the list at `path`, which has items already, one more at its end."""

    path: tuple[str, ...]
    value: Any


Edit: TypeAlias = Put | Drop | Append
Value: TypeAlias = Any
"""What JSON can say."""


class Event(NamedTuple):
    """One event of the parser: from which character to which, and what is there."""

    kind: str
    start: int
    end: int
    value: str = ""
    anchor: str = ""
    style: str = ""
    flow: bool = False
    explicit: bool = False

    @property
    def is_block(self) -> bool:
        """Whether this is a literal or folded scalar, whose mark stands behind the blank lines that follow it."""
        return self.style in ("|", ">")


@dataclass(frozen=True, slots=True)
class Body:
    """Where a document lies in a text: `start` behind its `---`, `end` before the next; `stop` is its own `...`."""

    start: int
    end: int
    stop: tuple[int, int] | None = None
    explicit: bool = False

    def of(self, text: str) -> str:
        """The document alone, without the markers around it."""
        if self.stop:
            # Behind it only comments can stand, and more of its like.
            return text[self.start : self.stop[0]] + _STOP.sub("", text[self.stop[1] : self.end])
        return text[self.start : self.end]


@dataclass(slots=True)
class _Node:
    """A value in a text, by character: its first, the first inside its brace, the one behind its last."""

    start: int
    inner: int
    end: int
    flow: bool = False
    mapping: bool = False
    alias: bool = False
    members: dict[str, tuple["_Node", "_Node"]] = field(default_factory=dict)
    items: list["_Node"] = field(default_factory=list)


def events(text: str) -> Iterator[Event]:
    """What libyaml sees in `text`, which the strict reader accepted."""
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        start: Any = event.start_mark
        end: Any = event.end_mark
        found = (getattr(event, name, None) for name in ("value", "anchor", "style", "flow_style", "explicit"))
        value, anchor, style, flow, explicit = found
        kind = type(event).__name__.removesuffix("Event")
        yield Event(kind, start.index, end.index, value or "", anchor or "", style or "", bool(flow), bool(explicit))


def unix(data: bytes) -> str:
    """The text of a file that the strict reader accepted, with LF at the end of each line and without a BOM."""
    return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")


def bodies(text: str) -> list[Body]:
    """Every document of `text`, in the order of the strict reader's."""
    seen = [event for event in events(text) if event.kind in ("DocumentStart", "DocumentEnd")]
    found: list[Body] = []
    for number in range(0, len(seen), 2):
        begin, finish = seen[number : number + 2]
        end = seen[number + 2].start if number + 2 < len(seen) else len(text)
        stop = (finish.start, finish.end) if finish.explicit else None
        found.append(Body(begin.end if begin.explicit else 0, end, stop, begin.explicit))
    return found


def cut(text: str, index: int) -> str:
    """Document `index` as a text of its own; comments at the head of the file go with the first."""
    body = bodies(text)[index]
    head = text[: text.rfind("---", 0, body.start)] if index == 0 and body.explicit else ""
    kept = "".join(line for line in head.splitlines(keepends=True) if not line.startswith("%"))
    own = body.of(text).lstrip(" \t") if body.explicit else body.of(text)
    return (kept + own.lstrip("\n")).rstrip("\n") + "\n"


def edited(text: str, edits: Sequence[Edit]) -> str:
    """`text`, which holds one document, after these edits. MusterError where the outcome would not be what they say."""
    try:
        wanted = _value(text)
    except YamlProblem as problem:
        raise MusterError(f"the document cannot be taken out of its file: {problem.message}") from None
    for edit in edits:
        text = _spliced(text, edit)
        wanted = _meant(wanted, edit)
        _compare(text, wanted, edit)
    return text


def _value(text: str) -> Value:
    # Through JSON, so that values shared by aliases are apart.
    return canonical.decode(canonical.encode(read_documents(text.encode())[0].value))


def _meant(value: Value, edit: Edit) -> Value:
    here = value
    for step in edit.path[:-1]:
        if isinstance(edit, Drop) and not isinstance(here.get(step), dict):
            return value
        if not isinstance(here.get(step), dict):
            here[step] = {}
        here = here[step]
    if isinstance(edit, Put):
        here[edit.path[-1]] = edit.value
    elif isinstance(edit, Append):
        here[edit.path[-1]] = [*here.get(edit.path[-1], ()), edit.value]
    else:
        here.pop(edit.path[-1], None)
    return value


def _compare(text: str, wanted: Value, edit: Edit) -> None:
    where = ".".join(edit.path)
    advice = "an anchor or alias may be in the way: write the values out and try again; nothing was written"
    try:
        same = canonical.encode(_value(text)) == canonical.encode(wanted)
    except YamlProblem as problem:
        raise MusterError(f"changing `{where}` would break the document ({problem.message}); {advice}") from None
    if not same:
        raise MusterError(f"changing `{where}` would change other values too; {advice}")


def _spliced(text: str, edit: Edit) -> str:
    match edit:
        case Put():
            return _put(text, edit)
        case Append():
            return _append(text, edit)
        case Drop():
            return _drop(text, edit.path)


def _append(text: str, edit: Append) -> str:
    node = _root(text)
    for step in edit.path:
        node = node.members[step][1] if step in node.members else node
    if not node.items:
        raise MusterError(f"`{'.'.join(edit.path)}` has no items to write one after; nothing was written")
    last, entry = node.items[-1], render(edit.value)
    if node.flow:
        return f"{text[: last.end]}, {entry}{text[last.end :]}"
    start, at = _line_start(text, last.start), _line_end(text, last.end)
    indent = " " * (text.rfind("-", start, last.start) - start)
    newline = "" if text[:at].endswith("\n") else "\n"
    return f"{text[:at]}{newline}{indent}- {entry}\n{text[at:]}"


def _put(text: str, edit: Put) -> str:
    node, parent = _root(text), None
    for depth, step in enumerate(edit.path):
        last = depth == len(edit.path) - 1
        if step not in node.members:
            value = _nested(edit.path[depth + 1 :], edit.value)
            return _insert(text, node, parent, _entry(text, node, parent, {step: value}), edit.after if last else "")
        key, child = node.members[step]
        if last or not child.mapping:
            return _replace(text, child, _nested(edit.path[depth + 1 :], edit.value), ".".join(edit.path[: depth + 1]))
        node, parent = child, key
    return text


def _nested(path: tuple[str, ...], value: Value) -> Value:
    for step in reversed(path):
        value = {step: value}
    return value


def _replace(text: str, node: _Node, value: Value, where: str) -> str:
    if node.alias:
        raise MusterError(f"`{where}` is an alias; write its value out and try again; nothing was written")
    space = " " if node.start == node.end and text[node.start - 1] == ":" else ""
    shown = _json(value) if text[node.start : node.start + 1] == '"' else render(value)
    return text[: node.start] + space + shown + text[node.end :]


def _entry(text: str, node: _Node, parent: _Node | None, member: dict[str, Value]) -> str:
    """The text of a new member; as JSON where its neighbours have their keys in quotes."""
    key = next((key for key, _ in node.members.values()), parent)
    quoted = key is not None and text[key.start] == '"'
    return (_json(member) if quoted else render(member))[1:-1]


def _insert(text: str, node: _Node, parent: _Node | None, entry: str, after: str) -> str:
    if node.flow:
        return _insert_flow(text, node, entry, after)
    if after in node.members or parent is None:
        key, value = node.members[after] if after in node.members else list(node.members.values())[-1]
        at = _line_end(text, value.end)
    else:
        key = next(iter(node.members.values()))[0]
        at = _line_end(text, parent.end)
    indent = " " * (key.start - _line_start(text, key.start))
    newline = "" if text[:at].endswith("\n") else "\n"
    return f"{text[:at]}{newline}{indent}{entry}\n{text[at:]}"


def _insert_flow(text: str, node: _Node, entry: str, after: str) -> str:
    if after in node.members:
        at = node.members[after][1].end
        return f"{text[:at]}, {entry}{text[at:]}"
    rest = text[node.inner :]
    pad = rest[: len(rest) - len(rest.lstrip(" "))]
    comma = ("," if pad or rest[:1] == "\n" else ", ") if node.members else ""
    return text[: node.inner] + pad + entry + comma + rest


def _drop(text: str, path: tuple[str, ...]) -> str:
    node = _root(text)
    for step in path[:-1]:
        if step not in node.members:
            return text
        node = node.members[step][1]
    if path[-1] not in node.members:
        return text
    key, value = node.members[path[-1]]
    if not node.flow:
        return text[: _line_start(text, key.start)] + text[_line_end(text, value.end) :]
    return _drop_flow(text[: key.start], text[value.end :])


def _drop_flow(before: str, after: str) -> str:
    """Join what stands around a member, with one comma less."""
    comma = re.match(r"\s*,", after)
    if comma:
        after = after[comma.end() :]
        own_line = before.rstrip(" ").endswith("\n") and re.match(r"[ ]*\n", after)
        return before.rstrip(" ") + after[own_line.end() :] if own_line else before + after.lstrip(" ")
    return re.sub(r",\s*\Z", "", before) + after


def _line_start(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _line_end(text: str, at: int) -> int:
    found = text.find("\n", at)
    return len(text) if found < 0 else found + 1


def _root(text: str) -> _Node:
    stream = events(text)
    for event in stream:
        if event.kind == "DocumentStart":
            break
    return _node(text, next(stream), stream)


def _node(text: str, event: Event, stream: Iterator[Event]) -> _Node:
    # By recursion: the strict reader has refused what is nested deeper than 64.
    if event.kind == "Scalar":
        return _Node(event.start, event.start, len(text[: event.end].rstrip()) if event.is_block else event.end)
    if event.kind == "Alias":
        return _Node(event.start, event.start, event.end, alias=True)
    node = _Node(event.start, event.end, event.end, event.flow, event.kind == "MappingStart")
    while (event := next(stream)).kind not in ("MappingEnd", "SequenceEnd"):
        child = _node(text, event, stream)
        if node.mapping:
            key, child = child, _node(text, next(stream), stream)
            node.members[event.value] = key, child
        else:
            node.items.append(child)
        node.end = child.end
    if node.flow:
        node.end = event.end
    return node


def render(value: Value) -> str:
    """A value on one line, in flow style, quoted only where it must be."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{render(key)}: {render(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(render(inner) for inner in value) + "]"
    return value if isinstance(value, str) and _is_plain(value) else _json(value)


def _is_plain(text: str) -> bool:
    try:
        return bool(_PLAIN.fullmatch(text)) and read_documents(text.encode())[0].value == text
    except YamlProblem:  # it begins like the end of a document: `... and so on`
        return False


def _json(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False)


def write_new(path: Path, text: str) -> None:
    """Write a file that does not exist yet, whole or not at all. FileExistsError where it does."""
    temporary = _beside(path, text)
    try:
        os.link(temporary, path)  # unlike a rename, this fails where something is in the place
    finally:
        temporary.unlink()


def overwrite(path: Path, text: str) -> None:
    """Replace a file, or what a link leads to, whole or not at all; its permissions stay.

    A pipe or a device, /dev/null, is written to: a file in its place would take it from everybody.
    """
    if path.exists() and not path.is_file() and not path.is_dir():
        path.write_bytes(text.encode())
        return
    path = path.resolve()
    temporary = _beside(path, text)
    try:
        temporary.chmod(path.stat().st_mode & 0o7777)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def _beside(path: Path, text: str) -> Path:
    temporary = path.parent / f".{path.name}.{os.getpid()}"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(text.encode())
    except OSError as error:
        raise MusterError(f"{path} cannot be written: {error.strerror}") from None
    return temporary
