"""What settings of `muster.yaml` are made of: pieces of their schemas. Secrets are named there, never written."""

from typing import Any, Final

TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 1024, "pattern": "^[^\\u0000\\r\\n]*$"}
"""A line of text."""
NAME: Final = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}
PORT: Final = {"type": "integer", "minimum": 1, "maximum": 65535}
SECRET: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
    "properties": {"env": TEXT, "file": TEXT},
}
"""Where a secret stands."""
