"""Where in a file a pointer points: asked on the error path only, for files that the strict reader accepted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import yaml

from reconciler.lifecycle.shape import Shape
from reconciler.model.change import tokens
from reconciler.source.yaml_builder import plain_events


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """Line and column from 1; 0 where nothing was found."""

    line: int = 0
    column: int = 0


Event: TypeAlias = Any
"""One of PyYAML's events; its stubs do not know which of them have an anchor."""


@dataclass(slots=True)
class _Node:
    """A value and where it stands: `text` of a scalar, `members` (with the nodes of their keys) or `items`."""

    line: int
    column: int
    text: str | None = None
    members: dict[str, tuple["_Node", "_Node"]] | None = None
    items: list["_Node"] | None = None

    def member(self, name: str) -> "_Node | None":
        """The value of a member, if there is one of that name."""
        return self.members[name][1] if self.members and name in self.members else None


class Locator:
    """The positions in one file. It is parsed when the first position is asked for, and never again."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._documents: list[_Node] | None = None

    def mark(self, index: int, pointer: str, *, shape: Shape | None = None, on_key: bool = False) -> Mark:
        """The position of the value at `pointer` in document `index`, or of its nearest ancestor that exists.

        List items are found by index or, where `shape` keys the list, by key; members of sets by value. `on_key` asks
        for the position of the key instead of its value.
        """
        if self._documents is None:
            self._documents = _parsed(self._data)
        if index >= len(self._documents):
            return Mark()
        best = node = self._documents[index]
        for token in tokens(pointer):
            if node.members and token in node.members:
                key, node = node.members[token]
                best, shape = key if on_key else node, _member(shape, token)
            elif (item := _item(node, token, shape)) is not None:
                best, node, shape = item, item, _inner(shape)
            else:
                best = node
                break
        return Mark(best.line, best.column)


def locate(data: bytes, index: int, pointer: str, *, shape: Shape | None = None, on_key: bool = False) -> Mark:
    """One position in a file; see `Locator.mark`."""
    return Locator(data).mark(index, pointer, shape=shape, on_key=on_key)


def _parsed(data: bytes) -> list[_Node]:
    """The root of each document; none in what the strict reader never saw: JSON that is no YAML, or is nested too deep."""
    with plain_events():
        try:
            return list(_documents(yaml.parse(data, Loader=yaml.CSafeLoader)))
        except (yaml.YAMLError, RecursionError):
            return []


def _documents(events: Iterator[Event]) -> Iterator[_Node]:
    # Not PyYAML's composer: it refuses an anchor that is defined anew, which YAML allows.
    anchors: dict[str, _Node] = {}
    for event in events:
        if isinstance(event, yaml.DocumentStartEvent):
            anchors.clear()
            yield _node(next(events), events, anchors)


def _node(event: Event, events: Iterator[Event], anchors: dict[str, _Node]) -> _Node:
    # By recursion: the strict reader has refused what is nested deeper than 64.
    line, column = event.start_mark.line + 1, event.start_mark.column + 1
    if isinstance(event, yaml.AliasEvent):
        target = anchors[str(event.anchor)]
        return _Node(line, column, target.text, target.members, target.items)
    node = _Node(line, column)
    if event.anchor is not None:
        anchors[event.anchor] = node
    if isinstance(event, yaml.ScalarEvent):
        node.text = event.value
    elif isinstance(event, yaml.MappingStartEvent):
        node.members = {}
        while not isinstance(event := next(events), yaml.MappingEndEvent):
            key = _node(event, events, anchors)
            node.members[key.text or ""] = key, _node(next(events), events, anchors)
    else:
        node.items = []
        while not isinstance(event := next(events), yaml.SequenceEndEvent):
            node.items.append(_node(event, events, anchors))
    return node


def _branches(shape: Shape | None) -> tuple[Shape, ...]:
    if shape is None:
        return ()
    return (shape, *(inner for choice in shape.choices for inner in _branches(choice)))


def _member(shape: Shape | None, token: str) -> Shape | None:
    for branch in _branches(shape):
        if token in branch.members:
            return branch.members[token]
        if branch.values is not None:
            return branch.values
    return None


def _inner(shape: Shape | None) -> Shape | None:
    return next((branch.item for branch in _branches(shape) if branch.item is not None), None)


def _item(node: _Node, token: str, shape: Shape | None) -> _Node | None:
    items = node.items or []
    keyed = next((branch for branch in _branches(shape) if branch.key or branch.is_set), None)
    if keyed is None:
        return items[int(token)] if token.isdecimal() and int(token) < len(items) else None
    return next((item for item in items if (item.member(keyed.key) or item).text == token), None)
