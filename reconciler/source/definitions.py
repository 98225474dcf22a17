"""Kind definitions read from folders: the built-in ones and a project's own, by the same reader."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from reconciler.lifecycle.check import Surroundings, check
from reconciler.lifecycle.definition import read_lifecycle
from reconciler.lifecycle.fault import Fault
from reconciler.lifecycle.kind import Kind, document_shape, make_kind
from reconciler.lifecycle.shape import Shape, ShapeError, read_shape
from reconciler.lifecycle.spec_schema import check_schema
from reconciler.model import canonical
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.lifecycle import Lifecycle
from reconciler.source.kind_folders import BUILT_IN, MAX_BYTES, Folder, fingerprint_of, kind_folders
from reconciler.source.kinds import Kinds
from reconciler.source.marks import Locator
from reconciler.source.schema import MAX_PROBLEMS, SchemaFault, Validator
from reconciler.source.strict_yaml import YamlProblem, read_documents

_DEFINITION_SCHEMA: Final = Path(__file__).parent / "kind.schema.json"
_SCHEMA_ADVICE: Final = "write a JSON Schema of the spec (draft 2020-12); docs/reference/kind-definition.md shows one"


def definition_schema() -> dict[str, Any]:
    """The JSON Schema of `kind.yaml`."""
    schema: dict[str, Any] = json.loads(_DEFINITION_SCHEMA.read_bytes())
    return schema


@dataclass(frozen=True, slots=True)
class _Definition:
    """One folder, read: each file is well by itself."""

    folder: Folder
    lifecycle: Lifecycle
    schema: dict[str, Any]
    shape: Shape


def load_kinds(own: Iterable[Path], root: Path) -> tuple[Kinds, tuple[Diagnostic, ...]]:
    """The built-in kinds and those in the folders under `own`, checked. Kinds with faults are left out and reported."""
    found: list[Diagnostic] = []
    folders = kind_folders(own, root, found)
    definitions: dict[str, _Definition] = {}
    for one in [one for folder in folders if (one := _read(folder, found))]:
        name = one.lifecycle.kind
        if name in definitions:
            twice = Fault("duplicate-kind", "/kind", f"the kind {name!r} is defined twice", "rename one of the two")
            found += _law_diagnostics(one.folder, [twice])
        definitions.setdefault(name, one)
    states = {name: frozenset(one.lifecycle.states) for name, one in definitions.items()}
    table: dict[str, Kind] = {}
    for name, one in definitions.items():
        known = requirement_ids() if one.folder.built_in else None
        faults = check(one.lifecycle, Surroundings(frozenset(states), known, document_shape(one.shape), states))
        found += _law_diagnostics(one.folder, faults)
        if not faults:
            table[name] = make_kind(one.lifecycle, one.schema)
    own_names = frozenset(name for name, one in definitions.items() if not one.folder.built_in)
    return Kinds(table, fingerprint_of(folders), own_names), tuple(found)


def _read(folder: Folder, found: list[Diagnostic]) -> _Definition | None:
    lifecycle, schema = _read_law(folder, found), _read_schema(folder, found)
    return _Definition(folder, lifecycle, *schema) if lifecycle and schema else None


def _read_law(folder: Folder, found: list[Diagnostic]) -> Lifecycle | None:
    try:
        documents = read_documents(folder.law)
    except YamlProblem as problem:
        place = Place(folder.shown, problem.line, problem.column)
        found.append(diagnose("bad-definition", problem.message, place, help=problem.help))
        return None
    if len(documents) != 1 or documents[0].value is None:
        place = Place(folder.shown, *documents[1].position()) if documents[1:] else Place(folder.shown)
        advice = "give each kind a folder of its own"
        found.append(diagnose("bad-definition", "a kind.yaml holds exactly one document", place, help=advice))
        return None
    problems = _validator().problems(documents[0].value)
    marks = Locator(folder.law)
    for one in problems[:MAX_PROBLEMS]:
        mark = marks.mark(0, one.pointer, on_key=one.on_key)
        advice = one.help or "see docs/reference/kind-definition.md"
        found.append(diagnose("bad-definition", one.message, Place(folder.shown, mark.line, mark.column), help=advice))
    return None if problems else read_lifecycle(documents[0].value)


def _law_diagnostics(folder: Folder, faults: Iterable[Fault]) -> list[Diagnostic]:
    return _diagnostics(folder.shown, folder.law, faults)


def _diagnostics(shown: str, data: bytes, faults: Iterable[Fault]) -> list[Diagnostic]:
    marks = Locator(data)
    placed = ((fault, marks.mark(0, fault.pointer)) for fault in faults)
    return [
        diagnose("bad-definition", fault.message, Place(shown, mark.line, mark.column), help=fault.help)
        for fault, mark in placed
    ]


def _read_schema(folder: Folder, found: list[Diagnostic]) -> tuple[dict[str, Any], Shape] | None:
    """The schema of a spec and its shape."""
    faults: list[Fault] = []
    try:
        schema = _decoded(folder.schema)
        faults += check_schema(schema)
        if not faults:
            Validator(schema)
            return schema, read_shape(schema)
    except SchemaFault as fault:
        faults.append(Fault("bad-schema", fault.pointer, f"the schema is not a JSON Schema: {fault}", _SCHEMA_ADVICE))
    except ShapeError as error:
        faults.append(Fault("bad-schema", "", str(error), "describe what varies so much by an open object"))
    found += _diagnostics(folder.schema_shown, folder.schema, faults)
    return None


def _decoded(data: bytes) -> dict[str, Any]:
    if len(data) > MAX_BYTES:
        raise SchemaFault(f"the file has more than {MAX_BYTES:,} bytes")
    try:
        schema = canonical.decode(data)
    except RecursionError:
        raise SchemaFault("it is nested too deep") from None
    except ValueError as error:
        raise SchemaFault(str(error)) from None
    if not isinstance(schema, dict):
        raise SchemaFault("it is not a JSON object")
    return schema


@cache
def _validator() -> Validator:
    return Validator(definition_schema())


@cache
def requirements() -> Mapping[str, Mapping[str, str]]:
    """The product's requirements by id: `says`, and what each is `about`."""
    documents = read_documents((BUILT_IN / "requirements.yaml").read_bytes())
    table: Mapping[str, Mapping[str, str]] = documents[0].value
    return table


def requirement_ids() -> frozenset[str]:
    """Every id that a built-in definition may name."""
    return frozenset(requirements())
