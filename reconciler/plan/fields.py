"""The fields of a document, each with its pointer: what a diff names, of one document."""

from collections.abc import Iterator
from typing import Any

from reconciler.lifecycle.shape import Shape
from reconciler.model.canonical import Document
from reconciler.model.change import escape
from reconciler.plan.diff import members


def fields(document: Document, shape: Shape) -> dict[str, Any]:
    """Every innermost value by its JSON Pointer, as `diff` would name it; an empty object or list is one too."""
    return dict(_within("", document, shape))


def _within(path: str, value: Any, shape: Shape | None) -> Iterator[tuple[str, Any]]:
    shape = (shape or Shape(open=True)).choose(value)
    if isinstance(value, dict) and value:
        for name in sorted(value):
            yield from _within(f"{path}/{escape(name)}", value[name], shape.members.get(name, shape.values))
    elif isinstance(value, list) and value:
        for name, item in members(value, shape).items():
            yield from _within(f"{path}/{name}", item, shape.item)
    else:
        yield path, value
