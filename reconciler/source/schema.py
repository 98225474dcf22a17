"""The door of JSON Schema: values checked against a schema, problems as plain sentences with a way out."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Final, TypeAlias

import jsonschema_rs

from reconciler.model.change import escape
from reconciler.model.instant import is_zone

Value: TypeAlias = Any
"""What JSON can say."""

Error: TypeAlias = Any
"""An error of jsonschema_rs, whose kinds have members that its stubs do not know."""


MAX_PROBLEMS: Final = 100
"""Of one file, that are shown: nobody reads more, and a hostile file has a million."""


class SchemaFault(ValueError):
    """Why something is not a JSON Schema, and where in it."""

    def __init__(self, message: str, pointer: str = "") -> None:
        super().__init__(message)
        self.pointer = pointer


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with a value. `pointer` is by index; `on_key` says that the key itself is wrong."""

    code: str
    pointer: str
    message: str
    advice: str = ""
    on_key: bool = False
    value: Value = None
    known: tuple[str, ...] = ()
    """The words that were possible in the place of `value`."""

    @property
    def help(self) -> str:
        """The way out. Near words are sought here and not before: a file may have a million problems."""
        if not self.known:
            return self.advice
        return did_you_mean(str(self.value), self.known) or f"use one of: {', '.join(self.known)}"


class Validator:
    """A compiled schema. It never fetches anything: a `$ref` that leaves the schema is an error."""

    def __init__(self, schema: Value) -> None:
        """Compile `schema`. SchemaFault where it is not a JSON Schema."""
        self._schema = schema
        try:
            self._validator = jsonschema_rs.Draft202012Validator(
                schema,
                validate_formats=True,
                formats={"muster-zone": is_zone},
                retriever=_refuse,
                pattern_options=jsonschema_rs.RegexOptions(),
            )
        except jsonschema_rs.ValidationError as error:
            raise SchemaFault(error.message, pointer_of(error.instance_path)) from None
        except ValueError as error:
            raise SchemaFault(str(error)) from None
        self.accepts = self._validator.is_valid

    def problems(self, value: Value) -> list[Problem]:
        """Everything that is wrong with `value`, in the schema's order."""
        return [problem for error in self._validator.iter_errors(value) for problem in _translate(error, self._schema)]


def _refuse(uri: str) -> Value:
    raise ValueError(f"a schema may not refer to {uri}")


def _translate(error: Error, schema: Value) -> Iterator[Problem]:
    kind, here = error.kind.name, pointer_of(error.instance_path)
    if kind == "additionalProperties":
        known = tuple(_known_members(schema, error.schema_path))
        advice = "" if known else "remove it: no key is known here"
        for name in error.kind.unexpected:
            message = f"{_show(name)} is not a known key here"
            yield Problem("unknown-key", f"{here}/{escape(name)}", message, advice, True, name, known)
    elif kind == "required":
        missing = error.kind.property
        yield Problem("missing-key", here, f"{missing!r} is missing", f"add `{missing}: …`")
    elif kind == "oneOf" and len(choice := _choice(error, schema)) > 1:
        yield Problem("bad-value", here, f"{' and '.join(choice)} exclude each other", "write one of them")
    elif kind in ("anyOf", "oneOf") and hasattr(error.kind, "context"):
        yield from _branch(error, schema)
    elif kind == "enum":
        options = tuple(str(option) for option in error.kind.options)
        message = f"{_show(error.instance)} is not one of {', '.join(options)}"
        yield Problem("bad-value", here, message, value=error.instance, known=options)
    elif kind == "format" and error.kind.format == "muster-zone":
        advice = "use an IANA name such as Europe/Amsterdam"
        yield Problem("bad-value", here, f"{_show(error.instance)} is not a time zone", advice)
    elif kind == "propertyNames":
        yield Problem("bad-value", here, _cut(str(error.message)))
    else:
        yield Problem("bad-value", here, _sentence(error), _advice(error))


def _choice(error: Error, schema: Value) -> list[str]:
    """The members that are written where `oneOf` asks for exactly one of them; none where it asks for something else."""
    branches = _at(schema, error.schema_path)
    if not isinstance(error.instance, dict) or not isinstance(branches, list):
        return []
    names = [branch["required"][0] for branch in branches if isinstance(branch, dict) and [*branch] == ["required"]]
    return [name for name in names if name in error.instance]


def _branch(error: Error, schema: Value) -> Iterator[Problem]:
    """The complaints of the branch that comes closest to the value: of its own type, and with the fewest complaints."""
    branches = [branch for branch in error.kind.context if branch]
    if not branches:
        yield Problem("bad-value", pointer_of(error.instance_path), _sentence(error))
        return
    depth = len(error.instance_path)
    same_type = [branch for branch in branches if not any(_is_type(one, depth) for one in branch)]
    for inner in min(same_type or branches, key=len):
        yield from _translate(inner, schema)


def _is_type(error: Error, depth: int) -> bool:
    """Whether the value `depth` members down is of another type altogether."""
    return bool(error.kind.name == "type" and len(error.instance_path) == depth)


def _known_members(schema: Value, schema_path: Iterable[str | int]) -> list[str]:
    *steps, _ = schema_path
    found = _at(schema, steps)
    return list(found.get("properties", ())) if isinstance(found, dict) else []


def _at(schema: Value, steps: Iterable[str | int]) -> Value:
    """What stands there; nothing where the path leads through an $id or an anchor."""
    try:
        for step in steps:
            schema = schema[step]
    except (KeyError, IndexError, TypeError):
        return None
    return schema


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`did you mean …?`, or nothing where no known word is near."""
    close = get_close_matches(word, known, n=1, cutoff=0.6) or get_close_matches(
        word.lower(), [one.lower() for one in known], n=1, cutoff=0.75
    )
    found = next((one for one in known if close and one.lower() == close[0].lower()), "")
    return f"did you mean {found!r}?" if found else ""


def _show(value: Value) -> str:
    text = repr(value) if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else text[:57] + "…"


def _sentence(error: Error) -> str:
    if error.kind.name == "pattern":
        return f"{_show(error.instance)} does not match the pattern {error.kind.pattern}"
    if error.kind.name == "type":
        wanted = str(error.message).rpartition("not of type")[2].strip().replace('"', "")
        return f"{_show(error.instance)} is {_type_name(error.instance)}, not {wanted or 'of the right type'}"
    return _cut(str(error.message))


def _cut(text: str) -> str:
    return text if len(text) <= 200 else text[:197] + "…"


_TYPE_NAMES: Final = {
    bool: "a boolean", int: "an integer", float: "a number", str: "a string", list: "a list", dict: "a mapping",
}  # fmt: skip


def _type_name(value: Value) -> str:
    return _TYPE_NAMES.get(type(value), "null")


def _advice(error: Error) -> str:
    wanted = error.message.rpartition("not of type")[2] if error.kind.name == "type" else ""
    if isinstance(error.instance, str) and ("integer" in wanted or "number" in wanted):
        return "remove the quotes"
    return "put it in quotes" if "string" in wanted and isinstance(error.instance, int | float) else ""


def pointer_of(path: Iterable[str | int]) -> str:
    """A JSON Pointer from its members."""
    return "".join(f"/{escape(str(step))}" for step in path)
