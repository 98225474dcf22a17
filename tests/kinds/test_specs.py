"""Spec models and schemas say the same, take the binding manifests, and refuse what is wrong or hostile."""

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Never
from zoneinfo import available_timezones

import jsonschema_rs
import pytest
import yaml
from pydantic import BaseModel, ValidationError

from reconciler.kinds import generate

BINDING = sorted((Path(__file__).parent.parent / "manifests" / "binding").glob("*.yaml"))
FOLDERS = {path.rsplit(":", 1)[1].removesuffix("Spec"): (folder, path) for folder, path in generate.SPECS}


class Yaml12Loader(yaml.SafeLoader):
    """Scalars of YAML 1.2's core schema: dates, `no` and `on` stay strings."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own class attribute


for tag, pattern, first in (
    ("null", r"^(~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?[0-9]+$", list("-+0123456789")),
    ("float", r"^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$", list("-+0123456789.")),
):
    Yaml12Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)


def documents() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for file in BINDING:
        for document in yaml.load_all(file.read_text(encoding="utf-8"), Loader=Yaml12Loader):
            yield f"{file.stem}: {document['kind']}/{document['metadata']['name']}", document["kind"], document["spec"]


DOCUMENTS = list(documents())
EXAMPLES = {f"{kind}/{name.rsplit('/', 1)[1]}": spec for name, kind, spec in DOCUMENTS}


def model_of(kind: str) -> type[BaseModel]:
    return generate.spec_model(FOLDERS[kind][1])


def schema_of(kind: str) -> dict[str, Any]:
    text = (generate.HERE / FOLDERS[kind][0] / "schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def no_retrieval(uri: str) -> Never:
    raise ValueError(f"nothing is fetched: {uri}")


def validator_of(kind: str) -> jsonschema_rs.Draft202012Validator:
    formats: dict[str, Callable[[str], bool]] = {
        "muster-duration": lambda text: re.fullmatch(r"[0-9]+[smhd]", text) is not None,
        "muster-time": lambda text: re.fullmatch(r"[0-9]{2}:[0-9]{2}", text) is not None,
        "muster-zone": lambda text: text in available_timezones(),
    }
    return jsonschema_rs.Draft202012Validator(
        schema_of(kind), validate_formats=True, formats=formats, retriever=no_retrieval
    )


def schema_takes(kind: str, spec: object) -> bool:
    return validator_of(kind).is_valid(spec)


def model_takes(kind: str, spec: object) -> bool:
    try:
        model_of(kind).model_validate_json(json.dumps(spec))
    except ValidationError:
        return False
    return True


def written(spec: dict[str, Any], pointer: str, value: object) -> dict[str, Any]:
    """The spec with the value at a JSON Pointer; `-` appends to a list."""
    changed = copy.deepcopy(spec)
    *parents, last = pointer.strip("/").split("/")
    target: Any = changed
    for part in parents:
        target = target[int(part)] if isinstance(target, list) else target[part]
    if isinstance(target, list) and last == "-":
        target.append(value)
    elif isinstance(target, list):
        target[int(last)] = value
    else:
        target[last] = value
    return changed


def subschemas(schema: object) -> Iterator[dict[str, Any]]:
    if isinstance(schema, dict):
        yield schema
        for value in schema.values():
            yield from subschemas(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from subschemas(value)


# --- the binding manifests ---


def test_the_binding_manifests_are_there() -> None:
    assert len(BINDING) == 5
    assert len(DOCUMENTS) >= 35


@pytest.mark.parametrize(("name", "kind", "spec"), DOCUMENTS, ids=[name for name, _, _ in DOCUMENTS])
def test_a_binding_manifest_is_taken_by_schema_and_model(name: str, kind: str, spec: dict[str, Any]) -> None:
    assert [error.message for error in validator_of(kind).iter_errors(spec)] == []
    model_of(kind).model_validate_json(json.dumps(spec))


def test_every_kind_has_one_top_model_and_a_schema() -> None:
    assert len(FOLDERS) == 22
    for kind, (folder, path) in FOLDERS.items():
        assert re.sub(r"(?<!^)(?=[A-Z])", "_", kind).lower() == folder.split("/")[1]
        assert path.startswith(f"reconciler.kinds.{folder.replace('/', '.')}.spec:")


# --- schemas and models have not drifted ---


def test_schemas_are_what_the_models_say() -> None:
    assert generate.drifted() == (), "run python -m reconciler.kinds.generate"


def test_drift_is_found_and_mended(tmp_path: Path) -> None:
    for folder, _ in generate.SPECS:
        (tmp_path / folder).mkdir(parents=True)
    assert len(generate.write_schemas(tmp_path)) == 22
    (tmp_path / "email/segment/schema.json").write_text("{}\n", encoding="utf-8")
    assert generate.drifted(tmp_path) == ("email/segment",)
    assert generate.write_schemas(tmp_path) == ("email/segment",)
    assert generate.drifted(tmp_path) == ()


# --- what every schema promises ---


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_schema_is_closed_bounded_and_described(kind: str) -> None:
    schema = schema_of(kind)
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    jsonschema_rs.meta.validate(schema)
    for part in subschemas(schema):
        assert not isinstance(part.get("title"), str)
        assert part.get("type") != "null"
        assert "default" not in part or part["default"] is not None
        match part.get("type"):
            case "object":
                assert part["additionalProperties"] is False or "maxProperties" in part or "propertyNames" in part
                for name, member in part.get("properties", {}).items():
                    named = schema["$defs"][member["$ref"].rsplit("/", 1)[1]] if "$ref" in member else {}
                    assert {**named, **member}.get("description"), f"{name} is not described"
            case "string":
                assert "maxLength" in part or "enum" in part or "const" in part, part
            case "array":
                assert "maxItems" in part, part


@pytest.mark.parametrize("kind", FOLDERS)
def test_a_default_is_a_scalar_or_empty_that_its_own_schema_takes(kind: str) -> None:
    schema = schema_of(kind)
    for part in subschemas(schema):
        if "default" in part and "description" in part:
            assert part["default"] in ([], {}) or isinstance(part["default"], str | int | bool)
            assert jsonschema_rs.is_valid({"$defs": schema.get("$defs", {}), **part}, part["default"])


def test_annotations_stand_where_the_engine_looks_for_them() -> None:
    leads, rules, template = schema_of("LeadCampaign"), schema_of("RuleSet"), schema_of("Template")
    assert leads["properties"]["fields"]["x-key"] == leads["properties"]["workflows"]["x-key"] == "name"
    assert leads["properties"]["verticals"]["x-set"] is True
    assert leads["$defs"]["Score"]["properties"]["when"]["x-cel"] == ["lead", "now"]
    assert rules["properties"]["all"]["items"]["x-cel"] == ["invoice", "now", "today"]
    assert template["$defs"]["ContentText"]["properties"]["file"]["x-file"] == "content"
    source = schema_of("RecipientList")["$defs"]
    assert source["Source"]["properties"]["csv"]["x-file"] == "data"
    assert "x-file" not in source["SecretRef"]["properties"]["file"]


# --- what is refused ---

BAD = yaml.load((Path(__file__).parent / "bad_specs.yaml").read_text(encoding="utf-8"), Loader=Yaml12Loader)


@pytest.mark.parametrize("row", BAD, ids=[row["why"] for row in BAD])
def test_a_bad_value_is_refused_by_schema_and_model(row: dict[str, Any]) -> None:
    kind, _, _ = row["in"].partition("/")
    spec = row["value"] if row["at"] == "/" else written(EXAMPLES[row["in"]], row["at"], row["value"])
    assert not schema_takes(kind, spec)
    assert not model_takes(kind, spec)


@pytest.mark.parametrize(
    ("example", "pointer", "text"),
    [
        ("EmailCampaign/spring-launch", "/subject", "x" * 901),
        ("LeadCampaign/best-car-insurance", "/fields/3/pattern", "a" * 201),
        ("LeadCampaign/best-car-insurance", "/workflows/0/score/0/when", "true || " * 250 + "true"),
        ("Template/spring", "/html", {"inline": "x" * 200_001}),
        ("RecipientList/customers-nl", "/source", {"inline": [{"email": "a@b.example"}] * 1001}),
    ],
)
def test_what_has_no_end_is_refused_by_schema_and_model(example: str, pointer: str, text: object) -> None:
    kind, _, _ = example.partition("/")
    assert not schema_takes(kind, written(EXAMPLES[example], pointer, text))
    assert not model_takes(kind, written(EXAMPLES[example], pointer, text))


# --- what is taken besides the binding manifests ---

GOOD: tuple[tuple[str, str, object], ...] = (
    ("a draft of a mail is empty", "EmailCampaign", {}),
    ("a draft of a receivables campaign is empty", "ReceivablesCampaign", {}),
    ("a draft of a collection campaign is empty", "CollectionCampaign", {}),
    ("a draft of a lead campaign is empty", "LeadCampaign", {}),
    ("a referral campaign needs its program only", "ReferralCampaign", {"program": "friends"}),
    ("one connection needs no mode", "EmailCampaign", {"smtp": {"connections": [{"name": "relay"}]}}),
    (
        "connections take turns without shares",
        "EmailCampaign",
        {"smtp": {"mode": "roundRobin", "connections": [{"name": "a"}, {"name": "b"}]}},
    ),
    (
        "a secret stands outside the tree",
        "SmtpConnection",
        {"host": "::1", "auth": {"user": "a", "password": {"file": "/run/secrets/a"}}},
    ),
    (
        "rows come from a database",
        "RecipientList",
        {"source": {"sql": {"url": {"env": "CRM_URL"}, "query": "select 1"}}},
    ),
    ("a suppression list only collects", "SuppressionList", {"collects": ["hard_bounce", "unsubscribed"]}),
    (
        "an invoice's customer may be asked for",
        "Workflow",
        {"steps": [{"day": 0, "action": "exit", "when": "contact.vip"}]},
    ),
    ("a subject in any script", "EmailCampaign", {"subject": "Ärger? Nein: 春が来た 🌷"}),
)


@pytest.mark.parametrize(("kind", "spec"), [row[1:] for row in GOOD], ids=[row[0] for row in GOOD])
def test_a_good_spec_is_taken_by_schema_and_model(kind: str, spec: object) -> None:
    assert [error.message for error in validator_of(kind).iter_errors(spec)] == []
    assert model_takes(kind, spec)


def test_a_name_is_given_once_in_a_list_of_named_objects() -> None:
    """The schema cannot say it, so the engine checks `x-key` lists itself."""
    spec = written(EXAMPLES["LeadCampaign/best-car-insurance"], "/fields/-", {"name": "email", "type": "string"})
    assert not model_takes("LeadCampaign", spec)


def test_a_list_of_the_worst_values_is_long_enough_to_matter() -> None:
    assert {row["in"].partition("/")[0] for row in BAD} >= {
        "EmailCampaign",
        "LeadCampaign",
        "SmtpConnection",
        "Template",
    }
    assert len(BAD) > 100


def test_a_model_is_frozen() -> None:
    model = model_of("Segment").model_validate_json('{"list": "customers", "where": "true"}')
    with pytest.raises(ValidationError):
        model.list = "others"  # type: ignore[attr-defined]
