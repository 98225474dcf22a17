"""A manifest to start from, read off the schema of its kind: what is required with a placeholder, the rest as options.

An option is a line that begins with `#` and a key; it is offered only if taking the `#` away leaves a valid manifest.
"""

import re
from collections.abc import Iterator, Mapping
from textwrap import wrap
from typing import Any, Final, TypeAlias

from reconciler.lifecycle.kind import API_VERSION, Kind, manifest_schema
from reconciler.lifecycle.shape import matches
from reconciler.model.change import tokens
from reconciler.model.lifecycle import Role
from reconciler.source.edit import Value, render
from reconciler.source.schema import Validator

Schema: TypeAlias = Mapping[str, Any]
Path: TypeAlias = tuple[str, ...]

WIDTH: Final = 118
_EXAMPLES: Final = (
    "someone@example.com", "https://example.com/", "Europe/Amsterdam", "2030-01-31", "09:00", "1h", "600/min", "EUR",
    "NL", "10.00", "10", "text/plain", "example.txt", "example", "EXAMPLE", "e",
)  # fmt: skip
"""Tried in turn for a text whose pattern or format asks for something of its own."""

_NAMED: Final = {
    "description": "What it is for, in a sentence", "inline": "Hello!", "host": "smtp.example.com",
    "domain": "example.com", "query": "select * from example", "file": "example.txt", "to": "17:00",
}  # fmt: skip
"""Placeholders for members of these names, where their schema takes them."""


def start(kind: Kind, name: str) -> str:
    """The text of a manifest of this kind."""
    return "\n".join(_Starter(kind, name).lines()) + "\n"


class _Starter:
    """Writes one manifest."""

    def __init__(self, kind: Kind, name: str) -> None:
        self._kind, self._name, self._law = kind, name, kind.lifecycle
        self._schema: Schema = kind.spec_schema
        self._sampler = _Sampler(kind, name)
        self._whole = Validator(manifest_schema(kind.lifecycle, kind.spec_schema))

    def lines(self) -> Iterator[str]:
        """The manifest, line by line."""
        spec = self._spec()
        yield from _comment(self._schema.get("description") or self._law.summary)
        rules = f"`muster explain {self._kind.name}` tells its rules."
        yield from _comment(f"{rules} A line that begins with # and a key is an option.")
        yield f"apiVersion: {API_VERSION}"
        yield f"kind: {self._kind.name}"
        yield "metadata:"
        yield f"  name: {render(self._name)}"
        yield "  #labels: {team: my-team}"
        if self._law.role is Role.CAMPAIGN:
            others = [state for state in self._law.desirable if state != self._law.initial]
            yield f"state: {self._law.initial}  # or, when it is ready: {', '.join(others)}"
            yield from self._schedule(others)
        if spec or self._schema.get("properties"):
            yield "spec:"
            yield from self._required(spec)
            yield from self._options(spec)

    def _schedule(self, others: list[str]) -> Iterator[str]:
        state = next((one for one in others if self._law.states[one].outward), others[0] if others else "")
        if state:
            entry = {"at": "2030-01-31T09:00", "state": state}
            yield f"#schedule: {render({'timezone': 'Europe/Amsterdam', 'entries': [entry]})}"

    def _spec(self) -> dict[str, Value]:
        spec: dict[str, Value] = self._sampler.value(self._schema, ("spec",))
        return {name: spec[name] for name in sorted(spec, key=_title_first)}

    def _required(self, spec: Mapping[str, Value]) -> Iterator[str]:
        for name, value in spec.items():
            yield from _comment(self._about(name, value), "  ")
            yield from _member(name, value, "  ")

    def _options(self, spec: Mapping[str, Value]) -> Iterator[str]:
        for name in sorted(self._schema.get("properties", ()), key=_title_first):
            if name in spec or name == "basedOn":
                continue
            value = self._sampler.value(self._schema["properties"][name], ("spec", name))
            if self._whole.accepts(self._manifest({**spec, name: value})):
                yield from _comment(self._about(name, value), "  ")
                yield f"  #{render({name: value})[1:-1]}"

    def _manifest(self, spec: Mapping[str, Value]) -> Value:
        state = {"state": self._law.initial} if self._law.role is Role.CAMPAIGN else {}
        head = {"apiVersion": API_VERSION, "kind": self._kind.name, "metadata": {"name": self._name}}
        return {**head, **state, "spec": dict(spec)}

    def _about(self, name: str, value: Value) -> str:
        schema = self._sampler.resolve(self._schema["properties"][name])
        text = str(schema.get("description", ""))
        text += "." if text[-1:].isalnum() else ""
        if "enum" in schema:
            text = f"{text} One of: {', '.join(map(str, schema['enum']))}."
        named = [f"`muster new {kind} {target}`" for kind, target in self._sampler.named(value, ("spec", name))]
        return f"{text} Name one of yours, or write it with {', '.join(named)}.".strip() if named else text


