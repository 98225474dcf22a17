"""The schema of policies, freezes and thresholds: for muster.yaml, for environments, and for what a test gives."""

from typing import Any, Final

from reconciler.lifecycle.rule import MAX_LENGTH
from reconciler.model.policy import Thresholds
from reconciler.model.window import WEEKDAYS

Schema = dict[str, Any]

ID: Final[Schema] = {
    "type": "string",
    "maxLength": 63,
    "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    "description": "an RFC 1123 label, unique among policies and freezes",
}
_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 1024}
_NAMES: Final[Schema] = {"type": "array", "items": {**_TEXT, "maxLength": 63}, "minItems": 1, "maxItems": 100}

SELECTOR: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "description": "which resources it is about: of one of these kinds, and with all of these labels; left out, all",
    "properties": {
        "kinds": _NAMES,
        "labels": {
            "type": "object",
            "maxProperties": 64,
            "propertyNames": {"maxLength": 63},
            "additionalProperties": {"type": "string", "maxLength": 255},
        },
    },
}

_WINDOW: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "description": "once, from a time to a time, or each week: on weekdays, from a time of day to another",
    "properties": {
        "weekdays": {
            "type": "array",
            "items": {"enum": list(WEEKDAYS)},
            "minItems": 1,
            "uniqueItems": True,
            "description": "the days on which it begins; left out beside times of day, all",
        },
        "from": {**_TEXT, "maxLength": 40, "description": '2027-11-26T00:00, or "18:00"; default of a day its start'},
        "to": {**_TEXT, "maxLength": 40, "description": 'the first moment after it: 2027-11-30T00:00, or "06:00"'},
    },
}
_WINDOWS: Final[Schema] = {
    "anyOf": [_WINDOW, {"type": "array", "items": _WINDOW, "minItems": 1, "maxItems": 200}],
}

_POLICY: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "message", "rule"],
    "properties": {
        "id": ID,
        "message": {**_TEXT, "description": "for the person who must act"},
        "severity": {
            "enum": ["error", "warning"],
            "default": "error",
            "description": "an error refuses, a warning tells",
        },
        "match": SELECTOR,
        "rule": {
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_LENGTH,
            "description": "CEL over one resource's plan: self, oldSelf, plan, facts, settings, now, today",
        },
        "stops": {
            "type": "boolean",
            "default": False,
            "description": "whether it is asked also of what takes a campaign out of action, and so may hold that up",
        },
    },
}
_FREEZE: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["id"],
    "anyOf": [{"required": ["deny"]}, {"required": ["allow"]}],
    "properties": {
        "id": ID,
        "message": _TEXT,
        "deny": {**_WINDOWS, "description": "when nothing changes; it wins over allow"},
        "allow": {**_WINDOWS, "description": "the only times in which something may change"},
        "timezone": {"type": "string", "format": "muster-zone", "description": "of these times; default the project's"},
        "match": SELECTOR,
        "except": {**_NAMES, "description": "events that go on, besides whatever takes a campaign out of action"},
    },
}
_COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
_THRESHOLDS: Final[Schema] = {
    "type": "object",
    "additionalProperties": False,
    "description": "how much one plan may do without an acknowledgement",
    "properties": {
        "maxChangesPercent": {
            "type": "integer",
            "minimum": 1,
            "maximum": 100,
            "default": Thresholds().max_changes_percent,
            "description": "of ten or more outward resources, the share that may leave their outward state",
        },
        "maxDeletions": {**_COUNT, "description": "resources that it may delete; default any number"},
        "maxLaunches": {**_COUNT, "description": "resources that it may put into an outward state; default any number"},
    },
}

POLICY_PROPERTIES: Final[Schema] = {
    "policies": {
        "type": "array",
        "items": _POLICY,
        "maxItems": 200,
        "description": "rules that every plan must meet, besides the law of each kind",
    },
    "freeze": {"type": "array", "items": _FREEZE, "maxItems": 200, "description": "times in which nothing changes"},
    "thresholds": _THRESHOLDS,
}
"""What may stand in the outermost mapping of a file that has policies."""
