"""A page that needs no script and loads nothing."""

from base64 import b64encode
from hashlib import sha256
from html import escape

from reconciler.web.door import Answer


def page(title: str, style: str, body: str, what: str) -> Answer:
    """`body` is HTML, in which everything that is somebody's has been escaped."""
    text = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{style}</style></head><body><main>{body}</main></body></html>"
    )
    rule = (
        f"default-src 'none'; style-src 'sha256-{b64encode(sha256(style.encode()).digest()).decode()}';"
        " form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
    )
    return Answer(200, text.encode(), "text/html; charset=utf-8", {"Content-Security-Policy": rule}, what)
