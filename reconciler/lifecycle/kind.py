"""A kind ready for use: its law, the shape of its documents, and the JSON Schema of its manifests."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from reconciler.lifecycle.normal import normaliser
from reconciler.lifecycle.rule import CONSTRAINT_VARIABLES, Rule, compiled
from reconciler.lifecycle.shape import Shape, read_shape, walk
from reconciler.model.actor import Actor
from reconciler.model.change import tokens
from reconciler.model.lifecycle import Constraint, Lifecycle, Role, Transition

API_VERSION = "muster/v1"
MANIFEST_KEYS = ("apiVersion", "kind", "metadata", "state", "schedule", "spec")
"""What manifests of every kind are made of."""

_SCALAR = Shape(open=True)


@dataclass(frozen=True, slots=True)
class Kind:
    """Everything that the engine knows of a kind. Built once per run by `make_kind`; compares by identity."""

    lifecycle: Lifecycle
    shape: Shape
    """Of the canonical document: metadata.labels, schedule, spec, files."""
    spec_schema: Mapping[str, Any]
    normalise_spec: Callable[[Any], Any]
    references: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    """For each reference of the lifecycle: the tokens of its path, and of its version's path."""
    files: tuple[tuple[tuple[str, ...], str], ...]
    """Where `spec` names files: the tokens (from the document) and `content` or `data`."""
    expressions: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...]
    """Where `spec` holds CEL: the tokens (from the document) and the variables."""
    keyed: tuple[tuple[tuple[str, ...], str], ...]
    """Where `spec` holds lists whose items are told apart by a member: the tokens (from the document) and its name."""
    ticking: frozenset[str]
    """The states in which timers run."""
    grouping: frozenset[str]
    """The states in which a resource counts in a constraint, or goes before others."""

    @property
    def name(self) -> str:
        """The kind's name, as manifests write it."""
        return self.lifecycle.kind


def document_shape(spec: Shape) -> Shape:
    """The shape of a canonical document around that of its spec."""
    entry = Shape(members={"at": _SCALAR, "state": _SCALAR})
    return Shape(
        members={
            "metadata": Shape(members={"labels": Shape(values=_SCALAR)}),
            "schedule": Shape(members={"timezone": _SCALAR, "entries": Shape(item=entry)}),
            "spec": spec,
            "files": Shape(values=_SCALAR),
        }
    )


def make_kind(lifecycle: Lifecycle, spec_schema: Mapping[str, Any]) -> Kind:
    """The kind that a checked definition and its schema make."""
    spec = read_shape(spec_schema)
    nodes = tuple(walk(spec, "/spec"))
    return Kind(
        lifecycle=lifecycle,
        shape=document_shape(spec),
        spec_schema=spec_schema,
        normalise_spec=normaliser(spec) or (lambda value: value),
        references=tuple((tokens(one.path), tokens(one.version)) for one in lifecycle.references),
        files=tuple((tokens(path), shape.file) for path, shape in nodes if shape.file),
        expressions=tuple((tokens(path), shape.cel) for path, shape in nodes if shape.cel),
        keyed=tuple((tokens(path), shape.key) for path, shape in nodes if shape.key),
        ticking=frozenset(edge.origin for edge in lifecycle.transitions if edge.by is Actor.TIMER),
        grouping=frozenset(state for one in lifecycle.constraints for state in one.states)
        | {one.state for one in lifecycle.preempts},
    )


def manifest_schema(lifecycle: Lifecycle, spec_schema: Mapping[str, Any]) -> dict[str, Any]:
    """The JSON Schema (2020-12) of a whole manifest of this kind: what readers check and editors use."""
    spec = {key: value for key, value in spec_schema.items() if key not in ("$defs", "$schema", "$id")}
    states = list(lifecycle.desirable)
    properties: dict[str, Any] = {
        "apiVersion": {"const": API_VERSION},
        "kind": {"const": lifecycle.kind},
        "metadata": _METADATA,
        "state": {"enum": states, "description": "the desired state: " + ", ".join(states)},
        "schedule": _schedule(states),
        "spec": spec,
    }
    for flag in lifecycle.flags.values():
        properties[flag.name] = {"type": "boolean", "default": False, "description": flag.message}
    required = ["apiVersion", "kind", "metadata"]
    if lifecycle.role is Role.CAMPAIGN:
        required.append("state")
    if spec_schema.get("required"):
        required.append("spec")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": lifecycle.kind,
        "description": lifecycle.summary,
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
        "$defs": dict(spec_schema.get("$defs", {})),
    }


_METADATA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "properties": {
        "name": {
            "type": "string",
            "maxLength": 63,
            "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
            "description": "an RFC 1123 label, unique per kind and version",
        },
        "version": {"type": "integer", "minimum": 1, "maximum": 999_999_999, "default": 1},
        "labels": {
            "type": "object",
            "maxProperties": 64,
            "propertyNames": {"maxLength": 63},
            "additionalProperties": {"type": "string", "maxLength": 255},
        },
        "movedFrom": {
            "type": "string",
            "maxLength": 63,
            "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
            "description": "the name that this resource had before; its history moves along",
        },
    },
}


def _schedule(states: list[str]) -> dict[str, Any]:
    entry = {
        "type": "object",
        "additionalProperties": False,
        "required": ["at", "state"],
        "properties": {
            "at": {
                "type": "string",
                "maxLength": 40,
                "description": "a local time, 2027-06-01T09:00, or one with an offset",
            },
            "state": {"enum": states},
        },
    }
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["entries"],
        "properties": {
            "timezone": {"type": "string", "format": "muster-zone", "description": "IANA name; local times need it"},
            "entries": {"type": "array", "maxItems": 1000, "items": entry},
        },
    }


def when(edge: Transition) -> str:
    """The name under which `rules_of` has the condition of a timer."""
    return f"when {edge.index}"


def among(constraint: Constraint) -> str:
    """The name under which `rules_of` has the rule of a constraint."""
    return f"among {constraint.name}"


def rules_of(lifecycle: Lifecycle) -> dict[str, Rule]:
    """Every rule of a lifecycle, compiled: guards by name, the conditions of timers and the rules of constraints."""
    guards = {name: compiled(guard.rule) for name, guard in lifecycle.guards.items()}
    timers = {
        when(edge): compiled(edge.trigger.when) for edge in lifecycle.transitions if edge.trigger and edge.trigger.when
    }
    return guards | timers | {among(one): compiled(one.rule, CONSTRAINT_VARIABLES) for one in lifecycle.constraints}
