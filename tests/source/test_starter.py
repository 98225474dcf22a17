"""A manifest to start from can be had for any schema that a definition may have."""

from typing import Any

import pytest

from reconciler.lifecycle.definition import read_lifecycle
from reconciler.lifecycle.kind import make_kind, manifest_schema
from reconciler.source.schema import Validator
from reconciler.source.starter import start
from reconciler.source.strict_yaml import read_documents

LAW = read_lifecycle({"kind": "Widget", "role": "supporting", "states": {"present": {"initial": True}}})
TREE = {
    "type": "object",
    "required": ["kids"],
    "properties": {"kids": {"type": "array", "items": {"$ref": "#/$defs/Tree"}}},
}
SCHEMAS: dict[str, dict[str, Any]] = {
    "nothing": {},
    "a definition that takes all": {
        "$defs": {"A": True},
        "required": ["a"],
        "properties": {"a": {"$ref": "#/$defs/A"}},
    },
    "members that take all": {"required": ["a"], "properties": {"a": True, "b": {"anyOf": [True, {"type": "string"}]}}},
    "a list of nothing": {"required": ["a"], "properties": {"a": {"type": "array", "items": False}}},
    "a tree": {"$defs": {"Tree": TREE}, "required": ["tree"], "properties": {"tree": {"$ref": "#/$defs/Tree"}}},
}


@pytest.mark.parametrize("schema", SCHEMAS.values(), ids=SCHEMAS)
def test_what_it_writes_is_accepted(schema: dict[str, Any]) -> None:
    kind = make_kind(LAW, {"type": "object", **schema})
    (document,) = read_documents(start(kind, "w").encode())
    assert Validator(manifest_schema(LAW, kind.spec_schema)).problems(document.value) == []
