"""The JSON Schemas that editors and other tools use: one a kind, one for any manifest, and those of the other files."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from reconciler.lifecycle.kind import API_VERSION, manifest_schema
from reconciler.source.case_schema import CASE_SCHEMA
from reconciler.source.definitions import definition_schema
from reconciler.source.environment import ENVIRONMENT_SCHEMA
from reconciler.source.kinds import Kinds
from reconciler.source.project_file import PROJECT_SCHEMA
from reconciler.views.explain import in_order

Schema = Mapping[str, Any]

ENDING: Final = ".schema.json"
MARK: Final = "Written by `muster schema --write`; changes are lost."
_PLAN: Final = Path(__file__).parent / "plan.schema.json"


def project_schemas(kinds: Kinds) -> dict[str, Schema]:
    """Every schema by name: the kinds, then `manifest`, `kind`, `muster`, `environment`, `test` and `plan`."""
    laws = in_order(kind.lifecycle for kind in kinds.table.values())
    manifests = {law.kind: manifest_schema(law, kinds.table[law.kind].spec_schema) for law in laws}
    return {
        **manifests,
        "manifest": any_manifest(manifests),
        "kind": definition_schema(),
        "muster": PROJECT_SCHEMA,
        "environment": ENVIRONMENT_SCHEMA,
        "test": CASE_SCHEMA,
        "plan": json.loads(_PLAN.read_bytes()),
    }


def any_manifest(manifests: Mapping[str, Schema]) -> Schema:
    """The schema of a manifest of any kind. `kind` picks the rules, so that an editor complains by that kind alone."""
    definitions: dict[str, Any] = {}
    for name, schema in manifests.items():
        own = {key: value for key, value in schema.items() if key not in ("$schema", "$defs")}
        definitions[name] = _moved(own, name)
        for inner, definition in schema.get("$defs", {}).items():
            definitions[f"{name}.{inner}"] = _moved(definition, name)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Muster manifest",
        "description": "A manifest of any kind; `kind` says by which rules it is read.",
        "type": "object",
        "required": ["apiVersion", "kind", "metadata"],
        "properties": {"apiVersion": {"const": API_VERSION}, "kind": {"enum": list(manifests)}},
        "allOf": [_choice(name) for name in manifests],
        "$defs": definitions,
    }


def _choice(name: str) -> Schema:
    chosen = {"properties": {"kind": {"const": name}}, "required": ["kind"]}
    return {"if": chosen, "then": {"$ref": f"#/$defs/{name}"}}


def _moved(part: Any, kind: str) -> Any:
    """A part of a kind's schema, with its references led to where its definitions now are."""
    if isinstance(part, list):
        return [_moved(one, kind) for one in part]
    if not isinstance(part, Mapping):
        return part
    moved = {key: _moved(value, kind) for key, value in part.items()}
    target = moved.get("$ref")
    if isinstance(target, str):
        moved["$ref"] = target.replace("#/$defs/", f"#/$defs/{kind}.")
    return moved


def as_text(schema: Schema) -> str:
    """The schema as a file: its dialect first, then the word that it is generated."""
    dialect = {key: schema[key] for key in ("$schema",) if key in schema}
    return json.dumps({**dialect, "$comment": MARK, **schema}, indent=2, ensure_ascii=False) + "\n"
