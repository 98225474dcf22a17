"""The door of ruamel.yaml: lay out the documents of a file evenly, comments and quotes kept.

Only indentation, spacing and blank space change. Every scalar goes through as text, so no number, date or word is
spelled anew, and what an author spread over several lines stays spread. A layout is given only if the strict reader
reads equal values and every comment stands between the same two values as before.
"""

import re
import warnings
from collections.abc import Iterator
from io import StringIO
from typing import Final

from reconciler.model import canonical
from reconciler.source.edit import Body, Value, bodies, events, unix
from reconciler.source.strict_yaml import YamlProblem, read_documents

_ORDER: Final = ("apiVersion", "kind", "metadata", "state", "archived", "schedule", "spec")
_COMMENT: Final = re.compile(r"(?:^|(?<=[\s,\[\]{}:-]))#[^\n]*", re.MULTILINE)
_ANCHOR: Final = re.compile(r"&\S+\s+")


class Untidy(Exception):
    """Why a file is left as it is, in words."""


def lay_out(data: bytes) -> str:
    """The even layout of a file that the strict reader accepts. Untidy where it cannot be had without a loss."""
    text = unix(data)
    found = bodies(text)
    if not found:
        return _trimmed(text).lstrip("\n")
    head = _head(text, found[0])
    try:
        parts = [_document(body.of(text).lstrip(" \t") if body.explicit else body.of(text)) for body in found]
    except YamlProblem as problem:
        raise Untidy(f"its documents cannot be told apart: {problem.message}") from None
    first = head + "---\n" if found[0].explicit else head
    result = first + "---\n".join(parts)
    _check(text, result)
    return result


def _head(text: str, first: Body) -> str:
    head = text[: text.rfind("---", 0, first.start)] if first.explicit else ""
    if any(line.startswith("%") for line in text.splitlines()):
        raise Untidy("it holds a directive (%)")
    return _trimmed(head).lstrip("\n")


def _document(body: str) -> str:
    body = re.sub(r"\A(?:[ \t]*\n)+", "", body).rstrip("\n") + "\n"
    found = read_documents(body.encode())
    if not found or found[0].value is None:
        return _trimmed(body) if body.strip() else ""
    result = _round_trip(body)
    read_documents(result.encode())
    result = _trimmed(result)
    if [*_stream(body)] != [*_stream(result)]:
        raise Untidy("a comment or an anchor would get lost or move")
    return _in_order(result)


def _check(before: str, after: str) -> None:
    try:
        values = [[document.value for document in read_documents(text.encode())] for text in (before, after)]
    except YamlProblem as problem:
        raise Untidy(problem.message) from None
    if canonical.encode(values[0]) != canonical.encode(values[1]):
        raise Untidy("its values would change")


def _round_trip(body: str) -> str:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    spans = [*_verbatim(body)]
    marks = [f"mustermark{number}x".ljust(end - start, "x") for number, (start, end) in enumerate(spans)]
    hidden = body
    for (start, end), mark in zip(reversed(spans), reversed(marks), strict=True):
        hidden = hidden[:start] + mark + hidden[end:]
    tool = YAML()
    tool.Resolver = _resolver()
    tool.indent(mapping=2, sequence=4, offset=2)
    tool.width = 4096
    tool.preserve_quotes = True
    tool.brace_single_entry_mapping_in_flow_sequence = True
    out = StringIO()
    try:
        with warnings.catch_warnings(action="ignore"):
            tool.dump(tool.load(hidden), out)
    except (YAMLError, AttributeError, ValueError, TypeError, NotImplementedError) as error:
        raise Untidy(f"ruamel.yaml cannot lay it out: {str(error).splitlines()[0]}") from None
    return _shown_again(body, out.getvalue(), spans, marks)


def _resolver() -> Value:
    from ruamel.yaml.nodes import ScalarNode
    from ruamel.yaml.resolver import VersionedResolver
    from ruamel.yaml.tag import Tag

    class Verbatim(VersionedResolver):
        """Reads every plain scalar as text, an empty one as null: nothing is spelled anew."""

        def resolve(self, kind: Value, value: Value, implicit: Value) -> Value:
            if kind is ScalarNode:
                return Tag(suffix="tag:yaml.org,2002:" + ("null" if implicit[0] and value == "" else "str"))
            return super().resolve(kind, value, implicit)

    return Verbatim


