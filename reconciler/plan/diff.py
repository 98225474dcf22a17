"""What differs between two documents of one shape, field by field."""

from collections.abc import Iterator
from typing import Any

from reconciler.lifecycle.shape import Shape
from reconciler.model.canonical import Document
from reconciler.model.change import ABSENT, Absence, Change, escape


def diff(before: Document, after: Document, shape: Shape) -> tuple[Change, ...]:
    """The changes that turn `before` into `after`, in order of their pointers.

    Lists with a key are compared by key, sets by value, other lists by index.
    """
    return tuple(sorted(_differ("", before, after, shape), key=lambda change: change.path))


def with_state(
    changes: tuple[Change, ...], states: tuple[str | Absence, str], flags: tuple[tuple[str, ...], tuple[str, ...]]
) -> tuple[Change, ...]:
    """The same with what differs beside the document: the state first, then each flag; of both what was and will be."""
    before, after = states
    moved = () if before == after else (Change("/state", before, after),)
    was, will = flags
    switched = tuple(Change(f"/{name}", name in was, name in will) for name in sorted({*was} ^ {*will}))
    return (*moved, *switched, *changes)


def _differ(path: str, before: Any, after: Any, shape: Shape | None) -> Iterator[Change]:
    if before == after and type(before) is type(after):
        return
    shape = (shape or Shape(open=True)).choose(after if after is not ABSENT else before)
    if isinstance(before, dict) and isinstance(after, dict):
        for name in sorted(before.keys() | after.keys()):
            inner = shape.members.get(name, shape.values)
            yield from _differ(f"{path}/{escape(name)}", before.get(name, ABSENT), after.get(name, ABSENT), inner)
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(path, before, after, shape)
    else:
        yield Change(path, before, after)


def _lists(path: str, before: list[Any], after: list[Any], shape: Shape) -> Iterator[Change]:
    old, new = members(before, shape), members(after, shape)
    for name in sorted(old.keys() | new.keys()):
        yield from _differ(f"{path}/{name}", old.get(name, ABSENT), new.get(name, ABSENT), shape.item)


def members(items: list[Any], shape: Shape) -> dict[str, Any]:
    """The items of a list by what names them in a pointer: their key, their value in a set, else their index."""
    if shape.key and all(isinstance(item, dict) and shape.key in item for item in items):
        return {escape(str(item[shape.key])): item for item in items}
    if shape.is_set:
        return {escape(str(item)): item for item in items}
    return {f"{index:d}": item for index, item in enumerate(items)}
