"""What the schema of a spec may say beside JSON Schema: our annotations, and references to its own definitions."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from reconciler.lifecycle.fault import Fault
from reconciler.model.change import escape

Value: TypeAlias = Any
"""What JSON can say."""

_SCHEMAS: Final = (
    "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems",
    "unevaluatedProperties",
)  # fmt: skip
"""Keywords that hold a schema."""

_LISTS: Final = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS: Final = ("$defs", "dependentSchemas", "patternProperties", "properties")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_REFERENCE: Final = re.compile(r"#/\$defs/[^/]+")


def _is_cel(value: Value) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) and _VARIABLE.fullmatch(one) for one in value)


_ANNOTATIONS: Final[tuple[tuple[str, Callable[[Value], bool], str], ...]] = (
    ("x-key", lambda value: isinstance(value, str) and value != "", "the name of a member"),
    ("x-set", lambda value: isinstance(value, bool), "true or false"),
    ("x-file", lambda value: value in ("content", "data"), "content or data"),
    ("x-cel", _is_cel, "a list of names of variables"),
)


def check_schema(schema: Value) -> Iterator[Fault]:
    """What is wrong with a spec's schema that JSON Schema itself does not mind. Pointers are into the schema."""
    for pointer, node in _nodes(schema):
        for name, holds, wanted in _ANNOTATIONS:
            if name in node and not holds(node[name]):
                yield Fault("bad-annotation", f"{pointer}/{name}", f"{name} is {wanted}", _SEE)
        if "x-file" in node and "default" in node:
            message = "a file that no manifest names cannot be a default"
            yield Fault("bad-annotation", f"{pointer}/default", message, "remove the default")
        yield from _references(pointer, node)


_SEE: Final = "see the schema annotations in docs/reference/kind-definition.md"


def _references(pointer: str, node: Mapping[str, Value]) -> Iterator[Fault]:
    # The schema becomes a part of that of whole manifests, where other references would lead elsewhere.
    advice = "put what is shared under $defs, and refer to it as #/$defs/NAME"
    if "$ref" in node and not (isinstance(node["$ref"], str) and _REFERENCE.fullmatch(node["$ref"])):
        message = f"$ref leads to {str(node['$ref'])[:100]!r}; only the schema's own $defs may be referred to"
        yield Fault("bad-reference", f"{pointer}/$ref", message, advice)
    for name in ("$dynamicRef", "$id"):
        if name in node and (pointer or name != "$id"):
            yield Fault("bad-reference", f"{pointer}/{name}", f"{name} is not supported here", advice)


def _nodes(schema: Value) -> Iterator[tuple[str, Mapping[str, Value]]]:
    """Every schema inside `schema`, itself first, with its pointer. What is no schema is left to the validator."""
    queue: list[tuple[str, Value]] = [("", schema)]
    for pointer, node in queue:
        if not isinstance(node, dict):
            continue
        yield pointer, node
        queue += [(f"{pointer}/{name}", node[name]) for name in _SCHEMAS if name in node]
        for name in _LISTS:
            inner = node.get(name)
            queue += [
                (f"{pointer}/{name}/{at}", one) for at, one in enumerate(inner if isinstance(inner, list) else ())
            ]
        for name in _MAPS:
            inner = node.get(name)
            items = inner.items() if isinstance(inner, dict) else ()
            queue += [(f"{pointer}/{name}/{escape(key)}", one) for key, one in items]
