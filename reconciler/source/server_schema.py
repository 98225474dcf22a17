"""`server` and `returns` in `muster.yaml`: their schema. Secrets are named there, never written."""

from typing import Any, Final

_TEXT: Final = {"type": "string", "minLength": 1, "maxLength": 1024, "pattern": "^[^\\u0000\\r\\n]*$"}
_NAME: Final = {"type": "string", "pattern": "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"}
_PORT: Final = {"type": "integer", "minimum": 1, "maximum": 65535}
_SECRET: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "maxProperties": 1,
    "properties": {"env": _TEXT, "file": _TEXT},
}
_URL: Final = (
    r"^(https://[A-Za-z0-9.-]+(:[0-9]{1,5})?|http://(localhost|127\.0\.0\.1)(:[0-9]{1,5})?)(/[A-Za-z0-9._~-]+)*/?$"
)
"""In the clear only on this very machine: who sees a link may use it."""

SERVER: Final[dict[str, Any]] = {
    "type": "object",
    "description": "what `muster serve` is known as outside: links in mails lead there",
    "additionalProperties": False,
    "required": ["url", "secret"],
    "properties": {
        "url": {
            "type": "string",
            "maxLength": 200,
            "pattern": _URL,
            "description": "https://…, as the world sees it; http:// for localhost alone",
        },
        "secret": {
            **_SECRET,
            "description": "what links and envelope addresses are signed with; 16 characters at least",
        },
        "previousSecret": {**_SECRET, "description": "the one before it: what it has signed stays good"},
    },
}
_POP3: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["host", "user", "password"],
    "properties": {
        "host": _TEXT,
        "port": _PORT,
        "user": _TEXT,
        "password": _SECRET,
        "tls": {"enum": ["implicit", "starttls"], "description": "default implicit"},
    },
}
_MAILBOX: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name"],
    "minProperties": 2,
    "maxProperties": 2,
    "properties": {
        "name": _NAME,
        "maildir": {**_TEXT, "description": "a directory with new/ and cur/"},
        "mbox": {**_TEXT, "description": "a file that mail is appended to"},
        "pop3": _POP3,
        "lmtp": {
            "type": "string",
            "pattern": r"^([A-Za-z0-9.\[\]:-]+:[0-9]{1,5}|/[^\u0000\r\n]{1,100})$",
            "description": "HOST:PORT, or the path of a socket, at which to listen for LMTP",
        },
    },
}
RETURNS: Final[dict[str, Any]] = {
    "type": "object",
    "description": "where `muster serve` takes back what returns",
    "additionalProperties": False,
    "properties": {
        "mailboxes": {"type": "array", "maxItems": 20, "items": _MAILBOX, "description": "where bounces come in"},
        "unsubscribe": {
            "type": "array",
            "maxItems": 50,
            "items": _TEXT,
            "description": "addresses of ours: whoever writes there asks for no more",
        },
        "webhooks": {
            "type": "array",
            "maxItems": 20,
            "description": "who may report at /webhooks/NAME",
            "items": {
                "type": "object",
                "additionalProperties": False,
                "required": ["name", "secret"],
                "properties": {
                    "name": _NAME,
                    "secret": {**_SECRET, "description": "what requests are signed with, or their password"},
                },
            },
        },
    },
}
