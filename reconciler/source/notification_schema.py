"""`notifications` in `muster.yaml`: its schema. Secrets are named there, never written."""

from typing import Any, Final

from reconciler.source.setting_schema import NAME, PORT, SECRET, TEXT

_WEBHOOK: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["url"],
    "properties": {
        "url": {"anyOf": [TEXT, SECRET], "description": "https://…, or where it stands"},
        "secret": {**SECRET, "description": "what X-Muster-Signature-256 is made with"},
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
                "host": TEXT,
                "port": PORT,
                "tls": {"enum": ["starttls", "implicit", "none"], "description": "default starttls"},
                "user": {"anyOf": [TEXT, SECRET]},
                "password": SECRET,
            },
        },
        "from": TEXT,
        "to": {"type": "array", "items": TEXT, "minItems": 1, "maxItems": 50},
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
            "name": NAME,
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