class _Sampler:
    """Finds a value that a schema accepts."""

    def __init__(self, kind: Kind, name: str) -> None:
        self._definitions: Schema = kind.spec_schema.get("$defs", {})
        self._references = [(tokens(one.path), one.kind) for one in kind.lifecycle.references]
        self._name = name
        self._inside: list[str] = []
        """The definitions whose values are being made."""

    def resolve(self, schema: Schema | bool) -> Schema:
        """The schema behind a `$ref`, with what stands beside it; `true` and `false` say nothing of a value."""
        if isinstance(schema, bool):
            return {}
        if "$ref" not in schema:
            return schema
        found = self.resolve(self._definitions[str(schema["$ref"]).removeprefix("#/$defs/")])
        return {**found, **{key: value for key, value in schema.items() if key != "$ref"}}

    def named(self, value: Value, path: Path) -> Iterator[tuple[str, str]]:
        """The resources that `value` names: kind and placeholder."""
        if isinstance(value, dict):
            for name, inner in value.items():
                yield from self.named(inner, (*path, name))
        elif isinstance(value, list):
            for inner in value:
                yield from self.named(inner, (*path, "0"))
        elif kind := self._referred(path):
            yield kind, str(value)

    def value(self, schema: Schema | bool, path: Path) -> Value:
        """A placeholder for what stands at `path`; null inside of what is made of itself."""
        name = schema.get("$ref", "") if isinstance(schema, dict) else ""
        if not name:
            return self._value(self.resolve(schema), path)
        if name in self._inside:
            return None
        self._inside.append(name)
        found = self._value(self.resolve(schema), path)
        self._inside.pop()
        return found

    def _value(self, schema: Schema, path: Path) -> Value:
        given = (schema.get("const"), schema.get("default"), *schema.get("enum", ()))
        if said := [one for one in given if one not in (None, [], {}, "")]:
            return said[0]
        for branch in (*schema.get("oneOf", ()), *schema.get("anyOf", ())):
            if isinstance(branch, dict) and ("type" in branch or "$ref" in branch):
                return self.value(branch, path)
        kind = schema.get("type")
        return self._typed(schema, path, kind[0] if isinstance(kind, list) else str(kind))

    def _typed(self, schema: Schema, path: Path, kind: str) -> Value:
        if kind == "object":
            return self._object(schema, path)
        if kind == "array":
            item = self.value(schema["items"], (*path, "0")) if schema.get("items") else None
            return [] if item is None else [item]
        if kind in ("integer", "number"):
            return min(max(schema.get("minimum", 1), 1), schema.get("maximum", 1))
        return True if kind == "boolean" else self._text(schema, path)

    def _text(self, schema: Schema, path: Path) -> str:
        if kind := self._referred(path):
            return "my-" + _words(kind).replace(" ", "-")
        if "x-cel" in schema:
            return "true"
        if schema.get("x-file") == "data":
            return f"{self._name}.{path[-1] if path[-1] in ('csv', 'jsonl') else 'csv'}"
        key = next(step for step in reversed(path) if not step.isdigit())
        words = _words(self._name if key in ("title", "subject") else key)
        own = _words(f"{self._name}_{path[-2]}").upper().replace(" ", "_") if key == "env" else ""
        accepts = Validator({**schema, "$defs": self._definitions}).accepts
        guesses = (_NAMED.get(key, ""), own, words.capitalize(), words.replace(" ", "-"), *_EXAMPLES)
        return next((one for one in guesses if one and accepts(one)), "example")

    def _object(self, schema: Schema, path: Path) -> dict[str, Value]:
        members = schema.get("properties", {})
        if not members:
            inner = schema.get("additionalProperties")
            return {"name": self.value(inner, (*path, "name"))} if isinstance(inner, dict) and inner else {}
        value: dict[str, Value] = {}
        while missing := [name for name in self._needed(schema, value) if name not in value and name in members]:
            value |= {name: self.value(members[name], (*path, name)) for name in missing}
        return value or self._optional(members, path)

    def _optional(self, members: Mapping[str, Schema], path: Path) -> dict[str, Value]:
        """Where nothing is required: the plain defaults, else the first member that says something."""
        scalars = (str, int, float, bool)
        defaults = {name: one["default"] for name, one in members.items() if isinstance(one.get("default"), scalars)}
        first = min(members, key=_title_first)
        if _title_first(first)[0] < len(_FIRST) or not defaults:
            return {first: self.value(members[first], (*path, first))}
        return defaults

    def _needed(self, schema: Schema, value: Mapping[str, Value]) -> Iterator[str]:
        yield from schema.get("required", ())
        for name, others in schema.get("dependentRequired", {}).items():
            if name in value:
                yield from others
        for word in ("anyOf", "oneOf"):
            branches = [one["required"] for one in schema.get(word, ()) if "required" in one]
            if branches and not any(value.keys() >= {*branch} for branch in branches):
                yield from branches[0]
        for part in schema.get("allOf", ()):
            yield from self._needed(part, value)
        if "if" in schema:
            fits = Validator({**schema["if"], "$defs": self._definitions}).accepts(value)
            yield from self._needed(schema.get("then" if fits else "else", {}), value)

    def _referred(self, path: Path) -> str:
        steps = tuple("*" if step.isdigit() else step for step in path)
        whole = [(pattern, kind) for pattern, kind in self._references if len(pattern) == len(steps)]
        return next((kind for pattern, kind in whole if matches(pattern, steps)), "")


_FIRST: Final = ("title", "description", "include")


def _title_first(name: str) -> tuple[int, str]:
    return (_FIRST.index(name) if name in _FIRST else len(_FIRST), name)


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("-", " ").replace("_", " ").lower()


def _comment(text: str, indent: str = "") -> Iterator[str]:
    return (f"{indent}# {line}" for line in wrap(text, WIDTH - len(indent) - 2, break_on_hyphens=False))


def _member(name: str, value: Value, indent: str) -> Iterator[str]:
    """A member on one line, or spread where it would be too long."""
    line = indent + render({name: value})[1:-1]
    if len(line) <= WIDTH or not value or not isinstance(value, dict):
        yield line
        return
    yield f"{indent}{name}:"
    for inner, one in value.items():
        yield from _member(inner, one, indent + "  ")