def _verbatim(body: str) -> Iterator[tuple[int, int]]:
    """What ruamel.yaml would join or spell anew: values over several lines, and escapes; without their anchors.

    Lists in lists as well, in flow style: it spreads their brackets.
    """
    inside: list[str] = []
    start, nested = 0, False
    for event in events(body):
        if event.kind in ("MappingStart", "SequenceStart") and (event.flow or inside):
            start, nested = (start, nested) if inside else (event.start, False)
            nested = nested or inside[-1:] == ["SequenceStart"] == [event.kind]
            inside.append(event.kind)
        elif event.kind in ("MappingEnd", "SequenceEnd") and inside:
            inside.pop()
            if not inside and (nested or re.search(r"[\n\\]", body[start : event.end])):
                yield _bare(body, start), event.end
        elif event.kind == "Scalar" and not inside and not event.is_block:
            source = body[event.start : event.end]
            if "\n" in source or (event.style == '"' and "\\" in source):
                yield _bare(body, event.start), event.end


def _bare(body: str, start: int) -> int:
    anchor = _ANCHOR.match(body, start)
    return anchor.end() if anchor else start


def _shown_again(body: str, laid: str, spans: list[tuple[int, int]], marks: list[str]) -> str:
    for (start, end), mark in zip(spans, marks, strict=True):
        at = laid.find(mark)
        if at < 0:
            raise Untidy("a value would get lost")
        source = body[start:end]
        # A value that began on a line of its own may begin behind its key now, and must stay deeper than that.
        deeper = 2 if _own_line(body, start) and not _own_line(laid, at) else 0
        shift = _indent(laid, at) - _indent(body, start) + deeper
        first, *rest = source.split("\n")
        lines = [first, *(_shifted(line, shift) for line in rest)]
        behind = laid[at + len(mark) :]
        gap = re.match(r"[ \t]+(?=#)", body[end:])
        if gap and (comment := re.match(r"[ \t]+(?=#)", behind)):
            behind = gap.group() + behind[comment.end() :]
        laid = laid[:at] + "\n".join(lines) + behind
    return laid


def _indent(text: str, at: int) -> int:
    line = text[text.rfind("\n", 0, at) + 1 :]
    return len(line) - len(line.lstrip(" "))


def _own_line(text: str, at: int) -> bool:
    return not text[text.rfind("\n", 0, at) + 1 : at].strip(" ")


def _shifted(line: str, by: int) -> str:
    spaces = len(line) - len(line.lstrip(" "))
    return " " * max(0, spaces + by) + line.lstrip(" ") if line.strip() else line


def _trimmed(text: str) -> str:
    """Without spaces at the ends of lines, except inside scalars, and with one newline at the end."""
    inside: set[int] = set()
    for event in events(text):
        if event.kind == "Scalar":
            first = text.count("\n", 0, event.start)
            inside.update(range(first, first + text.count("\n", event.start, event.end)))
    lines = [line if number in inside else line.rstrip() for number, line in enumerate(text.split("\n"))]
    return "\n".join(lines).rstrip("\n") + "\n" if text else ""


def _stream(text: str) -> Iterator[tuple[str, ...]]:
    """Values, anchors and comments in the order in which they stand."""
    end = 0
    for event in events(text):
        yield from _comments(text[end : event.start])
        if event.is_block:
            yield from _comments(text[event.start : event.end].split("\n", 1)[0])
        yield event.kind, event.anchor, event.value
        end = max(end, event.end)
    yield from _comments(text[end:])


def _comments(gap: str) -> Iterator[tuple[str, ...]]:
    return (("#", found.rstrip()) for found in _COMMENT.findall(gap))


def _in_order(text: str) -> str:
    """Top-level members in the usual order, if no comment stands between them and no alias is in the way."""
    marks = read_documents(text.encode())[0].marks
    lines = text.splitlines(keepends=True)
    if text[:1] == "{" or [*marks] == sorted(marks, key=_rank):
        return text
    begins = [[number for number, line in enumerate(lines) if line.startswith(f"{name}:")] for name in marks]
    if any(len(one) != 1 for one in begins):
        return text
    edges = [*(one[0] for one in begins), len(lines)]
    chunks = {name: lines[begin:end] for name, begin, end in zip(marks, edges, edges[1:], strict=False)}
    if any(not chunk[-1].strip() or chunk[-1].lstrip().startswith("#") for chunk in chunks.values()):
        return text
    ordered = "".join([*lines[: edges[0]], *(line for name in sorted(chunks, key=_rank) for line in chunks[name])])
    try:
        _check(text, ordered)
    except Untidy:
        return text
    return ordered


def _rank(name: str) -> int:
    return _ORDER.index(name) if name in _ORDER else _ORDER.index("archived")
