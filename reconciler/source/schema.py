"""The door of JSON Schema: values checked against a schema, problems as plain sentences with a way out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any
from zoneinfo import ZoneInfo

import jsonschema_rs

from reconciler.model.change import escape


@dataclass(frozen=True, slots=True)
class SchemaProblem:
    """One thing that the schema does not accept. `pointer` is by index; `on_key` says that the key itself is wrong."""

    code: str
    pointer: str
    message: str
    help: str = ""
    on_key: bool = False


class Validator:
    """A compiled schema. It never fetches anything: a `$ref` that leaves the schema is an error."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Compile `schema`. ValueError where it is not a JSON Schema."""
        self._schema = schema
        self._validator = jsonschema_rs.Draft202012Validator(
            dict(schema),
            validate_formats=True,
            formats={"muster-zone": _is_zone},
            retriever=_refuse,
            pattern_options=jsonschema_rs.RegexOptions(),
        )
        self.accepts = self._validator.is_valid

    def problems(self, value: Any) -> list[SchemaProblem]:
        """Everything that is wrong with `value`, in the schema's order."""
        return [problem for error in self._validator.iter_errors(value) for problem in _translate(error, self._schema)]


def _refuse(uri: str) -> Any:
    raise ValueError(f"a schema may not refer to {uri}")


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _translate(error: Any, schema: Mapping[str, Any]) -> Iterator[SchemaProblem]:
    kind, path = error.kind.name, list(error.instance_path)
    here = pointer_of(path)
    if kind == "additionalProperties":
        known = _known_members(schema, list(error.schema_path))
        for name in error.kind.unexpected:
            advice = did_you_mean(name, known)
            yield SchemaProblem("unknown-key", f"{here}/{escape(name)}", f"{name!r} is not a known key here", advice, True)
    elif kind == "required":
        yield SchemaProblem("missing-key", here, f"{error.kind.property!r} is missing", f"add `{error.kind.property}: …`")
    elif kind in ("anyOf", "oneOf") and hasattr(error.kind, "context"):
        yield from _branch(error, schema)
    elif kind == "enum":
        options = [str(option) for option in error.kind.options]
        advice = did_you_mean(str(error.instance), options) or "use one of: " + ", ".join(options)
        yield SchemaProblem("bad-value", here, f"{_show(error.instance)} is not one of {', '.join(options)}", advice)
    elif kind == "format" and error.kind.format == "muster-zone":
        advice = "use an IANA name such as Europe/Amsterdam"
        yield SchemaProblem("bad-value", here, f"{_show(error.instance)} is not a time zone", advice)
    elif kind == "propertyNames":
        yield SchemaProblem("bad-value", here, str(error.message), on_key=False)
    else:
        yield SchemaProblem("bad-value", here, _sentence(error), _advice(error))


def _branch(error: Any, schema: Mapping[str, Any]) -> Iterator[SchemaProblem]:
    """The complaints of the branch that comes closest to the value: that of its own type, with the fewest complaints."""
    branches = [branch for branch in error.kind.context if branch]
    same_type = [branch for branch in branches if not any(one.kind.name == "type" and not one.instance_path for one in branch)]
    if not branches:
        yield SchemaProblem("bad-value", pointer_of(error.instance_path), _sentence(error))
        return
    best = min(same_type or branches, key=len)
    depth = len(error.instance_path)
    for inner in best:
        prefix = list(error.instance_path) if len(inner.instance_path) < depth or not inner.instance_path else []
        for problem in _translate(inner, schema):
            yield SchemaProblem(
                problem.code, pointer_of(prefix) + problem.pointer, problem.message, problem.help, problem.on_key
            )


def _known_members(schema: Any, schema_path: Sequence[str | int]) -> list[str]:
    for step in list(schema_path)[:-1]:
        if isinstance(schema, Mapping) and step in schema:
            schema = schema[step]
        elif isinstance(schema, list) and isinstance(step, int):
            schema = schema[step]
        else:
            return []
    return list(schema.get("properties", ())) if isinstance(schema, Mapping) else []


def did_you_mean(word: str, known: Sequence[str]) -> str:
    """`did you mean …?`, or nothing where no known word is near."""
    close = get_close_matches(word, known, n=1, cutoff=0.6) or get_close_matches(
        word.lower(), [one.lower() for one in known], n=1, cutoff=0.75
    )
    found = next((one for one in known if close and one.lower() == close[0].lower()), "")
    return f"did you mean {found!r}?" if found else ""


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"


def _sentence(error: Any) -> str:
    if error.kind.name == "pattern":
        return f"{_show(error.instance)} does not match the pattern {error.kind.pattern}"
    if error.kind.name == "type":
        wanted = str(error.message).rpartition("not of type")[2].strip().replace('"', "")
        return f"{_show(error.instance)} is {_type_name(error.instance)}, not {wanted or 'of the right type'}"
    text = str(error.message)
    return text if len(text) <= 200 else text[:197] + "…"


def _type_name(value: Any) -> str:
    names = {bool: "a boolean", int: "an integer", float: "a number", str: "a string", list: "a list", dict: "a mapping"}
    return names.get(type(value), "null")


def _advice(error: Any) -> str:
    if error.kind.name == "type" and isinstance(error.instance, str) and ("integer" in error.message or "number" in error.message):
        return "remove the quotes"
    if error.kind.name == "type" and "string" in error.message and isinstance(error.instance, int | float):
        return "put it in quotes"
    return ""


def pointer_of(path: Sequence[str | int]) -> str:
    """A JSON Pointer from its members."""
    return "".join(f"/{escape(str(step))}" for step in path)
