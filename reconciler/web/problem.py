"""Problems as programs read them: RFC 9457."""

from collections.abc import Mapping
from typing import Any, Final

from reconciler.model import canonical
from reconciler.web.door import Answer, named

KIND: Final = "application/problem+json"


def problem(status: int, text: str, what: str = "", **headers: str) -> Answer:
    """A problem that its sentence says all of; `what` names its type. Implements `door.Says`."""
    return told(status, text, what, headers=named(headers))


def told(
    status: int,
    text: str,
    what: str,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Answer:
    """A problem with members of its own."""
    members = {"type": f"urn:muster:problem:{what or 'problem'}", "status": status, "detail": text, **(more or {})}
    return Answer(status, canonical.encode(members) + b"\n", KIND, headers or {}, what)
