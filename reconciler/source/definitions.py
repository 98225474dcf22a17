"""Kind definitions read from folders: the built-in ones and a project's own, by the same reader."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from reconciler.lifecycle.check import Surroundings, check
from reconciler.lifecycle.definition import read_lifecycle
from reconciler.lifecycle.kind import Kind, document_shape, make_kind
from reconciler.lifecycle.shape import read_shape
from reconciler.model import canonical
from reconciler.model.codes import diagnose
from reconciler.model.diagnostic import Diagnostic, Place
from reconciler.model.lifecycle import Lifecycle
from reconciler.source.kind_folders import BUILT_IN, Folder, fingerprint_of, folders_in, shown_path
from reconciler.source.marks import locate
from reconciler.source.schema import Validator
from reconciler.source.strict_yaml import YamlProblem, read_documents

_DEFINITION_SCHEMA: Final = Path(__file__).parent / "kind.schema.json"


@dataclass(frozen=True, slots=True)
class Kinds:
    """Every kind of a project, by name, with a fingerprint over the bytes that define them."""

    table: Mapping[str, Kind]
    fingerprint: str
    own: frozenset[str] = frozenset()
    """The kinds that the project defines itself."""


def definition_schema() -> dict[str, Any]:
    """The JSON Schema of `kind.yaml`."""
    schema: dict[str, Any] = json.loads(_DEFINITION_SCHEMA.read_bytes())
    return schema


def load_kinds(own: Iterable[Path], root: Path) -> tuple[Kinds, tuple[Diagnostic, ...]]:
    """The built-in kinds and those in the folders under `own`, checked. Kinds with faults are left out and reported."""
    found: list[Diagnostic] = []
    folders = [*folders_in(BUILT_IN, BUILT_IN.parent, True, found)]
    for directory in own:
        if not directory.is_dir():
            found.append(diagnose("bad-project", f"the kinds directory {shown_path(directory, root)} does not exist", Place("muster.yaml")))
            continue
        folders += folders_in(directory, root, False, found)
    read = [(folder, *one) for folder in folders if (one := _read(folder, found))]
    names = frozenset(lifecycle.kind for _, lifecycle, _ in read)
    table: dict[str, Kind] = {}
    for folder, lifecycle, schema in read:
        if lifecycle.kind in table:
            found.append(_fault(folder, "/kind", f"the kind {lifecycle.kind!r} is defined twice", "rename one of the two"))
            continue
        faults = tuple(_check(folder, lifecycle, schema, names))
        found += faults
        if not faults:
            table[lifecycle.kind] = make_kind(lifecycle, schema)
    own_names = frozenset(lifecycle.kind for folder, lifecycle, _ in read if not folder.built_in)
    return Kinds(table, fingerprint_of(folders), own_names), tuple(found)


def _fault(folder: Folder, pointer: str, message: str, advice: str = "", *, on_key: bool = False) -> Diagnostic:
    mark = locate(folder.law, 0, pointer, on_key=on_key)
    return diagnose("bad-definition", message, Place(folder.shown, mark.line, mark.column), help=advice)


def _read(folder: Folder, found: list[Diagnostic]) -> tuple[Lifecycle, dict[str, Any]] | None:
    schema_place = Place(folder.shown.removesuffix("kind.yaml") + "schema.json")
    try:
        documents = read_documents(folder.law)
    except YamlProblem as problem:
        place = Place(folder.shown, problem.line, problem.column)
        found.append(diagnose("bad-definition", problem.message, place, help=problem.help))
        return None
    value = documents[0].value if len(documents) == 1 else None
    problems = _validator().problems(value)
    found += [_fault(folder, one.pointer, one.message, one.help, on_key=one.on_key) for one in problems]
    try:
        schema = canonical.decode(folder.schema)
        Validator(schema)
    except ValueError as error:
        found.append(diagnose("bad-definition", f"the schema is not a JSON Schema: {error}", schema_place))
        return None
    return (read_lifecycle(value), schema) if value is not None and not problems else None


@cache
def _validator() -> Validator:
    return Validator(definition_schema())


def _check(folder: Folder, lifecycle: Lifecycle, schema: dict[str, Any], kinds: frozenset[str]) -> Iterator[Diagnostic]:
    requirements = requirement_ids() if folder.built_in else None
    around = Surroundings(kinds, requirements, document_shape(read_shape(schema)))
    for fault in check(lifecycle, around):
        yield _fault(folder, fault.pointer, fault.message, fault.help)


@cache
def requirements() -> Mapping[str, Mapping[str, str]]:
    """The product's requirements by id: `says`, and what each is `about`."""
    documents = read_documents((BUILT_IN / "requirements.yaml").read_bytes())
    table: Mapping[str, Mapping[str, str]] = documents[0].value
    return table


def requirement_ids() -> frozenset[str]:
    """Every id that a built-in definition may name."""
    return frozenset(requirements())
