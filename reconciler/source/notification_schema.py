"""`notifications` in `muster.yaml`: its schema. Secrets are named there, never written."""

from typing import Any, Final

_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 1024, "pattern": "^[^\\u0000\\r\\n]*$"}
_SECRET: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
    "properties": {"env": _TEXT, "file": _TEXT},
}
_WEBHOOK: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url"],
    "properties": {
        "url": {"anyOf": [_TEXT, _SECRET], "description": "https://…, or where it stands"},
        "secret": {**_SECRET, "description": "what X-Muster-Signature-256 is made with"},
        "allowPrivate": {"type": "boolean", "description": "whether it may be in the machine's own network, and http"},
    },
}
_EMAIL: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["smtp", "from", "to"],
    "properties": {
        "smtp": {
            "type": "object",
            "additionalProperties": False,
            "required": ["host"],
            "properties": {
                "host": _TEXT,
                "port": {"type": "integer", "minimum": 1, "maximum": 65535},
                "tls": {"enum": ["starttls", "implicit", "none"], "description": "default starttls"},
                "user": {"anyOf": [_TEXT, _SECRET]},
                "password": _SECRET,
            },
        },
        "from": _TEXT,
        "to": {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 50},
    },
}
NOTIFICATIONS: Final[dict[str, Any]] = {
    "type": "array",
    "maxItems": 20,
    "description": "whom `muster watch` tells, of what",
    "items": {
        "type": "object",
        "additionalProperties": False,
        "required": ["name", "on"],
        "oneOf": [{"required": ["webhook"]}, {"required": ["email"]}],
        "properties": {
            "name": {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"},
            "on": {
                "type": "array",
                "minItems": 1,
                "items": {"enum": ["applied", "blocked", "drift", "hold-expiring", "missed", "failed"]},
            },
            "webhook": _WEBHOOK,
            "email": _EMAIL,
        },
    },
}
