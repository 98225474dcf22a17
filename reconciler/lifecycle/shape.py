"""The shape of a document, read off its JSON Schema: members, keyed lists, sets, defaults, files and expressions.

Everything that walks a document by structure (normal form, diff, references, positions) asks the shape instead of the
schema, so a user's own kind works like the built-in ones.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from reconciler.model.change import ABSENT, escape, tokens

Schema = Mapping[str, Any]


_TYPES: Final[Mapping[type, frozenset[str]]] = {
    bool: frozenset({"boolean"}), int: frozenset({"integer", "number"}), float: frozenset({"number"}),
    str: frozenset({"string"}), list: frozenset({"array"}), dict: frozenset({"object"}), type(None): frozenset({"null"}),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """One node. `members` of an object, `values` of a map, `item` of a list, `choices` of a union; `open` takes all.

    `types` are JSON's names of the types that it takes, and `options` the only values; None and empty for any.
    A `closed` object has no other members.
    """

    types: frozenset[str] = frozenset()
    options: tuple[Any, ...] | None = None
    members: Mapping[str, "Shape"] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    closed: bool = False
    values: "Shape | None" = None
    item: "Shape | None" = None
    key: str = ""
    is_set: bool = False
    default: Any = ABSENT
    file: str = ""
    cel: tuple[str, ...] = ()
    choices: tuple["Shape", ...] = ()
    open: bool = False

    @property
    def is_object(self) -> bool:
        """Whether values are JSON objects."""
        return bool(self.members) or self.values is not None

    def choose(self, value: object) -> "Shape":
        """The branch of a union that `value` belongs to; the node itself where there is no union."""
        for choice in self.choices:
            if choice.fits(value):
                return choice.choose(value)
        return self

    def fits(self, value: object) -> bool:
        """Whether `value` could be of this shape: a cheap test, for values that the schema accepted already."""
        if self.types and not self.types & _TYPES.get(value.__class__, frozenset()):
            return False
        if self.options is not None and not any(same(value, option) for option in self.options):
            return False
        if self.choices and not any(choice.fits(value) for choice in self.choices):
            return False
        if isinstance(value, dict):
            return self._fits_members(value)
        if isinstance(value, list) and self.item is not None:
            return all(self.item.fits(one) for one in value)
        return True

    def _fits_members(self, value: dict[str, Any]) -> bool:
        if not self.required <= value.keys() or (self.closed and not value.keys() <= self.members.keys()):
            return False
        members, values = self.members, self.values
        return all(
            inner is None or inner.fits(one) for name, one in value.items() for inner in (members.get(name, values),)
        )

    def has(self, pattern: str) -> bool:
        """Whether a pointer, `*` standing for any list item or map value, leads somewhere in this shape."""
        return self._has(tokens(pattern))

    def _has(self, path: tuple[str, ...]) -> bool:
        if not path or self.open:
            return True
        if any(choice._has(path) for choice in self.choices):
            return True
        head, rest = path[0], path[1:]
        if head in self.members:
            return self.members[head]._has(rest)
        inner = self.item if self.item is not None else self.values
        return inner is not None and (head == "*" or self.values is not None) and inner._has(rest)


_SECRET: Final = frozenset(["env", "file"])


def secret_within(shape: Shape, path: tuple[str, ...]) -> int:
    """How far down `path` a secret is named, `{env: NAME}` or `{file: PATH}`, at its end or before; 0 for nowhere."""
    return _secret_within(shape, path, 0)


def _secret_within(shape: Shape, path: tuple[str, ...], depth: int) -> int:
    if shape.members.keys() == _SECRET and not any(member.file for member in shape.members.values()):
        return depth
    branches = [_secret_within(choice, path, depth) for choice in shape.choices]
    if any(branches) or depth == len(path):
        return max(branches, default=0)
    inner = shape.members.get(path[depth], shape.values) if shape.is_object else shape.item
    return _secret_within(inner, path, depth + 1) if inner is not None else 0


MAX_NODES: Final = 20_000
"""Nodes of one shape, its definitions written out wherever they are used."""

MAX_DEPTH: Final = 100
"""Schemas inside schemas, definitions written out. Manifests themselves nest at most 64 deep."""

_STRUCTURAL: Final = frozenset(["$ref", "type", "properties", "items", "anyOf", "oneOf", "enum", "const"])


class ShapeError(ValueError):
    """A schema that describes more than can be walked; the message is for its author."""


def same(value: Any, other: Any) -> bool:
    """Whether two values are equal in JSON, where true is not 1."""
    if value != other or isinstance(value, bool) is not isinstance(other, bool):
        return False
    if isinstance(value, dict):
        return all(same(inner, other[name]) for name, inner in value.items())
    return not isinstance(value, list) or all(map(same, value, other))


def read_shape(schema: Schema) -> Shape:
    """The shape that a JSON Schema describes; `$ref` only into its own `$defs`. Recursive parts become open.

    ShapeError where definitions that use each other multiply beyond MAX_NODES, or nest beyond MAX_DEPTH.
    """
    return _Reader(schema.get("$defs", {})).node(schema)


class _Reader:
    """Follows `$ref` while it remembers which definitions it stands in."""

    def __init__(self, definitions: Mapping[str, Schema | bool]) -> None:
        self._definitions = definitions
        self._inside: list[str] = []
        self._nodes = 0
        self._depth = 0

    def node(self, schema: Schema | bool) -> Shape:
        """The shape of one schema."""
        if isinstance(schema, bool):
            return Shape(open=schema)
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise ShapeError(f"the schema describes more than {MAX_NODES:,} values, its $defs written out")
        if self._depth == MAX_DEPTH:
            raise ShapeError(f"the schema is nested more than {MAX_DEPTH} deep, its $defs written out")
        self._depth += 1
        shape = self._definition(schema) if "$ref" in schema else self._plain(schema)
        self._depth -= 1
        return shape

    def _plain(self, schema: Schema) -> Shape:
        kind, branches = schema.get("type", ()), (*schema.get("anyOf", ()), *schema.get("oneOf", ()))
        # A branch that only says which members are required says nothing about the shape.
        choices = tuple(self.node(one) for one in branches if one is True or (one and _STRUCTURAL & one.keys()))
        members = {name: self.node(inner) for name, inner in schema.get("properties", {}).items()}
        extra = schema.get("additionalProperties", not members and schema.get("type") == "object")
        return Shape(
            types=frozenset([kind] if isinstance(kind, str) else kind),
            options=(schema["const"],) if "const" in schema else tuple(schema["enum"]) if "enum" in schema else None,
            members=members,
            required=frozenset(schema.get("required", ())),
            closed=extra is False and "additionalProperties" in schema,
            values=self.node(extra) if extra is not False and schema.get("type") == "object" else None,
            item=self.node(schema["items"]) if "items" in schema else None,
            key=schema.get("x-key", ""),
            is_set=bool(schema.get("x-set", False)),
            default=schema.get("default", ABSENT),
            file=schema.get("x-file", ""),
            cel=tuple(schema.get("x-cel", ())),
            choices=choices,
            open=not schema
            or ("type" not in schema and not choices and "enum" not in schema and "const" not in schema),
        )

    def _definition(self, schema: Schema) -> Shape:
        name = str(schema["$ref"]).removeprefix("#/$defs/")
        if name in self._inside or name not in self._definitions:
            return Shape(open=True)
        definition = self._definitions[name]
        if isinstance(definition, bool):
            return Shape(open=definition)
        self._inside.append(name)
        shape = self.node({**definition, **{k: v for k, v in schema.items() if k != "$ref"}})
        self._inside.pop()
        return shape


def walk(shape: Shape, path: str = "") -> Iterator[tuple[str, Shape]]:
    """Every node of a shape, itself first, with its pattern."""
    yield path, shape
    for name, member in shape.members.items():
        yield from walk(member, f"{path}/{escape(name)}")
    for inner in (shape.item, shape.values):
        if inner is not None:
            yield from walk(inner, f"{path}/*")
    for choice in shape.choices:
        yield from walk(choice, path)


def annotated(shape: Shape, path: str = "") -> Iterator[tuple[str, Shape]]:
    """Every node that names a file or holds an expression, with its pattern."""
    return ((at, node) for at, node in walk(shape, path) if node.file or node.cel)


def select(value: Any, path: tuple[str, ...], at: str = "") -> Iterator[tuple[str, Any]]:
    """The values that a pattern finds in `value`, each with its pointer by index."""
    if not path:
        yield at, value
        return
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        if head == "*":
            for name, inner in value.items():
                yield from select(inner, rest, f"{at}/{escape(name)}")
        elif head in value:
            yield from select(value[head], rest, f"{at}/{escape(head)}")
    elif isinstance(value, list) and head == "*":
        for index, inner in enumerate(value):
            yield from select(inner, rest, f"{at}/{index}")


def values_at(value: Any, path: tuple[str, ...]) -> list[Any]:
    """The values that `select` finds, without their pointers: what is asked of every manifest is asked here."""
    found = [value]
    for step in path:
        if step == "*":
            found = [inner for one in found for inner in _items(one)]
        else:
            found = [one[step] for one in found if one.__class__ is dict and step in one]
        if not found:
            break
    return found


def _items(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def matches(pattern: tuple[str, ...], path: tuple[str, ...]) -> bool:
    """Whether `path` lies at or below `pattern`."""
    return len(pattern) <= len(path) and all(want in ("*", have) for want, have in zip(pattern, path, strict=False))
