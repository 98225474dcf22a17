"""A list of small mappings, a schedule's entries, edited item by item: what stays, stays with its line and its comment."""

from collections.abc import Iterator, Sequence
from itertools import zip_longest

from reconciler.model.errors import MusterError
from reconciler.source.edit import Append, Drop, Event, Put, Value, edited, events, render
from reconciler.source.strict_yaml import YamlProblem, read_documents

Span = tuple[int, int]


def relisted(text: str, path: tuple[str, str], wanted: Sequence[Value]) -> str:
    """`text`, which holds one document, with the items `wanted` at `path`, in whatever order; without any, without a list.

    Items that are there already stay; one that goes makes place for one that comes. Where the layout does not allow that,
    the whole list is written anew.
    """
    try:
        found = _item_by_item(text, path, wanted) if wanted else None
    except YamlProblem:
        found = None
    if found is not None:
        return found
    if not wanted:
        return edited(text, [Drop(path)])
    try:
        return edited(text, [Put(path, list(wanted))])
    except MusterError:  # a list as far out as its key leaves no room for one in brackets
        around = {**_member(text, path[0]), path[-1]: list(wanted)}
        return edited(text, [Drop(path[:1]), Put(path[:1], around, after="state")])


def _member(text: str, name: str) -> dict[str, Value]:
    found = read_documents(text.encode())[0].value.get(name)
    return found if isinstance(found, dict) else {}


def _item_by_item(text: str, path: tuple[str, ...], wanted: Sequence[Value]) -> str | None:
    before, spans = _at(read_documents(text.encode())[0].value, path), list(_spans(text, path))
    if not before or len(spans) != len(before):
        return None
    gone = [place for place, one in enumerate(before) if one not in wanted]
    if len(gone) == len(before) > len(wanted):
        return None
    come = [one for one in wanted if one not in before]
    after = text
    for place, one in reversed(list(zip_longest(gone, come[: len(gone)]))):
        start, end = spans[place]
        if one is None:
            start, end = after.rfind("\n", 0, start) + 1, after.find("\n", end) + 1 or len(after)
        after = after[:start] + ("" if one is None else render(one)) + after[end:]
    after = edited(after, [Append(path, one) for one in come[len(gone) :]])
    said = _at(read_documents(after.encode())[0].value, path)
    return after if sorted(map(str, said)) == sorted(map(str, wanted)) else None


def _at(value: Value, path: tuple[str, ...]) -> list[Value]:
    for step in path:
        value = value.get(step, {}) if isinstance(value, dict) else {}
    return value if isinstance(value, list) else []


def _spans(text: str, path: tuple[str, ...]) -> Iterator[Span]:
    """Where the items of a block list stand, each in braces on lines of its own; nothing where they do not."""
    stream = events(text)
    for wanted in path:
        if not _enters(stream, wanted):
            return
    begin = next(stream)
    if begin.kind != "SequenceStart" or begin.flow:
        return
    while (event := next(stream)).kind != "SequenceEnd":
        if (
            event.kind != "MappingStart"
            or not event.flow
            or text[text.rfind("\n", 0, event.start) + 1 : event.start].strip() != "-"
        ):
            return
        yield event.start, _skipped(stream, event)


def _enters(stream: Iterator[Event], key: str) -> bool:
    """Go on to the value of this member of the next mapping."""
    for event in stream:
        if event.kind == "MappingStart":
            break
        if event.kind not in ("StreamStart", "DocumentStart"):
            return False
    for event in stream:
        if event.kind == "MappingEnd":
            return False
        if event.value == key and event.kind == "Scalar":
            return True
        _skipped(stream, event)
        _skipped(stream, next(stream))
    return False


def _skipped(stream: Iterator[Event], event: Event) -> int:
    """Go past a value that has begun; where it ends."""
    depth = 0
    while True:
        depth += event.kind.endswith("Start") - event.kind.endswith("End")
        if not depth:
            return event.end
        event = next(stream)
