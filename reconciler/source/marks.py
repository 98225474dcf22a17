"""Where in a file a pointer points: asked on the error path only, for one file that the strict reader accepted."""

from dataclasses import dataclass

import yaml

from reconciler.lifecycle.shape import Shape
from reconciler.model.change import tokens


@dataclass(frozen=True, slots=True)
class Mark:
    """Line and column from 1; 0 where nothing was found."""

    line: int = 0
    column: int = 0


def locate(data: bytes, index: int, pointer: str, *, shape: Shape | None = None, on_key: bool = False) -> Mark:
    """The position of the value at `pointer` in document `index`, or of its nearest ancestor that exists.

    List items are found by index or, where `shape` keys the list, by key; members of sets by value. `on_key` asks for
    the position of the key instead of its value.
    """
    node = _document(data, index)
    if node is None:
        return Mark()
    key_node: yaml.Node | None = None
    for token in tokens(pointer):
        shape = shape.choose(None) if shape and shape.choices and isinstance(node, yaml.ScalarNode) else shape
        found = _step(node, token, shape)
        if found is None:
            key_node = None
            break
        key_node, node, shape = found
    best = key_node if on_key and key_node is not None else node
    return Mark(best.start_mark.line + 1, best.start_mark.column + 1)


def _document(data: bytes, index: int) -> yaml.Node | None:
    for number, node in enumerate(yaml.compose_all(data, Loader=yaml.CSafeLoader)):
        if number == index:
            return node
    return None


Found = tuple[yaml.Node | None, yaml.Node, Shape | None]


def _step(node: yaml.Node, token: str, shape: Shape | None) -> Found | None:
    if isinstance(node, yaml.MappingNode):
        members = {key.value: (key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
        if token in members:
            key, value = members[token]
            return key, value, _member(shape, token)
    elif isinstance(node, yaml.SequenceNode):
        item = _item(node, token, shape)
        if item is not None:
            return None, item, _inner(shape)
    return None


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


def _item(node: yaml.SequenceNode, token: str, shape: Shape | None) -> yaml.Node | None:
    keyed = next((branch for branch in _branches(shape) if branch.key or branch.is_set), None)
    items: list[yaml.Node] = node.value
    for item in items:
        if keyed and keyed.key and isinstance(item, yaml.MappingNode):
            if any(key.value == keyed.key and value.value == token for key, value in item.value):
                return item
        elif keyed and keyed.is_set and item.value == token:
            return item
    return items[int(token)] if keyed is None and token.isdigit() and int(token) < len(items) else None
