"""`server` and `returns` in `muster.yaml`: their schema. Secrets are named there, never written."""

from typing import Any, Final

from reconciler.source.setting_schema import NAME, PORT, SECRET, TEXT

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
            **SECRET,
            "description": "what links and envelope addresses are signed with; 16 characters at least",
        },
        "previousSecret": {**SECRET, "description": "the one before it: what it has signed stays good"},
    },
}
_POP3: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["host", "user", "password"],
    "properties": {
        "host": TEXT,
        "port": PORT,
        "user": TEXT,
        "password": SECRET,
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
        "name": NAME,
        "maildir": {**TEXT, "description": "a directory with new/ and cur/"},
        "mbox": {**TEXT, "description": "a file that mail is appended to"},
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
            "items": TEXT,
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
                    "name": NAME,
                    "secret": {**SECRET, "description": "what requests are signed with, or their password"},
                },
            },
        },
    },
}
