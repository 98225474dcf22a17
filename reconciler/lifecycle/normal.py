"""The normal form of a document: without defaults, keyed lists and sets in order, so that equal meanings are equal bytes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

from reconciler.lifecycle.shape import Shape, same
from reconciler.model import canonical
from reconciler.model.change import ABSENT

Normaliser = Callable[[Any], Any]


def normaliser(shape: Shape) -> Normaliser | None:
    """A function that brings values of `shape` into normal form; None where every value already is.

    The function is compiled once per kind: a document of a hundred members costs a handful of calls, not a hundred.
    """
    if shape.choices:
        return _union(shape)
    if shape.is_object:
        return _object(shape)
    if shape.item is not None:
        return _list(shape, shape.item)
    return None


def _union(shape: Shape) -> Normaliser | None:
    branches = [(choice, normaliser(choice)) for choice in shape.choices]
    if all(inner is None for _, inner in branches):
        return None

    def normal(value: Any) -> Any:
        for choice, inner in branches:
            if choice.fits(value):
                return inner(value) if inner else value
        return value

    return normal


def _object(shape: Shape) -> Normaliser | None:
    members = {name: normaliser(member) for name, member in shape.members.items()}
    nested = tuple((name, inner) for name, inner in members.items() if inner)
    values = normaliser(shape.values) if shape.values else None
    defaults = tuple(
        (name, inner(member.default) if (inner := members[name]) else member.default)
        for name, member in shape.members.items()
        if member.default is not ABSENT
    )
    if not defaults and not nested and values is None:
        return None

    def normal(value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        result = dict(value)
        for name, inner in nested:
            if name in value:
                result[name] = inner(value[name])
        if values:
            result |= {name: values(inner) for name, inner in value.items() if name not in members}
        for name, default in defaults:
            if name in result and same(result[name], default):
                del result[name]
        return result

    return normal


def _list(shape: Shape, item: Shape) -> Normaliser | None:
    inner, key = normaliser(item), shape.key
    if inner is None and not key and not shape.is_set:
        return None

    def normal(value: Any) -> Any:
        if not isinstance(value, list):
            return value
        items = [inner(one) for one in value] if inner else value
        if key:
            return sorted(items, key=lambda one: str(one.get(key, "")) if isinstance(one, dict) else "")
        return sorted(items, key=canonical.encode) if shape.is_set else items

    return normal


_ANY: Final = Shape()
_COLLECTIONS: Final = (dict, list)


def narrow(shape: Shape, names: frozenset[str] | None) -> Shape:
    """The shape of an object of which only these members are looked at; None for all."""
    if names is None:
        return shape
    return replace(shape, members={name: member for name, member in shape.members.items() if name in names})


def fill(value: Any, shape: Shape) -> Any:
    """`value` with the defaults written out: what rules and runtimes read."""
    shape = shape.choose(value)
    if isinstance(value, dict):
        others = shape.values or _ANY
        full = {
            name: fill(inner, shape.members.get(name, others)) if inner.__class__ in _COLLECTIONS else inner
            for name, inner in value.items()
        }
        for name, member in shape.members.items():
            if name not in full and member.default is not ABSENT:
                full[name] = fill(member.default, member)
        return full
    if isinstance(value, list) and shape.item is not None:
        return [fill(one, shape.item) for one in value]
    return value
